//! Signing in at the issuer by browser: the authorization code flow with PKCE (RFC 7636, S256), `state` and `nonce`.
//!
//! ```text
//! browser ── GET /sign-in/oidc ──► cookie: a secret, the time, where to go on    ──► the issuer: state, nonce, challenge
//! browser ── GET /sign-in/callback?code&state ──► state fits the cookie ──► code, verifier ──► the issuer: tokens
//! ```
//!
//! State, nonce and verifier are HMACs under the cookie's secret, each with a label of its own, over all that the cookie says.
//! So nothing has to be kept here, any process may take the callback, and a state fits the one browser that asked for it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::issuer::{Endpoints, IssuerError};
use super::{Oidc, OidcClient, Vouched, away, claims, subject};
use crate::graphql::error::ApiError;

/// How long somebody may take at the issuer.
pub(crate) const PENDING_FOR: TimeDelta = TimeDelta::minutes(10);

/// Bytes of a code at most.
const CODE_BYTES_MAX: usize = 4096;

/// A sign-in that has begun: what the browser's cookie says of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    secret: [u8; 32],
    began_at: DateTime<Utc>,
    /// Where to go on afterwards.
    pub(crate) next: String,
}

impl fmt::Debug for Pending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pending")
            .field("began_at", &self.began_at)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Pending {
    pub(crate) fn new(next: &str, now: DateTime<Utc>) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self {
            secret,
            // To the second, as the cookie says it.
            began_at: DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now),
            next: next.to_owned(),
        })
    }

    /// For the cookie.
    pub(crate) fn to_text(&self) -> String {
        let (secret, next) = (
            URL_SAFE_NO_PAD.encode(self.secret),
            URL_SAFE_NO_PAD.encode(&self.next),
        );
        format!("{secret}.{}.{next}", self.began_at.timestamp())
    }

    /// From the cookie, unless it is too old by now.
    pub(crate) fn of_text(text: &str, now: DateTime<Utc>) -> Option<Self> {
        let mut parts = text.split('.');
        let secret = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let began_at = DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?;
        let next = String::from_utf8(URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?;
        let age = now - began_at;
        let is_young = -PENDING_FOR < age && age < PENDING_FOR;
        (parts.next().is_none() && is_young).then_some(Self {
            secret: secret.try_into().ok()?,
            began_at,
            next,
        })
    }

    /// Whether the issuer sends back what this one sent there.
    pub(crate) fn fits(&self, state: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(state)
            .is_ok_and(|state| hmac::verify(&self.key(), &self.message("state"), &state).is_ok())
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.secret)
    }

    fn message(&self, label: &str) -> Vec<u8> {
        format!("{label}\n{}\n{}", self.began_at.timestamp(), self.next).into_bytes()
    }

    fn derive(&self, label: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key(), &self.message(label)))
    }

    fn state(&self) -> String {
        self.derive("state")
    }

    fn nonce(&self) -> String {
        self.derive("nonce")
    }

    fn verifier(&self) -> String {
        self.derive("verifier")
    }
}

/// What the issuer's token endpoint gives.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

