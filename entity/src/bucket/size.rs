//! The size of a bucket: an ISO 8601 duration.

use std::fmt;
use std::str::FromStr;

/// The size of a bucket. Equal sizes are written alike: `PT60M` is `PT1H`, `PT24H` is `P1D`, `P12M` is `P1Y`; but `P7D`
/// is not `P1W`, which begins on Mondays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BucketSize(pub(super) Size);

/// Each kind counts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Size {
    Months(u32),
    Weeks(u32),
    Days(u32),
    /// No multiple of a day.
    Seconds(u32),
}

/// Why a text is no size of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BucketSizeError {
    /// Not written as a duration.
    #[error("this is no ISO 8601 duration")]
    NotADuration,
    /// Backwards.
    #[error("a bucket can't have a negative size")]
    Negative,
    /// With a part that is not whole.
    #[error("a bucket is whole seconds, and this has a fraction")]
    Fraction,
    /// Of no time.
    #[error("a bucket of no time holds nothing")]
    Zero,
    /// Weeks beside something else.
    #[error("weeks don't mix with other units: their buckets begin on Mondays")]
    WeeksMixed,
    /// Months beside something shorter.
    #[error("months and years have no fixed length, so they don't mix with days and times")]
    MonthsMixed,
    /// Over the greatest size.
    #[error("a bucket is at most 1,000 years")]
    TooLong,
}

impl BucketSizeError {
    /// What would be accepted instead.
    pub const ACCEPTED: &str = "an ISO 8601 duration of whole seconds, such as PT1S, PT15M, PT1H, PT1H30M, P1D, P1W, P1M or \
         P1Y; years and months, or weeks, or days with hours, minutes and seconds";
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEARS_MAX: u64 = 1_000;
const CHARS_MAX: usize = 64;

impl BucketSize {
    /// One minute.
    pub const MINUTE: Self = Self(Size::Seconds(60));

    /// Whether it is at least a day, so that local midnights matter most.
    pub fn is_at_least_a_day(self) -> bool {
        match self.0 {
            Size::Months(_) | Size::Weeks(_) | Size::Days(_) => true,
            Size::Seconds(seconds) => u64::from(seconds) >= DAY,
        }
    }

    /// Whether every bucket of this size begins and ends at a whole minute, in zones whose offset is whole minutes.
    pub fn is_whole_minutes(self) -> bool {
        match self.0 {
            Size::Months(_) | Size::Weeks(_) | Size::Days(_) => true,
            Size::Seconds(seconds) => u64::from(seconds).is_multiple_of(MINUTE),
        }
    }

    /// Its usual length in seconds; of months and years the longest one.
    pub fn usual_seconds(self) -> u64 {
        match self.0 {
            Size::Months(1) => 31 * DAY,
            Size::Months(months) => u64::from(months) * 31 * DAY - u64::from(months / 2) * DAY,
            Size::Weeks(weeks) => u64::from(weeks) * 7 * DAY,
            Size::Days(days) => u64::from(days) * DAY,
            Size::Seconds(seconds) => seconds.into(),
        }
    }
}

impl FromStr for BucketSize {
    type Err = BucketSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use BucketSizeError::{Fraction, MonthsMixed, Negative, NotADuration, TooLong, WeeksMixed, Zero};

        if text.len() > CHARS_MAX {
            return Err(NotADuration);
        }
        if text.starts_with('-') || text.starts_with("P-") {
            return Err(Negative);
        }
        let Parts {
            months,
            weeks,
            seconds,
            fraction,
        } = Parts::read(text).ok_or(NotADuration)?;
        if fraction {
            return Err(Fraction);
        }
        let within = |count: u64, max: u64| u32::try_from(count).ok().filter(|_| count <= max).ok_or(TooLong);
        let size = match (months, weeks, seconds) {
            (0, 0, 0) => return Err(Zero),
            (months, 0, 0) => Size::Months(within(months, YEARS_MAX * 12)?),
            (0, weeks, 0) => Size::Weeks(within(weeks, YEARS_MAX * 52)?),
            (0, 0, seconds) if seconds.is_multiple_of(DAY) => {
                Size::Days(within(seconds / DAY, YEARS_MAX * 365)?)
            }
            (0, 0, seconds) => Size::Seconds(within(seconds, 100 * 365 * DAY)?),
            (0, ..) | (_, 1.., _) => return Err(WeeksMixed),
            (..) => return Err(MonthsMixed),
        };
        Ok(Self(size))
    }
}

/// What the text of a duration adds up to.
#[derive(Debug, Default)]
struct Parts {
    months: u64,
    weeks: u64,
    seconds: u64,
    fraction: bool,
}

