//! A disk of 64 MB that fills: acknowledgements stop, nothing acknowledged is lost, and it goes on when there is room.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use journal::{AppendError, Journal, Options, Shortage, Storage};

use crate::rig::{is_pending, with_consumers, within};
use crate::simulated::Simulated;

const DISK_BYTES: u64 = 64_000_000;
const RECORD_BYTES: usize = 10_000;

fn options() -> Options {
    let options = Options {
        segment_bytes_max: 8_000_000,
        record_bytes_max: 64 << 10,
        free_bytes_min: 0,
        pending_bytes_max: 1 << 20,
        ..Options::default()
    };
    with_consumers(options, &["loader"])
}

fn body(seq: u64) -> Vec<u8> {
    let mut body = format!("record {seq}:").into_bytes();
    body.resize(RECORD_BYTES, u8::try_from(seq % 251).unwrap());
    body
}

/// Appends until the journal is full; returns the last position that was acknowledged.
async fn fill(journal: &Journal) -> u64 {
    let mut state = journal.watch();
    loop {
        let next = journal.appended_seq() + 1;
        match journal.try_append(&body(next)) {
            Ok(seq) => assert_eq!(seq, next),
            Err(AppendError::Full(_)) => return state.borrow().durable_seq,
            Err(AppendError::Busy { .. }) => {
                let before = state.borrow().durable_seq;
                let moved = state.wait_for(|state| state.durable_seq > before || state.full.is_some());
                within(moved).await.unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn read(journal: &Journal, after: u64, last: u64) {
    let mut reader = journal.reader(after).unwrap();
    let mut seq = after;
    while seq < last {
        for record in within(reader.next(1000, 1 << 20)).await.unwrap().records {
            seq += 1;
            assert_eq!((record.seq, record.body.as_ref()), (seq, body(seq).as_slice()));
        }
    }
}

/// Fills the disk, starts again on the full disk, makes room, and goes on.
async fn fill_and_empty(storage: impl Fn() -> Arc<dyn Storage>) {
    let (journal, _) = Journal::open_on(storage(), options()).unwrap();
    let acknowledged = fill(&journal).await;
    let full = journal.watch().borrow().full.unwrap();
    assert_eq!(full.shortage, Shortage::Disk);
    let bytes = acknowledged * RECORD_BYTES as u64;
    assert!(bytes > DISK_BYTES * 9 / 10, "full after {bytes} bytes");
    assert!(bytes < DISK_BYTES, "{bytes} bytes don't fit");
    let last = journal.appended_seq();
    assert!(last > acknowledged, "some wait in memory");
    assert!(is_pending(journal.wait_durable(acknowledged + 1)).await);
    assert!(is_pending(journal.room()).await);
    read(&journal, 0, acknowledged).await;

    // The process ends, and what waited in memory with it. The next one starts on a full disk.
    within(journal.close()).await.unwrap_err();
    let (journal, recovery) = Journal::open_on(storage(), options()).unwrap();
    assert_eq!(recovery.durable_seq, acknowledged);
    let again = fill(&journal).await;
    assert!(again >= acknowledged);
    let last = journal.appended_seq();

    // A consumer passes what is sealed, which frees it.
    let sealed = journal.watch().borrow().sealed_seq;
    assert!(sealed > acknowledged / 2);
    within(journal.commit("loader", sealed)).await.unwrap();
    within(journal.wait_durable(last)).await.unwrap();
    within(journal.room()).await.unwrap();
    assert!(journal.watch().borrow().full.is_none());
    read(&journal, sealed, last).await;
    within(journal.close()).await.unwrap();
    let (journal, recovery) = Journal::open_on(storage(), options()).unwrap();
    assert_eq!(recovery.durable_seq, last);
    read(&journal, sealed, last).await;
}

#[tokio::test]
async fn a_simulated_disk_of_64_mb_fills_and_is_emptied() {
    let disk = Simulated::new(1);
    disk.limit_room(Some(DISK_BYTES), true);
    fill_and_empty(|| Arc::new(disk.clone())).await;
}

/// Says which directory the test's second half, in a mount namespace of its own, shall use.
const MOUNTED: &str = "JOURNAL_TEST_SMALL_DISK";

#[tokio::test]
async fn a_real_disk_of_64_mb_fills_and_is_emptied() {
    if let Some(directory) = std::env::var_os(MOUNTED) {
        let directory = PathBuf::from(directory);
        return fill_and_empty(|| Arc::new(journal::Disk::new(&directory))).await;
    }
    let mount = tempfile::tempdir().unwrap();
    let Some(mut again) = in_own_namespace(mount.path()) else {
        eprintln!(
            "NOT TESTED: this machine lets nobody mount a tmpfs (unshare -m, unshare -rm); the simulated disk of 64 MB is tested in its place"
        );
        return;
    };
    let ended = again
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "small_disk::a_real_disk_of_64_mb_fills_and_is_emptied",
            "--nocapture",
        ])
        .env(MOUNTED, mount.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    assert!(
        String::from_utf8_lossy(&ended.stdout).contains("1 passed"),
        "{said}"
    );
}

/// A command that mounts a tmpfs and runs its arguments, in a mount namespace of its own; none if that isn't allowed.
fn in_own_namespace(mount: &Path) -> Option<Command> {
    let script = format!(
        "mount -t tmpfs -o size={DISK_BYTES} tmpfs '{}' && exec \"$@\"",
        mount.display()
    );
    ["-m", "-rm"].into_iter().find_map(|namespace| {
        let command = || {
            let mut command = Command::new("unshare");
            command.args([namespace, "sh", "-c", &script, "sh"]);
            command
        };
        let works = command()
            .arg("true")
            .output()
            .is_ok_and(|tried| tried.status.success());
        works.then(command)
    })
}
