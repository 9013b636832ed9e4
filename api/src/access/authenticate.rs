//! From what a request shows to what its asker may see.

use std::net::IpAddr;

use axum::http::HeaderMap;
use entity::keys;
use governor::Quota;
use governor::clock::MonotonicClock;
use tokio::time::timeout;

use super::credential::Credential;
use super::key::Keys;
use super::oidc::Oidc;
use super::rate::{self, Buckets, Who};
use super::{Access, Asker};
use crate::graphql::error::ApiError;
use crate::options::Options;
use crate::state::ApiState;

/// What is remembered of askers from one request to the next.
pub(crate) struct Authenticator {
    keys: Keys,
    oidc: Option<Oidc>,
    /// Requests of each asker.
    requests: Buckets,
    /// Wrong credentials of each address.
    failures: Buckets,
}

impl Authenticator {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: Keys::default(),
            oidc: options.oidc.clone().map(Oidc::new),
            requests: Buckets::new(MonotonicClock),
            failures: Buckets::new(MonotonicClock),
        }
    }
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
    /// Who sends these headers from this address, and what they may see. Wrong credentials are a refusal, never anonymous
    /// access; so is a request too many.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        address: Option<IpAddr>,
    ) -> Result<Access, ApiError> {
        let shown = Credential::of_headers(headers);
        self.in_time(async {
            match shown {
                Ok(None) => self.anonymous(address),
                Ok(Some(credential)) => self.known(&credential, address, Visit::Request).await,
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

    async fn in_time(
        &self,
        work: impl Future<Output = Result<Access, ApiError>>,
    ) -> Result<Access, ApiError> {
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
        };
        match access {
            Ok(access) => Ok(access.asked_from(address).showing(credential.clone())),
            Err(error) if visit == Visit::Request => Err(self.failed(error, address)),
            Err(error) => Err(error),
        }
    }

    async fn of_key(&self, hash: keys::KeyHash, visit: Visit) -> Result<Access, ApiError> {
        let key = self.authenticator().keys.find(self.db(), hash).await?;
        if visit == Visit::Request {
            self.take(Who::Key(key.id), key.requests_per_minute.map(rate::of_key))?;
        }
        let scope = keys::scope_of(self.db(), &key.sensors).await?;
        let asker = Asker::Key {
            id: key.id,
            prefix: key.prefix.clone(),
            name: key.name.clone(),
            role: key.role,
        };
        Ok(Access::known(asker, key.datasets.clone(), scope))
    }

    async fn of_token(&self, token: &str, visit: Visit) -> Result<Access, ApiError> {
        let Some(oidc) = &self.authenticator().oidc else {
            return Err(ApiError::BadCredential(
                "this is no key: a key begins with fb_, and no issuer's tokens are taken here",
            ));
        };
        let subject = oidc.check(token).await?;
        if visit == Visit::Request {
            self.take(Who::Subject(subject.subject.clone()), None)?;
        }
        let asker = Asker::Subject {
            subject: subject.subject,
            role: subject.role,
        };
        Ok(Access::known(asker, None, entity::Scope::Everything))
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
