//! The errors of the API: one closed list, the same for GraphQL and REST.
//!
//! Resolvers return an [`ApiError`] and know nothing of requests. [`finish`] turns every error of a GraphQL answer,
//! ours or the library's, into what a client sees, and logs once those that are not the client's doing.

mod database;

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, ServerError};
use axum::http::{HeaderName, HeaderValue, header};
use entity::bucket::BucketSizeError;

use crate::ask::time;
use crate::http::RequestId;

/// What kind of error it is: `extensions.code` in GraphQL, `code` in REST. Documented in `docs/reference/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is not one that the service understands.
    BadRequest,
    /// An argument has a value that makes no sense.
    InvalidArgument,
    /// What was named does not exist, or not for this asker.
    NotFound,
    /// The asker must say who it is.
    Unauthenticated,
    /// The asker may not do this.
    Forbidden,
    /// The question is larger than the service answers at once.
    LimitExceeded,
    /// Too many requests.
    RateLimited,
    /// The answer took too long.
    Timeout,
    /// The database does not answer.
    Unavailable,
    /// A bug of the service.
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of the reference page.
    pub const ALL: [Self; 10] = [
        Self::BadRequest,
        Self::InvalidArgument,
        Self::NotFound,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::LimitExceeded,
        Self::RateLimited,
        Self::Timeout,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::NotFound => "NOT_FOUND",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status of a whole answer with this code.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::InvalidArgument | Self::LimitExceeded => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }
}

/// What went wrong while answering.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    /// Not a request that the service understands.
    #[error("{message}")]
    BadRequest {
        /// What is wrong with it.
        message: String,
    },
    /// A value that makes no sense.
    #[error("{argument}: {message}; accepted: {accepted}")]
    InvalidArgument {
        /// The argument at fault.
        argument: String,
        /// What is wrong with it.
        message: String,
        /// What would be accepted.
        accepted: String,
    },
    /// Nothing of that name.
    #[error("{message}")]
    NotFound {
        /// The argument that named it.
        argument: &'static str,
        /// What there is not.
        message: String,
    },
    /// Data for nobody in particular.
    #[error("this needs a key: anonymous access does not include it")]
    Unauthenticated,
    /// A key or a token that is not taken.
    #[error("{0}")]
    BadCredential(&'static str),
    /// The session of a browser that was signed in.
    #[error("the session is over: sign in again")]
    SessionOver,
    /// Data for others than this asker.
    #[error("{message}")]
    Forbidden {
        /// What is closed, and what would open it.
        message: String,
    },
    /// Asked too often.
    #[error("too many requests: try again in {retry_after_seconds} s")]
    RateLimited {
        /// When there is room for one.
        retry_after_seconds: u64,
    },
    /// More than one answer holds.
    #[error("{}", limit_message(*.argument, *.limit, *.asked, .advice))]
    LimitExceeded {
        /// The argument at fault, where it is one.
        argument: Option<&'static str>,
        /// The most that is answered.
        limit: u64,
        /// What was asked for, where it is known.
        asked: Option<u64>,
        /// What to do instead.
        advice: String,
    },
    /// A subscriber that fell behind.
    #[error(
        "over {limit} readings wait for this subscription: it takes them too slowly and ends here; go on behind the cursor \
         with after, subscribe to fewer sensors, or use readingStream, which catches up by itself"
    )]
    TooSlow {
        /// Readings that wait for one subscription at most.
        limit: u64,
    },
    /// Too slow.
    #[error("the answer took too long: ask for a shorter range, fewer sensors or fewer points")]
    Timeout,
    /// The database is away.
    #[error("the database does not answer: try again in a moment")]
    Unavailable(#[source] Arc<dyn StdError + Send + Sync>),
    /// A bug.
    #[error("something went wrong here; the log has it under this request's id")]
    Internal(#[source] Arc<dyn StdError + Send + Sync>),
}

fn limit_message(argument: Option<&str>, limit: u64, asked: Option<u64>, advice: &str) -> String {
    let mut text = argument
        .map(|argument| format!("{argument}: "))
        .unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = match asked {
        Some(asked) => write!(text, "{asked} is over the limit of {limit}; {advice}"),
        None => write!(text, "over the limit of {limit}; {advice}"),
    };
    text
}

/// How a client may say who it is (RFC 9110, section 11.6.1).
pub(crate) const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"fieldbook\"");
pub(crate) const BASIC: HeaderValue =
    HeaderValue::from_static("Basic realm=\"fieldbook\", charset=\"UTF-8\"");

/// What a nullable field gives: a failure makes the field null, with its error beside it. The library would take a
/// `Result` of an `Option` for a failure of the whole parent.
pub(crate) type Nullable<T> = Option<Result<T, ApiError>>;

impl ApiError {
    /// Its code.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::BadRequest { .. } => ErrorCode::BadRequest,
            Self::InvalidArgument { .. } => ErrorCode::InvalidArgument,
            Self::NotFound { .. } => ErrorCode::NotFound,
            Self::Unauthenticated | Self::BadCredential(_) | Self::SessionOver => ErrorCode::Unauthenticated,
            Self::Forbidden { .. } => ErrorCode::Forbidden,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::LimitExceeded { .. } | Self::TooSlow { .. } => ErrorCode::LimitExceeded,
            Self::Timeout => ErrorCode::Timeout,
            Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// What a client is told besides the message, by name.
    pub(crate) fn details(&self, request: &RequestId) -> Vec<(&'static str, serde_json::Value)> {
        match self {
            Self::InvalidArgument {
                argument, accepted, ..
            } => {
                vec![
                    ("argument", argument.as_str().into()),
                    ("accepted", accepted.as_str().into()),
                ]
            }
            Self::NotFound { argument, .. } => vec![("argument", (*argument).into())],
            Self::LimitExceeded {
                argument,
                limit,
                asked,
                ..
            } => {
                let mut details = vec![("limit", (*limit).into())];
                details.extend(asked.map(|asked| ("asked", asked.into())));
                details.extend(argument.map(|argument| ("argument", argument.into())));
                details
            }
            Self::TooSlow { limit } => vec![("limit", (*limit).into())],
            Self::Internal(_) => vec![("requestId", request.to_string().into())],
            Self::RateLimited { retry_after_seconds } => {
                vec![("retryAfterSeconds", (*retry_after_seconds).into())]
            }
            Self::BadRequest { .. }
            | Self::Unauthenticated
            | Self::BadCredential(_)
            | Self::SessionOver
            | Self::Forbidden { .. }
            | Self::Timeout
            | Self::Unavailable(_) => Vec::new(),
        }
    }

