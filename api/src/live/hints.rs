//! What notifications told of positions that were not looked at yet.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::Loaded;
use entity::query::loaded::Piece;

/// Notifications remembered; behind that many, `segment` is asked where readings lie.
const HINTS_MAX: usize = 10_000;

/// Spans no further apart are looked through as one.
const NEAR: TimeDelta = TimeDelta::seconds(1);

/// Notifications by journal and the position before them.
#[derive(Debug, Default)]
pub(super) struct Hints {
    by_journal: HashMap<i16, BTreeMap<i64, Loaded>>,
    count: usize,
}

impl Hints {
    pub(super) fn add(&mut self, loaded: Loaded) {
        if self.count >= HINTS_MAX {
            self.by_journal.clear();
            self.count = 0;
        }
        let of_journal = self.by_journal.entry(loaded.journal_id).or_default();
        self.count += usize::from(of_journal.insert(loaded.after, loaded).is_none());
    }

    /// What lies behind `after`, without a gap, as far as `upto` and `positions_max` positions at most; `None` when its
    /// beginning is not known.
    pub(super) fn piece(&self, journal_id: i16, after: i64, upto: i64, positions_max: i64) -> Option<Piece> {
        let of_journal = self.by_journal.get(&journal_id)?;
        let end = upto.min(after.saturating_add(positions_max));
        let mut at = after;
        let mut spans = Vec::new();
        while at < end {
            let before = of_journal.range(..=at).next_back();
            let Some((_, loaded)) = before.filter(|(_, loaded)| loaded.upto > at) else {
                break;
            };
            spans.extend_from_slice(&loaded.spans);
            at = loaded.upto.min(end);
        }
        (at > after).then(|| Piece {
            journal_id,
            after,
            upto: at,
            spans: joined(spans),
        })
    }

    /// Forgets what lies at or before `upto`.
    pub(super) fn forget(&mut self, journal_id: i16, upto: i64) {
        if let Some(of_journal) = self.by_journal.get_mut(&journal_id) {
            let before = of_journal.len();
            of_journal.retain(|_, loaded| loaded.upto > upto);
            self.count -= before - of_journal.len();
        }
    }
}

/// Spans apart from each other that hold the same times.
fn joined(mut spans: Vec<(DateTime<Utc>, DateTime<Utc>)>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    spans.sort_unstable();
    let mut joined: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, last)) if from - *last <= NEAR => *last = to.max(*last),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(after: i64, upto: i64) -> Loaded {
        let time = |seq: i64| DateTime::from_timestamp(seq, 0).unwrap();
        Loaded {
            journal_id: 1,
            after,
            upto,
            sensors: false,
            spans: vec![(time(after), time(upto))],
        }
    }

    #[test]
    fn a_piece_goes_as_far_as_there_is_no_gap() {
        let mut hints = Hints::default();
        for (after, upto) in [(0, 5), (5, 9), (12, 20)] {
            hints.add(loaded(after, upto));
        }
        let upto = |hints: &Hints, after, upto, max| hints.piece(1, after, upto, max).map(|piece| piece.upto);
        assert_eq!(upto(&hints, 0, 20, 100), Some(9));
        assert_eq!(upto(&hints, 3, 20, 100), Some(9));
        assert_eq!(upto(&hints, 0, 20, 7), Some(7));
        assert_eq!(upto(&hints, 9, 20, 100), None);
        hints.forget(1, 9);
        assert_eq!(upto(&hints, 0, 20, 100), None);
        assert_eq!(upto(&hints, 12, 15, 100), Some(15));
        assert_eq!(hints.count, 1);
    }

    #[test]
    fn spans_are_joined_where_they_meet() {
        let time = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap();
        let span = |from, to| (time(from), time(to));
        let spans = joined(vec![
            span(10, 20),
            span(0, 3),
            span(4, 5),
            span(12, 14),
            span(30, 31),
        ]);
        assert_eq!(spans, [span(0, 5), span(10, 20), span(30, 31)]);
    }
}