impl Parts {
    /// `None` when it is not written as a duration.
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        let (date, time) = match rest.split_once('T') {
            Some((_, "")) => return None,
            Some((date, time)) => (date, time),
            None if rest.is_empty() => return None,
            None => (rest, ""),
        };
        let mut parts = Self::default();
        parts.read_half(date, "YMWD")?;
        parts.read_half(time, "HMS")?;
        Some(parts)
    }

    /// Reads numbers with their units, which come in this order.
    fn read_half(&mut self, mut rest: &str, mut units: &'static str) -> Option<()> {
        let of_time = units.starts_with('H');
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
            let (number, unit) = (&rest[..end], rest[end..].chars().next()?);
            units = &units[units.find(unit)? + 1..];
            let whole = number.split(['.', ',']).next().unwrap_or_default();
            self.fraction |= whole.len() < number.len();
            let number: u64 = whole.parse().ok()?;
            let (sum, factor) = match unit {
                'Y' => (&mut self.months, 12),
                'M' if !of_time => (&mut self.months, 1),
                'W' => (&mut self.weeks, 1),
                'D' => (&mut self.seconds, DAY),
                'H' => (&mut self.seconds, HOUR),
                'M' => (&mut self.seconds, MINUTE),
                _ => (&mut self.seconds, 1),
            };
            // Too long is said later, of whatever is left of it.
            *sum = sum.saturating_add(number.saturating_mul(factor));
            rest = &rest[end + unit.len_utf8()..];
        }
        Some(())
    }
}

impl fmt::Display for BucketSize {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |out: &mut fmt::Formatter<'_>, number: u64, unit: char| match number {
            0 => Ok(()),
            number => write!(out, "{number}{unit}"),
        };
        out.write_str("P")?;
        match self.0 {
            Size::Months(months) => {
                part(out, (months / 12).into(), 'Y')?;
                part(out, (months % 12).into(), 'M')
            }
            Size::Weeks(weeks) => part(out, weeks.into(), 'W'),
            Size::Days(days) => part(out, days.into(), 'D'),
            Size::Seconds(seconds) => {
                let seconds = u64::from(seconds);
                out.write_str("T")?;
                part(out, seconds / HOUR, 'H')?;
                part(out, seconds % HOUR / MINUTE, 'M')?;
                part(out, seconds % MINUTE, 'S')
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BucketSizeError::{Fraction, MonthsMixed, Negative, NotADuration, TooLong, WeeksMixed, Zero};
    use super::*;

    #[test]
    fn sizes_are_written_in_one_way() {
        for (text, canonical) in [
            ("PT1S", "PT1S"),
            ("PT60S", "PT1M"),
            ("PT15M", "PT15M"),
            ("PT1H30M", "PT1H30M"),
            ("PT90M", "PT1H30M"),
            ("PT24H", "P1D"),
            ("P1DT12H", "PT36H"),
            ("P1D", "P1D"),
            ("P7D", "P7D"),
            ("P1W", "P1W"),
            ("P1M", "P1M"),
            ("P12M", "P1Y"),
            ("P1Y6M", "P1Y6M"),
            ("P0Y0M3D", "P3D"),
            ("P1000Y", "P1000Y"),
        ] {
            let size: BucketSize = text.parse().unwrap();
            assert_eq!(size.to_string(), canonical, "{text}");
            assert_eq!(canonical.parse(), Ok(size));
        }
        assert_eq!(BucketSize::MINUTE.to_string(), "PT1M");
    }

    #[test]
    fn what_is_no_size_says_why() {
        for (text, error) in [
            ("", NotADuration),
            ("P", NotADuration),
            ("PT", NotADuration),
            ("P1", NotADuration),
            ("1H", NotADuration),
            ("P1H", NotADuration),
            ("PT1D", NotADuration),
            ("P1DT", NotADuration),
            ("PT1M1H", NotADuration),
            ("PT1H1H", NotADuration),
            ("PTH", NotADuration),
            ("PT.S", NotADuration),
            ("P1é", NotADuration),
            ("1 hour", NotADuration),
            ("PT0.5S", Fraction),
            ("PT1,5H", Fraction),
            ("PT1.0S", Fraction),
            ("-PT1H", Negative),
            ("P-1D", Negative),
            ("PT0S", Zero),
            ("P0D", Zero),
            ("P1W2D", WeeksMixed),
            ("P1M1W", WeeksMixed),
            ("P1WT1H", WeeksMixed),
            ("P1M1D", MonthsMixed),
            ("P1YT1H", MonthsMixed),
            ("P1001Y", TooLong),
            ("P366000D", TooLong),
            ("PT99999999999999999999S", NotADuration),
            ("PT9999999999999999H", TooLong),
        ] {
            assert_eq!(text.parse::<BucketSize>(), Err(error), "{text}");
        }
        assert_eq!(
            format!("P{}D", "0".repeat(100)).parse::<BucketSize>(),
            Err(NotADuration)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_size_or_none(text in "\\PC{0,20}|-?P?[0-9YMWDTHS.,]{0,20}") {
            if let Ok(size) = text.parse::<BucketSize>() {
                proptest::prop_assert_eq!(size.to_string().parse(), Ok(size));
            }
        }
    }
}
