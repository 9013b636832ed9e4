//! Everybody at once: appenders, readers, an archiver, a loader, seals and restarts, in an order that a seed decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use journal::{AppendError, Journal, Options};

use crate::random::{Random, seed};
use crate::rig::{body, check, small, with_consumers, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_record_is_seen_once_and_in_order_by_everybody() {
    let seed = seed();
    println!("JOURNAL_SEED={seed}");
    let mut random = Random::new(seed);
    let directory = tempfile::tempdir().unwrap();
    let mut durable = 0;
    for _ in 0..4 {
        let options = Options {
            segment_bytes_max: 2048 + random.below(16_384),
            pending_bytes_max: 2048 + usize::try_from(random.below(65_536)).unwrap(),
            budget_bytes: 40_000 + random.below(100_000),
            ..with_consumers(small(), &["archiver", "loader"])
        };
        let (journal, recovery) = Journal::open(directory.path(), options).unwrap();
        assert_eq!(recovery.durable_seq, durable);
        let target = durable + 500 + random.below(2500);
        within(run(journal.clone(), target, random.below(u64::MAX))).await;
        durable = target;
        within(journal.close()).await.unwrap();
    }
}

async fn run(journal: Journal, target: u64, seed: u64) {
    let progress = Arc::new(AtomicU64::new(journal.checkpoint("archiver").unwrap()));
    let appender = tokio::spawn(append(journal.clone(), target, Random::new(seed)));
    let loader = tokio::spawn(load(journal.clone(), target, Random::new(!seed)));
    let archiver = tokio::spawn(archive(journal.clone(), Arc::clone(&progress)));
    appender.await.unwrap();
    loader.await.unwrap();
    // Let go of all, so that the last segment is archived too.
    journal.seal_now().await.unwrap();
    let mut state = journal.watch();
    state.wait_for(|state| state.sealed_seq >= target).await.unwrap();
    while progress.load(Ordering::SeqCst) < target {
        assert!(!archiver.is_finished());
        tokio::task::yield_now().await;
    }
    archiver.abort();
    assert_eq!(journal.checkpoint("archiver"), Some(target));
    assert_eq!(journal.checkpoint("loader"), Some(target));
}

async fn append(journal: Journal, target: u64, mut random: Random) {
    while journal.appended_seq() < target {
        let seq = journal.appended_seq() + 1;
        match journal.try_append(&body(seq)) {
            Ok(given) => assert_eq!(given, seq),
            Err(AppendError::Busy { .. } | AppendError::Full(_)) => {
                // Full goes away only with a seal that lets the archiver on.
                tokio::select! {
                    room = journal.room() => room.unwrap(),
                    sealed = journal.seal_now(), if random.below(2) == 0 => sealed.unwrap(),
                }
            }
            Err(error) => panic!("{error}"),
        }
        match random.below(200) {
            0 => journal.seal_now().await.unwrap(),
            1..5 => journal.wait_durable(journal.appended_seq()).await.unwrap(),
            5..20 => tokio::task::yield_now().await,
            _ => {}
        }
    }
    journal.wait_durable(target).await.unwrap();
}

async fn load(journal: Journal, target: u64, mut random: Random) {
    let mut seen = journal.checkpoint("loader").unwrap();
    let mut reader = journal.reader(seen).unwrap();
    while seen < target {
        let max_records = 1 + usize::try_from(random.below(100)).unwrap();
        let batch = reader.next(max_records, 1 << 16).await.unwrap();
        for record in &batch.records {
            seen += 1;
            check(record, seen);
        }
        // A consumer that has caught up commits: what it holds back may be the room that the next record needs.
        let caught_up = seen == journal.watch().borrow().durable_seq;
        if random.below(5) == 0 || caught_up {
            journal.commit("loader", seen).await.unwrap();
        }
        if random.below(20) == 0 {
            reader = journal.reader(seen).unwrap();
        }
    }
    journal.commit("loader", seen).await.unwrap();
}

async fn archive(journal: Journal, archived: Arc<AtomicU64>) {
    loop {
        let after = archived.load(Ordering::SeqCst);
        let segment = journal.next_sealed(after).await.unwrap();
        assert_eq!(segment.first_seq, after + 1);
        let mut seq = after;
        for record in journal.read_sealed(&segment).unwrap() {
            seq += 1;
            check(&record.unwrap(), seq);
        }
        assert_eq!(seq, segment.last_seq);
        journal.commit("archiver", seq).await.unwrap();
        archived.store(seq, Ordering::SeqCst);
    }
}
