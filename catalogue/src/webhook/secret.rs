//! The key of a webhook, and signatures with it, after Standard Webhooks 1.0.
//!
//! A secret is `whsec_` and 24 to 64 bytes in base64. What is signed is `{id}.{timestamp}.{body}`, with HMAC-SHA256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entity::webhooks::Secret;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

const PREFIX: &str = "whsec_";

/// Bytes of a new key.
const BYTES: usize = 32;

/// Bytes of a key that somebody brings, as the specification has it.
const BYTES_MIN: usize = 24;
const BYTES_MAX: usize = 64;

/// Why a secret is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It looks otherwise; what it says is not repeated.
    #[error("a webhook's secret is whsec_ and the base64 of 24 to 64 random bytes")]
    Malformed,
    /// The system gives no random numbers.
    #[error("get random bytes from the system")]
    NoRandomness,
}

/// A new secret.
pub fn new_secret() -> Result<Secret, SecretError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| SecretError::NoRandomness)?;
    Ok(Secret::of_stored(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// Whether messages can be signed with it.
pub fn check_secret(secret: &Secret) -> Result<(), SecretError> {
    key(secret).map(drop)
}

fn key(secret: &Secret) -> Result<hmac::Key, SecretError> {
    let encoded = secret
        .reveal()
        .strip_prefix(PREFIX)
        .ok_or(SecretError::Malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::Malformed)?;
    if !(BYTES_MIN..=BYTES_MAX).contains(&bytes.len()) {
        return Err(SecretError::Malformed);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

/// The signature of a message, as `webhook-signature` has it.
pub fn sign(secret: &Secret, id: &str, timestamp: i64, body: &str) -> Result<String, SecretError> {
    let signed = format!("{id}.{timestamp}.{body}");
    let tag = hmac::sign(&key(secret)?, signed.as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::of_stored(text.to_owned())
    }

    /// The example of the specification.
    #[test]
    fn a_signature_is_the_specifications() {
        let signature = sign(
            &secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signature.unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_new_secret_is_good_and_never_the_same() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        for secret in [&one, &other] {
            check_secret(secret).unwrap();
            assert!(!format!("{secret:?}").contains(&secret.reveal()[6..]));
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_repeated() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for good in [of(24), of(64)] {
            check_secret(&secret(&good)).unwrap();
        }
        for bad in [
            of(23),
            of(65),
            of(32)[6..].to_owned(),
            "whsec_".to_owned(),
            "whsec_not base64!".to_owned(),
            String::new(),
        ] {
            let error = check_secret(&secret(&bad)).unwrap_err();
            assert_eq!(error, SecretError::Malformed);
            assert!(bad.len() < 7 || !error.to_string().contains(&bad));
        }
    }
}
