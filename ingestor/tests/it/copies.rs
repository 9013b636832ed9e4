//! A journal's directory that is an older copy of itself, as a restored machine has it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ingestor::clock::SystemClock;
use ingestor::loader::LoaderError;
use ingestor::{Ingestor, IngestorError};

use crate::harness::{DEADLINE, message, options, pool, publish, start, store, wait_number};

const READINGS: &str = "SELECT count(*) FROM reading";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("its type").is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
}

fn files(dir: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                usize::from(path.to_string_lossy().ends_with(".zst"))
            }
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_a_journal_takes_nothing() {
    let (broker, objects, database) = (
        testbed::broker().await,
        testbed::object_store().await,
        testbed::postgres().await,
    );
    let room = tempfile::tempdir().expect("a directory");
    let (journal, old) = (room.path().join("journal"), room.path().join("old"));
    let target = store(
        objects.endpoint(),
        objects.access_key_id(),
        objects.secret_access_key(),
    );
    let readings = pool(&database).await;
    let ingestor = start(options(&journal, broker.address()), &database, target.clone()).await;
    publish(broker.address(), (0..100).map(message)).await;
    wait_number(&readings, READINGS, 100).await;
    // While it runs, as a snapshot of a machine is taken.
    copy(&journal, &old);
    publish(broker.address(), (100..200).map(message)).await;
    wait_number(&readings, READINGS, 200).await;
    ingestor.stop().await.expect("it stops");
    let archived = files(objects.directory());
    publish(broker.address(), (200..210).map(message)).await;

    // A database that answers late must not be too late.
    let mut busy = readings.begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE ingest_checkpoint")
        .execute(&mut *busy)
        .await
        .expect("a lock");
    let db = database.connect().await;
    let copied = options(&old, broker.address());
    let mut ingestor =
        Ingestor::start(copied, db, target.clone(), Arc::new(SystemClock)).expect("an ingestor");
    tokio::time::sleep(Duration::from_millis(500)).await;
    busy.rollback().await.expect("no more lock");
    let failed = tokio::time::timeout(DEADLINE, ingestor.failed()).await;
    assert!(
        matches!(failed, Ok(IngestorError::Loader(LoaderError::Ahead { .. }))),
        "{failed:?}"
    );
    ingestor.stop().await.expect("it stops");
    let (reopened, recovery) = journal::Journal::open(&old, journal::Options::default()).expect("the copy");
    assert_eq!(recovery.durable_seq, 100, "it took nothing");
    reopened.close().await.expect("it closes");
    assert_eq!(files(objects.directory()), archived, "it archived nothing");

    // The right directory has what the broker kept.
    let ingestor = start(options(&journal, broker.address()), &database, target).await;
    wait_number(&readings, READINGS, 210).await;
    ingestor.stop().await.expect("it stops");
}
