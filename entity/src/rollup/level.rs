//! The lengths of rollup buckets.

use chrono::{DateTime, TimeDelta, Utc};

/// How long the buckets of a rollup are; they count from midnight UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `reading_1m`.
    Minute,
    /// `reading_1h`.
    Hour,
    /// `reading_1d`.
    Day,
}

impl Level {
    /// All of them, the finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// The length of a bucket in seconds.
    pub const fn seconds(self) -> i32 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// The start of the bucket with this instant.
    pub fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let into = time.timestamp().rem_euclid(self.seconds().into());
        let nanos = TimeDelta::nanoseconds(time.timestamp_subsec_nanos().into());
        time - TimeDelta::seconds(into) - nanos
    }

    /// The first start of a bucket that is not before this instant.
    pub fn ceil(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let floor = self.floor(time);
        if floor == time {
            floor
        } else {
            floor + TimeDelta::seconds(self.seconds().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_and_ceil_enclose_an_instant_and_keep_an_edge() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (time, level, floor, ceil) in [
            (
                "2026-03-29T01:02:03.000004Z",
                Level::Minute,
                "2026-03-29T01:02:00Z",
                "2026-03-29T01:03:00Z",
            ),
            (
                "2026-03-29T01:02:03Z",
                Level::Hour,
                "2026-03-29T01:00:00Z",
                "2026-03-29T02:00:00Z",
            ),
            (
                "2026-12-31T23:59:59.999999Z",
                Level::Day,
                "2026-12-31T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                "1969-12-31T23:59:30Z",
                Level::Minute,
                "1969-12-31T23:59:00Z",
                "1970-01-01T00:00:00Z",
            ),
            (
                "2026-03-29T00:00:00Z",
                Level::Day,
                "2026-03-29T00:00:00Z",
                "2026-03-29T00:00:00Z",
            ),
        ] {
            assert_eq!(
                (level.floor(at(time)), level.ceil(at(time))),
                (at(floor), at(ceil)),
                "{time}"
            );
        }
    }
}
