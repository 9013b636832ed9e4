//! A failing disk stops the journal; a full one makes it wait.

use std::time::Duration;

use journal::{AppendError, CommitError, Ended, Journal, Options, Poison, ReadError, Shortage};

use crate::rig::{Control, Rigged, append, body, is_pending, read, small, with_consumers, within};

async fn assert_poisoned(journal: &Journal, doing: &str) {
    let mut state = journal.watch();
    let poison = within(state.wait_for(|state| state.poison.is_some()))
        .await
        .unwrap()
        .poison
        .clone()
        .unwrap();
    assert!(
        matches!(&*poison, Poison::Io { doing: what, .. } if *what == doing),
        "{poison}"
    );
    assert!(matches!(
        journal.try_append(b"more"),
        Err(AppendError::Poisoned(_))
    ));
    assert!(matches!(
        within(journal.room()).await,
        Err(AppendError::Poisoned(_))
    ));
    assert!(matches!(within(journal.close()).await, Err(Ended::Poisoned(_))));
    let commit = within(journal.commit("loader", 3)).await;
    assert!(matches!(commit, Err(CommitError::Ended(Ended::Poisoned(_)))));
}

#[tokio::test]
async fn a_failed_sync_stops_everything_and_is_never_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let options = with_consumers(small(), &["loader"]);
    let (journal, _) = Journal::open_on(storage, options.clone()).unwrap();
    append(&journal, 3).await;
    let mut reader = journal.reader(0).unwrap();
    control.fail_syncs();
    let before = control.syncs();
    assert_eq!(journal.try_append(&body(4)).unwrap(), 4);
    let error = within(journal.wait_durable(4)).await.unwrap_err();
    assert!(matches!(error, Ended::Poisoned(_)), "{error}");
    assert_poisoned(&journal, "sync segment").await;
    assert_eq!(control.syncs() - before, 1, "a failed sync is not repeated");

    assert_eq!(
        within(reader.next(100, 1 << 20)).await.unwrap().records.len(),
        3,
        "what was durable is read"
    );
    let end = within(reader.next(100, 1 << 20)).await.unwrap_err();
    assert!(matches!(end, ReadError::Ended(Ended::Poisoned(_))), "{end}");

    // The lock is free: the next process recovers.
    let (journal, recovery) = Journal::open(directory.path(), options).unwrap();
    assert!(recovery.durable_seq >= 3);
    read(&journal, 0, recovery.durable_seq).await;
}

#[tokio::test]
async fn a_failed_write_stops_everything() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let (journal, _) = Journal::open_on(storage, with_consumers(small(), &["loader"])).unwrap();
    append(&journal, 3).await;
    control.fail_writes();
    journal.try_append(&body(4)).unwrap();
    assert_poisoned(&journal, "write segment").await;
}

#[tokio::test]
async fn a_failed_checkpoint_stops_everything() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let (journal, _) = Journal::open_on(storage, with_consumers(small(), &["loader"])).unwrap();
    append(&journal, 3).await;
    control.fail_syncs();
    let error = within(journal.commit("loader", 2)).await.unwrap_err();
    assert!(matches!(error, CommitError::Ended(Ended::Poisoned(_))), "{error}");
    assert_eq!(journal.checkpoint("loader"), Some(0));
    assert_poisoned(&journal, "write checkpoint").await;
}

#[tokio::test]
async fn a_segment_whose_name_is_not_durable_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let (journal, _) = Journal::open_on(storage, with_consumers(small(), &["loader"])).unwrap();
    append(&journal, 3).await;
    control.fail_dir_syncs();
    within(journal.seal_now()).await.unwrap();
    assert_poisoned(&journal, "create segment").await;
    assert_eq!(journal.watch().borrow().sealed_seq, 3);
}

