//! The loader: from the journal into the database, exactly once.
//!
//! It reads behind the journal's durable mark, decodes, and commits a batch in one transaction: sensors, readings,
//! conflicts, quarantine, the segment's counts, and the checkpoint, moved by compare-and-swap. The database's checkpoint is
//! the truth: after any failure, a lost reply to COMMIT among them, the loader throws away what it knows, reads the
//! checkpoint and goes on behind it. There is no other recovery, and starting is the same thing.
//!
//! A COMMIT may outlive the connection that sent it, and the process. To begin waits for its end, because
//! [`load::journal_id`] inserts the checkpoint if it is not there, and such an insert waits for whoever changes the row;
//! or the checkpoint would move after it was read.
//!
//! A replay of the archive may load the same segments. The books of each say how far it is loaded, so what is counted there
//! is passed over, and whoever comes second begins anew.
//!
//! What the journal no longer has is read back from S3, in the same order: segments that it let go for want of room while the
//! database was away, or all that an older copy of the database lacks.
//!
//! A sensor list takes effect at its position: what lies before it is flagged by the old ranges, what lies behind by the new
//! ones, in a replay too. So a batch is cut at each list.

mod balance;
mod batch;
mod commit;
mod known;
mod read;

use std::sync::Arc;
use std::time::Duration;

use archive::Store;
use entity::DatabaseConnection;
use entity::load::{self, LoadError, RangeHistory};
use journal::Journal;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::decode::Bounds;
use crate::events;
use crate::receiver::Manners;
pub(crate) use batch::gross_range;
pub(crate) use commit::{BatchError, Committed, Committer, Copying, Loading, Mark};
pub(crate) use known::KnownSensors;
use read::{Read, Reading};

/// The loader's bounds.
#[derive(Debug, Clone)]
pub struct LoaderOptions {
    /// Records in a transaction at most, 5,000 by default: the work that a failure repeats.
    pub batch_records_max: usize,
    /// Bytes in a transaction at most, 8 MiB by default.
    pub batch_bytes_max: usize,
    /// Readings in a transaction at most, 50,000 by default, and those of one message more.
    pub batch_readings_max: usize,
    /// Sensors that may register themselves by their messages, 10,000 by default; those beyond are quarantined.
    pub auto_sensors_max: usize,
    /// A quarantined payload's bytes that the database keeps, 64 KiB by default; the raw archive keeps all of them.
    pub quarantine_payload_bytes_max: usize,
    /// What a message must keep to.
    pub bounds: Bounds,
    /// Whether batches of which all is new are copied in: faster for a history, slower where much is known already. No by
    /// default.
    pub bulk: bool,
    /// Before the first new try after a failure, 100 ms by default; doubles up to `backoff_max`.
    pub backoff_min: Duration,
    /// 10 s by default.
    pub backoff_max: Duration,
}

impl Default for LoaderOptions {
    fn default() -> Self {
        Self {
            batch_records_max: 5_000,
            batch_bytes_max: 8 * 1024 * 1024,
            batch_readings_max: 50_000,
            auto_sensors_max: 10_000,
            quarantine_payload_bytes_max: 64 * 1024,
            bounds: Bounds::default(),
            bulk: false,
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_secs(10),
        }
    }
}

/// Why the loader ended by itself: somebody must look.
#[derive(Debug, thiserror::Error)]
pub enum LoaderError {
    /// The database refuses the work, or another loader does it.
    #[error("load readings")]
    Database(#[source] LoadError),
    /// The journal can't be read.
    #[error("read the journal")]
    Read(#[source] journal::ReadError),
    /// The journal can't keep the checkpoint.
    #[error("keep the loader's checkpoint in the journal")]
    Checkpoint(#[source] journal::CommitError),
    /// The journal's records are of another version.
    #[error("read record {seq} of the journal")]
    Record {
        /// Its position.
        seq: u64,
        /// Why.
        #[source]
        source: crate::message::RecordError,
    },
    /// The database is behind what the journal still has, and S3 has not what lies between.
    #[error(
        "the database has loaded up to {checkpoint}, the journal starts at {first_retained}, and S3 has no object with position {}: it was deleted; fieldbook replay --skip-damaged goes on without it", checkpoint + 1
    )]
    Behind {
        /// The database's checkpoint.
        checkpoint: u64,
        /// The first record that the journal still has.
        first_retained: u64,
    },
    /// What the journal has let go can't be read from S3.
    #[error("read back what the journal has let go")]
    Archive(#[source] archive::StoreError),
    /// The database has loaded more than the journal has.
    #[error(
        "the database has loaded up to {checkpoint}, and the journal {journal} ends at {durable}: the journal's directory is an older copy; give Fieldbook a new one, what it lacks is on S3"
    )]
    Ahead {
        /// The journal.
        journal: uuid::Uuid,
        /// The database's checkpoint.
        checkpoint: u64,
        /// Its last record.
        durable: u64,
    },
}

impl From<BatchError> for LoaderError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Database(error) => Self::Database(error),
            BatchError::Record { seq, source } => Self::Record { seq, source },
        }
    }
}

/// Loads one journal.
#[derive(Debug)]
pub(crate) struct Loader {
    pub(crate) options: LoaderOptions,
    pub(crate) manners: Manners,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: Arc<dyn Clock>,
    /// The last position committed, for whoever waits for it.
    pub(crate) loaded: watch::Sender<u64>,
    /// Cancelled when the journal was held against the database, or the database was found to be away.
    pub(crate) compared: CancellationToken,
}

/// What the loader knows between two failures.
struct Session {
    loading: Loading,
    /// Up to where the journal need not keep anything for the loader.
    released: u64,
    reading: Reading,
}

