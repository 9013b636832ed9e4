//! The text of an API key: made once, shown once, and known from then on by its SHA-256 alone.
//!
//! ```text
//! fb_7k2mq4xa_Yl0N3s…   prefix (public, in lists and logs), then 32 random bytes in base64url
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::keys::KeyHash;
use sha2::{Digest as _, Sha256};

/// How every key begins.
pub(crate) const MARK: &str = "fb_";

/// Characters of a key's public part, behind the mark.
const PUBLIC_CHARS: usize = 8;

/// Characters of a key's secret part: 32 bytes in base64url.
const SECRET_CHARS: usize = 43;

/// The public part's characters: 32 of them, none of which is taken for another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The text of a key. It shows its prefix in `Debug`, and all of itself to nobody but [`ApiKey::reveal`]'s caller.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A new one, from the system's source of randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let (mut public, mut secret) = ([0; PUBLIC_CHARS], [0; 32]);
        getrandom::fill(&mut public)?;
        getrandom::fill(&mut secret)?;
        let public: String = public
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        Ok(Self(format!("{MARK}{public}_{}", URL_SAFE_NO_PAD.encode(secret))))
    }

    /// The key that a text is, if it looks like one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (public, secret) = text.strip_prefix(MARK)?.split_once('_')?;
        let is_public = public.len() == PUBLIC_CHARS && public.bytes().all(|byte| ALPHABET.contains(&byte));
        let is_secret = secret.len() == SECRET_CHARS
            && secret
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (is_public && is_secret).then(|| Self(text.to_owned()))
    }

    /// The part that may be seen, such as `fb_7k2mq4xa`.
    pub fn prefix(&self) -> &str {
        &self.0[..MARK.len() + PUBLIC_CHARS]
    }

    /// All of it, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its fingerprint.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}_…", self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_read_again_and_hides_its_secret() {
        let key = ApiKey::generate().unwrap();
        assert_eq!(key.reveal().len(), 3 + 8 + 1 + 43);
        assert_eq!(ApiKey::parse(key.reveal()), Some(key.clone()));
        assert!(key.reveal().starts_with(key.prefix()));
        let secret = &key.reveal()[12..];
        assert!(!format!("{key:?} {:?}", key.hash()).contains(secret));
        assert_ne!(ApiKey::generate().unwrap(), key);
    }

    #[test]
    fn what_is_no_key_is_not_taken_for_one() {
        let secret = "A".repeat(43);
        for text in [
            String::new(),
            "fb_".to_owned(),
            format!("fb_abcdefgh{secret}"),
            format!("fb_abcdefg_{secret}"),
            format!("fb_abcdefgh_{secret}A"),
            format!("fb_abcdefgl_{secret}"),
            format!("xx_abcdefgh_{secret}"),
            format!("fb_abcdefgh_{}", "é".repeat(21)),
        ] {
            assert_eq!(ApiKey::parse(&text), None, "{text}");
        }
        assert!(ApiKey::parse(&format!("fb_abcdefgh_{secret}")).is_some());
    }
}
