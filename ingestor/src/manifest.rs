//! The manifest: what the archive holds, as rows of the table `segment`, told by the objects themselves.
//!
//! It follows the archiver with a checkpoint of its own, so that neither S3 nor the database waits for the other. What
//! goes into a row is asked of S3 anew: a row means that the object was there.

use std::time::Duration;

use archive::{ObjectFacts, Store};
use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::load::{self, ArchivedSegment, LoadError};
use journal::{Journal, ReadError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::archived::Patience;
use crate::archiver::{ArchiverError, ArchiverOptions, object_key};
use crate::clock::Clock;
use crate::tier::Finder;
use crate::{CONSUMER_MANIFEST, events};

/// The row of an object that was found there at `now`.
pub(crate) fn manifest_row(key: &str, facts: &ObjectFacts, now: DateTime<Utc>) -> ArchivedSegment {
    ArchivedSegment {
        first_seq: facts.first_seq.cast_signed(),
        last_seq: facts.last_seq().cast_signed(),
        messages: facts.count.cast_signed(),
        object_key: key.to_owned(),
        sha256: facts.sha256,
        bytes: facts.uncompressed_bytes.cast_signed(),
        bytes_compressed: facts.object_bytes.cast_signed(),
        first_received_at: facts.min_received_at,
        last_received_at: facts.max_received_at,
        archived_at: now,
    }
}

/// Waits until the rows of all segments up to this position are written.
pub(crate) async fn written(journal: &Journal, last_seq: u64) {
    while journal
        .checkpoint(CONSUMER_MANIFEST)
        .is_some_and(|seq| seq < last_seq)
    {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How often it is looked whether rows are written: at an end only.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Writes the manifest of one journal.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) options: ArchiverOptions,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: std::sync::Arc<dyn Clock>,
    /// The last position verified on S3.
    pub(crate) archived: watch::Receiver<u64>,
    /// Finds what the journal has let go.
    pub(crate) finder: Option<Finder>,
}

impl Manifest {
    /// Writes row after row until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) -> Result<(), ArchiverError> {
        let mut after = tokio::select! {
            begun = self.begin() => begun?,
            () = shutdown.cancelled() => return Ok(()),
        };
        loop {
            let known = self.journal.checkpoint(CONSUMER_MANIFEST).unwrap_or(0);
            let next = tokio::select! {
                biased;
                next = self.next(after) => next,
                () = shutdown.cancelled() => return Ok(()),
            };
            let (key, last_seq) = match next {
                // Another database had its row once; what was deleted since has none here.
                Err(error @ ArchiverError::Gone { .. }) if after < known => {
                    tracing::warn!("the manifest lacks a row: {error}");
                    after = known;
                    continue;
                }
                next => next?,
            };
            tokio::select! {
                recorded = self.record(&key, after + 1) => recorded?,
                // The row waits for the next run.
                () = shutdown.cancelled() => return Ok(()),
            }
            if self.journal.checkpoint(CONSUMER_MANIFEST) < Some(last_seq) {
                self.journal
                    .commit(CONSUMER_MANIFEST, last_seq)
                    .await
                    .map_err(ArchiverError::Checkpoint)?;
            }
            after = last_seq;
        }
    }

    /// Where to begin: behind the checkpoint in the journal, or further back where the database is an older copy and lacks
    /// rows that another one had.
    async fn begin(&self) -> Result<u64, ArchiverError> {
        let known = self.journal.checkpoint(CONSUMER_MANIFEST).unwrap_or(0);
        let mut backoff = self.options.backoff_min;
        loop {
            match self.missing().await {
                Ok((loaded, missing)) => return Ok(known.min(loaded).min(missing.unwrap_or(known))),
                Err(LoadError::Retry(cause)) => events::retry("manifest", &cause, backoff),
                Err(error) => return Err(ArchiverError::Manifest(error)),
            }
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(self.options.backoff_max);
        }
    }

    /// How far the database is loaded, and the end of the rows that it has without a hole, as far as there is one.
    async fn missing(&self) -> Result<(u64, Option<u64>), LoadError> {
        let journal_id = load::journal_id(&self.db, self.journal.id(), self.clock.now()).await?;
        let loaded = load::checkpoint(&self.db, journal_id).await?;
        let hole = load::first_unarchived(&self.db, journal_id).await?;
        Ok((
            loaded.cast_unsigned(),
            hole.map(|first| first.cast_unsigned().saturating_sub(1)),
        ))
    }

    /// The next segment that is on S3: its key and its last position.
    async fn next(&mut self, after: u64) -> Result<(String, u64), ArchiverError> {
        // The archiver lives as long as we do; its last word stands when it is gone.
        let _ = self.archived.wait_for(|archived| *archived > after).await;
        let first_seq = after + 1;
        let sealed = match self.journal.next_sealed(after).await {
            Ok(segment) => {
                object_key(&self.journal, &self.store, &segment).map(|key| (key, segment.last_seq))
            }
            Err(source) => Err(ArchiverError::Read { first_seq, source }),
        };
        match sealed {
            // The journal has let it go for want of room, and S3 has it.
            Err(ArchiverError::Read {
                source: ReadError::Retired { .. },
                ..
            }) => self.find(first_seq).await,
            sealed => sealed,
        }
    }

    async fn find(&mut self, first_seq: u64) -> Result<(String, u64), ArchiverError> {
        let mut finder = if let Some(finder) = self.finder.take() {
            finder
        } else {
            let patience = Patience {
                backoff_min: self.options.backoff_min,
                backoff_max: self.options.backoff_max,
            };
            // A database that does not answer spares no search.
            let hint = self.hint(first_seq).await.unwrap_or_default();
            Finder::new(&self.store, self.journal.id(), patience, hint)
        };
        let found = finder
            .find(first_seq)
            .await
            .map_err(|source| ArchiverError::Store { first_seq, source })?;
        self.finder = Some(finder);
        let found = found.ok_or(ArchiverError::Gone { first_seq })?;
        let last_seq = found.segment.first_seq() + found.segment.count().saturating_sub(1);
        Ok((found.key, last_seq))
    }

    /// When about the segment that begins there was received.
    async fn hint(&self, first_seq: u64) -> Result<Option<DateTime<Utc>>, LoadError> {
        let journal_id = load::journal_id(&self.db, self.journal.id(), self.clock.now()).await?;
        load::archived_before(&self.db, journal_id, first_seq.cast_signed() - 1).await
    }

    /// Writes a segment's row, trying until both sides answer.
    async fn record(&self, key: &str, first_seq: u64) -> Result<(), ArchiverError> {
        let mut backoff = self.options.backoff_min;
        loop {
            let error: Box<dyn std::error::Error + Send + Sync> = match self.store.head(key).await {
                Ok(facts) => match self.write(key, &facts).await {
                    Ok(()) => return Ok(()),
                    Err(error @ LoadError::Retry(_)) => Box::new(error),
                    Err(error) => return Err(ArchiverError::Manifest(error)),
                },
                Err(error) if error.retryable() => Box::new(error),
                Err(source) => return Err(ArchiverError::Store { first_seq, source }),
            };
            events::retry("manifest", &*error, backoff);
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(self.options.backoff_max);
        }
    }

    async fn write(&self, key: &str, facts: &ObjectFacts) -> Result<(), LoadError> {
        let journal_id = load::journal_id(&self.db, self.journal.id(), self.clock.now()).await?;
        let row = manifest_row(key, facts, self.clock.now());
        load::record_archived(&self.db, journal_id, &row).await
    }
}
