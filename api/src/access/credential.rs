//! What a request shows to say who asks: `Authorization: Bearer`, `Authorization: Basic` with the key as password, or
//! `X-API-Key`. Each of them may hold a key or an issuer's token. A browser that signed in shows the token of its session in a
//! cookie; a header goes before it.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::session::SessionToken;
use crate::graphql::error::ApiError;
use crate::key::{ApiKey, MARK};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Some clients leave out the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key, a token or a session, not yet looked at more closely.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    Key(ApiKey),
    Token(String),
    Session(SessionToken),
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(out, "Key({key:?})"),
            Self::Token(_) => out.write_str("Token(…)"),
            Self::Session(token) => write!(out, "Session({token:?})"),
        }
    }
}

impl Credential {
    /// What a request's headers show; `None` when they show nothing. What can't be read is an error: nobody who shows
    /// something becomes anonymous by a slip.
    pub(super) fn of_headers(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let mut shown = headers
            .get_all(header::AUTHORIZATION)
            .iter()
            .map(Self::of_authorization)
            .chain(
                headers
                    .get_all(API_KEY)
                    .iter()
                    .map(|value| Self::of_secret(text(value)?)),
            );
        let Some(first) = shown.next() else {
            return Ok(None);
        };
        if shown.next().is_some() {
            return Err(ApiError::BadCredential(
                "the request shows two credentials: show one, in Authorization or in X-API-Key",
            ));
        }
        first.map(Some)
    }

    /// What a text shows that comes otherwise than in a header: what `Authorization` would hold, or the key or token alone.
    pub(super) fn of_text(text: &str) -> Result<Self, ApiError> {
        match text.trim().split_once(' ') {
            Some((scheme, rest)) => Self::of_scheme(scheme, rest),
            None => Self::of_secret(text),
        }
    }

    fn of_authorization(value: &HeaderValue) -> Result<Self, ApiError> {
        let (scheme, rest) = text(value)?.split_once(' ').ok_or(ApiError::BadCredential(
            "Authorization has no credential: write Bearer and the key",
        ))?;
        Self::of_scheme(scheme, rest)
    }

    fn of_scheme(scheme: &str, rest: &str) -> Result<Self, ApiError> {
        if scheme.eq_ignore_ascii_case("bearer") {
            return Self::of_secret(rest);
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return Self::of_secret(&password(rest.trim()).ok_or(ApiError::BadCredential(
                "the Basic credential can't be read: it is the base64 of a user, a colon and the key",
            ))?);
        }
        Err(ApiError::BadCredential(
            "Authorization is neither Bearer nor Basic: show the key as one of them",
        ))
    }

    fn of_secret(text: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ApiError::BadCredential(
                "the credential is empty: show a key, with Basic as the password",
            ));
        }
        if text.starts_with(MARK) {
            return ApiKey::parse(text).map(Self::Key).ok_or(ApiError::BadCredential(
                "this is no whole key: a key has 55 characters",
            ));
        }
        Ok(Self::Token(text.to_owned()))
    }
}

fn text(value: &HeaderValue) -> Result<&str, ApiError> {
    value
        .to_str()
        .map_err(|_| ApiError::BadCredential("the credential has characters that no key has"))
}

/// The password of a Basic credential; the user does not matter.
fn password(encoded: &str) -> Option<String> {
    let decoded = STANDARD
        .decode(encoded)
        .or_else(|_| LENIENT.decode(encoded))
        .ok()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn a_key_is_found_wherever_it_may_stand() {
        let key = ApiKey::generate().unwrap();
        let text = key.reveal();
        for shown in [
            headers(&[("authorization", &format!("Bearer {text}"))]),
            headers(&[("authorization", &format!("bearer  {text} "))]),
            headers(&[("authorization", &basic(&format!("anybody:{text}")))]),
            headers(&[("authorization", basic(&format!(":{text}")).trim_end_matches('='))]),
            headers(&[("x-api-key", text)]),
        ] {
            assert_eq!(
                Credential::of_headers(&shown).unwrap(),
                Some(Credential::Key(key.clone())),
                "{shown:?}"
            );
        }
        for shown in [
            text.to_owned(),
            format!("Bearer {text}"),
            basic(&format!("u:{text}")),
        ] {
            assert_eq!(Credential::of_text(&shown).unwrap(), Credential::Key(key.clone()));
        }
        assert_eq!(Credential::of_headers(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn what_can_t_be_read_is_refused_and_never_anonymous() {
        let key = ApiKey::generate().unwrap();
        let bearer = format!("Bearer {}", key.reveal());
        for shown in [
            headers(&[("authorization", "")]),
            headers(&[("authorization", "Bearer")]),
            headers(&[("authorization", "Bearer ")]),
            headers(&[("authorization", "Digest abc")]),
            headers(&[("authorization", "Basic %%%")]),
            headers(&[("authorization", &basic("no colon"))]),
            headers(&[("authorization", &basic("user:"))]),
            headers(&[("authorization", "Bearer fb_short")]),
            headers(&[("x-api-key", "")]),
            headers(&[("authorization", &bearer), ("x-api-key", key.reveal())]),
        ] {
            let refused = Credential::of_headers(&shown);
            assert!(matches!(refused, Err(ApiError::BadCredential(_))), "{shown:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = ApiKey::generate().unwrap();
        let shown = format!(
            "{:?} {:?}",
            Credential::Key(key.clone()),
            Credential::Token("hunter2".to_owned())
        );
        assert!(
            !shown.contains(&key.reveal()[12..]) && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
