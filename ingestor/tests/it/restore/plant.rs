//! An archive of two journals, made by ingestors as ever, and the database that they made beside it.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::OnConflict;
use ingestor::clock::SystemClock;
use ingestor::message::Kind;
use ingestor::receiver::{Manners, Source};
use ingestor::restore::{Restore, RestoreError, RestoreOptions, Restored};
use sqlx::PgPool;
use testbed::{TestBroker, TestDatabase, TestObjectStore};
use tokio_util::sync::CancellationToken;

use super::state::state;
use crate::harness::{DEADLINE, options, pool, start, store};
use crate::replay::journal_of::{Message, copy, journal_of, messages};
use crate::replay::state::wait_settled;

/// An archive, and what was made of its messages when they came.
pub(super) struct Plant {
    pub(super) objects: TestObjectStore,
    pub(super) broker: TestBroker,
    pub(super) original: TestDatabase,
    pub(super) room: tempfile::TempDir,
    pub(super) on_conflict: OnConflict,
    /// The last position of each journal.
    pub(super) last: [u64; 2],
}

/// The names of the journals' directories.
pub(super) const JOURNALS: [&str; 2] = ["a", "b"];

impl Plant {
    pub(super) async fn new(on_conflict: OnConflict) -> Self {
        let plant = Self {
            objects: testbed::object_store().await,
            broker: testbed::broker().await,
            original: testbed::postgres().await,
            room: tempfile::tempdir().expect("a directory"),
            on_conflict,
            last: [0; 2],
        };
        let mut last = [0; 2];
        for (index, name) in JOURNALS.into_iter().enumerate() {
            let dir = plant.room.path().join(name);
            last[index] = journal_of(&dir, &of_journal(index)).await;
            // The ingestor lets go of what is archived; this one stays as it was.
            copy(&dir, &plant.room.path().join(format!("{name}-whole")));
            plant.ingest(&dir, &plant.original, last[index]).await;
        }
        Self { last, ..plant }
    }

    pub(super) fn store(&self) -> archive::Store {
        store(
            self.objects.endpoint(),
            self.objects.access_key_id(),
            self.objects.secret_access_key(),
        )
    }

    fn source(&self) -> Source {
        let mut options = options(Path::new(""), self.broker.address());
        options.sources[0].manner.on_conflict = self.on_conflict;
        options.sources.remove(0)
    }

    /// Runs an ingestor on a journal until all of it is in a database and on S3, with its rollups.
    pub(super) async fn ingest(&self, dir: &Path, database: &TestDatabase, last: u64) {
        let mut options = options(dir, self.broker.address());
        options.sources = vec![self.source()];
        let ingestor = start(options, database, self.store()).await;
        let mut loaded = ingestor.loaded();
        tokio::time::timeout(DEADLINE, loaded.wait_for(|loaded| *loaded >= last))
            .await
            .expect("in time")
            .expect("a loader");
        ingestor.stop().await.expect("it stops");
        let mut options = self::options(dir, self.broker.address());
        options.sources = vec![self.source()];
        let ingestor = start(options, database, self.store()).await;
        wait_settled(&pool(database).await).await;
        ingestor.stop().await.expect("it stops");
    }

    /// Computes the rollups of a database.
    pub(super) async fn refresh(&self, database: &TestDatabase) {
        let dir = self.room.path().join("idle");
        let ingestor = start(options(&dir, self.broker.address()), database, self.store()).await;
        wait_settled(&pool(database).await).await;
        ingestor.stop().await.expect("it stops");
    }

    /// Small batches, so that much happens between them.
    pub(super) fn replaying(&self) -> RestoreOptions {
        let mut replaying = RestoreOptions {
            manners: Manners::from(&[self.source()][..]),
            ..RestoreOptions::default()
        };
        replaying.loader.batch_records_max = 17;
        replaying.loader.backoff_min = std::time::Duration::from_millis(5);
        replaying.loader.backoff_max = std::time::Duration::from_millis(20);
        replaying.store_backoff_min = std::time::Duration::from_millis(5);
        replaying
    }

