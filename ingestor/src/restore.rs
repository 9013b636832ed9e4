//! The archive into a database again: an empty one, one that lost something, or an older copy.
//!
//! ```text
//! survey: keys, gaps ─► sensor lists, in the order of receipt ─► segments, in the order of their keys
//!                                                                   │ not counted in the books: as the loader does it
//!                                                                   │ counted: what is missing of it is written again
//!                                                                   ▼
//!                                                    checkpoints follow over what is whole
//! ```
//!
//! It works from the objects alone, and beside ingestors. What is in the books of a segment ([`entity::load::books`]) is
//! counted once, whoever loads it; readings are flagged by the lists that were in force for them, known beforehand; and
//! which of two values is served does not depend on the order of loading. So whatever the order of journals and however
//! often it is broken off and begun again, the rows are the same.
//!
//! Where it is, it notes with each transaction (`archive_replay`), and goes on behind the last object that it was through with.

mod lists;
mod segments;
mod survey;

use std::sync::Arc;
use std::time::Duration;

use archive::{Store, StoreError};
use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::load::{self, ArchiveReplay, LoadError, ReplayOf};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::archived::Patience;
use crate::clock::Clock;
use crate::events;
use crate::loader::{BatchError, Committer, LoaderOptions};
use crate::message::RecordError;
use crate::receiver::Manners;

pub use survey::Survey;

/// What is replayed, and how.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// How messages of each source are read, and which of two values is served, as ingestors have it.
    pub manners: Manners,
    /// The bounds of a batch and of what is understood; `bulk` makes it fast.
    pub loader: LoaderOptions,
    /// Only segments with a message received at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only segments with a message received before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Go on without what the archive lacks.
    pub skip_damaged: bool,
    /// Begin anew where the same replay was broken off.
    pub anew: bool,
    /// Before the first new try at the object store, 500 ms by default; doubles up to `store_backoff_max`.
    pub store_backoff_min: Duration,
    /// 30 s by default.
    pub store_backoff_max: Duration,
}

impl Default for RestoreOptions {
    fn default() -> Self {
        Self {
            manners: Manners::default(),
            loader: LoaderOptions {
                batch_records_max: 20_000,
                bulk: true,
                ..LoaderOptions::default()
            },
            from: None,
            to: None,
            skip_damaged: false,
            anew: false,
            store_backoff_min: Duration::from_millis(500),
            store_backoff_max: Duration::from_secs(30),
        }
    }
}

/// Something that the archive should have and does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// No object holds these positions.
    #[error(
        "no object holds the positions {first} to {last} of the journal {journal}: it was deleted, or is not there yet"
    )]
    Gap {
        /// The journal.
        journal: Uuid,
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// Two objects hold the same positions.
    #[error(
        "the object {key} holds positions of its journal that another object holds too: the journal's directory was copied"
    )]
    Overlap {
        /// The one that comes second.
        key: String,
    },
    /// The object is not what its key says.
    #[error("the object {key} says of itself that it is {found}: it was copied or renamed")]
    Misplaced {
        /// Its key.
        key: String,
        /// The key that it should have.
        found: String,
    },
    /// The object can't be read.
    #[error("the object {key} can't be read: {why}")]
    Damaged {
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
}

/// Why a replay ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The archive is not whole.
    #[error("the archive is not whole: {0}")]
    Lacks(Lack),
    /// The object store refuses.
    #[error("read the archive")]
    Store(#[from] StoreError),
    /// The database refuses.
    #[error("write into the database")]
    Database(#[from] LoadError),
    /// A message is of another version.
    #[error("read position {seq} of the archive")]
    Record {
        /// Its position.
        seq: u64,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// It was asked to stop.
    #[error("the replay was stopped; the same command goes on where it was")]
    Stopped,
}

impl From<BatchError> for RestoreError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Database(error) => Self::Database(error),
            BatchError::Record { seq, source } => Self::Record { seq, source },
        }
    }
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestoreProgress {
    /// Sensor lists that are applied.
    pub lists: u64,
    /// Objects that it is through with, in this run and those before.
    pub segments: u64,
    /// Messages that it has gone through, in this run and those before.
    pub messages: u64,
}

