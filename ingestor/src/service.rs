//! The ingestor as a whole: its parts, started and stopped in order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use archive::Store;
use entity::DatabaseConnection;
use journal::Journal;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::archiver::{Archiver, ArchiverError, ArchiverOptions};
use crate::clock::Clock;
use crate::control::{Control, Imported};
use crate::events;
use crate::import::{self, ImportError};
use crate::loader::{Loader, LoaderError, LoaderOptions};
use crate::manifest::{self, Manifest};
use crate::receiver::{Manners, Receiver, ReceiverError, ReceiverOptions, Remembered, Source};
use crate::refresher::{Refresher, RefresherOptions};
use crate::replayer::{Replayer, ReplayerOptions};
use crate::sweeper::{Sweeper, SweeperOptions};

/// What an ingestor is made of.
#[derive(Debug)]
pub struct IngestorOptions {
    /// Where messages come from; each has a name of its own.
    pub sources: Vec<Source>,
    /// The journal's directory.
    pub journal_dir: PathBuf,
    /// How large the journal may grow, and when a segment is sealed.
    pub journal: journal::Options,
    /// The receiver's bounds.
    pub receiver: ReceiverOptions,
    /// The loader's bounds.
    pub loader: LoaderOptions,
    /// The archiver's patience.
    pub archiver: ArchiverOptions,
    /// The pace of the rollups.
    pub refresher: RefresherOptions,
    /// The pace of replays of what was set aside.
    pub replayer: ReplayerOptions,
    /// The pace of deleting what is no longer kept.
    pub sweeper: SweeperOptions,
}