/// Appends until the journal is full; returns what it was given last.
async fn fill(journal: &Journal) -> u64 {
    let mut state = journal.watch();
    loop {
        let seq = journal.appended_seq() + 1;
        match journal.try_append(&body(seq)) {
            Ok(given) => assert_eq!(given, seq),
            Err(AppendError::Full(_)) => return seq - 1,
            Err(AppendError::Busy { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        if journal.appended_seq().is_multiple_of(10) {
            let seq = journal.appended_seq();
            let met = |state: &mut journal::State| state.durable_seq >= seq || state.full.is_some();
            within(state.wait_for(|state| met(&mut state.clone())))
                .await
                .unwrap();
        }
    }
}

async fn full_then_room(journal: &Journal, shortage: Shortage, make_room: impl AsyncFnOnce()) {
    let last = fill(journal).await;
    let state = journal.watch().borrow().clone();
    assert_eq!(state.full.unwrap().shortage, shortage);
    assert!(state.durable_seq < last, "some records wait in memory");
    assert!(is_pending(journal.room()).await);
    assert!(is_pending(journal.wait_durable(last)).await);
    read(
        journal,
        journal.reader(0).map_or(state.sealed_seq, |_| 0),
        state.durable_seq,
    )
    .await;

    make_room().await;
    within(journal.wait_durable(last)).await.unwrap();
    within(journal.room()).await.unwrap();
    assert!(journal.watch().borrow().full.is_none());
    assert!(journal.watch().borrow().poison.is_none());
    append(journal, 5).await;
}

fn limited(bytes: u64, directory: &std::path::Path) -> (Journal, std::sync::Arc<Control>) {
    let (storage, control) = Rigged::new(directory);
    let (journal, _) = Journal::open_on(storage, with_consumers(small(), &["loader"])).unwrap();
    control.limit_room(Some(bytes));
    (journal, control)
}

#[tokio::test]
async fn a_full_disk_refuses_records_and_goes_on_when_others_make_room() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, control) = limited(20_000, directory.path());
    full_then_room(&journal, Shortage::Disk, async || control.limit_room(None)).await;
    read(&journal, 0, journal.appended_seq()).await;
}

#[tokio::test]
async fn a_full_disk_is_emptied_by_committing() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _control) = limited(20_000, directory.path());
    full_then_room(&journal, Shortage::Disk, async || {
        let sealed_seq = journal.watch().borrow().sealed_seq;
        within(journal.commit("loader", sealed_seq)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_disk_that_is_full_when_it_is_written_is_only_full() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, control) = limited(20_000, directory.path());
    control.let_writes_need_room();
    full_then_room(&journal, Shortage::Disk, async || control.limit_room(None)).await;
    read(&journal, 0, journal.appended_seq()).await;
}

#[tokio::test]
async fn the_budget_is_kept_and_freed_by_committing() {
    const BUDGET: u64 = 20_000;
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        budget_bytes: BUDGET,
        ..with_consumers(small(), &["loader"])
    };
    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    full_then_room(&journal, Shortage::Budget, async || {
        assert!(journal.usage().unwrap().bytes <= BUDGET + 64);
        let sealed_seq = journal.watch().borrow().sealed_seq;
        within(journal.commit("loader", sealed_seq)).await.unwrap();
    })
    .await;
    assert!(journal.usage().unwrap().bytes <= BUDGET + 64);
}

#[tokio::test]
async fn what_others_need_on_the_disk_is_left_to_them() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        free_bytes_min: u64::MAX,
        ..small()
    };
    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    journal.try_append(b"no room").unwrap();
    let mut state = journal.watch();
    let full = within(state.wait_for(|state| state.full.is_some()))
        .await
        .unwrap()
        .full
        .unwrap();
    assert_eq!(full.shortage, Shortage::Disk);
    let left = within(journal.close()).await.unwrap_err();
    assert!(
        matches!(left, Ended::Closed),
        "closing says that a record was left"
    );
    assert!(matches!(
        within(journal.wait_durable(1)).await,
        Err(Ended::Closed)
    ));
    let (_, recovery) = Journal::open(directory.path(), small()).unwrap();
    assert_eq!(recovery.durable_seq, 0);
}

#[tokio::test]
async fn a_full_journal_goes_on_sealing_by_age() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let clock = std::sync::Arc::new(crate::rig::ManualClock::default());
    let options = Options {
        segment_bytes_max: 1 << 20,
        clock: std::sync::Arc::clone(&clock) as _,
        ..with_consumers(small(), &["loader"])
    };
    let (journal, _) = Journal::open_on(storage, options).unwrap();
    control.limit_room(Some(20_000));
    full_then_room(&journal, Shortage::Disk, async || {
        let durable_seq = journal.watch().borrow().durable_seq;
        clock.advance(Duration::from_mins(1));
        // Its only segment: sealed in its reserved space, and let go once the next one has its header.
        let segment = within(journal.next_sealed(0)).await.unwrap();
        assert_eq!(segment.last_seq, durable_seq);
        within(journal.commit("loader", segment.last_seq)).await.unwrap();
    })
    .await;
}
