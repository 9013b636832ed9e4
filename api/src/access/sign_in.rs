//! From a key, or from an issuer's word, to a session; and out again.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::sessions::{self, NewSession, SignedIn};

use super::Asker;
use super::oidc::Oidc;
pub(crate) use super::oidc::flow::{PENDING_FOR, Pending};
use super::session::SessionToken;
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// How long a session goes on.
pub(crate) const SESSION_LASTS: TimeDelta = TimeDelta::hours(12);

/// Sessions of one key or subject at once; the oldest makes room for one more.
const SESSIONS_MAX: u32 = 50;

/// A session that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) token: SessionToken,
    pub(crate) expires_at: DateTime<Utc>,
    /// Who signed in, for the log.
    pub(crate) asker: String,
}

impl ApiState {
    /// The host of the issuer where people sign in by browser (`/sign-in/oidc`); `None` where they sign in with a key alone.
    pub fn sign_in_issuer(&self) -> Option<&str> {
        self.authenticator().oidc.as_ref()?.sign_in_host()
    }

    /// Begins a session of whoever shows this key.
    pub(crate) async fn sign_in_with_key(
        &self,
        key: &str,
        address: Option<IpAddr>,
    ) -> Result<Begun, ApiError> {
        let access = self.authenticate_key(key, address).await?;
        let Asker::Key { id, .. } = access.asker() else {
            return Err(ApiError::BadCredential("this is no key"));
        };
        self.begin_session(SignedIn::Key(*id), access.ends_at(), access.asker().to_string())
            .await
    }

    /// Where a browser goes to sign in at the issuer, and from there to `redirect_uri`.
    pub(crate) async fn authorization_url(
        &self,
        pending: &Pending,
        redirect_uri: &str,
    ) -> Result<String, ApiError> {
        let url = self.in_time(async { self.oidc()?.authorization_url(pending, redirect_uri).await });
        Ok(url.await?.into())
    }

    /// Begins a session of whomever the issuer vouches for with this code.
    pub(crate) async fn sign_in_with_code(
        &self,
        pending: &Pending,
        code: &str,
        redirect_uri: &str,
    ) -> Result<Begun, ApiError> {
        let vouched = self.in_time(async { self.oidc()?.redeem(pending, code, redirect_uri).await });
        let vouched = vouched.await?;
        let asker = Asker::Subject {
            claims: vouched.claims.clone(),
            display_name: None,
        };
        let who = SignedIn::Subject {
            claims: vouched.claims,
            display_name: vouched.display_name,
        };
        self.begin_session(who, Some(vouched.expires_at), asker.to_string())
            .await
    }

    /// Whether an answer that names its issuer (RFC 9207) is of ours.
    pub(crate) fn is_of_issuer(&self, named: &str) -> bool {
        self.authenticator()
            .oidc
            .as_ref()
            .is_some_and(|oidc| oidc.issuer() == named)
    }

    /// Ends the session that this cookie shows; one that is none has ended.
    pub(crate) async fn end_session(&self, cookie: &str) -> Result<(), ApiError> {
        let Some(token) = SessionToken::parse(cookie) else {
            return Ok(());
        };
        let hash = token.hash();
        sessions::end(self.db(), &hash).await?;
        self.authenticator().sessions.forget(&hash);
        Ok(())
    }

    fn oidc(&self) -> Result<&Oidc, ApiError> {
        self.authenticator().oidc.as_ref().ok_or(ApiError::NotFound {
            argument: "path",
            message: "nobody signs in at an issuer here: sign in with a key".to_owned(),
        })
    }

    async fn begin_session(
        &self,
        who: SignedIn,
        until: Option<DateTime<Utc>>,
        asker: String,
    ) -> Result<Begun, ApiError> {
        let token = SessionToken::generate().map_err(|error| ApiError::Internal(Arc::new(error)))?;
        let created_at = Utc::now();
        let expires_at = created_at + SESSION_LASTS;
        let expires_at = until.map_or(expires_at, |until| until.min(expires_at));
        if expires_at <= created_at {
            return Err(ApiError::BadCredential("what was shown has just expired"));
        }
        let session = NewSession {
            hash: token.hash(),
            who,
            created_at,
            expires_at,
        };
        sessions::begin(self.db(), session, SESSIONS_MAX).await?;
        Ok(Begun {
            token,
            expires_at,
            asker,
        })
    }
}
