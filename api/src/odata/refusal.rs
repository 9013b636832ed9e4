//! What OData's questions are told that are wrong, or that this service does not answer.

use crate::graphql::error::ApiError;
use crate::http::Problem;

/// A question that is wrong: 400.
pub(crate) fn wrong(argument: &str, message: impl Into<String>, accepted: impl Into<String>) -> Problem {
    Problem::new(ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: message.into(),
        accepted: accepted.into(),
    })
}

/// A part of OData that this service does not have: 501.
pub(crate) fn absent(argument: &str, message: impl Into<String>, accepted: impl Into<String>) -> Problem {
    wrong(argument, message, accepted).with_status(501)
}

/// A question over a limit.
pub(crate) fn over(argument: &'static str, limit: u64, asked: Option<u64>, advice: &str) -> Problem {
    Problem::new(ApiError::LimitExceeded {
        argument: Some(argument),
        limit,
        asked,
        advice: advice.to_owned(),
    })
}
