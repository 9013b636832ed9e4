//! Taking records: positions, bounds, groups.

use std::os::fd::OwnedFd;
use std::path::Path;

use journal::{AppendError, Journal, OpenError, OptionsError};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

use crate::rig::{Rigged, append, body, read, small, within};

#[tokio::test]
async fn records_come_back_in_order_over_many_segments_and_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, recovery) = Journal::open(directory.path(), small()).unwrap();
    assert!(recovery.created);
    let id = journal.id();
    assert_eq!(id.get_version_num(), 7);
    append(&journal, 500).await;
    read(&journal, 0, 500).await;
    assert!(journal.usage().unwrap().segments > 5);
    within(journal.close()).await.unwrap();

    let (journal, recovery) = Journal::open(directory.path(), small()).unwrap();
    assert!(!recovery.created);
    assert_eq!((recovery.durable_seq, recovery.first_retained), (500, 1));
    assert_eq!(recovery.torn, None);
    assert_eq!(journal.id(), id);
    append(&journal, 300).await;
    for after in [0, 1, 250, 499, 500, 799] {
        read(&journal, after, 800).await;
    }
}

#[tokio::test]
async fn empty_and_largest_records_are_records() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    let bodies = [vec![], vec![0; 1024], vec![], vec![0xFF; 1024], vec![0; 7]];
    for body in &bodies {
        journal.try_append(body).unwrap();
    }
    let mut reader = journal.reader(0).unwrap();
    let mut read = Vec::new();
    while read.len() < bodies.len() {
        read.extend(within(reader.next(10, 0)).await.unwrap().records);
    }
    assert!(
        read.iter()
            .map(|record| &record.body[..])
            .eq(bodies.iter().map(|body| &body[..]))
    );
    let refused = journal.try_append(&[0; 1025]).unwrap_err();
    assert!(matches!(
        refused,
        AppendError::TooLarge {
            bytes: 1025,
            limit: 1024
        }
    ));
    assert_eq!(journal.appended_seq(), 5);
}

#[tokio::test]
async fn a_slow_disk_makes_appenders_wait_and_not_the_memory_grow() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let options = journal::Options {
        pending_bytes_max: 2 * (1024 + 24),
        ..small()
    };
    let (journal, _) = Journal::open_on(storage, options).unwrap();
    control.hold_syncs();
    journal.try_append(&[1; 1024]).unwrap();
    control.await_held_sync();
    journal.try_append(&[2; 1024]).unwrap();
    assert!(matches!(
        journal.try_append(&[]),
        Err(AppendError::Busy { pending_bytes: 2096 })
    ));
    assert!(crate::rig::is_pending(journal.room()).await);
    control.release_syncs();
    within(journal.room()).await.unwrap();
    assert_eq!(journal.try_append(&[3; 1024]).unwrap(), 3);
    within(journal.wait_durable(3)).await.unwrap();
}

#[tokio::test]
async fn records_that_come_during_a_sync_share_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let (journal, _) = Journal::open_on(
        storage,
        journal::Options {
            segment_bytes_max: 1 << 20,
            ..small()
        },
    )
    .unwrap();
    control.hold_syncs();
    journal.try_append(&body(1)).unwrap();
    control.await_held_sync();
    for seq in 2..=1000 {
        assert_eq!(journal.try_append(&body(seq)).unwrap(), seq);
    }
    let before = control.syncs();
    control.release_syncs();
    within(journal.wait_durable(1000)).await.unwrap();
    assert_eq!(
        control.syncs() - before,
        2,
        "one for the record alone, one for the other 999"
    );
    read(&journal, 0, 1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appenders_share_syncs_and_get_distinct_positions() {
    const APPENDERS: u64 = 32;
    const EACH: u64 = 100;
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let options = journal::Options {
        segment_bytes_max: 1 << 20,
        ..small()
    };
    let (journal, _) = Journal::open_on(storage, options).unwrap();
    let before = control.syncs();
    let mut tasks = tokio::task::JoinSet::new();
    for appender in 0..APPENDERS {
        let journal = journal.clone();
        tasks.spawn(async move {
            let mut mine = Vec::new();
            for index in 0..EACH {
                let body = format!("{appender} {index}");
                let seq = journal.try_append(body.as_bytes()).unwrap();
                journal.wait_durable(seq).await.unwrap();
                mine.push((seq, body));
            }
            mine
        });
    }
    let mut all: Vec<(u64, String)> = within(tasks.join_all()).await.into_iter().flatten().collect();
    all.sort();
    assert!(all.iter().map(|(seq, _)| *seq).eq(1..=APPENDERS * EACH));
    let syncs = control.syncs() - before;
    assert!(
        syncs < APPENDERS * EACH,
        "{syncs} syncs for {} records are no groups",
        APPENDERS * EACH
    );

    let mut reader = journal.reader(0).unwrap();
    let mut read = Vec::new();
    while read.len() < all.len() {
        read.extend(within(reader.next(1000, 1 << 20)).await.unwrap().records);
    }
    for (record, (seq, body)) in read.iter().zip(&all) {
        assert_eq!((record.seq, &record.body[..]), (*seq, body.as_bytes()));
    }
}

#[tokio::test]
async fn a_second_writer_is_locked_out_until_the_first_has_closed() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    let error = Journal::open(directory.path(), small()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    within(journal.close()).await.unwrap();
    assert!(matches!(journal.try_append(b"late"), Err(AppendError::Closed)));
    Journal::open(directory.path(), small()).unwrap();
}

#[tokio::test]
async fn a_copy_of_the_lock_in_a_process_about_to_start_keeps_nobody_out() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    let copy = copy_of_the_open_file(&directory.path().canonicalize().unwrap().join("lock"));
    within(journal.close()).await.unwrap();
    Journal::open(directory.path(), small()).unwrap();
    drop(copy);
}

/// A second descriptor of a file that this process has open, as a child has it between fork and exec.
fn copy_of_the_open_file(path: &Path) -> OwnedFd {
    let this = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let numbers = std::fs::read_dir("/proc/self/fd").unwrap();
    let open = numbers
        .map(|entry| entry.unwrap().path())
        .find(|entry| std::fs::read_link(entry).is_ok_and(|target| target == path))
        .expect("the file is open");
    let number = open.file_name().unwrap().to_str().unwrap().parse().unwrap();
    pidfd_getfd(this, number, PidfdGetfdFlags::empty()).unwrap()
}

#[tokio::test]
async fn closing_makes_durable_what_was_appended() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    for seq in 1..=200 {
        journal.try_append(&body(seq)).unwrap();
    }
    within(journal.close()).await.unwrap();
    let (journal, recovery) = Journal::open(directory.path(), small()).unwrap();
    assert_eq!(recovery.durable_seq, 200);
    read(&journal, 0, 200).await;
}

#[test]
fn options_that_do_not_fit_together_are_refused_before_anything_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("journal");
    let options = journal::Options {
        segment_bytes_max: 1024,
        ..small()
    };
    let error = Journal::open(&inside, options).unwrap_err();
    assert!(
        matches!(error, OpenError::Options(OptionsError::SegmentTooSmall { .. })),
        "{error}"
    );
    assert!(!inside.exists());
    for name in ["", "Loader", "a/b", "a.b", "much-too-long-for-a-consumer-name"] {
        let options = crate::rig::with_consumers(small(), &[name]);
        assert!(
            matches!(options.validate(), Err(OptionsError::ConsumerName { .. })),
            "{name:?}"
        );
    }
}
