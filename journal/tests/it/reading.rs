//! Following the log.

use std::sync::Arc;

use journal::{Ended, Journal, ReadError};

use crate::rig::{Rigged, append, body, check, is_pending, small, with_consumers, within};
use crate::simulated::Simulated;

#[tokio::test]
async fn readers_see_durable_records_only() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let (journal, _) = Journal::open_on(storage, small()).unwrap();
    append(&journal, 3).await;
    control.hold_syncs();
    journal.try_append(&body(4)).unwrap();
    control.await_held_sync();

    let mut reader = journal.reader(0).unwrap();
    let batch = within(reader.next(100, 1 << 20)).await.unwrap();
    assert_eq!(batch.records.len(), 3, "the fourth is written but not durable");
    assert!(is_pending(reader.next(100, 1 << 20)).await);
    assert!(is_pending(journal.wait_durable(4)).await);
    assert!(matches!(
        journal.reader(4),
        Err(ReadError::Ahead {
            after_seq: 4,
            durable_seq: 3
        })
    ));

    control.release_syncs();
    let batch = within(reader.next(100, 1 << 20)).await.unwrap();
    assert_eq!(batch.records.len(), 1);
    check(&batch.records[0], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_follow_across_segments_while_records_come() {
    const RECORDS: u64 = 3000;
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    let mut readers = tokio::task::JoinSet::new();
    for (max_records, max_bytes) in [(1, 1 << 20), (7, 100), (1000, 1 << 20)] {
        let mut reader = journal.reader(0).unwrap();
        readers.spawn(async move {
            let (mut seen, mut segment) = (0, 0);
            while seen < RECORDS {
                let batch = reader.next(max_records, max_bytes).await.unwrap();
                assert!(!batch.records.is_empty() && batch.records.len() <= max_records);
                assert!(batch.segment_first_seq >= segment);
                if batch.segment_first_seq > segment {
                    assert_eq!(
                        batch.segment_first_seq,
                        seen + 1,
                        "a batch lies within one segment"
                    );
                    segment = batch.segment_first_seq;
                }
                for record in &batch.records {
                    seen += 1;
                    check(record, seen);
                }
            }
        });
    }
    append(&journal, RECORDS).await;
    within(readers.join_all()).await;
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    append(&journal, 200).await;
    let mut reader = journal.reader(0).unwrap();
    let mut seen = 0;
    while seen < 200 {
        // Polled once and dropped, which is most often in the middle of a read.
        is_pending(reader.next(5, 1000)).await;
        seen = reader.position();
        let batch = within(reader.next(5, 1000)).await.unwrap();
        for record in &batch.records {
            seen += 1;
            check(record, seen);
        }
    }
}

#[tokio::test]
async fn a_batch_says_when_it_ends_a_sealed_segment() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    append(&journal, 5).await;
    within(journal.seal_now()).await.unwrap();
    append(&journal, 2).await;
    let mut reader = journal.reader(0).unwrap();
    let mut ends = Vec::new();
    for _ in 0..4 {
        let batch = within(reader.next(3, 1 << 20)).await.unwrap();
        ends.push((batch.segment_first_seq, reader.position(), batch.ends_segment));
        if reader.position() == 7 {
            break;
        }
    }
    assert_eq!(ends, [(1, 3, false), (1, 5, true), (6, 7, false)]);
}

#[tokio::test]
async fn a_closed_journal_is_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    let mut reader = journal.reader(0).unwrap();
    append(&journal, 10).await;
    within(journal.close()).await.unwrap();
    assert_eq!(within(reader.next(100, 1 << 20)).await.unwrap().records.len(), 10);
    let end = within(reader.next(100, 1 << 20)).await.unwrap_err();
    assert!(matches!(end, ReadError::Ended(Ended::Closed)), "{end}");
}

#[tokio::test]
async fn a_reader_that_waits_keeps_no_room_of_deleted_segments() {
    let disk = Simulated::new(1);
    let options = with_consumers(small(), &["loader"]);
    let (journal, _) = Journal::open_on(Arc::new(disk.clone()), options).unwrap();
    append(&journal, 10).await;
    // One comes to the end before the segment is sealed, the other after.
    let (mut early, mut late) = (journal.reader(0).unwrap(), journal.reader(0).unwrap());
    assert_eq!(within(early.next(100, 1 << 20)).await.unwrap().records.len(), 10);
    assert!(is_pending(early.next(1, 0)).await);
    within(journal.seal_now()).await.unwrap();
    assert!(within(late.next(100, 1 << 20)).await.unwrap().ends_segment);
    assert!(is_pending(early.next(1, 0)).await);
    // The writer makes the next segment, and then the first may go.
    append(&journal, 1).await;
    within(journal.commit("loader", 10)).await.unwrap();
    within(journal.commit("loader", 10)).await.unwrap();
    assert!(matches!(journal.reader(0), Err(ReadError::Retired { .. })));
    assert_eq!(disk.deleted_and_open(), 0);
    for reader in [&mut early, &mut late] {
        let batch = within(reader.next(1, 0)).await.unwrap();
        assert_eq!(batch.records[0].seq, 11);
    }
}
