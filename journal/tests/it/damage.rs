//! Whatever a torn write can't have done is refused with its name and place, and left as it is.

use std::path::{Path, PathBuf};

use journal::{FormatError, Journal, OpenError, Options, ReadError};

use crate::rig::{append, body, copy, segment_files, small, with_consumers, within};

fn options() -> Options {
    with_consumers(small(), &["loader"])
}

/// A closed journal of several sealed segments and a newest one of five groups.
async fn closed_journal() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), options()).unwrap();
    append(&journal, 150).await;
    within(journal.seal_now()).await.unwrap();
    for _ in 0..5 {
        append(&journal, 1).await;
    }
    within(journal.close()).await.unwrap();
    assert!(segment_files(directory.path()).len() >= 4);
    directory
}

fn copied(directory: &Path) -> (tempfile::TempDir, Vec<PathBuf>) {
    let copied = tempfile::tempdir().unwrap();
    copy(directory, copied.path());
    let files = segment_files(copied.path());
    (copied, files)
}

fn edit(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).unwrap();
    change(&mut bytes);
    std::fs::write(file, bytes).unwrap();
}

/// Opens a journal that must be refused; the files must stay as they are.
#[track_caller]
fn refusal(directory: &Path) -> OpenError {
    let contents = || -> Vec<Vec<u8>> {
        segment_files(directory)
            .iter()
            .map(|file| std::fs::read(file).unwrap())
            .collect()
    };
    let before = contents();
    let error = Journal::open(directory, options()).unwrap_err();
    assert_eq!(contents(), before, "a refused journal is not touched");
    error
}

#[tokio::test]
async fn damage_before_the_last_group_is_refused_wherever_it_is() {
    let directory = closed_journal().await;
    let (copied, files) = copied(directory.path());
    let newest = files.last().unwrap();
    let sound = std::fs::read(newest).unwrap();
    let last_group: usize = 64
        + (151..155)
            .map(|seq| (24 + body(seq).len()).next_multiple_of(8))
            .sum::<usize>();
    for at in 0..last_group {
        edit(newest, |bytes| bytes[at] ^= 0x10);
        match refusal(copied.path()) {
            OpenError::Corrupt { path, offset, source } => {
                assert_eq!(&path, newest);
                assert!(offset <= at as u64, "{source} at {offset}, damaged at {at}");
                match at {
                    0..8 => assert_eq!(source, FormatError::Magic),
                    8..10 => assert!(matches!(source, FormatError::Version { .. })),
                    10..64 => assert_eq!(source, FormatError::HeaderChecksum),
                    _ => assert!(matches!(source, FormatError::ProvenDamage { .. }), "{source}"),
                }
            }
            other => panic!("damage at {at} was taken for {other}"),
        }
        std::fs::write(newest, &sound).unwrap();
    }
}

#[tokio::test]
async fn damage_to_a_sealed_segment_is_found_at_start_up_or_when_it_is_read() {
    let directory = closed_journal().await;
    let (copied, files) = copied(directory.path());
    let sealed = &files[0];
    let sound = std::fs::read(sealed).unwrap();
    let seal_at = sound.len() - 56;
    for at in (0..sound.len()).step_by(3) {
        edit(sealed, |bytes| bytes[at] ^= 0x10);
        if at < 64 || at >= seal_at {
            let error = refusal(copied.path());
            assert!(
                matches!(&error, OpenError::Corrupt { path, .. } if path == sealed),
                "{error}"
            );
        } else {
            let (journal, _) = Journal::open(copied.path(), options()).unwrap();
            let segment = within(journal.next_sealed(0)).await.unwrap();
            let records: Vec<_> = journal.read_sealed(&segment).unwrap().collect();
            let error = records.last().unwrap().as_ref().unwrap_err();
            assert!(
                matches!(error, ReadError::Corrupt { path, .. } if path == sealed),
                "{error}"
            );
            let mut reader = journal.reader(0).unwrap();
            let error = loop {
                match within(reader.next(1000, 1 << 20)).await {
                    Ok(batch) => assert_eq!(batch.segment_first_seq, 1),
                    Err(error) => break error,
                }
            };
            assert!(
                matches!(&error, ReadError::Corrupt { path, .. } if path == sealed),
                "{error}"
            );
            within(journal.close()).await.unwrap();
        }
        std::fs::write(sealed, &sound).unwrap();
    }
    for length in [0, 1, 63, 64, 100, seal_at, sound.len() - 1, sound.len() + 1] {
        edit(sealed, |bytes| bytes.resize(length, 0));
        let error = refusal(copied.path());
        assert!(
            matches!(&error, OpenError::Corrupt { path, .. } if path == sealed),
            "{length}: {error}"
        );
        std::fs::write(sealed, &sound).unwrap();
    }
}

