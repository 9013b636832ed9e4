//! Sessions of browsers: the text of a session's token, and those that were looked up lately.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use entity::DatabaseConnection;
use entity::sessions::{self, Session, SessionHash};
use sha2::{Digest as _, Sha256};

use super::remembered::Remembered;
use crate::graphql::error::ApiError;

/// Characters of a token: 32 bytes in base64url.
const TOKEN_CHARS: usize = 43;

/// The text of a session's token: shown to its browser alone, and known here by its SHA-256.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionToken(String);

impl SessionToken {
    /// A new one, from the system's source of randomness.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(secret)))
    }

    /// The token that a text is, if it looks like one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_token = text.len() == TOKEN_CHARS
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_token.then(|| Self(text.to_owned()))
    }

    /// All of it, for the cookie.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Its fingerprint.
    pub(super) fn hash(&self) -> SessionHash {
        SessionHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SessionToken(…)")
    }
}

/// Sessions that go on, by their fingerprints.
#[derive(Default)]
pub(super) struct Sessions(Remembered<SessionHash, Arc<Session>>);

impl Sessions {
    /// Forgets a session that was ended here.
    pub(super) fn forget(&self, hash: &SessionHash) {
        self.0.forget(hash);
    }

    /// The session with this fingerprint, while it goes on.
    pub(super) async fn find(
        &self,
        db: &DatabaseConnection,
        hash: SessionHash,
    ) -> Result<Arc<Session>, ApiError> {
        let (asked_at, now) = (Instant::now(), Utc::now());
        if let Some(session) = self.0.get(&hash, asked_at)
            && now < session.expires_at
        {
            return Ok(session);
        }
        let found = sessions::find(db, &hash).await?;
        let Some(session) = found.filter(|session| now < session.expires_at) else {
            self.0.forget(&hash);
            return Err(ApiError::SessionOver);
        };
        let session = Arc::new(session);
        self.0.put(hash, Arc::clone(&session), asked_at);
        if let Err(error) = sessions::note_use(db, &hash, &session, now).await {
            tracing::warn!(error = %error, "note the use of a session");
        }
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_read_again_and_hides_itself() {
        let token = SessionToken::generate().unwrap();
        assert_eq!(SessionToken::parse(token.reveal()), Some(token.clone()));
        assert!(!format!("{token:?} {:?}", token.hash()).contains(token.reveal()));
        assert_ne!(SessionToken::generate().unwrap(), token);
        let long = "A".repeat(44);
        for text in ["", "A", &long, &"=".repeat(43), &format!("{}é", "A".repeat(41))] {
            assert_eq!(SessionToken::parse(text), None, "{text}");
        }
    }
}
