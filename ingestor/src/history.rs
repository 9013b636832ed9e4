//! History from files: CSV, NDJSON and Parquet, through a journal, onto S3 and into the database, as messages go.
//!
//! ```text
//!  files ──► rows ──► journal of imports ──► loader (COPY) ──► database
//!                           └──────────────► archiver ──► S3 ──► manifest
//! ```
//!
//! The journal is the import's own, in a directory of its own: live messages don't wait behind a history, the ingestor's
//! journal stays as it is, and an import runs beside an ingestor or without one. What a row says is checked as messages are,
//! and what can't be used is set aside with its reason.
//!
//! Each row that is taken is one record, and nobody else appends to that journal. So how many records there are since an
//! import began is how many rows it has taken, and it goes on behind them when it was broken off (`state.rs`).

mod csv;
mod file;
mod ndjson;
mod parquet;
mod row;
mod state;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use archive::Store;
use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::load::{self, LoadError, OnConflict, SegmentSums};
use journal::{AppendError, Journal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::archiver::ArchiverOptions;
use crate::clock::Clock;
use crate::decode::imported;
use crate::loader::LoaderOptions;
use crate::manifest;
use crate::message::{Kind, Record};
use crate::receiver::{Manner, Manners};
use crate::service::{IngestorError, Parts, Shared, make_private, outcome};

pub use file::{FileError, ROW_BYTES_MAX};
pub use state::StateError;
use state::{Began, State};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV with a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
    /// Parquet.
    Parquet,
}

impl Format {
    /// The format that a file's name says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" | "pq" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// Whose readings a file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SensorFrom {
    /// Those of the sensor that a column names; `None` looks for the usual names of such a column.
    Column(Option<String>),
    /// Those of this one.
    Fixed(String),
}

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// ISO 8601, in UTC without an offset.
    Iso,
    /// A number, so many of them a second, since 1970.
    Epoch {
        /// 1 for seconds, 1,000 for milliseconds, and so on.
        per_second: i64,
    },
    /// As `strftime` writes them, in UTC without an offset.
    Pattern(String),
}

/// Where in a row the reading is, and within which times it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `None` for what the file's name says.
    pub format: Option<Format>,
    /// Whose readings.
    pub sensor: SensorFrom,
    /// The column of times; `None` looks for the usual names.
    pub time_column: Option<String>,
    /// The column of values; `None` looks for the usual name.
    pub value_column: Option<String>,
    /// How times are written.
    pub time: TimeFormat,
    /// What separates the fields of a CSV file.
    pub delimiter: u8,
    /// Pass over rows without a value, instead of setting them aside.
    pub skip_empty: bool,
    /// Readings from before this are set aside.
    pub earliest: Option<DateTime<Utc>>,
    /// Readings from after this are set aside; `None` for an hour from now on.
    pub latest: Option<DateTime<Utc>>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            format: None,
            sensor: SensorFrom::Column(None),
            time_column: None,
            value_column: None,
            time: TimeFormat::Iso,
            delimiter: b',',
            skip_empty: false,
            earliest: None,
            latest: None,
        }
    }
}

/// What an import is made of.
#[derive(Debug)]
pub struct HistoryOptions {
    /// The directory of imports: their journal, and how far the last one is.
    pub dir: PathBuf,
    /// The files, in this order.
    pub files: Vec<PathBuf>,
    /// How they are written.
    pub layout: Layout,
    /// The name of the source whose sensors they have.
    pub source: String,
    /// Which of two values is served, as the ingest of this source has it.
    pub on_conflict: OnConflict,
    /// The journal's bounds.
    pub journal: journal::Options,
    /// The loader's bounds; `bulk` makes it fast.
    pub loader: LoaderOptions,
    /// The archiver's patience.
    pub archiver: ArchiverOptions,
    /// Import the same files once more.
    pub again: bool,
    /// Leave another import that was broken off as it is.
    pub abandon: bool,
}

