//! A torn end is cut and reported, whatever it looks like.

use std::path::Path;
use std::sync::Arc;

use journal::{Journal, Recovery};

use crate::random::Random;
use crate::rig::{Rigged, append, body, copy, read, segment_files, small, within};
use crate::simulated::{Mood, Simulated, Trip};

/// Length of a record's frame in the file.
fn frame_bytes(seq: u64) -> usize {
    (24 + body(seq).len()).next_multiple_of(8)
}

/// Where the frame of a record of the first segment begins.
fn frame_begins(seq: u64) -> usize {
    64 + (1..seq).map(frame_bytes).sum::<usize>()
}

/// A closed journal of `count` records in one segment, each its own group.
async fn closed_journal(count: u64) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    for _ in 0..count {
        append(&journal, 1).await;
    }
    within(journal.close()).await.unwrap();
    directory
}

/// Opens what a crash has left, checks what is there, goes on, and checks again.
async fn recover(directory: &Path, expected: u64) -> Recovery {
    let (journal, recovery) = Journal::open(directory, small()).unwrap();
    assert_eq!(recovery.durable_seq, expected);
    read(&journal, 0, expected).await;
    append(&journal, 2).await;
    within(journal.close()).await.unwrap();
    let (journal, again) = Journal::open(directory, small()).unwrap();
    assert_eq!(again.torn, None, "what was cut stays cut");
    read(&journal, 0, expected + 2).await;
    within(journal.close()).await.unwrap();
    recovery
}

async fn recover_changed(directory: &Path, change: impl FnOnce(&mut Vec<u8>), expected: u64) -> Recovery {
    let crashed = tempfile::tempdir().unwrap();
    copy(directory, crashed.path());
    let file = segment_files(crashed.path()).pop().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    change(&mut bytes);
    std::fs::write(&file, bytes).unwrap();
    recover(crashed.path(), expected).await
}

#[tokio::test]
async fn an_end_cut_anywhere_in_the_last_record_is_truncated_and_reported() {
    let directory = closed_journal(5).await;
    let (begin, end) = (frame_begins(5), frame_begins(6));
    for length in begin..end {
        let recovery = recover_changed(directory.path(), |bytes| bytes.truncate(length), 4).await;
        let cut = recovery.torn.map_or(0, |torn| torn.bytes);
        // Zeros at the end of what is left are not told from space that was never written.
        assert!(cut <= (length - begin) as u64);
        assert_eq!(cut == 0, length == begin, "cut at {length}");
    }
    let whole = recover_changed(directory.path(), |bytes| bytes.truncate(end), 5).await;
    assert_eq!(whole.torn, None);
}

#[tokio::test]
async fn garbage_behind_the_last_record_is_truncated_and_reported() {
    let directory = closed_journal(5).await;
    let end = frame_begins(6);
    for length in [1, 7, 8, 23, 24, 25, 500, 1500] {
        let garbage: Vec<u8> = (1..=250).cycle().take(length).map(|byte: u8| byte | 1).collect();
        let change = |bytes: &mut Vec<u8>| {
            bytes.truncate(end);
            bytes.extend_from_slice(&garbage);
        };
        let recovery = recover_changed(directory.path(), change, 5).await;
        let torn = recovery.torn.unwrap();
        assert_eq!((torn.offset, torn.bytes), (end as u64, garbage.len() as u64));
    }
}

#[tokio::test]
async fn every_flipped_bit_of_the_last_record_is_noticed() {
    let directory = closed_journal(3).await;
    for at in frame_begins(3)..frame_begins(4) {
        for bit in [0, 7] {
            recover_changed(directory.path(), |bytes| bytes[at] ^= 1 << bit, 2).await;
        }
    }
}

#[tokio::test]
async fn a_group_whose_pages_came_out_of_order_is_cut_at_its_first_hole() {
    let directory = tempfile::tempdir().unwrap();
    let (storage, control) = Rigged::new(directory.path());
    let (journal, _) = Journal::open_on(storage, small()).unwrap();
    append(&journal, 3).await;
    control.hold_syncs();
    journal.try_append(&body(4)).unwrap();
    control.await_held_sync();
    for seq in 5..=12 {
        journal.try_append(&body(seq)).unwrap();
    }
    control.release_syncs();
    within(journal.close()).await.unwrap();
    // Records 5 to 12 are one group. None of them was durable if one of them is missing, however many came later.
    for lost in 5..=12 {
        let change = |bytes: &mut Vec<u8>| bytes[frame_begins(lost)..frame_begins(lost + 1)].fill(0);
        let recovery = recover_changed(directory.path(), change, lost - 1).await;
        assert_eq!(recovery.torn.is_some(), lost < 12);
    }
}