#[tokio::test]
async fn missing_segments_are_named() {
    let directory = closed_journal().await;
    let (copied, files) = copied(directory.path());
    std::fs::remove_file(&files[1]).unwrap();
    let error = refusal(copied.path());
    assert!(
        matches!(&error, OpenError::Gap { path, .. } if *path == files[2]),
        "{error}"
    );
    std::fs::remove_file(&files[0]).unwrap();
    let error = refusal(copied.path());
    assert!(
        matches!(&error, OpenError::MissingPrefix { consumer, checkpoint: 0, .. } if consumer == "loader")
    );
    std::fs::remove_file(copied.path().join("loader.cursor")).unwrap();
    let error = refusal(copied.path());
    assert!(
        matches!(error, OpenError::MissingPrefix { checkpoint: 0, .. }),
        "{error}"
    );
    for file in &files[2..] {
        std::fs::remove_file(file).unwrap();
    }
    let error = refusal(copied.path());
    assert!(matches!(error, OpenError::NoSegments { .. }), "{error}");
}

#[tokio::test]
async fn segments_that_do_not_belong_are_named() {
    let directory = closed_journal().await;
    let (here, files) = copied(directory.path());

    // One that claims the positions of another.
    let inside = here.path().join(format!("{:020}.fbj", 2));
    std::fs::copy(&files[1], &inside).unwrap();
    let error = refusal(here.path());
    assert!(
        matches!(&error, OpenError::Corrupt { path, source: FormatError::FirstSeq { .. }, .. } if *path == inside)
    );
    std::fs::remove_file(&inside).unwrap();

    // One whose name is no position.
    let strange = here.path().join("1.fbj");
    std::fs::copy(&files[0], &strange).unwrap();
    let error = refusal(here.path());
    assert!(
        matches!(&error, OpenError::StrangeName { path } if *path == strange),
        "{error}"
    );
    std::fs::remove_file(&strange).unwrap();

    // One of another journal, at the right position.
    let other = closed_journal().await;
    std::fs::copy(&segment_files(other.path())[0], &files[0]).unwrap();
    let error = refusal(here.path());
    let foreign = matches!(
        &error,
        OpenError::Corrupt {
            source: FormatError::ForeignJournal { .. },
            ..
        }
    );
    assert!(foreign, "{error}");
}

#[tokio::test]
async fn overlapping_segments_are_named() {
    // Two histories of one journal: the same position sealed and continued differently.
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), options()).unwrap();
    append(&journal, 5).await;
    within(journal.close()).await.unwrap();
    let (fork, _) = copied(directory.path());
    let seal_after = async |directory: &Path, count| {
        let (journal, _) = Journal::open(directory, options()).unwrap();
        append(&journal, count).await;
        within(journal.seal_now()).await.unwrap();
        append(&journal, 1).await;
        within(journal.close()).await.unwrap();
    };
    seal_after(directory.path(), 1).await;
    seal_after(fork.path(), 3).await;
    std::fs::copy(
        &segment_files(fork.path())[0],
        &segment_files(directory.path())[0],
    )
    .unwrap();
    let error = refusal(directory.path());
    assert!(
        matches!(error, OpenError::Overlap { previous_last: 8, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn an_identity_that_is_missing_or_damaged_is_never_replaced() {
    let directory = closed_journal().await;
    let (copied, _) = copied(directory.path());
    let identity = copied.path().join("journal.id");
    edit(&identity, |bytes| bytes[20] ^= 1);
    let error = refusal(copied.path());
    assert!(
        matches!(&error, OpenError::Corrupt { path, .. } if *path == identity),
        "{error}"
    );
    std::fs::remove_file(&identity).unwrap();
    let error = refusal(copied.path());
    assert!(matches!(error, OpenError::NoIdentity { .. }), "{error}");
}

#[tokio::test]
async fn an_end_that_a_consumer_has_passed_must_be_there() {
    let directory = closed_journal().await;
    let (journal, _) = Journal::open(directory.path(), options()).unwrap();
    within(journal.commit("loader", 155)).await.unwrap();
    within(journal.close()).await.unwrap();
    let newest = segment_files(directory.path()).pop().unwrap();
    let last_group: usize = 64
        + (151..155)
            .map(|seq| (24 + body(seq).len()).next_multiple_of(8))
            .sum::<usize>();
    edit(&newest, |bytes| bytes[last_group + 30] ^= 1);
    let error = refusal(directory.path());
    let beyond = matches!(
        &error,
        OpenError::BeyondEnd {
            checkpoint: 155,
            end: 154,
            ..
        }
    );
    assert!(beyond, "{error}");
}
