//! Bounds of values as questions say them.

use crate::graphql::error::ApiError;

/// Refuses a lowest value above the greatest; each bound comes with the argument that gave it.
pub(crate) fn check_bounds(
    (argument, min): (&str, Option<f64>),
    (other, max): (&str, Option<f64>),
) -> Result<(), ApiError> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => Err(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: format!("{min} is above {other}, {max}"),
            accepted: format!("a number up to {max}"),
        }),
        _ => Ok(()),
    }
}
