//! Whatever lies behind the durable end, and whatever happens to what lies before it.

use std::path::{Path, PathBuf};

use journal::{Journal, OpenError, Recovery};
use proptest::prelude::*;

use crate::raw::sound_frames;
use crate::rig::{append, body, read, segment_files, small, within};

const RECORDS: u64 = 6;

/// A closed journal of one segment with `RECORDS` groups of one record, and where its frames end.
fn closed_journal(runtime: &tokio::runtime::Runtime) -> (tempfile::TempDir, PathBuf, Vec<usize>) {
    let directory = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let (journal, _) = Journal::open(directory.path(), small()).unwrap();
        for _ in 0..RECORDS {
            append(&journal, 1).await;
        }
        within(journal.close()).await.unwrap();
    });
    let segment = segment_files(directory.path()).pop().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let ends: Vec<usize> = sound_frames(&bytes)
        .iter()
        .map(crate::raw::RawFrame::end)
        .collect();
    assert_eq!(ends.len() as u64, RECORDS);
    bytes.truncate(ends[ends.len() - 1]);
    std::fs::write(&segment, bytes).unwrap();
    (directory, segment, ends)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// Opens, checks all records, and goes on.
fn open(runtime: &tokio::runtime::Runtime, directory: &Path) -> Result<Recovery, OpenError> {
    runtime.block_on(async {
        let (journal, recovery) = Journal::open(directory, small())?;
        read(&journal, 0, recovery.durable_seq).await;
        assert_eq!(append(&journal, 1).await, recovery.durable_seq + 1);
        read(&journal, 0, recovery.durable_seq + 1).await;
        within(journal.close()).await.unwrap();
        Ok(recovery)
    })
}

/// What may lie behind the end: anything, also pieces of frames that were sound somewhere.
fn litter() -> impl Strategy<Value = Vec<u8>> {
    let record = (1_u64..40).prop_map(body);
    let zeros = (0_usize..100).prop_map(|length| vec![0; length]);
    let noise = proptest::collection::vec(any::<u8>(), 0..200);
    let head = (0_u32..200, any::<u64>(), any::<u32>(), 1_u8..3).prop_map(|(length, seq, ahead, kind)| {
        let mut head = vec![0xAB; 4];
        head.extend_from_slice(&length.to_le_bytes());
        head.extend_from_slice(&(seq % 20).to_le_bytes());
        head.extend_from_slice(&(ahead % 5).to_le_bytes());
        head.extend_from_slice(&[kind, 0, 0, 0]);
        head
    });
    proptest::collection::vec(prop_oneof![record, zeros, noise, head], 0..6)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn litter_behind_the_end_is_cut_and_no_record_lost_or_invented(litter in litter()) {
        let runtime = runtime();
        let (directory, segment, _) = closed_journal(&runtime);
        let mut bytes = std::fs::read(&segment).unwrap();
        bytes.extend_from_slice(&litter);
        std::fs::write(&segment, bytes).unwrap();
        let recovery = open(&runtime, directory.path()).unwrap();
        prop_assert_eq!(recovery.durable_seq, RECORDS);
        prop_assert_eq!(recovery.torn.is_some(), litter.iter().any(|byte| *byte != 0));
    }

    #[test]
    fn frames_of_the_journal_itself_behind_its_end_are_cut(from in 0_usize..6, frames in 1_usize..4) {
        let runtime = runtime();
        let (directory, segment, ends) = closed_journal(&runtime);
        let mut bytes = std::fs::read(&segment).unwrap();
        let begin = if from == 0 { 64 } else { ends[from - 1] };
        let end = ends[(from + frames).min(ends.len()) - 1];
        bytes.extend_from_within(begin..end);
        std::fs::write(&segment, bytes).unwrap();
        let recovery = open(&runtime, directory.path()).unwrap();
        prop_assert_eq!(recovery.durable_seq, RECORDS);
    }

    #[test]
    fn a_file_cut_anywhere_loses_only_what_was_cut(keep in 0_usize..1000) {
        let runtime = runtime();
        let (directory, segment, ends) = closed_journal(&runtime);
        let bytes = std::fs::read(&segment).unwrap();
        let keep = keep % bytes.len();
        std::fs::write(&segment, &bytes[..keep]).unwrap();
        match open(&runtime, directory.path()) {
            Ok(recovery) => {
                let whole = ends.iter().filter(|end| **end <= keep).count();
                // The last of them may be whole without its padding of zeros, which are never missed.
                prop_assert_eq!(recovery.durable_seq, whole as u64);
                prop_assert!(keep >= 64);
            }
            Err(OpenError::Corrupt { path, .. }) => {
                prop_assert_eq!(path, segment);
                prop_assert!(keep < 64, "cut at {}", keep);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn flips_before_the_proven_end_are_refused_and_change_nothing(
        flips in proptest::collection::vec((0_usize..10_000, 0_u8..8), 1..4),
    ) {
        let runtime = runtime();
        let (directory, segment, ends) = closed_journal(&runtime);
        let sound = std::fs::read(&segment).unwrap();
        // The last group is proven by nothing behind it.
        let proven = ends[ends.len() - 2];
        let mut bytes = sound.clone();
        for (at, bit) in flips {
            bytes[at % proven] ^= 1 << bit;
        }
        prop_assume!(bytes != sound);
        std::fs::write(&segment, &bytes).unwrap();
        let error = open(&runtime, directory.path());
        prop_assert!(matches!(error, Err(OpenError::Corrupt { .. })), "{:?}", error);
        prop_assert_eq!(std::fs::read(&segment).unwrap(), bytes);
    }
}
