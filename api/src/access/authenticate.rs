//! From what a request shows to what its asker may see.

use std::net::IpAddr;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use entity::keys::{self, Holder};
use entity::sessions::Whose;
use entity::subjects::Claims;
use governor::Quota;
use governor::clock::MonotonicClock;
use tokio::time::timeout;

use super::credential::Credential;
use super::granted::Granted;
use super::key::Keys;
use super::oidc::Oidc;
use super::rate::{self, Buckets, Who};
use super::session::{SessionToken, Sessions};
use super::{Access, Asker};
use crate::graphql::error::ApiError;
use crate::options::Options;
use crate::state::ApiState;

/// What is remembered of askers from one request to the next.
pub(crate) struct Authenticator {
    keys: Keys,
    pub(super) sessions: Sessions,
    granted: Granted,
    pub(super) oidc: Option<Oidc>,
    /// Requests of each asker.
    requests: Buckets,
    /// Wrong credentials of each address.
    failures: Buckets,
}

impl Authenticator {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: Keys::default(),
            sessions: Sessions::default(),
            granted: Granted::default(),
            oidc: options.oidc.clone().map(Oidc::new),
            requests: Buckets::new(MonotonicClock),
            failures: Buckets::new(MonotonicClock),
        }
    }

    /// Has what was changed here about somebody's rights hold at once.
    pub(super) fn forget(&self, holder: &Holder) {
        self.keys.forget_made_by(holder);
        match holder {
            Holder::Key(id) => self.keys.forget(*id),
            Holder::Subject { issuer, subject } => self.granted.forget(issuer, subject),
        }
    }
}

/// The cookie of a session, as a request shows it.
#[derive(Debug, Clone)]
pub(crate) struct ShownCookie<'a> {
    pub(crate) text: &'a str,
    /// Why it may not be used for this request, such as that a page of another origin sends it.
    pub(crate) refusal: Option<ApiError>,
    /// Whether somebody whose session is over goes on as anybody would: they did not know it when they asked.
    pub(crate) forgives: bool,
}

/// Who asks, and whether their browser should forget its session.
#[derive(Debug)]
pub(crate) struct Identified {
    pub(crate) access: Result<Access, ApiError>,
    pub(crate) is_over: bool,
}

/// Why somebody is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// For a request, which counts, and so does a wrong credential.
    Request,
    /// For one that goes on: nobody shows anything anew.
    Again,
}

