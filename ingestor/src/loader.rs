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
//! A sensor list takes effect at its position: what lies before it is flagged by the old ranges, what lies behind by the new
//! ones, in a replay too. So a batch is cut at each list.

mod balance;
mod batch;
mod known;

use std::sync::Arc;
use std::time::Duration;

use entity::DatabaseConnection;
use entity::load::{self, Counts, LoadError, LoadTransaction};
use journal::Journal;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::decode::{Bounds, Rejection};
use crate::events;
use crate::receiver::Source;
pub(crate) use batch::gross_range;
use batch::{Batch, Step};
use known::KnownSensors;

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
    /// The database is behind what the journal still has.
    #[error(
        "the database has loaded up to {checkpoint}, and the journal starts at {first_retained}: the database is an older copy; what lies between is on S3"
    )]
    Behind {
        /// The database's checkpoint.
        checkpoint: u64,
        /// The first record that the journal still has.
        first_retained: u64,
    },
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

/// Loads one journal.
#[derive(Debug)]
pub(crate) struct Loader {
    pub(crate) options: LoaderOptions,
    pub(crate) sources: Arc<[Source]>,
    pub(crate) journal: Journal,
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: Arc<dyn Clock>,
    /// The last position committed, for whoever waits for it.
    pub(crate) loaded: watch::Sender<u64>,
    /// Cancelled when the journal was held against the database, or the database was found to be away.
    pub(crate) compared: CancellationToken,
}

/// What the loader knows between two failures.
struct Session {
    journal_id: i16,
    checkpoint: u64,
    /// Up to where the journal need not keep anything for the loader.
    released: u64,
    sensors: KnownSensors,
    reader: journal::Reader,
}

/// How long a loader that has caught up waits before it lets the journal go of what it has.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

