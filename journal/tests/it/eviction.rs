//! Want of room lets the oldest segments go that the named consumers have passed, and no others.

use std::sync::Arc;

use journal::{AppendError, Journal, OpenError, Options, OptionsError, ReadError, Shortage};

use crate::random::Random;
use crate::rig::{append, body, is_pending, read, small, with_consumers, within};
use crate::simulated::{Mood, Simulated, Trip};

const SEGMENTS: u64 = 4;

fn evicting() -> Options {
    let options = Options {
        budget_bytes: SEGMENTS * 4096,
        // Little waits in memory, so that a segment's room is enough for it.
        pending_bytes_max: 2048,
        evict_behind: vec!["archiver".to_owned()],
        ..small()
    };
    with_consumers(options, &["archiver", "loader"])
}

/// Appends until there is no room; gives the last position that is durable then.
async fn fill(journal: &Journal) -> u64 {
    let mut state = journal.watch();
    loop {
        match journal.try_append(&body(journal.appended_seq() + 1)) {
            Ok(_) => {}
            Err(AppendError::Full(full)) => {
                assert_eq!(full.shortage, Shortage::Budget);
                return state.borrow().durable_seq;
            }
            Err(AppendError::Busy { .. }) => {
                drop(within(state.changed()).await);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_full_journal_goes_on_over_what_is_kept_elsewhere_and_over_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), evicting()).unwrap();
    let full = fill(&journal).await;
    // Nothing was let go, for nobody has passed anything.
    read(&journal, 0, full).await;
    let first = within(journal.next_sealed(0)).await.unwrap();
    let second = within(journal.next_sealed(first.last_seq)).await.unwrap();
    within(journal.commit("archiver", second.last_seq)).await.unwrap();
    within(journal.wait_durable(journal.appended_seq()))
        .await
        .unwrap();
    let last = append(&journal, 15).await;

    // The loader has passed nothing, and finds the rest.
    assert_eq!(journal.checkpoint("loader"), Some(0));
    let gone = journal.reader(0).unwrap_err();
    let ReadError::Retired { first_retained, .. } = gone else {
        panic!("{gone}");
    };
    assert!(
        first_retained > 1 && first_retained <= second.last_seq + 1,
        "{first_retained}"
    );
    read(&journal, first_retained - 1, last).await;
    let stale = within(journal.next_sealed(0)).await.unwrap_err();
    assert!(matches!(stale, ReadError::Retired { .. }), "{stale}");
    let stale = journal.read_sealed(&first).unwrap_err();
    assert!(matches!(stale, ReadError::Retired { .. }), "{stale}");

    // Full again when all that is kept elsewhere is gone.
    let full = fill(&journal).await;
    read(&journal, second.last_seq, full).await;
    assert!(is_pending(journal.room()).await);

    // It may catch up, and what it passes is deleted as ever.
    within(journal.commit("archiver", full)).await.unwrap();
    within(journal.commit("loader", full)).await.unwrap();
    within(journal.room()).await.unwrap();
    let last = append(&journal, 10).await;
    within(journal.close()).await.unwrap();
    let (_, recovery) = Journal::open(directory.path(), evicting()).unwrap();
    assert_eq!(recovery.durable_seq, last);
}

#[tokio::test]
async fn a_journal_that_let_segments_go_opens_for_those_who_know_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), evicting()).unwrap();
    fill(&journal).await;
    let first = within(journal.next_sealed(0)).await.unwrap();
    within(journal.commit("archiver", first.last_seq)).await.unwrap();
    within(journal.wait_durable(journal.appended_seq()))
        .await
        .unwrap();
    assert!(journal.reader(0).is_err());
    within(journal.close()).await.unwrap();

    let unaware = Options {
        evict_behind: Vec::new(),
        ..evicting()
    };
    let refused = Journal::open(directory.path(), unaware).unwrap_err();
    assert!(
        matches!(&refused, OpenError::MissingPrefix { consumer, .. } if consumer == "loader"),
        "{refused}"
    );
    let (journal, recovery) = Journal::open(directory.path(), evicting()).unwrap();
    assert_eq!(recovery.first_retained, first.last_seq + 1);
    assert_eq!(journal.checkpoint("loader"), Some(0));
    within(journal.commit("loader", first.last_seq)).await.unwrap();
}

#[test]
fn only_consumers_can_be_waited_for() {
    let options = Options {
        evict_behind: vec!["nobody".to_owned()],
        ..small()
    };
    assert!(matches!(
        options.validate(),
        Err(OptionsError::EvictBehindNobody { name }) if name == "nobody"
    ));
}

/// A machine that goes down at any operation while segments are let go opens again, with all that is not kept elsewhere.
#[tokio::test]
async fn a_crash_at_any_operation_leaves_no_gap() {
    let mut random = Random::new(7);
    let mut evictions = 0;
    for operation in 1.. {
        let disk = Simulated::new(operation);
        let (journal, _) = Journal::open_on(Arc::new(disk.clone()), evicting()).unwrap();
        fill(&journal).await;
        let third = {
            let first = within(journal.next_sealed(0)).await.unwrap();
            let second = within(journal.next_sealed(first.last_seq)).await.unwrap();
            within(journal.next_sealed(second.last_seq)).await.unwrap()
        };
        disk.plan(operation, Trip::Stop);
        let mut passed = 0;
        let mut durable = journal.watch().borrow().durable_seq;
        if within(journal.commit("archiver", third.last_seq)).await.is_ok() {
            passed = third.last_seq;
            for _ in 0..40 {
                if within(journal.room()).await.is_err()
                    || journal.try_append(&body(journal.appended_seq() + 1)).is_err()
                {
                    break;
                }
            }
            let _ = within(journal.wait_durable(journal.appended_seq())).await;
            durable = journal.watch().borrow().durable_seq;
        }
        let tripped = disk.tripped();
        evictions += u64::from(journal.reader(0).is_err());
        let mood = Mood::draw(&mut random);
        let disk = disk.crash(&mut random, mood);
        let (journal, recovery) = Journal::open_on(Arc::new(disk), evicting())
            .unwrap_or_else(|error| panic!("operation {operation}, {mood:?}: {error}"));
        assert!(
            recovery.first_retained <= passed.max(third.last_seq) + 1,
            "operation {operation}, {mood:?}: {recovery:?}"
        );
        assert!(
            recovery.durable_seq >= durable,
            "operation {operation}, {mood:?}: {recovery:?}"
        );
        read(&journal, recovery.first_retained - 1, durable).await;
        if !tripped {
            break;
        }
    }
    assert!(evictions > 3, "{evictions} of the runs let segments go");
}
