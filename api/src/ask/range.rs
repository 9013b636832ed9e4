//! Half-open ranges of time, with their defaults.

use chrono::{DateTime, TimeDelta, Utc};
use entity::query::readings::TimeRange;

use super::time;
use crate::graphql::error::ApiError;

/// How far back rows go when a question does not say `from`.
pub(crate) const ROWS_RANGE: TimeDelta = TimeDelta::hours(24);

/// How far back buckets go when a question does not say `from`.
pub(crate) const BUCKETS_RANGE: TimeDelta = TimeDelta::days(7);

/// The range from `from` up to, but not including, `to`: by default the 24 hours before `to`, and `to` is now.
pub(crate) fn of_rows(
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<TimeRange, ApiError> {
    or_before(from, to.unwrap_or(now), ROWS_RANGE)
}

/// The same for rows that are buckets: by default the 7 days before `to`.
pub(crate) fn of_buckets(
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<TimeRange, ApiError> {
    or_before(from, to.unwrap_or(now), BUCKETS_RANGE)
}

fn or_before(
    from: Option<DateTime<Utc>>,
    to: DateTime<Utc>,
    width: TimeDelta,
) -> Result<TimeRange, ApiError> {
    match from {
        Some(from) => between(from, to),
        None => Ok(TimeRange { from: to - width, to }),
    }
}

/// The range from `from` up to, but not including, `to`.
pub(crate) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<TimeRange, ApiError> {
    if from < to {
        return Ok(TimeRange { from, to });
    }
    Err(ApiError::InvalidArgument {
        argument: "from".to_owned(),
        message: format!("{} is not before to, {}", time::format(from), time::format(to)),
        accepted: format!("a time before {}", time::format(to)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        time::parse(text).unwrap()
    }

    #[test]
    fn without_from_it_is_the_day_before_to() {
        let now = at("2026-11-23T10:00:00Z");
        let range = of_rows(None, None, now).unwrap();
        assert_eq!((range.from, range.to), (at("2026-11-22T10:00:00Z"), now));
        let range = of_rows(None, Some(at("2026-01-02")), now).unwrap();
        assert_eq!((range.from, range.to), (at("2026-01-01"), at("2026-01-02")));
    }

    #[test]
    fn from_must_be_before_to() {
        for to in ["2026-01-01", "2025-12-31"] {
            let error = between(at("2026-01-01"), at(to)).unwrap_err();
            assert!(
                matches!(&error, ApiError::InvalidArgument { argument, .. } if argument == "from"),
                "{error}"
            );
        }
    }
}