/// Why an import did not begin, or ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The directory can't be made.
    #[error("make the directory {dir}")]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The journal can't be opened.
    #[error("open the journal of imports in {dir}: does another import run?")]
    Open {
        /// Its directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: journal::OpenError,
    },
    /// What is known of the last import is in the way.
    #[error(transparent)]
    State(#[from] StateError),
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not one of the first rows can be used.
    #[error(
        "none of the first {rows} rows of {path} can be used, so nothing was imported; of the first one, {reason}"
    )]
    NothingUsable {
        /// The file.
        path: PathBuf,
        /// How many were looked at.
        rows: usize,
        /// What is wrong with the first.
        reason: String,
    },
    /// The journal takes no more.
    #[error("write into the journal of imports")]
    Append(#[source] AppendError),
    /// The journal's disk failed.
    #[error("the journal of imports failed; the same command goes on when the disk is mended")]
    Journal(#[source] journal::Ended),
    /// Loader or archiver ended.
    #[error(transparent)]
    Part(#[from] IngestorError),
    /// The database does not say what came of it.
    #[error("add up what was imported")]
    Sums(#[source] LoadError),
    /// It was asked to stop.
    #[error("the import was stopped; the same command goes on where it was")]
    Stopped,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryProgress {
    /// Bytes of the files that are behind it.
    pub bytes: u64,
    /// Rows that are in the journal, in this run and those before.
    pub rows: u64,
    /// Rows that are in the database.
    pub loaded: u64,
    /// Rows that are on S3.
    pub archived: u64,
}

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is done: all its rows, in this run and those before.
    Done(SegmentSums),
    /// The same files were imported before, as they are now.
    Before(DateTime<Utc>),
}

/// Imports files.
#[derive(Debug)]
pub struct HistoryImport {
    options: HistoryOptions,
    db: DatabaseConnection,
    store: Store,
    clock: Arc<dyn Clock>,
    progress: watch::Sender<HistoryProgress>,
    shutdown: CancellationToken,
}

/// Rows on their way from the files to the journal.
struct Chunk {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Bytes of the files behind it.
    position: u64,
}

/// Rows that travel together.
const CHUNK_ROWS: usize = 2_000;
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks that wait for the journal.
const CHUNKS_AHEAD: usize = 3;
/// Rows that are looked at before anything is imported.
const SAMPLE_ROWS: usize = 100;

impl HistoryImport {
    /// Prepares an import; `shutdown` stops it.
    pub fn new(
        options: HistoryOptions,
        db: DatabaseConnection,
        store: Store,
        clock: Arc<dyn Clock>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            options,
            db,
            store,
            clock,
            progress: watch::Sender::new(HistoryProgress::default()),
            shutdown,
        }
    }

    /// How far it is.
    pub fn progress(&self) -> watch::Receiver<HistoryProgress> {
        self.progress.subscribe()
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> Result<u64, FileError> {
        let size = |path: &PathBuf| {
            let metadata = std::fs::metadata(path).map_err(|source| FileError::Open {
                path: path.clone(),
                source,
            })?;
            Ok(metadata.len())
        };
        self.options.files.iter().map(size).sum()
    }

    /// Imports, until all of it is in the database and on S3.
    pub async fn run(self) -> Result<Imported, HistoryError> {
        let dir = self.options.dir.join("journal");
        make_private(&dir).map_err(|source| HistoryError::Directory {
            dir: dir.clone(),
            source,
        })?;
        let journal_options = crate::with_consumers(self.options.journal.clone());
        let (journal, _) = Journal::open(&dir, journal_options).map_err(|source| HistoryError::Open {
            dir: dir.clone(),
            source,
        })?;
        let imported = self.run_on(&journal).await;
        let closed = journal.close().await.map_err(HistoryError::Journal);
        let imported = imported?;
        closed?;
        Ok(imported)
    }

    async fn run_on(&self, journal: &Journal) -> Result<Imported, HistoryError> {
        let durable = journal.watch().borrow().durable_seq;
        let state = State::of(&self.options)?;
        let began = state.begin(&self.options, durable)?;
        let first_seq = match began {
            Began::Before(at) => return Ok(Imported::Before(at)),
            Began::GoesOn { first_seq } => first_seq,
            Began::Anew => {
                self.look_at_sample()?;
                // Its segments are its own, so that they add up to it.
                journal.seal_now().await.map_err(HistoryError::Journal)?;
                state.write(&self.options.dir, durable + 1, None)?;
                durable + 1
            }
        };
        let taken = durable + 1 - first_seq;
        self.progress.send_modify(|progress| progress.rows = taken);

        let manner = Manner {
            on_conflict: self.options.on_conflict,
            ..Manner::default()
        };
        let shared = Shared {
            journal: journal.clone(),
            clock: Arc::clone(&self.clock),
            sources: Arc::default(),
            manners: Manners::from_iter([(self.options.source.clone(), manner)]),
        };
        let working = CancellationToken::new();
        let mut parts = JoinSet::new();
        let loader = self.options.loader.clone();
        // Nothing waits for the database's word: who else would have this journal?
        let compared = CancellationToken::new();
        compared.cancel();
        let stop = (&working, compared.clone());
        let loaded = shared.spawn_loader(&mut parts, stop, loader, self.db.clone(), self.store.clone());
        let archived = shared.spawn_archiver(
            &mut parts,
            (&working, &compared),
            self.options.archiver.clone(),
            self.db.clone(),
            self.store.clone(),
        );
        let work = async {
            self.append(journal, taken).await?;
            self.drain(journal, first_seq, loaded.clone(), archived.clone())
                .await
        };
        let ended = tokio::select! {
            ended = work => ended,
            failed = failure(&mut parts) => Err(HistoryError::Part(failed)),
            () = self.tell(first_seq, loaded.clone(), archived.clone()) => Err(HistoryError::Stopped),
            () = self.shutdown.cancelled() => Err(HistoryError::Stopped),
        };
        working.cancel();
        while let Some(part) = parts.join_next().await {
            let part = outcome(part);
            if ended.is_ok() {
                part?;
            }
        }
        ended?;
        let now = self.clock.now();
        let journal_id = load::journal_id(&self.db, journal.id(), now)
            .await
            .map_err(HistoryError::Sums)?;
        let sums = load::sums_behind(&self.db, journal_id, first_seq.cast_signed())
            .await
            .map_err(HistoryError::Sums)?;
        state.write(&self.options.dir, first_seq, Some(now))?;
        Ok(Imported::Done(sums))
    }

    /// A wrong column or form of time is found out before thousands of rows are set aside for it.
    fn look_at_sample(&self) -> Result<(), HistoryError> {
        let Some(path) = self.options.files.first() else {
            return Ok(());
        };
        let layout = &self.options.layout;
        let bounds = &self.options.loader.bounds;
        let mut rows = file::open(path, layout)?;
        let mut payload = Vec::new();
        let (mut looked, mut first) = (0, None);
        while looked < SAMPLE_ROWS && rows.next(layout, &mut payload)? {
            looked += 1;
            match imported::decode(&payload, self.clock.now(), bounds) {
                Ok(_) => return Ok(()),
                Err(rejected) => {
                    first.get_or_insert_with(|| rejected.why.to_string());
                }
            }
        }
        // The others are opened, too: a name or column that is wrong is told now.
        for other in &self.options.files[1..] {
            drop(file::open(other, layout)?);
        }
        match first {
            None => Ok(()),
            Some(reason) => Err(HistoryError::NothingUsable {
                path: path.clone(),
                rows: looked,
                reason,
            }),
        }
    }

    /// Appends the rows behind those that were taken before.
    async fn append(&self, journal: &Journal, taken: u64) -> Result<(), HistoryError> {
        let (sender, mut chunks) = mpsc::channel(CHUNKS_AHEAD);
        let (files, layout) = (self.options.files.clone(), self.options.layout.clone());
        let reading = tokio::task::spawn_blocking(move || read(&files, &layout, taken, &sender));
        let mut body = Vec::new();
        let mut last = 0;
        while let Some(Chunk {
            bytes,
            ends,
            position,
        }) = chunks.recv().await
        {
            let received_at_us = self.clock.now().timestamp_micros();
            let mut begin = 0;
            for &end in &ends {
                body.clear();
                Record {
                    kind: Kind::Imported,
                    qos: 0,
                    retain: false,
                    dup: false,
                    received_at_us,
                    source: &self.options.source,
                    topic: b"",
                    payload: &bytes[begin..end],
                }
                .encode(&mut body);
                begin = end;
                last = append_one(journal, &body).await?;
            }
            self.progress.send_modify(|progress| {
                progress.bytes = position;
                progress.rows += ends.len() as u64;
            });
        }
        match reading.await {
            Ok(read) => read?,
            Err(join) if join.is_panic() => std::panic::resume_unwind(join.into_panic()),
            Err(_) => return Err(HistoryError::Stopped),
        }
        journal.wait_durable(last).await.map_err(HistoryError::Journal)
    }

    /// Waits until all of it is in the database and on S3, and the manifest says so.
    async fn drain(
        &self,
        journal: &Journal,
        first_seq: u64,
        mut loaded: watch::Receiver<u64>,
        mut archived: watch::Receiver<u64>,
    ) -> Result<(), HistoryError> {
        let last = journal.watch().borrow().durable_seq;
        if last < first_seq {
            return Ok(());
        }
        journal.seal_now().await.map_err(HistoryError::Journal)?;
        // A part that ends has its own word.
        let _ = loaded.wait_for(|seq| *seq >= last).await;
        let _ = archived.wait_for(|seq| *seq >= last).await;
        manifest::written(journal, last).await;
        Ok(())
    }

    /// Tells how far loader and archiver are.
    async fn tell(
        &self,
        first_seq: u64,
        mut loaded: watch::Receiver<u64>,
        mut archived: watch::Receiver<u64>,
    ) {
        let rows = |seq: u64| (seq + 1).saturating_sub(first_seq);
        loop {
            let (now_loaded, now_archived) = (*loaded.borrow_and_update(), *archived.borrow_and_update());
            self.progress.send_modify(|progress| {
                progress.loaded = rows(now_loaded);
                progress.archived = rows(now_archived);
            });
            let changed = tokio::select! {
                changed = loaded.changed() => changed,
                changed = archived.changed() => changed,
            };
            if changed.is_err() {
                // A part has ended, and says why elsewhere.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Appends a record, however long the journal has no room.
async fn append_one(journal: &Journal, body: &[u8]) -> Result<u64, HistoryError> {
    loop {
        match journal.try_append(body) {
            Err(AppendError::Busy { .. } | AppendError::Full(_)) => {
                journal.room().await.map_err(HistoryError::Append)?;
            }
            appended => return appended.map_err(HistoryError::Append),
        }
    }
}

/// Waits for a part to end by itself.
async fn failure(parts: &mut Parts) -> IngestorError {
    loop {
        match parts.join_next().await {
            Some(ended) => {
                if let Err(error) = outcome(ended) {
                    return error;
                }
            }
            None => std::future::pending().await,
        }
    }
}

/// Reads the files and sends their rows, but for so many at the beginning. Blocks.
fn read(
    files: &[PathBuf],
    layout: &Layout,
    mut taken: u64,
    chunks: &mpsc::Sender<Chunk>,
) -> Result<(), FileError> {
    let mut payload = Vec::new();
    let mut before = 0;
    for path in files {
        let mut rows = file::open(path, layout)?;
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        loop {
            let more = rows.next(layout, &mut payload)?;
            if more && taken > 0 {
                taken -= 1;
                continue;
            }
            if more {
                bytes.extend_from_slice(&payload);
                ends.push(bytes.len());
            }
            if !ends.is_empty() && (!more || ends.len() >= CHUNK_ROWS || bytes.len() >= CHUNK_BYTES) {
                let chunk = Chunk {
                    bytes: std::mem::take(&mut bytes),
                    ends: std::mem::take(&mut ends),
                    position: before + rows.position(),
                };
                if chunks.blocking_send(chunk).is_err() {
                    return Ok(());
                }
            }
            if !more {
                break;
            }
        }
        before += std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    }
    Ok(())
}
