//! Tokens of an OpenID Connect issuer: who signed them, whom they are for, until when, and which role they give.
//!
//! A token is a JWT signed with a public-key algorithm by a key that the issuer publishes. Only those algorithms are taken
//! that belong to the key's own kind: a token can't choose to be checked as a shared secret (HMAC), or not at all (`none`).

mod claims;
mod issuer;
mod options;
mod signature;

use std::sync::Arc;

use entity::keys::Role;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};

use self::issuer::Issuer;
pub use self::options::{OidcOptions, OidcOptionsError};
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

/// Whom a token is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) subject: String,
    pub(super) role: Role,
}

impl Oidc {
    pub(crate) fn new(options: OidcOptions) -> Self {
        signature::install();
        let issuer = Issuer::new(options.issuer().clone());
        Self { options, issuer }
    }

    /// Whom a token is about, once everything about it holds.
    pub(super) async fn check(&self, token: &str) -> Result<Subject, ApiError> {
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
        let validation = self.validation(header.alg);
        let claims = match jsonwebtoken::decode::<claims::Claims>(token, &key, &validation) {
            Ok(decoded) => decoded.claims,
            Err(error) => return refused(reason(error.kind())),
        };
        let Some(subject) =
            claims::subject(&claims).filter(|subject| subject.chars().count() <= SUBJECT_CHARS_MAX)
        else {
            return refused("the token names no subject (sub)");
        };
        let role = claims::role(&claims, self.options.roles_claim()).ok_or_else(|| ApiError::Forbidden {
            message: format!(
                "the token gives no role of Fieldbook: its claim {} has none of {}",
                self.options.roles_claim(),
                claims::ROLES
            ),
        })?;
        let subject = subject.to_owned();
        Ok(Subject { subject, role })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[self.options.issuer_as_written()]);
        validation.set_audience(&[self.options.audience()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }
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
