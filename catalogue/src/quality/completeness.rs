//! How much of what a sensor should have sent is there, from the gaps between its readings.
//!
//! Neither rows nor slots of time are counted: a clock that drifts by 1 % would lose 1 % of either, and jitter moves readings
//! into slots of others. Instead each gap is asked how many readings are missing in it, and these are thought to lie evenly
//! in it:
//!
//! ```text
//!    t₁    t₂    t₃                      t₄    t₅
//!    •     •     •     ○     ○  ┆  ○     •     •       ○ missing: Δ = t₄ - t₃, round(Δ ÷ pace) - 1 = 3
//! ─────────────────────────────┼───────────────────
//!          window 1: 3 + 2      ┆   window 2: 2 + 1
//! ```
//!
//! **Invariant:** what is missing is a matter of neighbouring readings, wherever the window's edges are: each missing
//! reading falls in one window, so hours add up to their day.

mod doubt;
mod gap;
mod pace;

pub use self::doubt::{Doubt, Doubts};
pub use self::gap::{Gap, MAX_GAPS};
pub use self::pace::PACE_INTERVALS;

use chrono::TimeDelta;

use self::doubt::Regularity;
use self::gap::{Missing, Span};
use self::pace::Pace;
use super::interval::Expectation;
use super::number::{SECOND, count, float, whole};
use super::rules::Rules;

/// What of a sensor's readings in a window is there, and what is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Completeness {
    /// What was expected.
    pub expectation: Expectation,
    /// How many readings are there, up to where they were to be expected: now less the grace.
    pub present: u64,
    /// How many are missing.
    pub missing: u64,
    /// How long no reading came though one was due, in the window.
    pub silence: TimeDelta,
    /// How long readings were to be expected, in the window: what `silence` is a share of.
    pub expected_time: TimeDelta,
    /// In how many gaps the missing ones are, those included that begin before the window.
    pub gaps: u64,
    /// How many of these gaps have their first missing reading in this window: what adds up over windows.
    pub gaps_begun: u64,
    /// How long the longest of these gaps is from reading to reading, also outside of the window.
    pub longest_gap: Option<TimeDelta>,
    /// Why the figure may be wrong by more than 0.2 points; none: it is not.
    pub doubts: Doubts,
}

/// The settings of a completeness, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    expectation: Expectation,
    span: Span,
    /// Since when the sensor is there.
    since: Option<i64>,
    gap_factor: f64,
}

impl Expected {
    pub(super) fn new(
        (from, to): (i64, i64),
        now: i64,
        since: Option<i64>,
        expectation: Expectation,
        rules: &Rules,
    ) -> Self {
        let grace = whole((rules.late_after_seconds * SECOND).round());
        Self {
            expectation,
            span: Span {
                from,
                to,
                until: now.saturating_sub(grace),
            },
            since,
            gap_factor: rules.gap_factor,
        }
    }
}

/// Goes along the times of a sensor's readings.
#[derive(Debug)]
pub(super) struct Completer {
    expected: Expected,
    pace: Pace,
    /// How regular readings are: those before the window that show the pace, and those in it.
    regularity: Option<Regularity>,
    first: Option<i64>,
    last: Option<i64>,
    /// Whether a reading behind the window was there: nothing later can change anything.
    is_closed: bool,
    present: u64,
    missing: Missing,
}

impl Completer {
    pub(super) fn new(expected: Expected) -> Self {
        Self {
            expected,
            pace: Pace::new(expected.expectation.micros()),
            regularity: None,
            first: None,
            last: None,
            is_closed: false,
            present: 0,
            missing: Missing::new(expected.span),
        }
    }

    /// Takes the time of the next reading, later than those before.
    pub(super) fn push(&mut self, time: i64) {
        if self.is_closed {
            return;
        }
        let Expected { span, since, .. } = self.expected;
        if let Some(last) = self.last {
            self.between(last, time);
        } else {
            self.first = Some(time);
            if let Some(since) = since.filter(|since| *since < time) {
                self.before_the_first(since, time);
            }
        }
        self.last = Some(time);
        if time >= span.to {
            self.is_closed = true;
        } else if time >= span.from && time < span.until {
            self.present += 1;
        }
    }

    fn between(&mut self, last: i64, time: i64) {
        let pace = self.pace.micros();
        let apart = float(time - last);
        if apart > self.expected.gap_factor * pace {
            let missing = whole((apart / pace).round()) - 1;
            if missing > 0 {
                self.missing.closed(last, time, missing, pace);
            }
        }
        let Span { from, to, .. } = self.expected.span;
        let interval = self.pace.push(time - last);
        if (from..to).contains(&time) {
            // The interval itself is the ring's newest already, when it is the first one in the window.
            match &mut self.regularity {
                Some(regularity) => regularity.add(&interval),
                None => self.regularity = Some(self.pace.regularity()),
            }
        }
    }

    /// The sensor was there and said nothing.
    fn before_the_first(&mut self, since: i64, time: i64) {
        let pace = self.pace.micros();
        if let Some(missing) = self.overdue(time - since, pace) {
            self.missing.opening(since, time, missing, pace);
        }
    }

    /// How many readings are overdue after so long a silence: each when it is later than a gap would allow.
    fn overdue(&self, silence: i64, pace: f64) -> Option<i64> {
        let missing = whole((float(silence) / pace - (self.expected.gap_factor - 1.0)).floor());
        (missing > 0).then_some(missing)
    }

    /// The figures of the window, and its longest gaps in the order of time.
    pub(super) fn finish(mut self) -> (Completeness, Vec<Gap>) {
        let Expected { span, since, .. } = self.expected;
        let end = span.to.min(span.until);
        if !self.is_closed
            && let Some(last) = self.last.or(since).filter(|last| *last < span.until)
        {
            let pace = self.pace.micros();
            if let Some(missing) = self.overdue(span.until - last, pace) {
                self.missing.open(last, missing, pace);
            }
        }
        let begin = match (self.first, since) {
            (Some(first), Some(since)) => Some(first.min(since)),
            (first, since) => first.or(since),
        };
        let expected_time = begin.map_or(0, |begin| end - begin.max(span.from)).max(0);
        let regularity = self.regularity.unwrap_or_else(|| self.pace.regularity());
        let missing = count(self.missing.total);
        let completeness = Completeness {
            expectation: self.expected.expectation,
            present: self.present,
            missing,
            silence: TimeDelta::microseconds(self.missing.silence),
            expected_time: TimeDelta::microseconds(expected_time),
            gaps: self.missing.touching,
            gaps_begun: self.missing.begun,
            longest_gap: self.missing.longest.map(TimeDelta::microseconds),
            doubts: regularity.doubts(self.present, missing, &self.missing.silences),
        };
        (completeness, self.missing.gaps())
    }
}
