//! Looking for the first readings of a range without an index by time: windows that find their length.
//!
//! ```text
//!   |-|--|--------|------------------------ too many -----------------|
//!                 |----- none ------|----- too many --|
//!                                   |- none -|- some -|
//! ```
//!
//! From the range's end at which a page is read, each window is eight times as long as the one before, so that a dozen of
//! them span ten years. One with too many readings is halved, and what is left of it after an empty half is halved again,
//! until the readings next to the beginning are found.

use chrono::{DateTime, TimeDelta, Utc};

use crate::query::readings::TimeRange;

/// The first window: about as long as the densest data needs.
const LENGTH_FIRST: TimeDelta = TimeDelta::seconds(1);

/// How much longer each window is than the one before.
const GROWTH: i32 = 8;

/// A window is not halved below this, however many readings it has.
const LENGTH_MIN: TimeDelta = TimeDelta::milliseconds(1);

/// What is left of a range, and the window at its beginning.
#[derive(Debug)]
pub(in crate::query::readings) struct Windows {
    rest: TimeRange,
    ascending: bool,
    /// `None` for all of the rest.
    length: Option<TimeDelta>,
    /// Whether the window is a part of one that had too many readings.
    is_part: bool,
}

impl Windows {
    /// Windows from the range's beginning, or else from its end.
    pub(in crate::query::readings) fn growing(range: TimeRange, ascending: bool) -> Self {
        Self {
            rest: range,
            ascending,
            length: Some(LENGTH_FIRST),
            is_part: false,
        }
    }

    /// The window to read; `None` after the last.
    pub(in crate::query::readings) fn current(&self) -> Option<TimeRange> {
        if self.rest.from >= self.rest.to {
            return None;
        }
        let Some(length) = self.length else {
            return Some(self.rest);
        };
        let TimeRange { from, to } = self.rest;
        Some(if self.ascending {
            TimeRange {
                from,
                to: from
                    .checked_add_signed(length)
                    .unwrap_or(DateTime::<Utc>::MAX_UTC)
                    .min(to),
            }
        } else {
            TimeRange {
                from: to
                    .checked_sub_signed(length)
                    .unwrap_or(DateTime::<Utc>::MIN_UTC)
                    .max(from),
                to,
            }
        })
    }

    /// Whether the window can be halved.
    pub(in crate::query::readings) fn is_divisible(&self) -> bool {
        self.length.is_some()
            && self
                .current()
                .is_some_and(|window| window.to - window.from >= LENGTH_MIN * 2)
    }

    /// The window has too many readings: takes its half instead.
    pub(in crate::query::readings) fn narrow(&mut self) {
        self.length = self.current().map(|window| (window.to - window.from) / 2);
        self.is_part = true;
    }

    /// Takes a window of this length next.
    pub(in crate::query::readings) fn go_on(&mut self, length: TimeDelta) {
        self.length = Some(length.max(LENGTH_MIN));
        self.is_part = false;
    }

    /// The window is read: goes on to the next.
    pub(in crate::query::readings) fn advance(&mut self, was_empty: bool) {
        let Some(window) = self.current() else { return };
        if self.ascending {
            self.rest.from = window.to;
        } else {
            self.rest.to = window.from;
        }
        // After an empty half, the other half has them all.
        self.is_part = self.is_part && was_empty;
        self.length = match self.length {
            Some(length) if self.is_part => Some((length / 2).max(LENGTH_MIN)),
            Some(length) => length.checked_mul(GROWTH),
            None => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(micros).unwrap()
    }

    #[test]
    fn windows_cover_the_range_without_gap_or_overlap_from_either_end() {
        let (from, to) = (micros(0), micros(315_360_000_000_001));
        for ascending in [true, false] {
            let mut windows = Windows::growing(TimeRange { from, to }, ascending);
            let mut read = Vec::new();
            while let Some(window) = windows.current() {
                read.push(window);
                windows.advance(true);
            }
            assert!(read.len() < 12, "{} windows for ten years", read.len());
            read.sort_by_key(|window| window.from);
            assert_eq!((read[0].from, read[read.len() - 1].to), (from, to));
            assert!(read.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }

    #[test]
    fn dense_readings_after_a_long_gap_are_found_in_few_windows() {
        // A reading each millisecond for a year, after nine years of none.
        let start = 283_824_000_000_000;
        let range = TimeRange {
            from: micros(0),
            to: micros(315_360_000_000_000),
        };
        let mut windows = Windows::growing(range, true);
        for probes in 0.. {
            assert!(probes < 60, "{windows:?}");
            let window = windows.current().unwrap();
            let readings =
                (window.to.timestamp_micros() - window.from.timestamp_micros().max(start)).max(0) / 1000;
            if readings >= 20_000 {
                assert!(windows.is_divisible());
                windows.narrow();
            } else if readings == 0 {
                windows.advance(true);
            } else {
                assert!(window.from <= micros(start) && micros(start) < window.to);
                break;
            }
        }
    }
}
