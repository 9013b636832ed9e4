//! Checkpoints and what they let go.

use std::sync::Arc;

use journal::{CommitError, Journal, OpenError, ReadError};

use crate::random::Random;
use crate::rig::{append, copy, read, segment_files, small, with_consumers, within};
use crate::simulated::{Mood, Simulated, Trip};

const BOTH: &[&str] = &["archiver", "loader"];

#[tokio::test]
async fn checkpoints_survive_and_never_go_back_or_beyond_the_durable() {
    let directory = tempfile::tempdir().unwrap();
    let options = with_consumers(small(), BOTH);
    let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
    append(&journal, 50).await;
    assert_eq!(journal.checkpoint("loader"), Some(0));
    assert_eq!(journal.checkpoint("nobody"), None);
    for seq in [0, 1, 7, 7, 30] {
        within(journal.commit("loader", seq)).await.unwrap();
        assert_eq!(journal.checkpoint("loader"), Some(seq));
    }
    let back = within(journal.commit("loader", 29)).await.unwrap_err();
    assert!(
        matches!(
            back,
            CommitError::Backwards {
                asked: 29,
                current: 30,
                ..
            }
        ),
        "{back}"
    );
    let beyond = within(journal.commit("loader", 51)).await.unwrap_err();
    assert!(
        matches!(
            beyond,
            CommitError::BeyondDurable {
                asked: 51,
                durable_seq: 50,
                ..
            }
        ),
        "{beyond}"
    );
    let unknown = within(journal.commit("nobody", 1)).await.unwrap_err();
    assert!(
        matches!(unknown, CommitError::UnknownConsumer { .. }),
        "{unknown}"
    );
    within(journal.close()).await.unwrap();
    let closed = within(journal.commit("loader", 31)).await.unwrap_err();
    assert!(matches!(closed, CommitError::Ended(_)), "{closed}");

    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    assert_eq!(
        (journal.checkpoint("loader"), journal.checkpoint("archiver")),
        (Some(30), Some(0))
    );
}

#[tokio::test]
async fn a_torn_commit_leaves_the_checkpoint_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let options = with_consumers(small(), &["loader"]);
    let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
    append(&journal, 50).await;
    within(journal.commit("loader", 10)).await.unwrap();
    within(journal.close()).await.unwrap();
    let cursor = directory.path().join("loader.cursor");
    let before = std::fs::read(&cursor).unwrap();
    let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
    within(journal.commit("loader", 20)).await.unwrap();
    within(journal.close()).await.unwrap();
    let after = std::fs::read(&cursor).unwrap();
    let changed: Vec<usize> = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
    let (first, last) = (changed[0], changed[changed.len() - 1]);
    for torn_at in first..=last {
        let mut torn = before.clone();
        torn[first..torn_at].copy_from_slice(&after[first..torn_at]);
        std::fs::write(&cursor, &torn).unwrap();
        let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
        assert_eq!(journal.checkpoint("loader"), Some(10), "torn at {torn_at}");
        within(journal.close()).await.unwrap();
    }
    let mut bad = before;
    bad[0] ^= 1;
    bad[4096] ^= 1;
    std::fs::write(&cursor, &bad).unwrap();
    let error = Journal::open(directory.path(), options).unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn only_what_all_consumers_have_passed_is_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let options = with_consumers(small(), BOTH);
    let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
    append(&journal, 300).await;
    let all = segment_files(directory.path()).len();
    within(journal.commit("archiver", 300)).await.unwrap();
    let mut slow = journal.reader(0).unwrap();
    within(slow.next(1, 0)).await.unwrap();

    let second = within(journal.next_sealed(100)).await.unwrap();
    within(journal.commit("loader", second.last_seq - 1))
        .await
        .unwrap();
    // A commit's answer comes before its deletions; the next commit comes after them.
    within(journal.commit("loader", second.last_seq - 1))
        .await
        .unwrap();
    assert_eq!(
        journal.reader(second.first_seq - 1).unwrap().position(),
        second.first_seq - 1
    );
    let retired = journal.reader(second.first_seq - 2).unwrap_err();
    assert!(
        matches!(retired, ReadError::Retired { asked, first_retained }
            if asked == second.first_seq - 1 && first_retained == second.first_seq),
        "{retired}"
    );
    let left = segment_files(directory.path()).len();
    assert!(left < all);
    assert_eq!(left, journal.usage().unwrap().segments);
    // What is open stays readable; what comes after it is not there any more.
    let error = loop {
        match within(slow.next(1000, 1 << 20)).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ReadError::Retired { .. }), "{error}");
    let gone = within(journal.next_sealed(0)).await.unwrap_err();
    assert!(matches!(gone, ReadError::Retired { .. }), "{gone}");

    within(journal.seal_now()).await.unwrap();
    within(journal.commit("loader", 300)).await.unwrap();
    within(journal.close()).await.unwrap();
    let (journal, recovery) = Journal::open(directory.path(), options).unwrap();
    assert_eq!(
        (recovery.first_retained, recovery.durable_seq, recovery.segments),
        (301, 300, 1)
    );
    append(&journal, 10).await;
    read(&journal, 300, 310).await;
}