impl ApiState {
    /// Who sends these headers and this cookie from this address, and what they may see. A header goes before the cookie.
    /// Wrong credentials are a refusal, never anonymous access; so is a request too many.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        cookie: Option<ShownCookie<'_>>,
        address: Option<IpAddr>,
    ) -> Identified {
        let mut is_over = false;
        let access = self
            .in_time(async {
                match (Credential::of_headers(headers), cookie) {
                    (Ok(None), None) => self.anonymous(address),
                    (Ok(None), Some(cookie)) => match self.by_cookie(&cookie, address).await {
                        Err(ApiError::SessionOver) => {
                            is_over = true;
                            if cookie.forgives {
                                self.anonymous(address)
                            } else {
                                Err(ApiError::SessionOver)
                            }
                        }
                        other => other,
                    },
                    (Ok(Some(credential)), _) => self.known(&credential, address, Visit::Request).await,
                    (Err(error), _) => Err(self.failed(error, address)),
                }
            })
            .await;
        Identified { access, is_over }
    }

    async fn by_cookie(&self, cookie: &ShownCookie<'_>, address: Option<IpAddr>) -> Result<Access, ApiError> {
        if let Some(refusal) = &cookie.refusal {
            return Err(refusal.clone());
        }
        let token = SessionToken::parse(cookie.text).ok_or(ApiError::SessionOver)?;
        self.known(&Credential::Session(token), address, Visit::Request)
            .await
    }

    /// Who shows this key to sign in; a wrong one counts as elsewhere.
    pub(super) async fn authenticate_key(
        &self,
        text: &str,
        address: Option<IpAddr>,
    ) -> Result<Access, ApiError> {
        let shown = Credential::of_text(text);
        self.in_time(async {
            match shown {
                Ok(key @ Credential::Key(_)) => self.known(&key, address, Visit::Request).await,
                Ok(_) => Err(self.failed(ApiError::BadCredential("this is no key"), address)),
                Err(error) => Err(self.failed(error, address)),
            }
        })
        .await
    }

    /// Who shows this credential other than in a header, as a WebSocket's first message does: the text of `Authorization`,
    /// or a key or token alone. `asked` is the access of the request that it belongs to.
    pub(crate) async fn authenticate_text(&self, text: &str, asked: &Access) -> Result<Access, ApiError> {
        let address = asked.address();
        let shown = Credential::of_text(text);
        self.in_time(async {
            match shown {
                Ok(credential) => self.known(&credential, address, Visit::Request).await,
                Err(error) => Err(self.failed(error, address)),
            }
        })
        .await
    }

    /// What somebody whose request goes on may see by now; it is no further request.
    pub(crate) async fn authenticate_again(&self, access: &Access) -> Result<Access, ApiError> {
        match access.shown() {
            Some(credential) => {
                let known = self.known(credential, access.address(), Visit::Again);
                self.in_time(known).await
            }
            None => Ok(access.clone()),
        }
    }

    /// What somebody who asks once more on a connection may see by now; that counts as a request.
    pub(crate) async fn authenticate_next(&self, access: &Access) -> Result<Access, ApiError> {
        match access.shown() {
            Some(credential) => {
                let known = self.known(credential, access.address(), Visit::Request);
                self.in_time(known).await
            }
            None => self.anonymous(access.address()),
        }
    }

    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let limit = self.options().limits.request_timeout;
        timeout(limit, work).await.unwrap_or(Err(ApiError::Timeout))
    }

    fn anonymous(&self, address: Option<IpAddr>) -> Result<Access, ApiError> {
        let options = self.options();
        // On loopback, whoever asks is the user of this machine.
        if let Some(address) = address
            && !options.http.ip().is_loopback()
        {
            self.take(Who::at(address), None)?;
        }
        Ok(Access::anonymous(options.anonymous).asked_from(address))
    }

    async fn known(
        &self,
        credential: &Credential,
        address: Option<IpAddr>,
        visit: Visit,
    ) -> Result<Access, ApiError> {
        let access = match credential {
            Credential::Key(key) => {
                let hash = key.hash();
                if visit == Visit::Request
                    && let Some(address) = address
                    && !self.authenticator().keys.was_good(&hash)
                {
                    self.authenticator().failures.refuse(&Who::at(address))?;
                }
                self.of_key(hash, visit).await
            }
            Credential::Token(token) => self.of_token(token, visit).await,
            Credential::Session(token) => self.of_session(token, visit).await,
        };
        match access {
            Ok(access) => Ok(access.asked_from(address).showing(credential.clone())),
            Err(error) if visit == Visit::Request => Err(self.failed(error, address)),
            Err(error) => Err(error),
        }
    }

    async fn of_key(&self, hash: keys::KeyHash, visit: Visit) -> Result<Access, ApiError> {
        let authenticator = self.authenticator();
        let issuer = authenticator.oidc.as_ref().map(Oidc::issuer);
        let usable = authenticator.keys.find(self.db(), hash, issuer).await?;
        let key = &usable.key;
        if visit == Visit::Request {
            // A key that somebody made has what its owner has, and shares it with them.
            if let Some((owner, quota)) = &usable.counts_for {
                self.take(owner.clone(), *quota)?;
            }
            if usable.counts_for.is_none() || key.requests_per_minute.is_some() {
                self.take(Who::Key(key.id), key.requests_per_minute.map(rate::of_key))?;
            }
        }
        let scope = keys::scope_of(self.db(), &key.sensors).await?;
        let asker = Asker::Key {
            id: key.id,
            prefix: key.prefix.clone(),
            name: key.name.clone(),
            role: key.role,
            is_made: key.owner.is_some(),
        };
        Ok(Access::known(asker, key.datasets.clone(), scope).until(key.expires_at))
    }

    async fn of_token(&self, token: &str, visit: Visit) -> Result<Access, ApiError> {
        let Some(oidc) = &self.authenticator().oidc else {
            return Err(ApiError::BadCredential(
                "this is no key: a key begins with fb_, and no issuer's tokens are taken here",
            ));
        };
        let vouched = oidc.check(token).await?;
        let (claims, until) = (vouched.claims, Some(vouched.expires_at));
        self.of_subject(claims, vouched.display_name, until, visit).await
    }

    async fn of_session(&self, token: &SessionToken, visit: Visit) -> Result<Access, ApiError> {
        let authenticator = self.authenticator();
        let session = authenticator.sessions.find(self.db(), token.hash()).await?;
        let until = session.expires_at;
        let access = match &session.whose {
            Whose::Key(hash) => match self.of_key(*hash, visit).await {
                // It was good when they signed in.
                Err(ApiError::BadCredential(_)) => return Err(ApiError::SessionOver),
                access => access?,
            },
            Whose::Subject { claims, display_name } => {
                let issuer = authenticator.oidc.as_ref().map(Oidc::issuer);
                if issuer != Some(claims.issuer.as_str()) {
                    return Err(ApiError::SessionOver);
                }
                self.of_subject(claims.clone(), display_name.clone(), None, visit)
                    .await?
            }
        };
        let until = access.until.map_or(until, |end| end.min(until));
        Ok(access.until(Some(until)))
    }

    async fn of_subject(
        &self,
        claims: Claims,
        display_name: Option<String>,
        until: Option<DateTime<Utc>>,
        visit: Visit,
    ) -> Result<Access, ApiError> {
        if visit == Visit::Request {
            self.take(Who::Subject(claims.subject.clone()), None)?;
        }
        let datasets = self.authenticator().granted.with(self.db(), &claims).await?;
        let asker = Asker::Subject { claims, display_name };
        Ok(Access::known(asker, datasets, entity::Scope::Everything).until(until))
    }

    /// One request of somebody, who may have a quota of their own.
    fn take(&self, who: Who, own: Option<Quota>) -> Result<(), ApiError> {
        match own.or_else(|| rate::everyday(&self.options().limits)) {
            Some(quota) => self.authenticator().requests.take(who, quota),
            None => Ok(()),
        }
    }

    /// Counts a wrong credential; of too many, that is said instead.
    fn failed(&self, error: ApiError, address: Option<IpAddr>) -> ApiError {
        let (ApiError::BadCredential(_), Some(address)) = (&error, address) else {
            return error;
        };
        let quota = rate::failures(&self.options().limits);
        let counted = self.authenticator().failures.take(Who::at(address), quota);
        counted.err().unwrap_or(error)
    }
}
