//! How long the windows of a scan are.

use std::time::Duration;

use chrono::TimeDelta;

use crate::query::readings::TimeRange;
use crate::query::readings::page::windows::Windows;

/// As many readings as a window should have: enough that a statement's own cost does not count, few enough for memory.
const READINGS_WANTED: usize = 100_000;

/// A window with this many readings is given up for a shorter one. While nothing is known of their density, the bound is
/// low, so that looking for them is quick.
const READINGS_MAX: usize = 4 * READINGS_WANTED;
const READINGS_MAX_UNKNOWN: usize = 20_000;

/// A window that takes longer is followed by a shorter one, though it has few readings: filters may leave out most.
const TIME_WANTED: Duration = Duration::from_millis(500);

/// How much longer than its forerunner a window is at most.
const GROWTH_MAX: f64 = 64.0;

/// Windows of a range, oldest first.
#[derive(Debug)]
pub(super) struct Pace {
    windows: Windows,
    /// Whether the last window had readings, so that the next will have about as many as reckoned.
    known: bool,
}

impl Pace {
    pub(super) fn new(range: TimeRange) -> Self {
        Self {
            windows: Windows::growing(range, true),
            known: false,
        }
    }

    /// The window to read, and how many readings are too many for it, where it can be shorter; `None` after the last.
    pub(super) fn current(&self) -> Option<(TimeRange, Option<usize>)> {
        let max = if self.known {
            READINGS_MAX
        } else {
            READINGS_MAX_UNKNOWN
        };
        let window = self.windows.current()?;
        Some((window, self.windows.is_divisible().then_some(max)))
    }

    /// The window has too many readings, or takes too long.
    pub(super) fn narrow(&mut self) {
        self.windows.narrow();
        self.known = false;
    }

    /// The window is read.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a window has far fewer readings than 2^53"
    )]
    pub(super) fn advance(&mut self, readings: usize, took: Duration) {
        let Some(window) = self.windows.current() else {
            return;
        };
        self.windows.advance(readings == 0);
        self.known = readings > 0;
        let room = TIME_WANTED.as_secs_f64() / took.as_secs_f64().max(1e-6);
        if readings > 0 {
            let wanted = READINGS_WANTED as f64 / readings as f64;
            self.windows
                .go_on(scaled(window.to - window.from, wanted.min(room)));
        } else if room < 1.0 {
            self.windows.go_on(scaled(window.to - window.from, room));
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a length need not be exact, and what is beyond the greatest is the greatest"
)]
fn scaled(length: TimeDelta, factor: f64) -> TimeDelta {
    let micros = length.num_microseconds().unwrap_or(i64::MAX);
    TimeDelta::microseconds((micros as f64 * factor.min(GROWTH_MAX)) as i64)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange {
            from: DateTime::from_timestamp_micros(from).unwrap(),
            to: DateTime::from_timestamp_micros(to).unwrap(),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small numbers"
    )]
    /// Reads readings that come `per_second` from `start` on; gives how many each window had, and how many were given up.
    fn walk(
        range: TimeRange,
        start: i64,
        per_second: f64,
        took: impl Fn(usize) -> Duration,
    ) -> (Vec<usize>, usize) {
        let mut pace = Pace::new(range);
        let (mut read, mut given_up, mut until) = (Vec::new(), 0, range.from);
        while let Some((window, max)) = pace.current() {
            assert_eq!(window.from, until, "a gap or an overlap");
            let micros = (window.to.timestamp_micros() - window.from.timestamp_micros().max(start)).max(0);
            let readings = (micros as f64 / 1e6 * per_second) as usize;
            if max.is_some_and(|max| readings >= max) {
                given_up += 1;
                pace.narrow();
            } else {
                until = window.to;
                pace.advance(readings, took(readings));
                read.push(readings);
            }
            assert!(read.len() + given_up < 10_000, "{pace:?}");
        }
        assert_eq!(until, range.to);
        (read, given_up)
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    fn windows_soon_have_as_many_readings_as_wanted() {
        for per_second in [0.01, 1.0, 1e3, 1e6] {
            let seconds = 3e6 / per_second;
            let range = range(0, (seconds * 1e6) as i64);
            let (read, given_up) = walk(range, 0, per_second, |_| Duration::from_millis(20));
            assert!(read.len() < 45, "{} windows for 30 at {per_second}", read.len());
            assert!(given_up < 12, "{given_up} given up at {per_second}");
            assert!(read.iter().all(|readings| *readings < READINGS_MAX), "{read:?}");
        }
    }

    #[test]
    fn readings_after_a_long_gap_are_found_soon() {
        let years = 315_360_000_000_000;
        let (read, given_up) = walk(range(0, years), years - 60_000_000, 50_000.0, |_| {
            Duration::from_millis(20)
        });
        assert!(read.len() + given_up < 120, "{} and {given_up}", read.len());
    }

    #[test]
    fn windows_of_slow_statements_get_shorter() {
        let mut pace = Pace::new(range(0, 3_600_000_000_000));
        for _ in 0..6 {
            pace.advance(0, Duration::from_millis(1));
        }
        let length = |pace: &Pace| {
            let (window, _) = pace.current().unwrap();
            window.to - window.from
        };
        let long = length(&pace);
        pace.advance(0, Duration::from_secs(5));
        assert!(length(&pace) <= long / 9, "{} after {long}", length(&pace));
        pace.advance(10, Duration::from_secs(5));
        assert!(length(&pace) <= long / 90);
    }
}
