//! Tokens of an OpenID Connect issuer: who signed them, whom they are for, until when, and which role they give.
//!
//! A token is a JWT signed with a public-key algorithm by a key that the issuer publishes. Only those algorithms are taken
//! that belong to the key's own kind: a token can't choose to be checked as a shared secret (HMAC), or not at all (`none`).

mod claims;
pub(super) mod flow;
mod issuer;
mod options;
mod signature;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::subjects;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};

use self::issuer::Issuer;
pub use self::options::{OidcClient, OidcOptions, OidcOptionsError};
use crate::graphql::error::ApiError;

/// How far clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 30;

/// Bytes of a token at most.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Characters of a subject at most: the standard allows 255.
const SUBJECT_CHARS_MAX: usize = 255;

/// Checks tokens.
pub(crate) struct Oidc {
    options: OidcOptions,
    issuer: Issuer,
}

/// What an issuer says of somebody, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vouched {
    pub(super) claims: subjects::Claims,
    pub(super) display_name: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
}

impl Oidc {
    pub(crate) fn new(options: OidcOptions) -> Self {
        signature::install();
        let issuer = Issuer::new(options.issuer().clone());
        Self { options, issuer }
    }

    /// The issuer, as `iss` says it.
    pub(super) fn issuer(&self) -> &str {
        self.options.issuer_as_written()
    }

    /// Whom a token is about, once everything about it holds.
    pub(super) async fn check(&self, token: &str) -> Result<Vouched, ApiError> {
        let claims = self.claims(token, self.options.audience()).await?;
        self.vouched(&claims)?.ok_or_else(|| self.no_role())
    }

    /// What a token for this audience says, once everything about it holds.
    async fn claims(&self, token: &str, audience: &str) -> Result<claims::Claims, ApiError> {
        let refused = |reason| Err(ApiError::BadCredential(reason));
        if token.len() > TOKEN_BYTES_MAX {
            return refused("the token is too long");
        }
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return refused(
                "this is neither a key, which begins with fb_, nor a token signed with a public-key algorithm",
            );
        };
        if !signature::is_taken(header.alg) {
            return refused("the token is not signed with a public-key algorithm");
        }
        let key = self.issuer.key(header.kid.as_deref(), header.alg).await?;
        let validation = self.validation(header.alg, audience);
        match jsonwebtoken::decode::<claims::Claims>(token, &key, &validation) {
            Ok(decoded) => Ok(decoded.claims),
            Err(error) => refused(reason(error.kind())),
        }
    }

    /// What the claims of a token say of its subject; `None` where they give no role.
    fn vouched(&self, claims: &claims::Claims) -> Result<Option<Vouched>, ApiError> {
        let Some(subject) = subject(claims) else {
            return Err(ApiError::BadCredential("the token names no subject (sub)"));
        };
        let Some(role) = claims::role(claims, self.options.roles_claim()) else {
            return Ok(None);
        };
        let datasets = self.options.datasets_claim();
        Ok(Some(Vouched {
            claims: subjects::Claims {
                issuer: self.issuer().to_owned(),
                subject: subject.to_owned(),
                role,
                datasets: datasets.map(|claim| claims::datasets(claims, claim)),
            },
            display_name: claims::display_name(claims),
            expires_at: claims::expires_at(claims).ok_or(ApiError::BadCredential(
                "the token lacks one of exp, iss, aud and sub",
            ))?,
        }))
    }

    fn no_role(&self) -> ApiError {
        ApiError::Forbidden {
            message: format!(
                "the token gives no role of Fieldbook: its claim {} has none of {}",
                self.options.roles_claim(),
                claims::ROLES
            ),
        }
    }

    fn validation(&self, algorithm: Algorithm, audience: &str) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[self.options.issuer_as_written()]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }
}

/// Whom claims are about.
fn subject(claims: &claims::Claims) -> Option<&str> {
    // The database's texts have no NUL.
    claims::subject(claims)
        .filter(|subject| subject.chars().count() <= SUBJECT_CHARS_MAX && !subject.contains('\0'))
}

/// What is wrong with a token, in words that tell its holder what to do and a stranger nothing.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not valid yet (nbf)",
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidSignature => "the token's signature does not hold",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks one of exp, iss, aud and sub",
        _ => "the token can't be read",
    }
}

/// An error that is somebody else's: the issuer can't be asked.
fn away(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::Unavailable(Arc::new(error))
}
