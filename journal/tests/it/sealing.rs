//! Sealing: when, and that its boundary stays.

use std::sync::Arc;
use std::time::Duration;

use journal::{Journal, Options, SealReason, SealedSegment};

use crate::rig::{ManualClock, append, check, is_pending, small, within};

async fn sealed_segments(journal: &Journal) -> Vec<SealedSegment> {
    let sealed_seq = journal.watch().borrow().sealed_seq;
    let (mut segments, mut after) = (Vec::new(), 0);
    while after < sealed_seq {
        let segment = within(journal.next_sealed(after)).await.unwrap();
        after = segment.last_seq;
        segments.push(segment);
    }
    segments
}

fn check_records(journal: &Journal, segment: &SealedSegment) {
    let mut seq = segment.first_seq;
    let mut bytes = 0;
    for record in journal.read_sealed(segment).unwrap() {
        let record = record.unwrap();
        check(&record, seq);
        bytes += record.body.len() as u64;
        seq += 1;
    }
    assert_eq!(seq, segment.last_seq + 1);
    assert_eq!((segment.count, segment.bytes), (seq - segment.first_seq, bytes));
}

#[tokio::test]
async fn segments_are_sealed_before_they_grow_too_large() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    append(&journal, 300).await;
    let segments = sealed_segments(&journal).await;
    assert!(segments.len() > 3);
    let mut next = 1;
    for segment in &segments {
        assert_eq!((segment.first_seq, segment.reason), (next, SealReason::Size));
        assert_eq!(segment.journal, journal.id());
        check_records(&journal, segment);
        next = segment.last_seq + 1;
    }
    for file in crate::rig::segment_files(directory.path()) {
        assert!(std::fs::metadata(file).unwrap().len() <= 4096);
    }
}

#[tokio::test]
async fn segments_are_sealed_by_age_but_never_when_empty() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let options = Options {
        clock: Arc::clone(&clock) as _,
        ..small()
    };
    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    clock.advance(Duration::from_hours(1));
    append(&journal, 1).await;
    clock.advance(Duration::from_secs(59));
    append(&journal, 1).await;
    assert!(
        is_pending(journal.next_sealed(0)).await,
        "59 s after its first record"
    );
    clock.advance(Duration::from_secs(1));
    let segment = within(journal.next_sealed(0)).await.unwrap();
    assert_eq!(
        (segment.first_seq, segment.last_seq, segment.reason),
        (1, 2, SealReason::Age)
    );
    assert_eq!(
        segment.sealed.duration_since(segment.created).unwrap(),
        Duration::from_mins(61)
    );
    clock.advance(Duration::from_hours(1));
    within(journal.seal_now()).await.unwrap();
    assert!(
        journal.usage().unwrap().segments <= 2,
        "the sealed one and at most an empty one"
    );
    assert_eq!(append(&journal, 1).await, 3);
    assert_eq!(
        journal.watch().borrow().sealed_seq,
        2,
        "its age counts from its first record"
    );
}

#[tokio::test]
async fn age_counts_across_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let options = Options {
        clock: Arc::clone(&clock) as _,
        ..small()
    };
    let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
    append(&journal, 1).await;
    within(journal.close()).await.unwrap();
    clock.advance(Duration::from_mins(1));
    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    assert_eq!(within(journal.next_sealed(0)).await.unwrap().last_seq, 1);
}

#[tokio::test]
async fn boundaries_are_the_same_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    append(&journal, 150).await;
    within(journal.seal_now()).await.unwrap();
    let before = sealed_segments(&journal).await;
    assert_eq!(before.last().unwrap().last_seq, 150);
    assert_eq!(before.last().unwrap().reason, SealReason::Asked);
    for _ in 0..2 {
        within(journal.close()).await.unwrap();
        let larger = Options {
            segment_bytes_max: 8192,
            ..small()
        };
        let (journal, _) = Journal::open(directory.path(), larger).unwrap();
        assert_eq!(sealed_segments(&journal).await, before);
        within(journal.close()).await.unwrap();
    }
}

#[tokio::test]
async fn asking_for_a_seal_seals_what_was_appended_before() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    within(journal.seal_now()).await.unwrap();
    assert_eq!(journal.watch().borrow().sealed_seq, 0, "nothing to seal");
    for round in 1..=5 {
        journal.try_append(&crate::rig::body(round)).unwrap();
        within(journal.seal_now()).await.unwrap();
        let segment = within(journal.next_sealed(round - 1)).await.unwrap();
        assert_eq!((segment.first_seq, segment.last_seq), (round, round));
        check_records(&journal, &segment);
    }
}
