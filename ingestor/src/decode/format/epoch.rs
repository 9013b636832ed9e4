//! Times as numbers since 1970.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::walk::Found;
use crate::decode::time;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// Text as in RFC 3339; see [`time`].
    #[default]
    Rfc3339,
    /// Seconds since 1970, whole or not.
    EpochS,
    /// Milliseconds since 1970.
    EpochMs,
    /// Microseconds since 1970.
    EpochUs,
    /// Nanoseconds since 1970; what is finer than microseconds is cut.
    EpochNs,
}

impl TimeFormat {
    /// What is expected, for the sentences of the quarantine.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Rfc3339 => {
                "ISO 8601 is expected, such as 2026-11-23T10:00:00.123456Z; without an offset it is UTC"
            }
            Self::EpochS => "seconds since 1970 are expected",
            Self::EpochMs => "milliseconds since 1970 are expected",
            Self::EpochUs => "microseconds since 1970 are expected",
            Self::EpochNs => "nanoseconds since 1970 are expected",
        }
    }

    /// Nanoseconds of a unit; none for text.
    fn unit_nanos(self) -> Option<i32> {
        match self {
            Self::Rfc3339 => None,
            Self::EpochS => Some(1_000_000_000),
            Self::EpochMs => Some(1_000_000),
            Self::EpochUs => Some(1_000),
            Self::EpochNs => Some(1),
        }
    }

    /// The time that was found; `None` when it is no such thing.
    pub(super) fn read(self, found: &Found<'_>) -> Option<DateTime<Utc>> {
        let Some(nanos) = self.unit_nanos() else {
            return match found {
                Found::Text(text) => time::parse(text),
                _ => None,
            };
        };
        match found {
            Found::Whole(number) => whole(*number, nanos),
            Found::Float(number) => fraction(*number, nanos),
            // A level of a topic is text, and some devices quote their numbers.
            Found::Text(text) => match text.parse::<i64>() {
                Ok(number) => whole(number.into(), nanos),
                Err(_) => fraction(super::walk::number(text)?, nanos),
            },
            _ => None,
        }
    }
}

fn whole(number: i128, unit_nanos: i32) -> Option<DateTime<Utc>> {
    let micros = number.checked_mul(unit_nanos.into())?.div_euclid(1000);
    DateTime::from_timestamp_micros(i64::try_from(micros).ok()?)
}

/// To the nearest microsecond: a float near 1.8e9 is some 0.2 µs beside what was written, on either side.
fn fraction(number: f64, unit_nanos: i32) -> Option<DateTime<Utc>> {
    let micros = (number * (f64::from(unit_nanos) / 1000.0)).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "within bounds that i64 and chrono hold"
    )]
    let micros = (micros.abs() < 8e18).then_some(micros as i64)?;
    DateTime::from_timestamp_micros(micros)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(format: TimeFormat, found: &Found<'_>) -> Option<i64> {
        format.read(found).map(|time| time.timestamp_micros())
    }

    #[test]
    fn each_unit_is_read_to_the_microsecond() {
        use TimeFormat::{EpochMs, EpochNs, EpochS, EpochUs};
        for (format, number, expected) in [
            (EpochS, 1_795_428_000, 1_795_428_000_000_000),
            (EpochMs, 1_795_428_000_123, 1_795_428_000_123_000),
            (EpochUs, 1_795_428_000_123_456, 1_795_428_000_123_456),
            (EpochNs, 1_795_428_000_123_456_999, 1_795_428_000_123_456),
            (EpochNs, -1, -1),
        ] {
            assert_eq!(
                micros(format, &Found::Whole(number)),
                Some(expected),
                "{format:?}"
            );
            let text = Found::Text(number.to_string().into());
            assert_eq!(micros(format, &text), Some(expected), "{format:?} as text");
        }
        let text = Found::Text("1795428000.123456".into());
        assert_eq!(micros(EpochS, &text), Some(1_795_428_000_123_456));
        assert_eq!(micros(EpochMs, &Found::Float(1.5)), Some(1500));
    }

    #[test]
    fn what_is_no_number_or_no_time_is_none() {
        for found in [
            Found::Whole(i128::from(u64::MAX)),
            Found::Float(1e300),
            Found::Float(-1e300),
            Found::Text("yesterday".into()),
            Found::Text("nan".into()),
            Found::Text("".into()),
            Found::Boolean(true),
            Found::Missing,
        ] {
            assert_eq!(TimeFormat::EpochS.read(&found), None, "{found:?}");
        }
        assert_eq!(TimeFormat::Rfc3339.read(&Found::Whole(1_795_428_000)), None);
    }

    proptest! {
        /// Seconds with a fraction, as floats have it, for the years that anybody measures in.
        #[test]
        fn seconds_with_six_digits_come_back(expected in 0_i64..4_102_444_800_000_000) {
            let text = format!("{}.{:06}", expected / 1_000_000, expected % 1_000_000);
            let number: f64 = text.parse().expect("a number");
            prop_assert_eq!(micros(TimeFormat::EpochS, &Found::Float(number)), Some(expected));
        }

        #[test]
        fn any_number_is_a_time_or_none(number: f64, whole: i64) {
            for format in [TimeFormat::EpochS, TimeFormat::EpochMs, TimeFormat::EpochUs, TimeFormat::EpochNs] {
                let _ = format.read(&Found::Float(number));
                let _ = format.read(&Found::Whole(whole.into()));
            }
        }
    }
}