#[tokio::test]
async fn a_seal_torn_anywhere_leaves_its_segment_unsealed() {
    let directory = closed_journal(3).await;
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    let unsealed = tempfile::tempdir().unwrap();
    within(journal.seal_now()).await.unwrap();
    within(journal.close()).await.unwrap();
    let files = segment_files(directory.path());
    let sealed_bytes = std::fs::read(&files[0]).unwrap().len();
    assert_eq!(sealed_bytes, frame_begins(4) + 56);
    // Before the successor was made.
    copy(directory.path(), unsealed.path());
    std::fs::remove_file(segment_files(unsealed.path()).pop().unwrap()).unwrap();
    for length in frame_begins(4)..sealed_bytes {
        recover_changed(unsealed.path(), |bytes| bytes.truncate(length), 3).await;
    }
    let (journal, recovery) = Journal::open(unsealed.path(), small()).unwrap();
    assert_eq!((recovery.segments, recovery.torn), (1, None));
    assert_eq!(within(journal.next_sealed(0)).await.unwrap().last_seq, 3);
    append(&journal, 1).await;
    assert_eq!(
        within(journal.next_sealed(0)).await.unwrap().last_seq,
        3,
        "the seal stands"
    );
}

#[tokio::test]
async fn what_a_birth_left_unfinished_is_begun_anew() {
    let born = closed_journal(0).await;
    for missing in [&["journal.id"][..], &["journal.id", "00000000000000000001.fbj"]] {
        let directory = tempfile::tempdir().unwrap();
        copy(born.path(), directory.path());
        // As it is before the identity is made: a header and nothing allocated behind it.
        let segment = std::fs::File::options()
            .write(true)
            .open(&segment_files(directory.path())[0])
            .unwrap();
        segment.set_len(64).unwrap();
        for name in missing {
            std::fs::remove_file(directory.path().join(name)).unwrap();
        }
        std::fs::write(directory.path().join("journal.id.partial"), b"FBJR").unwrap();
        let (journal, recovery) = Journal::open(directory.path(), small()).unwrap();
        assert!(recovery.created);
        append(&journal, 1).await;
        assert!(!directory.path().join("journal.id.partial").exists());
    }
}

#[tokio::test]
async fn a_block_of_an_older_segment_behind_the_end_is_cut() {
    // All frames have the same length, so those of two segments lie at the same places, and there both are sound.
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), small()).unwrap();
    for seq in 1..=20_u64 {
        assert_eq!(journal.try_append(&[7; 40]).unwrap(), seq);
        if seq == 15 {
            within(journal.seal_now()).await.unwrap();
        }
    }
    within(journal.close()).await.unwrap();
    let files = segment_files(directory.path());
    let older = std::fs::read(&files[0]).unwrap();
    let end = 64 + 5 * 64;
    let mut newest = std::fs::read(&files[1]).unwrap();
    newest.truncate(end);
    newest.extend_from_slice(&older[end..end + 3 * 64]);
    std::fs::write(&files[1], newest).unwrap();
    let (journal, recovery) = Journal::open(directory.path(), small()).unwrap();
    assert_eq!(recovery.durable_seq, 20);
    assert_eq!(recovery.torn.unwrap().offset, end as u64);
    assert_eq!(journal.try_append(b"more").unwrap(), 21);
    within(journal.wait_durable(21)).await.unwrap();
}

#[tokio::test]
async fn a_birth_that_is_cut_short_twice_is_finished_by_the_third() {
    for second in 1..20 {
        let disk = Simulated::new(1);
        // The process ends at the very last sync of the birth, so the identity's name is not durable …
        disk.plan(12, Trip::Stop);
        Journal::open_on(Arc::new(disk.clone()), small()).unwrap_err();
        let disk = disk.restart();
        // … and while the next one builds on it, the power goes.
        disk.plan(second, Trip::Stop);
        let opened = Journal::open_on(Arc::new(disk.clone()), small());
        if second == 1 {
            opened.unwrap_err();
        }
        let disk = disk.crash(&mut Random::new(second), Mood::Lost);
        let (journal, _) = Journal::open_on(Arc::new(disk), small()).unwrap();
        append(&journal, 1).await;
        within(journal.close()).await.unwrap();
    }
}