#[tokio::test]
async fn nothing_is_deleted_without_consumers() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    append(&journal, 300).await;
    within(journal.close()).await.unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    read(&journal, 0, 300).await;
}

#[tokio::test]
async fn a_new_consumer_starts_at_the_oldest_record_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), with_consumers(small(), &["archiver"])).unwrap();
    append(&journal, 300).await;
    within(journal.commit("archiver", 150)).await.unwrap();
    within(journal.close()).await.unwrap();
    let (journal, recovery) = Journal::open(directory.path(), with_consumers(small(), BOTH)).unwrap();
    assert!(recovery.first_retained > 1);
    assert_eq!(journal.checkpoint("loader"), Some(recovery.first_retained - 1));
    assert_eq!(journal.checkpoint("archiver"), Some(150));
}

#[tokio::test]
async fn a_deletion_that_a_crash_interrupted_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    let options = with_consumers(small(), &["loader"]);
    let (journal, _) = Journal::open(directory.path(), options.clone()).unwrap();
    append(&journal, 300).await;
    let before = tempfile::tempdir().unwrap();
    copy(directory.path(), before.path());
    within(journal.commit("loader", 200)).await.unwrap();
    within(journal.close()).await.unwrap();
    let kept = segment_files(directory.path()).len();
    // The crash has kept the oldest segment of those that were being deleted: a gap, but below the checkpoint.
    let oldest = segment_files(before.path()).remove(0);
    std::fs::copy(&oldest, directory.path().join(oldest.file_name().unwrap())).unwrap();
    let (journal, recovery) = Journal::open(directory.path(), options).unwrap();
    assert_eq!(recovery.segments, kept);
    read(&journal, 200, 300).await;
}

#[tokio::test]
async fn a_checkpoint_is_durable_before_a_restart_deletes_because_of_it() {
    let disk = Simulated::new(1);
    let options = with_consumers(small(), &["loader"]);
    let (journal, _) = Journal::open_on(Arc::new(disk.clone()), options.clone()).unwrap();
    append(&journal, 50).await;
    within(journal.seal_now()).await.unwrap();
    append(&journal, 1).await;
    // The process ends between the checkpoint's write and its sync. The next one finds it in the page cache.
    disk.plan(2, Trip::Stop);
    within(journal.commit("loader", 50)).await.unwrap_err();
    let disk = disk.restart();
    let (journal, _) = Journal::open_on(Arc::new(disk.clone()), options.clone()).unwrap();
    assert_eq!(journal.checkpoint("loader"), Some(50));
    assert!(journal.reader(0).is_err(), "the segments are deleted");
    // Then the power goes, and with it the page cache.
    let disk = disk.crash(&mut Random::new(1), Mood::Lost);
    let (journal, recovery) = Journal::open_on(Arc::new(disk), options).unwrap();
    assert_eq!((recovery.first_retained, recovery.durable_seq), (51, 51));
    assert_eq!(journal.checkpoint("loader"), Some(50));
}
