//! A journal's directory of any files: refused with a reason, or a journal that can be read, goes on, and opens again.

#[path = "disk.rs"]
mod disk;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use journal::{Journal, Options, SEQ_LIMIT, Storage};
use tokio::runtime::{Builder, Runtime};

use disk::Directory;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .expect("start a runtime")
});

pub(crate) fn run(data: &[u8]) {
    let directory: Arc<dyn Storage> = Arc::new(Directory::of(data));
    let Some(durable_seq) = RUNTIME.block_on(use_once(Arc::clone(&directory))) else {
        return;
    };
    let (journal, recovery) =
        Journal::open_on(directory, options()).expect("what was open and closed can be opened again");
    assert_eq!((recovery.created, recovery.torn), (false, None));
    assert_eq!(recovery.durable_seq, durable_seq, "nothing durable is lost");
    RUNTIME.block_on(journal.close()).expect("close the journal");
}

fn options() -> Options {
    Options {
        segment_bytes_max: 4096,
        record_bytes_max: 1024,
        linger_max: Duration::ZERO,
        free_bytes_min: 0,
        consumers: vec!["loader".to_owned(), "archiver".to_owned()],
        ..Options::default()
    }
}

/// Reads all, appends, commits, seals and closes; gives the durable position, or `None` for a refused directory.
async fn use_once(directory: Arc<dyn Storage>) -> Option<u64> {
    let (journal, recovery) = match Journal::open_on(directory, options()) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(error.to_string().len() > 20, "{error}");
            return None;
        }
    };
    let before = recovery.durable_seq;
    assert!(recovery.first_retained <= before + 1);
    if before >= SEQ_LIMIT {
        return None;
    }
    read(&journal, recovery.first_retained - 1, before).await;
    read_sealed(&journal, recovery.first_retained - 1).await;

    let seq = journal.try_append(b"one more").expect("a journal takes a record");
    assert_eq!(seq, before + 1);
    journal.wait_durable(seq).await.expect("a record becomes durable");
    journal.seal_now().await.expect("a segment is sealed");
    for consumer in ["loader", "archiver"] {
        journal
            .commit(consumer, seq)
            .await
            .expect("a checkpoint moves forward");
    }
    journal.close().await.expect("a journal closes");
    Some(seq)
}

/// Reads behind `after` up to the end or the first damage: every record in its place.
async fn read(journal: &Journal, after: u64, durable_seq: u64) {
    let mut reader = journal.reader(after).expect("the oldest record can be asked for");
    let mut last = after;
    while last < durable_seq {
        let Ok(batch) = reader.next(7, 500).await else {
            return;
        };
        assert!(!batch.records.is_empty());
        for record in batch.records {
            last += 1;
            assert_eq!(record.seq, last);
        }
    }
}

async fn read_sealed(journal: &Journal, mut after: u64) {
    let sealed_seq = journal.watch().borrow().sealed_seq;
    while after < sealed_seq {
        let Ok(segment) = journal.next_sealed(after).await else {
            return;
        };
        assert!(segment.last_seq > after);
        after = segment.last_seq;
        if let Ok(records) = journal.read_sealed(&segment) {
            for record in records {
                assert!(record.is_err() || record.is_ok_and(|record| record.seq <= segment.last_seq));
            }
        }
    }
}