/// Why the ingestor did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum IngestorError {
    /// Two sources with one name, or none at all.
    #[error("the sources need names of their own, and at least one: {0}")]
    Sources(String),
    /// The journal has no directory.
    #[error("make the journal's directory {dir}")]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The journal can't be opened.
    #[error("open the journal in {dir}")]
    Open {
        /// Its directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: journal::OpenError,
    },
    /// The journal failed; what was acknowledged is on disk.
    #[error(
        "the journal failed and takes nothing more: mend the disk and start again; what was acknowledged is on it"
    )]
    Journal(#[source] journal::Ended),
    /// The receiver ended.
    #[error("the receiver of source {name} ended")]
    Receiver {
        /// The source.
        name: String,
        /// Why.
        #[source]
        source: ReceiverError,
    },
    /// The loader ended.
    #[error("the loader ended")]
    Loader(#[from] LoaderError),
    /// The archiver ended.
    #[error("the archiver ended")]
    Archiver(#[from] ArchiverError),
    /// The control socket broke.
    #[error("serve the control socket")]
    Control(#[source] io::Error),
    /// The journal did not close.
    #[error("close the journal")]
    Close(#[source] journal::Ended),
}

/// A running ingestor.
#[derive(Debug)]
pub struct Ingestor {
    journal: Journal,
    clock: Arc<dyn Clock>,
    receiving: CancellationToken,
    working: CancellationToken,
    loaded: watch::Receiver<u64>,
    archived: watch::Receiver<u64>,
    /// For each source, whether its broker delivers.
    subscribed: Vec<watch::Receiver<bool>>,
    /// Receivers and the control socket: what brings records in.
    inlets: Parts,
    /// Loader, archiver, manifest, refresher, replayer, sweeper: what takes records out, and what follows from them.
    outlets: Parts,
    /// The journal's directory is an older copy of itself: nothing of it may go anywhere.
    is_older_copy: bool,
}

/// How long a stop waits for the database, and then for S3, to have what is on disk; the rest waits in the journal.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// How long a start waits for the database to say whether it knows the journal further than this directory does. What is
/// received meanwhile would take positions that are others' already. A database that is away by then is not waited for.
const COMPARE_MAX: Duration = Duration::from_secs(2);

impl Ingestor {
    /// Opens the journal and starts every part.
    pub fn start(
        options: IngestorOptions,
        db: DatabaseConnection,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IngestorError> {
        let disk = Arc::new(journal::Disk::new(&options.journal_dir));
        Self::start_on(disk, options, db, store, clock)
    }

    /// The same, with the journal on a storage that need not be the directory's disk itself.
    pub fn start_on(
        storage: Arc<dyn journal::Storage>,
        options: IngestorOptions,
        db: DatabaseConnection,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IngestorError> {
        check_sources(&options.sources)?;
        let dir = options.journal_dir;
        let journal_options = crate::with_consumers(options.journal);
        make_private(&dir).map_err(|source| IngestorError::Directory {
            dir: dir.clone(),
            source,
        })?;
        let (journal, _) =
            Journal::open_on(storage, journal_options).map_err(|source| IngestorError::Open {
                dir: dir.clone(),
                source,
            })?;

        let shared = Shared {
            journal,
            clock,
            manners: Manners::from(&*options.sources),
            sources: options.sources.into(),
        };
        let (receiving, working) = (CancellationToken::new(), CancellationToken::new());
        let compared = CancellationToken::new();
        let mut outlets = JoinSet::new();
        shared.spawn_replayer(
            &mut outlets,
            &working,
            (options.replayer, options.loader.clone()),
            db.clone(),
            store.clone(),
        );
        let loaded = shared.spawn_loader(
            &mut outlets,
            (&working, compared.clone()),
            options.loader,
            db.clone(),
            store.clone(),
        );
        spawn_refresher(&mut outlets, &working, options.refresher, db.clone());
        shared.spawn_sweeper(&mut outlets, &working, options.sweeper, db.clone());
        let archived =
            shared.spawn_archiver(&mut outlets, (&working, &compared), options.archiver, db, store);
        outlets.spawn(watch_journal(shared.journal.clone(), working.clone()));
        let mut inlets = JoinSet::new();
        let subscribed =
            shared.spawn_receivers(&mut inlets, (&receiving, &compared), &options.receiver, &dir);
        shared.spawn_control(&mut inlets, &receiving, dir, loaded.clone());
        let Shared { journal, clock, .. } = shared;
        Ok(Self {
            journal,
            clock,
            receiving,
            working,
            loaded,
            archived,
            subscribed,
            inlets,
            outlets,
            is_older_copy: false,
        })
    }

    /// Declares the sensors of a list; it is on disk when this returns, and the loader follows.
    pub async fn import_sensors(&self, source: &str, list: &str) -> Result<Imported, ImportError> {
        import::append(&self.journal, &*self.clock, source, list.as_bytes()).await
    }

    /// The last position committed to the database.
    pub fn loaded(&self) -> watch::Receiver<u64> {
        self.loaded.clone()
    }

    /// Waits until every broker delivers to us: what is published from then on is not lost, whatever happens.
    pub fn subscribed(&self) -> impl Future<Output = ()> + use<> {
        let all = self.subscribed.clone();
        async move {
            for mut subscribed in all {
                // Closed only when the receiver has failed, which `failed` tells.
                let _ = subscribed.wait_for(|subscribed| *subscribed).await;
            }
        }
    }

    /// The last position that was given to a message.
    pub fn appended(&self) -> u64 {
        self.journal.appended_seq()
    }

    /// Whether the journal takes nothing for want of room, so that nothing is acknowledged.
    pub fn is_full(&self) -> bool {
        self.journal.watch().borrow().full.is_some()
    }

    /// Waits for a part to end by itself: always an error that a person must see. Cancel safe.
    pub async fn failed(&mut self) -> IngestorError {
        loop {
            let ended = tokio::select! {
                Some(ended) = self.inlets.join_next() => ended,
                Some(ended) = self.outlets.join_next() => ended,
                else => std::future::pending().await,
            };
            if let Err(error) = outcome(ended) {
                self.is_older_copy |= matches!(error, IngestorError::Loader(LoaderError::Ahead { .. }));
                return error;
            }
        }
    }

    /// Stops in the order of the data: receivers first, then the loader once it has what is on disk, then the archiver once
    /// S3 has it, and the journal last. What is left in the journal goes on with the next start.
    pub async fn stop(mut self) -> Result<(), IngestorError> {
        self.receiving.cancel();
        let mut result = all(&mut self.inlets).await;
        let state = self.journal.watch().borrow().clone();
        if state.ended().is_none() && result.is_ok() && !self.is_older_copy {
            let durable = state.durable_seq;
            // What S3 has outlives this disk.
            let sealed = self.journal.seal_now().await;
            let loaded = self.loaded.wait_for(|loaded| *loaded >= durable);
            let is_loaded = timeout(DRAIN_MAX, loaded).await.is_ok();
            if !is_loaded {
                tracing::warn!("the database did not take everything in time: the rest waits in the journal");
            }
            let archived = self.archived.wait_for(|archived| *archived >= durable);
            if sealed.is_err() || timeout(DRAIN_MAX, archived).await.is_err() {
                tracing::warn!("S3 did not take everything in time: the rest waits in the journal");
            } else if is_loaded
                && timeout(DRAIN_MAX, manifest::written(&self.journal, durable))
                    .await
                    .is_err()
            {
                tracing::warn!("the manifest lacks the last objects: their rows wait for the next start");
            }
        }
        self.working.cancel();
        result = result.and(all(&mut self.outlets).await);
        self.journal.close().await.map_err(IngestorError::Close)?;
        result
    }
}

/// What all parts work with.
pub(crate) struct Shared {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sources: Arc<[Source]>,
    pub(crate) manners: Manners,
}

pub(crate) type Parts = JoinSet<Result<(), IngestorError>>;

impl Shared {
    /// Starts the loader, and gives the last position that it has committed.
    pub(crate) fn spawn_loader(
        &self,
        parts: &mut Parts,
        (stop, compared): (&CancellationToken, CancellationToken),
        options: LoaderOptions,
        db: DatabaseConnection,
        store: Store,
    ) -> watch::Receiver<u64> {
        let (committed, loaded) = watch::channel(0);
        let loader = Loader {
            options,
            manners: self.manners.clone(),
            journal: self.journal.clone(),
            store,
            db,
            clock: Arc::clone(&self.clock),
            loaded: committed,
            compared,
        };
        let stop = stop.clone();
        parts.spawn(async move { Ok(loader.run(stop).await?) });
        loaded
    }

    /// Starts the replayer, which reads messages as the loader does.
    fn spawn_replayer(
        &self,
        parts: &mut Parts,
        stop: &CancellationToken,
        (options, loader): (ReplayerOptions, LoaderOptions),
        db: DatabaseConnection,
        store: Store,
    ) {
        let replayer = Replayer {
            options,
            loader,
            manners: self.manners.clone(),
            journal: self.journal.clone(),
            store,
            db,
            clock: Arc::clone(&self.clock),
        };
        let stop = stop.clone();
        parts.spawn(async move {
            replayer.run(stop).await;
            Ok(())
        });
    }

    /// Starts the sweeper.
    fn spawn_sweeper(
        &self,
        parts: &mut Parts,
        stop: &CancellationToken,
        options: SweeperOptions,
        db: DatabaseConnection,
    ) {
        let sweeper = Sweeper {
            options,
            db,
            clock: Arc::clone(&self.clock),
        };
        let stop = stop.clone();
        parts.spawn(async move {
            sweeper.run(stop).await;
            Ok(())
        });
    }

    /// Starts archiver and manifest, and gives the last position that was seen on S3.
    pub(crate) fn spawn_archiver(
        &self,
        parts: &mut Parts,
        (stop, compared): (&CancellationToken, &CancellationToken),
        options: ArchiverOptions,
        db: DatabaseConnection,
        store: Store,
    ) -> watch::Receiver<u64> {
        let seen = self.journal.checkpoint(crate::CONSUMER_ARCHIVER).unwrap_or(0);
        let (verified, archived) = watch::channel(seen);
        let archiver = Archiver {
            options: options.clone(),
            journal: self.journal.clone(),
            store: store.clone(),
            archived: verified,
        };
        let manifest = Manifest {
            options,
            journal: self.journal.clone(),
            store,
            db,
            clock: Arc::clone(&self.clock),
            archived: archived.clone(),
            finder: None,
        };
        let (stop_archiver, stop_manifest) = (stop.clone(), stop.clone());
        let compared = compared.clone();
        parts.spawn(async move {
            if is_admitted(compared, &stop_archiver).await {
                archiver.run(stop_archiver).await?;
            }
            Ok(())
        });
        parts.spawn(async move { Ok(manifest.run(stop_manifest).await?) });
        archived
    }

    /// Starts a receiver for each source, and gives for each whether its broker delivers.
    fn spawn_receivers(
        &self,
        parts: &mut Parts,
        (stop, compared): (&CancellationToken, &CancellationToken),
        options: &ReceiverOptions,
        journal_dir: &Path,
    ) -> Vec<watch::Receiver<bool>> {
        let mut all = Vec::new();
        for source in self.sources.iter() {
            let (report, subscribed) = watch::channel(false);
            all.push(subscribed);
            let name = source.name.clone();
            let receiver = Receiver {
                source: source.clone(),
                options: options.clone(),
                journal: self.journal.clone(),
                clock: Arc::clone(&self.clock),
                subscribed: report,
                remembered: Remembered::of(source, journal_dir),
            };
            let (stop, compared) = (stop.clone(), compared.clone());
            parts.spawn(async move {
                if !is_admitted(compared, &stop).await {
                    return Ok(());
                }
                receiver
                    .run(stop)
                    .await
                    .map_err(|source| IngestorError::Receiver { name, source })
            });
        }
        all
    }

    fn spawn_control(
        &self,
        parts: &mut Parts,
        stop: &CancellationToken,
        dir: PathBuf,
        loaded: watch::Receiver<u64>,
    ) {
        let control = Control {
            dir,
            journal: self.journal.clone(),
            sources: self.sources.iter().map(|source| source.name.clone()).collect(),
            clock: Arc::clone(&self.clock),
            loaded,
        };
        let stop = stop.clone();
        parts.spawn(async move { control.run(stop).await.map_err(IngestorError::Control) });
    }
}

/// Waits until the journal was held against the database; `false` when everything stops first.
async fn is_admitted(compared: CancellationToken, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = compared.cancelled() => true,
        () = tokio::time::sleep(COMPARE_MAX) => true,
    }
}

fn spawn_refresher(
    parts: &mut Parts,
    stop: &CancellationToken,
    options: RefresherOptions,
    db: DatabaseConnection,
) {
    let refresher = Refresher { options, db };
    let stop = stop.clone();
    parts.spawn(async move {
        refresher.run(stop).await;
        Ok(())
    });
}

async fn all(parts: &mut Parts) -> Result<(), IngestorError> {
    let mut result = Ok(());
    while let Some(ended) = parts.join_next().await {
        result = result.and(outcome(ended));
    }
    result
}

pub(crate) fn outcome(ended: Result<Result<(), IngestorError>, JoinError>) -> Result<(), IngestorError> {
    match ended {
        Ok(result) => result,
        Err(join) if join.is_panic() => std::panic::resume_unwind(join.into_panic()),
        Err(_) => Ok(()),
    }
}

/// Tells how the journal is, and ends the ingestor when its disk fails.
async fn watch_journal(journal: Journal, shutdown: CancellationToken) -> Result<(), IngestorError> {
    const EVERY: Duration = Duration::from_secs(1);
    let mut states = journal.watch();
    let mut full = false;
    loop {
        let state = states.borrow_and_update().clone();
        if let Some(ended) = state.ended() {
            return Err(IngestorError::Journal(ended));
        }
        if state.full.is_some() != full {
            full = state.full.is_some();
            events::journal_full(state.full.as_ref());
        }
        if let Ok(usage) = journal.usage() {
            events::journal(state.durable_seq, usage.bytes);
        }
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            // Each batch changes the state: a look a second is enough, but for the bad news.
            () = tokio::time::sleep(EVERY) => {}
            _ = states.wait_for(|state| state.ended().is_some() || state.full.is_some() != full) => {}
        }
    }
}

/// It holds every message, and the control socket: it is the ingestor's alone.
pub(crate) fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}

fn check_sources(sources: &[Source]) -> Result<(), IngestorError> {
    if sources.is_empty() {
        return Err(IngestorError::Sources("there is none".to_owned()));
    }
    for (index, source) in sources.iter().enumerate() {
        let name = &source.name;
        if name.is_empty() || name.len() > 200 {
            return Err(IngestorError::Sources(format!(
                "{name:?} has not between 1 and 200 bytes"
            )));
        }
        if sources[..index].iter().any(|other| other.name == *name) {
            return Err(IngestorError::Sources(format!("{name:?} is there twice")));
        }
    }
    Ok(())
}