    /// The headers of a whole answer with this error, besides those of its body.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::Unauthenticated | Self::BadCredential(_) => {
                vec![
                    (header::WWW_AUTHENTICATE, BEARER),
                    (header::WWW_AUTHENTICATE, BASIC),
                ]
            }
            // Offered Basic, a browser would ask for a user and a password in a window of its own.
            Self::SessionOver => vec![(header::WWW_AUTHENTICATE, BEARER)],
            Self::RateLimited { retry_after_seconds } => {
                vec![(header::RETRY_AFTER, (*retry_after_seconds).into())]
            }
            _ => Vec::new(),
        }
    }

    /// Logs what is not the client's doing.
    pub(crate) fn log(&self, request: &RequestId) {
        match self {
            Self::Internal(cause) => {
                tracing::error!(http.request_id = %request, error = %chain(&**cause), "answer a request");
            }
            Self::Unavailable(cause) => {
                tracing::warn!(http.request_id = %request, error = %chain(&**cause), "ask the database or the issuer");
            }
            Self::Timeout => tracing::warn!(http.request_id = %request, "give up on a slow answer"),
            _ => {}
        }
    }

    /// The error of a whole GraphQL request.
    pub(crate) fn into_server_error(self) -> ServerError {
        ServerError {
            source: Some(Arc::new(self.clone())),
            ..ServerError::new(self.to_string(), None)
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // SeaORM's errors repeat their source.
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

/// Gives each error of a GraphQL answer its extensions, and logs those that are not the client's doing.
pub(crate) fn finish(errors: &mut [ServerError], request: &RequestId) {
    for error in errors {
        let ours = match error.source::<ApiError>() {
            Some(ours) => ours.clone(),
            None => of_library(&error.message),
        };
        ours.log(request);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", ours.code().as_str());
        for (name, value) in ours.details(request) {
            // Texts and numbers are values of both worlds.
            let value = async_graphql::Value::from_json(value).unwrap_or_default();
            extensions.set(name, value);
        }
        error.message = ours.to_string();
        error.extensions = Some(extensions);
        error.source = None;
    }
}

/// Errors of the library are those of documents and arguments: it resolves nothing of its own. It names the argument
/// of a wrong value only in its message, as `Invalid value for argument "filter.names.0", expected type "String"`.
fn of_library(message: &str) -> ApiError {
    let invalid_argument = || {
        let rest = message.strip_prefix("Invalid value for argument \"")?;
        let (argument, problem) = rest.split_once("\", ")?;
        let accepted = match problem
            .strip_prefix("expected type \"")
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some("DateTime") => time::ACCEPTED.to_owned(),
            Some("Duration") => BucketSizeError::ACCEPTED.to_owned(),
            Some("Int") => format!("an integer from {} to {}", i32::MIN, i32::MAX),
            Some("Float") => "a number".to_owned(),
            Some("Boolean") => "true or false".to_owned(),
            Some("String") => "a string".to_owned(),
            Some("ID") => "the id of a sensor, as a string".to_owned(),
            Some(other) => format!("a value of type {other}"),
            None => "what the schema says of this argument".to_owned(),
        };
        let message = if problem.starts_with("expected type") {
            "the value has another type"
        } else {
            problem
        };
        Some(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: message.to_owned(),
            accepted,
        })
    };
    invalid_argument().unwrap_or_else(|| ApiError::BadRequest {
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_an_answer_has_a_code() {
        let mut errors = [
            ServerError::new("Unknown field", None),
            ApiError::Unauthenticated.into_server_error(),
        ];
        finish(&mut errors, &RequestId::new());
        let code = |error: &ServerError| {
            error
                .extensions
                .as_ref()
                .and_then(|extensions| extensions.get("code"))
                .map(ToString::to_string)
        };
        assert_eq!(code(&errors[0]).as_deref(), Some("\"BAD_REQUEST\""));
        assert_eq!(code(&errors[1]).as_deref(), Some("\"UNAUTHENTICATED\""));
    }

    #[test]
    fn an_internal_error_shows_nothing_but_the_request() {
        let request = RequestId::new();
        let cause = std::io::Error::other("secret detail");
        let mut errors = [ApiError::Internal(Arc::new(cause)).into_server_error()];
        finish(&mut errors, &request);
        let shown = serde_json::to_string(&errors[0]).unwrap();
        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains(&request.to_string()), "{shown}");
    }

    #[test]
    fn the_library_s_wrong_values_name_argument_and_what_is_accepted() {
        let error = of_library("Invalid value for argument \"filter.names.0\", expected type \"String\"");
        assert!(
            matches!(&error, ApiError::InvalidArgument { argument, accepted, .. }
                if argument == "filter.names.0" && accepted == "a string"),
            "{error}"
        );
    }
}
