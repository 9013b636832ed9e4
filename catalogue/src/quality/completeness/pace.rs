//! How quickly a sensor really sends, from its last intervals.
//!
//! A sensor that is expected to send each second and sends each 1.02 s loses nothing, and an hour's silence of it misses 3,529
//! readings, not 3,600. So gaps are measured by the pace right before them. It is the time of the last intervals by the
//! number of periods in them: jitter moves the ends of that time only, and lost readings don't matter.

use std::collections::VecDeque;

use super::doubt::Regularity;
use crate::quality::interval::MAX_PERIODS;
use crate::quality::number::{float, whole};

/// The pace is that of so many intervals before a gap.
pub const PACE_INTERVALS: usize = 128;

/// From fewer periods no pace is told; the expected interval is taken.
const MIN_PERIODS: i64 = 16;

/// Time between two readings, and what it says of the pace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval {
    pub(super) micros: i64,
    /// In expected intervals.
    pub(super) ratio: f64,
    pub(super) kind: Kind,
}

/// What a time between two readings is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Less than half of what was expected.
    Short,
    /// So many periods, of which all but one are missing.
    Periods(i64),
    /// So long that it can't be said how many periods it had.
    Long,
}

/// The last intervals.
#[derive(Debug)]
pub(super) struct Pace {
    expected: f64,
    ring: VecDeque<Interval>,
    /// Of the intervals in the ring that have periods.
    micros: i64,
    periods: i64,
}

impl Pace {
    pub(super) fn new(expected: f64) -> Self {
        Self {
            expected,
            ring: VecDeque::with_capacity(PACE_INTERVALS),
            micros: 0,
            periods: 0,
        }
    }

    /// Takes the next interval.
    pub(super) fn push(&mut self, micros: i64) -> Interval {
        let ratio = float(micros) / self.expected;
        let kind = if ratio < 0.5 {
            Kind::Short
        } else if ratio <= MAX_PERIODS {
            Kind::Periods(whole(ratio.round()))
        } else {
            Kind::Long
        };
        let interval = Interval { micros, ratio, kind };
        if self.ring.len() == PACE_INTERVALS
            && let Some(Interval {
                micros,
                kind: Kind::Periods(periods),
                ..
            }) = self.ring.pop_front()
        {
            self.micros -= micros;
            self.periods -= periods;
        }
        if let Kind::Periods(periods) = kind {
            self.micros += micros;
            self.periods += periods;
        }
        self.ring.push_back(interval);
        interval
    }

    /// The time between two readings when none is missing.
    pub(super) fn micros(&self) -> f64 {
        if self.periods < MIN_PERIODS {
            self.expected
        } else {
            float(self.micros) / float(self.periods)
        }
    }

    /// How regular the last intervals are.
    pub(super) fn regularity(&self) -> Regularity {
        let mut regularity = Regularity::default();
        for interval in &self.ring {
            regularity.add(interval);
        }
        regularity
    }
}
