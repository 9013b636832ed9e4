//! Which windows a question about quality is about.

use chrono::TimeDelta;
use entity::BucketSize;
use entity::query::readings::TimeRange;
use entity::rollup::Level;

use crate::graphql::error::ApiError;
use crate::options::Limits;

/// What to do about too many readings.
pub(crate) const ADVICE: &str =
    "so many readings are not gone through for one answer: ask for a shorter range or fewer sensors";

/// How long the windows of a question are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Per {
    /// Hours of UTC.
    Hour,
    /// Days of UTC.
    Day,
}

impl Per {
    /// Of the argument `per`.
    pub(crate) fn of(text: &str) -> Result<Self, ApiError> {
        let asked = text.parse::<BucketSize>().ok();
        for (per, size) in [(Self::Hour, "PT1H"), (Self::Day, "P1D")] {
            if asked.is_some() && asked == size.parse().ok() {
                return Ok(per);
            }
        }
        Err(ApiError::InvalidArgument {
            argument: "per".to_owned(),
            message: format!("quality is not measured per {text:?}"),
            accepted: "PT1H for hours, or P1D for days, of UTC".to_owned(),
        })
    }

    /// The level at which such windows are kept.
    pub(crate) fn level(self) -> Level {
        match self {
            Self::Hour => Level::Hour,
            Self::Day => Level::Day,
        }
    }

    /// How long one is.
    pub(crate) fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }
}

/// The windows of a range in the order of time: the range itself, or every hour or day that it touches, as a whole.
pub(crate) fn windows(
    range: TimeRange,
    per: Option<Per>,
    limits: &Limits,
) -> Result<Vec<TimeRange>, ApiError> {
    let Some(per) = per else {
        check_length(range, limits)?;
        return Ok(vec![range]);
    };
    let reports = (range.to - range.from).num_seconds() / per.length().num_seconds();
    check_reports(1, usize::try_from(reports).unwrap_or(usize::MAX), limits)?;
    let length = per.length();
    let mut windows = Vec::new();
    let mut from = per.level().floor(range.from);
    while from < range.to {
        windows.push(TimeRange {
            from,
            to: from + length,
        });
        from += length;
    }
    Ok(windows)
}

/// Refuses a range that is longer than is gone through.
fn check_length(range: TimeRange, limits: &Limits) -> Result<(), ApiError> {
    let length = range.to - range.from;
    if length <= TimeDelta::days(limits.quality_days_max.into()) {
        return Ok(());
    }
    let seconds = length.num_seconds().unsigned_abs();
    Err(ApiError::LimitExceeded {
        argument: Some("from"),
        limit: limits.quality_days_max.into(),
        asked: Some(seconds.div_ceil(24 * 60 * 60)),
        advice: "that many days of readings are not gone through for one answer: ask for a shorter range"
            .to_owned(),
    })
}

/// Refuses more reports than one answer has room for.
pub(crate) fn check_reports(sensors: usize, windows: usize, limits: &Limits) -> Result<(), ApiError> {
    let reports = (sensors as u64).saturating_mul(windows as u64);
    if reports <= u64::from(limits.quality_reports_max) {
        return Ok(());
    }
    Err(ApiError::LimitExceeded {
        argument: Some(if windows > 1 { "per" } else { "sensors" }),
        limit: limits.quality_reports_max.into(),
        asked: Some(reports),
        advice: "so many windows of sensors are not measured for one answer: ask for a shorter range, longer windows or \
                 fewer sensors"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::time;

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange {
            from: time::parse(from).unwrap(),
            to: time::parse(to).unwrap(),
        }
    }

    #[test]
    fn windows_are_whole_hours_and_days_or_what_was_asked_for() {
        let limits = Limits::default();
        let asked = range("2026-11-23T09:59:59Z", "2026-11-23T12:00:00Z");
        assert_eq!(windows(asked, None, &limits).unwrap(), [asked]);
        let hours = [
            range("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"),
            range("2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"),
            range("2026-11-23T11:00:00Z", "2026-11-23T12:00:00Z"),
        ];
        assert_eq!(windows(asked, Some(Per::Hour), &limits).unwrap(), hours);
        let day = range("2026-11-23", "2026-11-24");
        assert_eq!(windows(asked, Some(Per::Day), &limits).unwrap(), [day]);
        let before_1970 = range("1969-12-31T23:30:00Z", "1969-12-31T23:40:00Z");
        let hour = range("1969-12-31T23:00:00Z", "1970-01-01");
        assert_eq!(windows(before_1970, Some(Per::Hour), &limits).unwrap(), [hour]);
    }

    #[test]
    fn lengths_and_numbers_are_bounded() {
        let limits = Limits::default();
        assert_eq!(
            windows(range("2026-01-01", "2026-02-01"), Some(Per::Hour), &limits)
                .unwrap()
                .len(),
            744
        );
        let error = windows(range("2026-01-01", "2026-02-01T00:00:00.000001Z"), None, &limits).unwrap_err();
        assert!(
            matches!(
                error,
                ApiError::LimitExceeded {
                    argument: Some("from"),
                    limit: 31,
                    asked: Some(31 | 32),
                    ..
                }
            ),
            "{error}"
        );
        assert!(check_reports(1000, 1, &limits).is_ok() && check_reports(1, 744, &limits).is_ok());
        let error = check_reports(2, 744, &limits).unwrap_err();
        assert!(
            matches!(
                error,
                ApiError::LimitExceeded {
                    argument: Some("per"),
                    limit: 1000,
                    asked: Some(1488),
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn windows_are_hours_or_days() {
        assert_eq!(Per::of("PT1H").unwrap(), Per::Hour);
        assert_eq!(Per::of("PT60M").unwrap(), Per::Hour);
        assert_eq!(Per::of("P1D").unwrap(), Per::Day);
        for text in ["", "PT2H", "P1W", "hour", "PT1H\0"] {
            assert!(
                matches!(Per::of(text), Err(ApiError::InvalidArgument { .. })),
                "{text}"
            );
        }
    }
}
