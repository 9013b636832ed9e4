//! What the archive has, by its keys alone, and what it lacks.

use std::collections::{BTreeMap, HashMap, HashSet};

use archive::{ListedSegment, Listing};
use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::{Lack, Restore, RestoreError};
use crate::archived::patiently;

/// What there is to be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// Objects; with bounds of time, some of those at their ends have nothing within them.
    pub segments: u64,
    /// Their messages.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Keys between them that are none of the archive's.
    pub foreign: u64,
    gaps: Vec<Gap>,
    /// Keys of objects whose positions others hold.
    overlaps: HashSet<String>,
    lacks: Vec<Lack>,
}

/// Positions that no object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) journal: Uuid,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// The positions that objects of one journal hold: first and last of each run. Neighbours are one, so there are few.
#[derive(Debug, Default)]
struct Runs(BTreeMap<u64, u64>);

impl Runs {
    /// `false` when some of these positions are there.
    fn add(&mut self, first: u64, last: u64) -> bool {
        let before = self
            .0
            .range(..=last)
            .next_back()
            .map(|(first, last)| (*first, *last));
        if before.is_some_and(|(_, known)| known >= first) {
            return false;
        }
        let follows = before.filter(|(_, known)| known + 1 == first);
        let first = follows.map_or(first, |(begin, _)| begin);
        let last = last
            .checked_add(1)
            .and_then(|next| self.0.remove(&next))
            .unwrap_or(last);
        self.0.insert(first, last);
        true
    }

    /// What lies between the runs, and before the first where it should begin at `begin`.
    fn gaps(&self, begin: Option<u64>) -> Vec<(u64, u64)> {
        let mut expected = begin;
        let mut gaps = Vec::new();
        for (first, last) in &self.0 {
            if let Some(expected) = expected.filter(|expected| expected < first) {
                gaps.push((expected, first - 1));
            }
            expected = last.checked_add(1);
        }
        gaps
    }
}

impl Survey {
    /// What the archive lacks, as far as keys tell.
    pub fn lacks(&self) -> &[Lack] {
        &self.lacks
    }

    pub(super) fn gaps_of(&self, journal: Uuid) -> impl Iterator<Item = Gap> + '_ {
        self.gaps
            .iter()
            .copied()
            .filter(move |gap| gap.journal == journal)
    }

    pub(super) fn is_overlap(&self, key: &str) -> bool {
        self.overlaps.contains(key)
    }

    fn add(&mut self, runs: &mut HashMap<Uuid, Runs>, listed: &ListedSegment) {
        let (first, count) = (listed.segment.first_seq(), listed.segment.count());
        let last = first.saturating_add(count.saturating_sub(1));
        if !runs.entry(listed.segment.journal()).or_default().add(first, last) {
            self.overlaps.insert(listed.key.clone());
            self.lacks.push(Lack::Overlap {
                key: listed.key.clone(),
            });
        }
        self.segments += 1;
        self.messages = self.messages.saturating_add(count);
        self.bytes += listed.object_bytes;
    }

    fn find_gaps(&mut self, runs: &HashMap<Uuid, Runs>, begin: Option<u64>) {
        let mut journals: Vec<(&Uuid, &Runs)> = runs.iter().collect();
        journals.sort_unstable_by_key(|(journal, _)| **journal);
        for (&journal, runs) in journals {
            for (first, last) in runs.gaps(begin) {
                self.gaps.push(Gap { journal, first, last });
                self.lacks.push(Lack::Gap { journal, first, last });
            }
        }
    }
}

impl Restore {
    /// Looks through the keys: what there is, and what is missing. Holds a few numbers a journal.
    pub async fn survey(&self) -> Result<Survey, RestoreError> {
        let mut survey = Survey::default();
        let mut runs = HashMap::new();
        let mut listing = self.listing();
        while let Some(page) = patiently(self.patience(), async || listing.next_page().await).await? {
            self.is_stopped()?;
            survey.foreign += page.foreign.len() as u64;
            for listed in &page.segments {
                survey.add(&mut runs, listed);
            }
        }
        // Without a bound of time everything from the first position on should be there.
        let begin = self.options.from.is_none().then_some(1);
        survey.find_gaps(&runs, begin);
        Ok(survey)
    }

    /// The objects that may hold messages of the time asked for: a segment may have been open for a day.
    pub(super) fn listing(&self) -> Listing {
        let from = self
            .options
            .from
            .and_then(|from| day(from).checked_sub_days(Days::new(1)));
        let to = self
            .options
            .to
            .and_then(|to| day(to).checked_add_days(Days::new(1)));
        self.store.list(from, to)
    }
}

pub(super) fn day(time: DateTime<Utc>) -> NaiveDate {
    time.date_naive()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_join_and_gaps_and_overlaps_are_found() {
        let mut runs = Runs::default();
        assert!(runs.add(5, 8) && runs.add(1, 4) && runs.add(20, 29) && runs.add(9, 10));
        assert_eq!(
            runs.0.clone().into_iter().collect::<Vec<_>>(),
            [(1, 10), (20, 29)]
        );
        for (first, last) in [(10, 12), (1, 1), (15, 20), (25, 26), (0, 40)] {
            assert!(!runs.add(first, last), "{first} to {last}");
        }
        assert_eq!(runs.gaps(Some(1)), [(11, 19)]);
        assert!(runs.add(11, 19));
        assert_eq!(runs.gaps(Some(1)), []);
        let mut late = Runs::default();
        assert!(late.add(7, u64::MAX));
        assert_eq!((late.gaps(Some(1)), late.gaps(None)), (vec![(1, 6)], vec![]));
    }

    proptest! {
        #[test]
        fn in_any_order_pieces_make_one_run(cuts in prop::collection::btree_set(2_u64..200, 0..20), seed: u64) {
            let mut starts: Vec<u64> = std::iter::once(1).chain(cuts).collect();
            starts.push(200);
            let mut pieces: Vec<(u64, u64)> = starts.windows(2).map(|pair| (pair[0], pair[1] - 1)).filter(|(a, b)| a <= b).collect();
            pieces.sort_by_key(|(first, _)| first.wrapping_mul(seed | 1).rotate_left(17));
            let mut runs = Runs::default();
            for (first, last) in pieces {
                prop_assert!(runs.add(first, last));
            }
            prop_assert_eq!(runs.0.into_iter().collect::<Vec<_>>(), vec![(1, 199)]);
        }
    }
}
