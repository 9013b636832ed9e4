//! What became of freshness over time, and which share of it was good.
//!
//! ```text
//! looked at   ├───────────────┤        ├──────────────────────┤ now
//! status      FRESH ──────► STALE ─► FRESH ──────────► LATE ───►
//! counted     ├─── good ──┤ bad                  ├── good ────┤
//! ```
//!
//! A status holds from its change to the next one, so how often somebody looked in between makes no difference. What nobody
//! looked at (Fieldbook was down, a check failed) counts neither way, and so does a time in which there was nothing to judge.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::expectation::Thresholds;
use crate::model::FreshnessStatus;

/// How far back shares reach.
pub const SHARE_OF: TimeDelta = TimeDelta::days(30);

/// Changes kept of one subject; of one that changes more often, older ones are forgotten.
pub const CHANGES_MAX: u32 = 256;

/// Stretches of looking that are kept.
pub const WATCHES_MAX: u32 = 1_024;

/// How fresh one thing has been, from its first look on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    changes: VecDeque<(DateTime<Utc>, FreshnessStatus)>,
}

impl History {
    /// Adds a change; one that seems to lie before the last one is of the same instant.
    pub fn push(&mut self, at: DateTime<Utc>, status: FreshnessStatus) {
        let at = self.changes.back().map_or(at, |(last, _)| at.max(*last));
        self.changes.push_back((at, status));
        if self.changes.len() > CHANGES_MAX as usize {
            self.changes.pop_front();
        }
    }

    /// The last change.
    pub fn last(&self) -> Option<(DateTime<Utc>, FreshnessStatus)> {
        self.changes.back().copied()
    }

    /// Every change that is kept, oldest first.
    pub fn changes(&self) -> impl Iterator<Item = (DateTime<Utc>, FreshnessStatus)> {
        self.changes.iter().copied()
    }

    /// Forgets what was over at that instant.
    pub fn forget_before(&mut self, before: DateTime<Utc>) {
        while self.changes.get(1).is_some_and(|(next, _)| *next <= before) {
            self.changes.pop_front();
        }
    }

    /// How long of the time watched in `[from, to)` it was judged, and found what.
    pub fn judged(&self, watched: &Watched, from: DateTime<Utc>, to: DateTime<Utc>) -> Judged {
        let mut judged = Judged::default();
        let ends = self.changes.iter().skip(1).map(|(next, _)| *next).chain([to]);
        for ((start, status), end) in self.changes.iter().zip(ends) {
            let watched = watched.within((*start).max(from), end.min(to));
            match status {
                FreshnessStatus::Fresh | FreshnessStatus::Late => judged.not_stale += watched,
                FreshnessStatus::Stale => judged.stale += watched,
                FreshnessStatus::NoData | FreshnessStatus::NoExpectation | FreshnessStatus::Unknown => {}
            }
        }
        judged
    }

    /// The share of the last 30 days in which it was not stale.
    pub fn not_stale_share(&self, watched: &Watched, now: DateTime<Utc>) -> Option<f64> {
        self.judged(watched, now - SHARE_OF, now).not_stale_share()
    }
}

/// How long something was judged, and found what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Judged {
    /// Fresh or late.
    pub not_stale: TimeDelta,
    /// Stale.
    pub stale: TimeDelta,
}

impl Judged {
    /// The share in which it was not stale; `None` when it was not judged at all.
    pub fn not_stale_share(&self) -> Option<f64> {
        let micros = |time: TimeDelta| time.num_microseconds().unwrap_or(i64::MAX);
        let (good, bad) = (micros(self.not_stale), micros(self.stale));
        let all = good.saturating_add(bad);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share need not be exact to the microsecond"
        )]
        let share = good as f64 / all as f64;
        (all > 0).then_some(share)
    }
}

/// When somebody looked: stretches without a break, oldest first, apart from each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watched {
    /// Start, end, and how long was watched before it.
    stretches: Vec<(DateTime<Utc>, DateTime<Utc>, TimeDelta)>,
}

impl Watched {
    /// From stretches in the order in which they began; what overlaps counts once.
    pub fn of(stretches: impl IntoIterator<Item = (DateTime<Utc>, DateTime<Utc>)>) -> Self {
        let mut watched = Self::default();
        for (start, end) in stretches {
            match watched.stretches.last_mut() {
                Some((_, last, _)) if start <= *last => *last = end.max(*last),
                _ => {
                    let before = watched.total();
                    watched.stretches.push((start, end, before));
                }
            }
        }
        watched
    }

    /// The last look.
    pub fn last(&self) -> Option<DateTime<Utc>> {
        self.stretches.last().map(|(_, end, _)| *end)
    }

    fn total(&self) -> TimeDelta {
        let last = self.stretches.last();
        last.map_or(TimeDelta::zero(), |(start, end, before)| {
            *before + (*end - *start)
        })
    }

    /// How long was watched until that instant.
    fn until(&self, at: DateTime<Utc>) -> TimeDelta {
        let begun = self.stretches.partition_point(|(start, ..)| *start <= at);
        match begun.checked_sub(1).and_then(|last| self.stretches.get(last)) {
            Some((start, end, before)) => *before + (at.min(*end) - *start),
            None => TimeDelta::zero(),
        }
    }

    /// How long was watched in `[from, to)`.
    pub fn within(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        if to <= from {
            return TimeDelta::zero();
        }
        self.until(to) - self.until(from)
    }
}

/// Since when something has a status that was found now.
///
/// An age crosses a threshold at a known instant, between two looks: that one counts, so that nothing depends on when somebody
/// looked. It lies after the look that found it otherwise, and not in the future.
pub fn changed_at(
    status: FreshnessStatus,
    newest_at: Option<DateTime<Utc>>,
    thresholds: Option<Thresholds>,
    before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let after = |seconds: f64| {
        // An age of years is no finite number of microseconds more than the calendar has.
        let micros = TimeDelta::try_milliseconds(to_millis(seconds));
        micros.and_then(|wait| newest_at?.checked_add_signed(wait))
    };
    let crossed = match (status, thresholds) {
        (FreshnessStatus::Late, Some(thresholds)) => after(thresholds.late_after),
        (FreshnessStatus::Stale, Some(thresholds)) => after(thresholds.stale_after),
        // What was first seen fresh may have been so for long.
        (FreshnessStatus::Fresh, Some(_)) => before.and(newest_at),
        _ => None,
    };
    let crossed = crossed.unwrap_or(now).min(now);
    before.map_or(crossed, |before| crossed.max(before).min(now.max(before)))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` keeps to the bounds of the type"
)]
fn to_millis(seconds: f64) -> i64 {
    (seconds * 1e3).round() as i64
}

#[cfg(test)]
mod tests;