    pub(super) async fn replay(
        &self,
        database: &TestDatabase,
        options: RestoreOptions,
    ) -> Result<Restored, RestoreError> {
        self.replay_until(database, options, u64::MAX).await
    }

    /// Replays, and stops when so many messages are through in all.
    pub(super) async fn replay_until(
        &self,
        database: &TestDatabase,
        options: RestoreOptions,
        messages: u64,
    ) -> Result<Restored, RestoreError> {
        let stop = CancellationToken::new();
        let restore = Restore::new(
            options,
            database.connect().await,
            self.store(),
            Arc::new(SystemClock),
            stop.clone(),
        );
        let mut progress = restore.progress();
        let survey = restore.survey().await?;
        let stopping = tokio::spawn(async move {
            if progress.wait_for(|now| now.messages >= messages).await.is_ok() {
                stop.cancel();
            }
        });
        let restored = tokio::time::timeout(DEADLINE, restore.run(&survey)).await;
        stopping.abort();
        restored.expect("in time")
    }

    /// Compares what a database says with the original.
    pub(super) async fn is_the_original(&self, database: &TestDatabase) {
        self.refresh(database).await;
        is_the_same(&pool(&self.original).await, &pool(database).await).await;
    }

    /// The objects of the archive as files, by their keys.
    pub(super) fn files(&self) -> Vec<std::path::PathBuf> {
        let mut files = Vec::new();
        let mut waiting = vec![self.objects.directory().join("objects/fieldbook/raw")];
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(dir).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    waiting.push(path);
                } else if path.extension().is_some_and(|ending| ending == "zst") {
                    files.push(path);
                }
            }
        }
        files.sort();
        files
    }
}

pub(super) async fn is_the_same(expected: &PgPool, found: &PgPool) {
    let (expected, found) = (state(expected).await, state(found).await);
    for (table, expected) in &expected {
        assert!(!expected.is_empty(), "{table} is empty");
        let found = &found[table];
        let more: Vec<_> = found
            .iter()
            .filter(|row| !expected.contains(row))
            .take(5)
            .collect();
        let less: Vec<_> = expected
            .iter()
            .filter(|row| !found.contains(row))
            .take(5)
            .collect();
        assert!(
            more.is_empty() && less.is_empty() && found.len() == expected.len(),
            "{table}: {} rows instead of {}; not expected: {more:#?}; missing: {less:#?}",
            found.len(),
            expected.len()
        );
    }
}

/// What the ingestor of a journal received. Each has sensors of its own, whose ranges its lists change; undeclared ones are
/// common to both, and contradict each other.
fn of_journal(index: usize) -> Vec<Message> {
    let seed = 11 + index as u64;
    let mut all = Vec::new();
    for (position, message) in messages(seed).into_iter().enumerate() {
        let text = String::from_utf8(message.payload.clone()).expect("text");
        // The second journal's own sensors have other names.
        let text = if index == 0 {
            text
        } else {
            text.replace("\"s", "\"t")
        };
        let later = TimeDelta::minutes(7) * i32::try_from(index).expect("small");
        let received_at = message.received_at + later;
        all.push(Message {
            payload: text.into_bytes(),
            received_at,
            ..message
        });
        if position % 3 == 0 {
            all.push(common(position, index, received_at));
        }
        if position == 40 {
            all.push(Message {
                kind: Kind::SensorList,
                received_at,
                payload: b"no list".to_vec(),
            });
        }
    }
    all
}

/// A message of an undeclared sensor; the journals say the same of some times and something else of others.
fn common(position: usize, journal: usize, received_at: DateTime<Utc>) -> Message {
    let begin = DateTime::from_timestamp(1_780_300_000, 0).expect("a time");
    let time = begin + TimeDelta::seconds(i64::try_from(position).expect("small") / 4);
    let value = if position.is_multiple_of(2) {
        position
    } else {
        position * 2 + journal
    };
    Message {
        kind: Kind::Message,
        received_at,
        payload: format!(
            r#"{{"id": "common {}", "dt": "{}", "value": {value}}}"#,
            position % 2,
            time.to_rfc3339()
        )
        .into_bytes(),
    }
}
