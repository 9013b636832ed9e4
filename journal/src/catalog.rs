//! The list of segments: which there are, and how far each may be read.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::format::{SEGMENT_HEADER_BYTES, SEQ_LIMIT, Seal};
use crate::shared::lock;

/// The ending of a segment's file name.
const SEGMENT_ENDING: &str = ".fbj";

/// A segment, as far as it is durable.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) first_seq: u64,
    /// `first_seq − 1` while nothing in it is durable.
    pub(crate) last_seq: u64,
    pub(crate) created_micros: i64,
    /// Sum of the records' lengths.
    pub(crate) body_bytes: u64,
    /// Where the durable records end in the file.
    pub(crate) frames_end: u64,
    /// What the file takes on the disk.
    pub(crate) file_bytes: u64,
    pub(crate) seal: Option<Seal>,
}

impl Segment {
    pub(crate) fn empty(first_seq: u64, created_micros: i64) -> Self {
        Self {
            first_seq,
            last_seq: first_seq - 1,
            created_micros,
            body_bytes: 0,
            frames_end: SEGMENT_HEADER_BYTES,
            file_bytes: SEGMENT_HEADER_BYTES,
            seal: None,
        }
    }

    pub(crate) fn name(&self) -> String {
        segment_name(self.first_seq)
    }
}

/// The name of the segment that begins with `first_seq`.
pub(crate) fn segment_name(first_seq: u64) -> String {
    format!("{first_seq:020}{SEGMENT_ENDING}")
}

/// The first seq that a file's name says; `None` for a file that is no segment, an inner `None` for one that only looks
/// like it.
#[expect(
    clippy::option_option,
    reason = "the two ways of not being a segment are handled differently"
)]
pub(crate) fn parse_segment_name(name: &str) -> Option<Option<u64>> {
    let digits = name.strip_suffix(SEGMENT_ENDING)?;
    let well_formed = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(
        digits
            .parse()
            .ok()
            .filter(|seq| well_formed && (1..=SEQ_LIMIT).contains(seq)),
    )
}

/// Where a position is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lookup {
    /// In this segment.
    In(Segment),
    /// It was deleted.
    Retired { first_retained: u64 },
    /// Nothing durable has this position yet.
    NotYet,
}

#[derive(Debug)]
pub(crate) struct Catalog {
    segments: Mutex<VecDeque<Segment>>,
}

impl Catalog {
    pub(crate) fn new(segments: VecDeque<Segment>) -> Self {
        Self {
            segments: Mutex::new(segments),
        }
    }

    /// Adds the segment that follows on the newest.
    pub(crate) fn add(&self, segment: Segment) {
        let mut segments = lock(&self.segments);
        if let Some(newest) = segments.back() {
            assert!(newest.seal.is_some(), "only the newest segment is unsealed");
            assert_eq!(newest.last_seq + 1, segment.first_seq, "segments have no gaps");
        }
        segments.push_back(segment);
    }

    /// Changes the newest segment.
    pub(crate) fn update_newest(&self, change: impl FnOnce(&mut Segment)) {
        let mut segments = lock(&self.segments);
        change(segments.back_mut().expect("the newest segment is never deleted"));
    }

    /// Where `seq` is.
    pub(crate) fn find(&self, seq: u64) -> Lookup {
        let segments = lock(&self.segments);
        let behind = segments.partition_point(|segment| segment.first_seq <= seq);
        let Some(index) = behind.checked_sub(1) else {
            return match segments.front() {
                Some(first) => Lookup::Retired {
                    first_retained: first.first_seq,
                },
                None => Lookup::NotYet,
            };
        };
        let segment = segments[index];
        if seq <= segment.last_seq {
            Lookup::In(segment)
        } else {
            Lookup::NotYet
        }
    }

    /// Takes out all sealed segments whose records are all at or below `retired_seq`. The newest stays: it holds the position.
    pub(crate) fn retire(&self, retired_seq: u64) -> Vec<Segment> {
        let mut segments = lock(&self.segments);
        let expendable = segments.partition_point(|segment| segment.last_seq <= retired_seq);
        let expendable = expendable.min(segments.len().saturating_sub(1));
        segments.drain(..expendable).collect()
    }

    /// Takes out the oldest segment when it is sealed and all its records are at or below `seq`. The newest stays.
    pub(crate) fn evict(&self, seq: u64) -> Option<Segment> {
        let mut segments = lock(&self.segments);
        let is_expendable = |oldest: &Segment| oldest.seal.is_some() && oldest.last_seq <= seq;
        if segments.len() > 1 && segments.front().is_some_and(is_expendable) {
            segments.pop_front()
        } else {
            None
        }
    }

    /// How many segments there are and what their files take.
    pub(crate) fn usage(&self) -> (usize, u64) {
        let segments = lock(&self.segments);
        (
            segments.len(),
            segments.iter().map(|segment| segment.file_bytes).sum(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::SealReason;

    fn sealed(first_seq: u64, last_seq: u64) -> Segment {
        let count = last_seq + 1 - first_seq;
        let seal = Seal {
            last_seq,
            count,
            body_bytes: 0,
            sealed_micros: 0,
            reason: SealReason::Size,
        };
        Segment {
            last_seq,
            seal: Some(seal),
            ..Segment::empty(first_seq, 0)
        }
    }

    #[test]
    fn names_are_parsed_as_they_are_written() {
        assert_eq!(parse_segment_name(&segment_name(751)), Some(Some(751)));
        assert_eq!(parse_segment_name("751.fbj"), Some(None));
        assert_eq!(parse_segment_name("00000000000000000000.fbj"), Some(None));
        assert_eq!(parse_segment_name("99999999999999999999.fbj"), Some(None));
        assert_eq!(
            parse_segment_name(&segment_name(SEQ_LIMIT)),
            Some(Some(SEQ_LIMIT))
        );
        assert_eq!(parse_segment_name(&segment_name(SEQ_LIMIT + 1)), Some(None));
        assert_eq!(parse_segment_name("+0000000000000000001.fbj"), Some(None));
        assert_eq!(parse_segment_name("journal.id"), None);
    }

    #[test]
    fn only_segments_passed_by_all_are_retired_and_the_newest_never() {
        let catalog = Catalog::new([sealed(1, 10), sealed(11, 20), sealed(21, 30)].into());
        assert!(catalog.retire(9).is_empty());
        assert_eq!(catalog.retire(19).len(), 1);
        assert!(matches!(catalog.find(10), Lookup::Retired { first_retained: 11 }));
        assert!(matches!(catalog.find(11), Lookup::In(segment) if segment.first_seq == 11));
        assert_eq!(catalog.retire(30).len(), 1);
        assert!(matches!(catalog.find(30), Lookup::In(segment) if segment.first_seq == 21));
        assert!(matches!(catalog.find(31), Lookup::NotYet));
    }

    #[test]
    fn only_the_oldest_sealed_segment_is_evicted_and_the_newest_never() {
        let catalog = Catalog::new([sealed(1, 10), sealed(11, 20)].into());
        assert!(catalog.evict(9).is_none());
        assert_eq!(catalog.evict(20).map(|segment| segment.first_seq), Some(1));
        assert!(catalog.evict(20).is_none());
        assert!(matches!(catalog.find(10), Lookup::Retired { first_retained: 11 }));
    }
}
