//! Journals as released versions wrote them, kept for ever.

use std::path::Path;
use std::sync::Arc;

use journal::{Journal, Options, SealReason};

use crate::raw::{RawFrame, sound_frames};
use crate::rig::{ManualClock, append, check, copy, read, segment_files, with_consumers, within};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

fn options() -> Options {
    with_consumers(
        Options {
            clock: Arc::new(ManualClock::default()),
            free_bytes_min: 0,
            ..Options::default()
        },
        &["archiver", "loader"],
    )
}

/// Wrote `v1` once. It is run by `UPDATE=v2` and the like when the format gets a new version; old ones are never written again.
async fn write(directory: &Path) {
    let (journal, _) = Journal::open(directory, options()).unwrap();
    append(&journal, 20).await;
    within(journal.seal_now()).await.unwrap();
    append(&journal, 7).await;
    within(journal.commit("archiver", 20)).await.unwrap();
    within(journal.commit("loader", 5)).await.unwrap();
    within(journal.commit("loader", 13)).await.unwrap();
    within(journal.close()).await.unwrap();
    std::fs::remove_file(directory.join("lock")).unwrap();
    // Space allocated ahead would make the fixture large; a file that ends with its frames is as good.
    let newest = segment_files(directory).pop().unwrap();
    let mut bytes = std::fs::read(&newest).unwrap();
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| (last + 1).next_multiple_of(8));
    bytes.truncate(end);
    std::fs::write(&newest, bytes).unwrap();
}

#[tokio::test]
async fn version_1_is_read_for_ever() {
    if std::env::var("UPDATE").is_ok_and(|version| version == "v1") {
        write(&Path::new(FIXTURES).join("v1")).await;
    }
    let directory = tempfile::tempdir().unwrap();
    copy(&Path::new(FIXTURES).join("v1"), directory.path());
    let (journal, recovery) = Journal::open(directory.path(), options()).unwrap();
    assert_eq!(
        (recovery.created, recovery.first_retained, recovery.durable_seq),
        (false, 1, 27)
    );
    assert_eq!((recovery.segments, recovery.torn), (2, None));
    assert_eq!(journal.id().get_version_num(), 7);
    assert_eq!(
        (journal.checkpoint("archiver"), journal.checkpoint("loader")),
        (Some(20), Some(13))
    );
    read(&journal, 0, 27).await;

    let segment = within(journal.next_sealed(0)).await.unwrap();
    assert_eq!((segment.first_seq, segment.last_seq, segment.count), (1, 20, 20));
    assert_eq!(segment.reason, SealReason::Asked);
    for (record, seq) in journal.read_sealed(&segment).unwrap().zip(1..) {
        check(&record.unwrap(), seq);
    }
    append(&journal, 3).await;
    read(&journal, 0, 30).await;
}

/// A crash of that version may have left its last write in part, or something else behind its end.
#[tokio::test]
async fn version_1_with_a_torn_end_is_cut_for_ever() {
    for litter in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        copy(&Path::new(FIXTURES).join("v1"), directory.path());
        let newest = segment_files(directory.path()).pop().unwrap();
        let mut bytes = std::fs::read(&newest).unwrap();
        let ends: Vec<usize> = sound_frames(&bytes).iter().map(RawFrame::end).collect();
        assert_eq!(ends.len(), 7);
        let (durable, torn_at) = if litter {
            bytes.extend_from_slice(&[0xAB; 30]);
            (27, ends[6])
        } else {
            // Behind the byte that says the kind: zeros at the end are no torn bytes.
            bytes.truncate(ends[5] + 21);
            (26, ends[5])
        };
        let torn_bytes = bytes.len() - torn_at;
        std::fs::write(&newest, bytes).unwrap();

        let (journal, recovery) = Journal::open(directory.path(), options()).unwrap();
        let torn = recovery.torn.unwrap();
        assert_eq!((torn.offset, torn.bytes), (torn_at as u64, torn_bytes as u64));
        assert_eq!((torn.path, recovery.durable_seq), (newest, durable));
        read(&journal, 0, durable).await;
        append(&journal, 3).await;
        read(&journal, 0, durable + 3).await;
    }
}