/// How long a loader that has caught up waits before it lets the journal go of what it has.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

impl Loader {
    /// Loads until `shutdown`; what is durable then is loaded first, unless the database is away.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<(), LoaderError> {
        let committer = Committer {
            options: self.options.clone(),
            manners: self.manners.clone(),
            db: self.db.clone(),
        };
        let mut backoff = self.options.backoff_min;
        events::loading();
        loop {
            let error = match self.session(&committer, &shutdown, &mut backoff).await {
                Ok(()) => return Ok(()),
                Err(error) => self.look_for_a_replay(error).await,
            };
            let LoaderError::Database(LoadError::Retry(cause)) = &error else {
                return Err(error);
            };
            self.compared.cancel();
            events::retry("loader", cause, backoff);
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(self.options.backoff_max);
        }
    }

    /// A checkpoint that was moved by a replay of the archive is no reason to end: what lies between is loaded, by the books.
    async fn look_for_a_replay(&self, error: LoaderError) -> LoaderError {
        let LoaderError::Database(LoadError::CheckpointMoved { journal_id, expected }) = error else {
            return error;
        };
        let looked = async {
            let now = load::checkpoint(&self.db, journal_id).await?;
            Ok(now > expected && load::is_whole(&self.db, journal_id, expected, now).await?)
        };
        match looked.await {
            Ok(true) => LoaderError::Database(LoadError::Retry(entity::DbErr::RecordNotUpdated)),
            Ok(false) => error,
            Err(failed) => LoaderError::Database(failed),
        }
    }

    /// From the database's checkpoint on, until shutdown or the first failure.
    async fn session(
        &self,
        committer: &Committer,
        shutdown: &CancellationToken,
        backoff: &mut Duration,
    ) -> Result<(), LoaderError> {
        let mut session = self.begin().await?;
        self.compared.cancel();
        loop {
            let batch = tokio::select! {
                biased;
                batch = self.next(&mut session.reading) => batch?,
                // Caught up: a full journal may be waiting for just this.
                () = tokio::time::sleep(RELEASE_AFTER), if session.released < session.loading.checkpoint() => {
                    self.release(&mut session).await?;
                    continue;
                }
                () = shutdown.cancelled() => return Ok(()),
            };
            let batch = match batch {
                Read::Records(batch) => batch,
                Read::Object { key, facts } => {
                    self.enter_object(&mut session.loading, &key, &facts).await?;
                    continue;
                }
                Read::Elsewhere => {
                    let Loading { journal_id, .. } = session.loading;
                    session.reading = self.reading(journal_id, session.loading.checkpoint()).await?;
                    continue;
                }
            };
            // Only a whole segment can be let go, so its end is worth an fsync; its seal may come after its last record.
            if batch.segment_first_seq != session.loading.segment {
                self.release(&mut session).await?;
                session
                    .loading
                    .enter(&self.db, batch.segment_first_seq)
                    .await
                    .map_err(LoaderError::Database)?;
            }
            self.load(committer, &mut session.loading, &batch.records).await?;
            *backoff = self.options.backoff_min;
            if batch.ends_segment {
                self.release(&mut session).await?;
            }
        }
    }

    /// Tells the journal what the database has, so that it need not be kept for the loader.
    async fn release(&self, session: &mut Session) -> Result<(), LoaderError> {
        let seq = session.loading.checkpoint();
        if session.released < seq {
            self.journal
                .commit(crate::CONSUMER_LOADER, seq)
                .await
                .map_err(LoaderError::Checkpoint)?;
            session.released = seq;
        }
        Ok(())
    }

    async fn begin(&self) -> Result<Session, LoaderError> {
        let database = LoaderError::Database;
        let journal_id = load::journal_id(&self.db, self.journal.id(), self.clock.now())
            .await
            .map_err(database)?;
        let checkpoint = load::checkpoint(&self.db, journal_id)
            .await
            .map_err(database)?
            .cast_unsigned();
        let sensors = KnownSensors::new(load::known_sensors(&self.db).await.map_err(database)?);
        let reading = self.reading(journal_id, checkpoint).await?;
        // Where a replay has applied lists that come only now, ranges are those of their time.
        let from = checkpoint.cast_signed();
        let ranges = if load::has_lists_behind(&self.db, journal_id, from)
            .await
            .map_err(database)?
        {
            Some(RangeHistory::load(&self.db).await.map_err(database)?)
        } else {
            None
        };
        self.moved(checkpoint);
        let released = self.journal.checkpoint(crate::CONSUMER_LOADER).unwrap_or(0);
        Ok(Session {
            loading: Loading {
                journal_id,
                sensors,
                ranges,
                segment: 0,
                counted: 0,
                mark: Mark::Checkpoint(checkpoint),
                copying: Copying::default(),
            },
            released,
            reading,
        })
    }

    /// Loads records of the segment that was entered, but for what its books count already.
    async fn load(
        &self,
        committer: &Committer,
        loading: &mut Loading,
        records: &[journal::Record],
    ) -> Result<(), LoaderError> {
        let next_seq = loading.next_seq();
        let counted = records.partition_point(|record| record.seq < next_seq);
        if let Some(last) = records[..counted].last() {
            committer
                .pass(loading, last.seq)
                .await
                .map_err(LoaderError::Database)?;
            self.moved(last.seq);
        }
        let committed = |last, committed: &Committed| {
            events::loaded(committed.messages, &committed.counts, committed.registered);
            self.moved(last);
        };
        Ok(committer.load(loading, &records[counted..], committed).await?)
    }

    fn moved(&self, checkpoint: u64) {
        events::loaded_to(checkpoint);
        self.loaded.send_replace(checkpoint);
    }
}