impl Loader {
    /// Loads until `shutdown`; what is durable then is loaded first, unless the database is away.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<(), LoaderError> {
        let mut backoff = self.options.backoff_min;
        events::loading();
        loop {
            let error = match self.session(&shutdown, &mut backoff).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
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

    /// From the database's checkpoint on, until shutdown or the first failure.
    async fn session(&self, shutdown: &CancellationToken, backoff: &mut Duration) -> Result<(), LoaderError> {
        let mut session = self.begin().await?;
        self.compared.cancel();
        let mut segment = 0;
        loop {
            let LoaderOptions {
                batch_records_max,
                batch_bytes_max,
                ..
            } = self.options;
            let batch = tokio::select! {
                biased;
                batch = session.reader.next(batch_records_max, batch_bytes_max) => batch.map_err(LoaderError::Read)?,
                // Caught up: a full journal may be waiting for just this.
                () = tokio::time::sleep(RELEASE_AFTER), if session.released < session.checkpoint => {
                    self.release(&mut session).await?;
                    continue;
                }
                () = shutdown.cancelled() => return Ok(()),
            };
            // Only a whole segment can be let go, so its end is worth an fsync; its seal may come after its last record.
            if batch.segment_first_seq != segment {
                segment = batch.segment_first_seq;
                self.release(&mut session).await?;
            }
            self.load(&mut session, &batch).await?;
            *backoff = self.options.backoff_min;
            if batch.ends_segment {
                self.release(&mut session).await?;
            }
        }
    }

    /// Tells the journal what the database has, so that it need not be kept for the loader.
    async fn release(&self, session: &mut Session) -> Result<(), LoaderError> {
        if session.released < session.checkpoint {
            let seq = session.checkpoint;
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
        let reader = self.journal.reader(checkpoint).map_err(|error| match error {
            journal::ReadError::Retired { first_retained, .. } => LoaderError::Behind {
                checkpoint,
                first_retained,
            },
            journal::ReadError::Ahead { durable_seq, .. } => LoaderError::Ahead {
                journal: self.journal.id(),
                checkpoint,
                durable: durable_seq,
            },
            other => LoaderError::Read(other),
        })?;
        self.moved(checkpoint);
        let released = self.journal.checkpoint(crate::CONSUMER_LOADER).unwrap_or(0);
        Ok(Session {
            journal_id,
            checkpoint,
            released,
            sensors,
            reader,
        })
    }

    async fn load(&self, session: &mut Session, records: &journal::Batch) -> Result<(), LoaderError> {
        let mut batch = Batch::new(&self.options, &self.sources);
        for record in &records.records {
            let step = batch.push(record.seq, &record.body, &session.sensors)?;
            if step.is_none() && !batch.is_full() {
                continue;
            }
            let begun = Batch::new(&self.options, &self.sources);
            self.commit(session, records, std::mem::replace(&mut batch, begun))
                .await?;
            if let Some(step) = step {
                self.commit_list(session, records, step).await?;
            }
        }
        self.commit(session, records, batch).await
    }

    /// One transaction: what a batch holds.
    async fn commit(
        &self,
        session: &mut Session,
        records: &journal::Batch,
        mut batch: Batch<'_>,
    ) -> Result<(), LoaderError> {
        let Some(last) = batch.last_seq() else {
            return Ok(());
        };
        let mut transaction = self.transaction(session).await?;
        let registered = match batch.new_sensors() {
            [] => Vec::new(),
            sensors => transaction
                .register_sensors(sensors)
                .await
                .map_err(LoaderError::Database)?,
        };
        let readings = batch.readings(&registered);
        // Those of a message that could not be read while others of it could.
        let set_aside = batch.counts().readings_refused;
        let written = transaction
            .write_readings(&readings)
            .await
            .map_err(LoaderError::Database)?;
        for refused in &written.refused {
            batch.refuse(
                refused.index,
                &readings[refused.index],
                &Rejection::Refused {
                    detail: refused.reason.clone(),
                },
            );
        }
        let counts = Counts {
            readings_new: written.new.cast_signed(),
            readings_duplicate: written.duplicate.cast_signed(),
            readings_conflicting: written.conflicting.cast_signed(),
            ..batch.counts()
        };
        balance::check(batch.messages(), readings.len(), set_aside, &counts, last);
        if !batch.quarantined().is_empty() {
            transaction
                .quarantine(batch.quarantined())
                .await
                .map_err(LoaderError::Database)?;
        }
        transaction.count_refused(batch.refused().iter().copied());
        self.finish(session, transaction, records, counts, last).await?;
        for quarantined in batch.quarantined() {
            events::quarantined(quarantined.code);
        }
        events::loaded(batch.messages(), &counts, registered.len());
        session.sensors.extend(registered);
        Ok(())
    }

    /// One transaction: a sensor list, or its place in the quarantine.
    async fn commit_list(
        &self,
        session: &mut Session,
        records: &journal::Batch,
        step: Step,
    ) -> Result<(), LoaderError> {
        let mut transaction = self.transaction(session).await?;
        let (sensors, counts, seq, code) = match step {
            Step::List(list) => {
                let sensors = transaction
                    .apply_sensor_list(&list)
                    .await
                    .map_err(LoaderError::Database)?;
                (
                    sensors,
                    Counts {
                        decoded: 1,
                        ..Counts::default()
                    },
                    list.seq,
                    None,
                )
            }
            Step::BadList(quarantined) => {
                let (seq, code) = (quarantined.seq, quarantined.code);
                transaction
                    .quarantine(&[*quarantined])
                    .await
                    .map_err(LoaderError::Database)?;
                (
                    Vec::new(),
                    Counts {
                        quarantined: 1,
                        ..Counts::default()
                    },
                    seq,
                    Some(code),
                )
            }
        };
        self.finish(session, transaction, records, counts, seq.cast_unsigned())
            .await?;
        code.into_iter().for_each(events::quarantined);
        events::loaded(1, &counts, 0);
        if !sensors.is_empty() {
            tracing::info!("declared {} sensors", sensors.len());
        }
        session.sensors.extend(sensors);
        Ok(())
    }

    async fn transaction(&self, session: &Session) -> Result<LoadTransaction, LoaderError> {
        LoadTransaction::begin(&self.db, session.journal_id)
            .await
            .map_err(LoaderError::Database)
    }

    /// Counts, checkpoint, commit.
    async fn finish(
        &self,
        session: &mut Session,
        mut transaction: LoadTransaction,
        records: &journal::Batch,
        counts: Counts,
        last: u64,
    ) -> Result<(), LoaderError> {
        let database = LoaderError::Database;
        let segment = records.segment_first_seq.cast_signed();
        transaction.add_counts(segment, counts).await.map_err(database)?;
        transaction
            .move_checkpoint(session.checkpoint.cast_signed(), last.cast_signed())
            .await
            .map_err(database)?;
        transaction.commit().await.map_err(database)?;
        session.checkpoint = last;
        self.moved(last);
        Ok(())
    }

    fn moved(&self, checkpoint: u64) {
        events::loaded_to(checkpoint);
        self.loaded.send_replace(checkpoint);
    }
}
