//! Gaps between readings, and which of the readings missing in them fall in a window.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};

use super::doubt::Silences;
use crate::quality::number::{count, float, whole};

/// So many gaps of a window are listed, the longest ones; all of them are counted.
pub const MAX_GAPS: usize = 100;

/// A time in which readings are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The reading before it, or since when the sensor is there. It may lie before the window.
    pub from: DateTime<Utc>,
    /// The reading after it, which may lie behind the window; `None`: none has come yet.
    pub to: Option<DateTime<Utc>>,
    /// How many readings are missing in the window.
    pub missing: u64,
}

/// A window, and up to when readings may be missed: microseconds, ends excluded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) until: i64,
}

/// What is missing in a window.
#[derive(Debug)]
pub(super) struct Missing {
    span: Span,
    pub(super) total: i64,
    /// In the window, in microseconds.
    pub(super) silence: i64,
    pub(super) touching: u64,
    pub(super) begun: u64,
    pub(super) longest: Option<i64>,
    pub(super) silences: Silences,
    /// The longest ones; the shortest of them is on top.
    listed: BinaryHeap<Reverse<Listed>>,
}

/// In the order of what is rather kept: longer ones, then earlier ones.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    length: i64,
    from: Reverse<i64>,
    to: Option<i64>,
    missing: i64,
}

/// A gap on the line of time. Each missing reading in it has a place that no window has a say in.
struct Hole {
    from: i64,
    to: Option<i64>,
    /// From when on silence is silence: a reading is due.
    due: i64,
    /// Where the silence ends, or has got to.
    end: i64,
}

impl Missing {
    pub(super) fn new(span: Span) -> Self {
        Self {
            span,
            total: 0,
            silence: 0,
            touching: 0,
            begun: 0,
            longest: None,
            silences: Silences::default(),
            listed: BinaryHeap::new(),
        }
    }

    /// Between two readings, evenly.
    pub(super) fn closed(&mut self, from: i64, to: i64, missing: i64, pace: f64) {
        let hole = Hole {
            from,
            to: Some(to),
            due: from.saturating_add(whole(pace)),
            end: to,
        };
        // The j-th of m lies at from + j · Δ ÷ (m + 1). In whole numbers, so that a division has no say in it either.
        let (apart, parts) = (i128::from(to - from), i128::from(missing) + 1);
        self.take(&hole, |time| {
            let behind = i128::from(time - from) * parts;
            let places = if behind > 0 { (behind - 1) / apart } else { 0 };
            i64::try_from(places).unwrap_or(missing).min(missing)
        });
    }

    /// Behind the last reading, each a pace behind the one before.
    pub(super) fn open(&mut self, from: i64, missing: i64, pace: f64) {
        let hole = Hole {
            from,
            to: None,
            due: from.saturating_add(whole(pace)),
            end: self.span.until,
        };
        self.take(&hole, |time| {
            let places = (float(time - from) / pace).ceil() - 1.0;
            whole(places).clamp(0, missing)
        });
    }

    /// Before the first reading, each a pace before the one behind.
    pub(super) fn opening(&mut self, from: i64, to: i64, missing: i64, pace: f64) {
        let hole = Hole {
            from,
            to: Some(to),
            due: from.saturating_add(whole(pace)),
            end: to,
        };
        self.take(&hole, |time| {
            let not_before = (float(to - time) / pace).floor();
            missing - whole(not_before).clamp(0, missing)
        });
    }

    /// `places_before` says how many of the missing readings have their place before an instant.
    fn take(&mut self, hole: &Hole, places_before: impl Fn(i64) -> i64) {
        let Span { from, to, until } = self.span;
        let to = to.min(until);
        if to <= from {
            return;
        }
        self.silence += (hole.end.min(to) - hole.due.max(from)).max(0);
        let earlier = places_before(from);
        let missing = places_before(to) - earlier;
        if missing == 0 {
            return;
        }
        self.total += missing;
        self.silences.add(missing);
        self.touching += 1;
        self.begun += u64::from(earlier == 0);
        let length = hole.end - hole.from;
        self.longest = self.longest.max(Some(length));
        self.listed.push(Reverse(Listed {
            length,
            from: Reverse(hole.from),
            to: hole.to,
            missing,
        }));
        if self.listed.len() > MAX_GAPS {
            self.listed.pop();
        }
    }

    /// The longest gaps, in the order of time.
    pub(super) fn gaps(self) -> Vec<Gap> {
        let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let listed = self.listed.into_iter().map(|Reverse(listed)| Gap {
            from: instant(listed.from.0),
            to: listed.to.map(instant),
            missing: count(listed.missing),
        });
        let mut gaps: Vec<Gap> = listed.collect();
        gaps.sort_unstable_by_key(|gap| gap.from);
        gaps
    }
}