/// What this run of a replay came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// Objects.
    pub segments: u64,
    /// Messages.
    pub messages: u64,
    /// Messages that this database had counted already.
    pub known: u64,
    /// Of those, readings that were missing and are there again.
    pub mended: u64,
    /// Messages that were understood, of those that were not counted before.
    pub decoded: u64,
    /// Messages that were not.
    pub quarantined: u64,
    /// Readings stored for the first time.
    pub readings_new: u64,
    /// Readings whose value was known.
    pub readings_duplicate: u64,
    /// Readings that contradict another.
    pub readings_conflicting: u64,
    /// Readings that the database refused.
    pub readings_refused: u64,
    /// What was gone on without.
    pub skipped: Vec<Lack>,
}

/// Replays the archive into a database.
#[derive(Debug)]
pub struct Restore {
    options: RestoreOptions,
    committer: Committer,
    db: DatabaseConnection,
    store: Store,
    clock: Arc<dyn Clock>,
    progress: watch::Sender<RestoreProgress>,
    shutdown: CancellationToken,
}

impl Restore {
    /// Prepares a replay; `shutdown` stops it between two transactions.
    pub fn new(
        options: RestoreOptions,
        db: DatabaseConnection,
        store: Store,
        clock: Arc<dyn Clock>,
        shutdown: CancellationToken,
    ) -> Self {
        let committer = Committer {
            options: options.loader.clone(),
            manners: options.manners.clone(),
            db: db.clone(),
        };
        Self {
            options,
            committer,
            db,
            store,
            clock,
            progress: watch::Sender::new(RestoreProgress::default()),
            shutdown,
        }
    }

    /// How far it is.
    pub fn progress(&self) -> watch::Receiver<RestoreProgress> {
        self.progress.subscribe()
    }

    /// Replays what the survey found.
    pub async fn run(self, survey: &Survey) -> Result<Restored, RestoreError> {
        if let Some(lack) = survey.lacks().first().filter(|_| !self.options.skip_damaged) {
            return Err(RestoreError::Lacks(lack.clone()));
        }
        let archive = self.store.prefix().join(&format!("{}/", self.store.bucket()));
        let of = ReplayOf {
            archive: &archive,
            from: self.options.from,
            to: self.options.to,
        };
        let now = self.clock.now();
        let found = if self.options.anew {
            None
        } else {
            self.insist(async || load::unfinished_replay(&self.db, &of).await)
                .await?
        };
        let replay = match found {
            Some(found) => found,
            None => {
                self.insist(async || load::begin_replay(&self.db, &of, now).await)
                    .await?
            }
        };
        self.progress.send_modify(|progress| {
            progress.segments = replay.segments.unsigned_abs();
            progress.messages = replay.messages.unsigned_abs();
        });
        let ArchiveReplay { id, behind, .. } = replay;
        let transactions = self.apply_lists(id, replay.transactions).await?;
        let restored = self.load_segments(survey, id, transactions, &behind).await?;
        self.insist(async || load::finish_archive_replay(&self.db, id, self.clock.now()).await)
            .await?;
        Ok(restored)
    }

    /// Asks the database until it answers, or refuses for good.
    async fn insist<T>(&self, mut ask: impl AsyncFnMut() -> Result<T, LoadError>) -> Result<T, RestoreError> {
        let mut backoff = self.options.loader.backoff_min;
        loop {
            match ask().await {
                Err(LoadError::Retry(cause)) => self.pause(&cause, &mut backoff).await?,
                answer => return Ok(answer?),
            }
        }
    }

    /// Waits before the next try.
    async fn pause(&self, cause: &entity::DbErr, backoff: &mut Duration) -> Result<(), RestoreError> {
        events::retry("replay", cause, *backoff);
        tokio::select! {
            () = self.shutdown.cancelled() => return Err(RestoreError::Stopped),
            () = tokio::time::sleep(*backoff) => {}
        }
        *backoff = (*backoff * 2).min(self.options.loader.backoff_max);
        Ok(())
    }

    fn patience(&self) -> Patience {
        Patience {
            backoff_min: self.options.store_backoff_min,
            backoff_max: self.options.store_backoff_max,
        }
    }

    fn is_stopped(&self) -> Result<(), RestoreError> {
        if self.shutdown.is_cancelled() {
            Err(RestoreError::Stopped)
        } else {
            Ok(())
        }
    }
}