/// Why it gives none.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Oidc {
    /// The host of the issuer where people sign in; `None` where they don't.
    pub(crate) fn sign_in_host(&self) -> Option<&str> {
        self.options.client()?;
        self.options.issuer().host_str()
    }

    /// Where the browser goes to sign in, and from there to `redirect_uri`.
    pub(crate) async fn authorization_url(
        &self,
        pending: &Pending,
        redirect_uri: &str,
    ) -> Result<Url, ApiError> {
        let client = self.client()?;
        let mut url = self.issuer.endpoints().await?.authorization;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.verifier().as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client.id())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", client.scopes())
            .append_pair("state", &pending.state())
            .append_pair("nonce", &pending.nonce())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Whom the issuer vouches for with this code.
    ///
    /// The ID token says who it is. Where it gives no role, the access token may, as many issuers write roles there alone.
    pub(in crate::access) async fn redeem(
        &self,
        pending: &Pending,
        code: &str,
        redirect_uri: &str,
    ) -> Result<Vouched, ApiError> {
        let client = self.client()?;
        if code.is_empty() || code.len() > CODE_BYTES_MAX {
            return Err(ApiError::BadCredential("the issuer sent no sound code"));
        }
        let tokens = self.tokens(client, pending, code, redirect_uri).await?;
        let id_token = tokens.id_token.ok_or(ApiError::BadCredential(
            "the issuer gave no ID token: the scope openid asks for it",
        ))?;
        let claims = self.claims(&id_token, client.id()).await?;
        let says =
            |claim: &str, wanted: &str| claims.get(claim).and_then(|value| value.as_str()) == Some(wanted);
        if !says("nonce", &pending.nonce()) {
            return Err(ApiError::BadCredential("the ID token is of another sign-in"));
        }
        if claims.contains_key("azp") && !says("azp", client.id()) {
            return Err(ApiError::BadCredential("the ID token is for another client"));
        }
        if let Some(vouched) = self.vouched(&claims)? {
            return Ok(vouched);
        }
        let (Some(access_token), Some(subject), Some(ends)) =
            (tokens.access_token, subject(&claims), claims::expires_at(&claims))
        else {
            return Err(self.no_role());
        };
        match self.check(&access_token).await {
            Ok(vouched) if vouched.claims.subject == subject => Ok(Vouched {
                display_name: claims::display_name(&claims).or(vouched.display_name),
                expires_at: vouched.expires_at.min(ends),
                claims: vouched.claims,
            }),
            Err(ApiError::Unavailable(error)) => Err(ApiError::Unavailable(error)),
            // One that is opaque, or for somebody else, gives no role.
            _ => Err(self.no_role()),
        }
    }

    fn client(&self) -> Result<&OidcClient, ApiError> {
        self.options.client().ok_or(ApiError::NotFound {
            argument: "path",
            message: "nobody signs in at an issuer here: sign in with a key".to_owned(),
        })
    }

    async fn tokens(
        &self,
        client: &OidcClient,
        pending: &Pending,
        code: &str,
        redirect_uri: &str,
    ) -> Result<Tokens, ApiError> {
        let Endpoints {
            token,
            secret_in_form,
            ..
        } = self.issuer.endpoints().await?;
        let verifier = pending.verifier();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.as_str()),
        ];
        let authorization = match client.secret() {
            Some(secret) if !secret_in_form => Some(basic(client.id(), secret).map_err(away)?),
            secret => {
                fields.push(("client_id", client.id()));
                fields.extend(secret.map(|secret| ("client_secret", secret)));
                None
            }
        };
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let posted = self.issuer.post_form(&token, authorization.as_ref(), form);
        let (status, body) = posted.await.map_err(away)?;
        let ask_failed = |problem: String| {
            away(IssuerError::Ask {
                url: token.to_string(),
                problem,
            })
        };
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| ask_failed(error.to_string()));
        }
        match serde_json::from_slice::<Refused>(&body) {
            Ok(Refused { error }) if error == "invalid_grant" => Err(ApiError::BadCredential(
                "the issuer does not take the code: it is used up or too old",
            )),
            Ok(Refused { error }) if status.is_client_error() => {
                let error: String = error.chars().take(100).collect();
                Err(away(IssuerError::Client(error)))
            }
            _ => Err(ask_failed(format!("it answers {status}"))),
        }
    }
}

/// A client's id and secret as a header, each encoded as in a form (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &str) -> Result<axum::http::HeaderValue, axum::http::header::InvalidHeaderValue> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let text = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
    let mut value = axum::http::HeaderValue::from_str(&format!("Basic {text}"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_428_000, 0).unwrap()
    }

    #[test]
    fn a_sign_in_comes_back_by_its_cookie_for_ten_minutes() {
        let pending = Pending::new("/datasets/readings?a=ü", now()).unwrap();
        let text = pending.to_text();
        assert_eq!(Pending::of_text(&text, now()), Some(pending));
        let late = now() + PENDING_FOR;
        assert!(Pending::of_text(&text, late - TimeDelta::seconds(1)).is_some());
        assert_eq!(Pending::of_text(&text, late), None);
        for text in ["", ".", "..", "a.1.b", &format!("{text}.x"), &text[1..]] {
            assert_eq!(Pending::of_text(text, now()), None, "{text}");
        }
    }

    #[test]
    fn a_state_fits_the_cookie_that_it_was_made_with_and_no_other() {
        let pending = Pending::new("/a", now()).unwrap();
        assert!(pending.fits(&pending.state()));
        let elsewhere = Pending {
            next: "/b".to_owned(),
            ..pending
        };
        assert!(!elsewhere.fits(&pending.state()));
        let other = Pending::new("/a", now()).unwrap();
        assert!(!other.fits(&pending.state()));
        for state in ["", "x", &pending.nonce(), &pending.verifier()] {
            assert!(!pending.fits(state), "{state}");
        }
        // What the issuer learns tells nobody what only the browser knows.
        let told = [pending.state(), pending.nonce()];
        assert!(!told.contains(&pending.verifier()));
        assert!(pending.verifier().len() >= 43);
    }

    #[test]
    fn debug_shows_no_secret() {
        let pending = Pending::new("/a", now()).unwrap();
        let secret = URL_SAFE_NO_PAD.encode(pending.secret);
        assert!(!format!("{pending:?}").contains(&secret));
        assert!(!format!("{:?}", basic("id", "hunter2").unwrap()).contains("Basic"));
    }
}
