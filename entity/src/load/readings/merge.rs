//! What the rows of one sensor and time say after more readings came for it: a pure function, in any order the same.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::QualityFlag;
use crate::load::OnConflict;

/// A value for a sensor and time, and the message that brought it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) value: f64,
    pub(super) flag: QualityFlag,
    pub(super) received_at: DateTime<Utc>,
    pub(super) seq: i64,
    pub(super) journal_id: i16,
}

impl Candidate {
    /// Whether this one is to be kept rather than `other`; no two different ones tie.
    pub(super) fn beats(&self, other: &Self, on_conflict: OnConflict) -> bool {
        let order = self.cmp_receipt(other);
        match on_conflict {
            OnConflict::First => order == Ordering::Less,
            OnConflict::Latest => order == Ordering::Greater,
        }
    }

    /// Two journals may use the same `(received_at, seq)`, and one message may hold two values.
    fn cmp_receipt(&self, other: &Self) -> Ordering {
        (self.received_at, self.seq, self.journal_id)
            .cmp(&(other.received_at, other.seq, other.journal_id))
            .then_with(|| self.value.total_cmp(&other.value))
    }

    /// As the database compares: zero has no sign.
    #[expect(
        clippy::float_cmp,
        reason = "a value is the same only when it is exactly the same"
    )]
    pub(super) fn has_value_of(&self, other: &Self) -> bool {
        self.value == other.value
    }

    fn is(&self, other: &Self) -> bool {
        self.cmp_receipt(other) == Ordering::Equal
    }
}

/// The rows of one sensor and time: the one in `reading`, and those in `reading_conflict`.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) served: Candidate,
    pub(super) conflicts: Vec<Candidate>,
}

/// How to bring a slot from what it was to what it should be.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// What `reading` should serve instead.
    pub(super) serve: Option<Candidate>,
    /// Rows of `reading_conflict` to write, over one with the same value where there is one.
    pub(super) keep: Vec<Candidate>,
    /// Rows of `reading_conflict` to delete.
    pub(super) forget: Vec<Candidate>,
    /// How many newcomers brought a value that was not known.
    pub(super) conflicting: u64,
}

impl Slot {
    /// What changes when `newcomers` come.
    pub(super) fn merge(&self, newcomers: &[Candidate], on_conflict: OnConflict) -> Difference {
        let mut difference = Difference::default();
        let mut known: Vec<Candidate> = std::iter::once(self.served)
            .chain(self.conflicts.iter().copied())
            .collect();
        for newcomer in newcomers {
            match known.iter_mut().find(|one| one.has_value_of(newcomer)) {
                Some(same) if newcomer.beats(same, on_conflict) => *same = *newcomer,
                Some(_) => {}
                None => {
                    difference.conflicting += 1;
                    known.push(*newcomer);
                }
            }
        }
        let first = known[0];
        let served = known.iter().fold(
            first,
            |best, one| if one.beats(&best, on_conflict) { *one } else { best },
        );
        if !served.is(&self.served) {
            difference.serve = Some(served);
        }
        let others = known.iter().filter(|one| !one.has_value_of(&served));
        difference.keep = others
            .filter(|one| !self.conflicts.iter().any(|conflict| conflict.is(one)))
            .copied()
            .collect();
        difference.forget = self
            .conflicts
            .iter()
            .filter(|conflict| conflict.has_value_of(&served))
            .copied()
            .collect();
        difference
    }
}
