//! The manifest: what the archive holds, as rows of the table `segment`, told by the objects themselves.
//!
//! It follows the archiver with a checkpoint of its own, so that neither S3 nor the database waits for the other. What
//! goes into a row is asked of S3 anew: a row means that the object was there.

use archive::{ObjectFacts, Store};
use entity::DatabaseConnection;
use entity::load::{self, ArchivedSegment, LoadError};
use journal::{Journal, SealedSegment};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::archiver::{ArchiverError, ArchiverOptions, object_key};
use crate::clock::Clock;
use crate::{CONSUMER_MANIFEST, events};

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
}

impl Manifest {
    /// Writes row after row until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) -> Result<(), ArchiverError> {
        let mut after = self.journal.checkpoint(CONSUMER_MANIFEST).unwrap_or(0);
        loop {
            let segment = tokio::select! {
                biased;
                segment = self.next(after) => segment?,
                () = shutdown.cancelled() => return Ok(()),
            };
            tokio::select! {
                recorded = self.record(&segment) => recorded?,
                // The row waits for the next run.
                () = shutdown.cancelled() => return Ok(()),
            }
            self.journal
                .commit(CONSUMER_MANIFEST, segment.last_seq)
                .await
                .map_err(ArchiverError::Checkpoint)?;
            after = segment.last_seq;
        }
    }

    /// The next segment that is on S3.
    async fn next(&mut self, after: u64) -> Result<SealedSegment, ArchiverError> {
        // The archiver lives as long as we do; its last word stands when it is gone.
        let _ = self.archived.wait_for(|archived| *archived > after).await;
        self.journal
            .next_sealed(after)
            .await
            .map_err(|source| ArchiverError::Read {
                first_seq: after + 1,
                source,
            })
    }

    /// Writes a segment's row, trying until both sides answer.
    async fn record(&self, segment: &SealedSegment) -> Result<(), ArchiverError> {
        let first_seq = segment.first_seq;
        let key = object_key(&self.journal, &self.store, segment)?;
        let mut backoff = self.options.backoff_min;
        loop {
            let error: Box<dyn std::error::Error + Send + Sync> = match self.store.head(&key).await {
                Ok(facts) => match self.write(&key, &facts).await {
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
        let row = ArchivedSegment {
            first_seq: facts.first_seq.cast_signed(),
            last_seq: facts.last_seq().cast_signed(),
            messages: facts.count.cast_signed(),
            object_key: key.to_owned(),
            sha256: facts.sha256,
            bytes: facts.uncompressed_bytes.cast_signed(),
            bytes_compressed: facts.object_bytes.cast_signed(),
            first_received_at: facts.min_received_at,
            last_received_at: facts.max_received_at,
            archived_at: self.clock.now(),
        };
        load::record_archived(&self.db, journal_id, &row).await
    }
}
