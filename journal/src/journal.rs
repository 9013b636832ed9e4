//! The handle: what the outside does with a journal.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use crate::catalog::{Catalog, Lookup};
use crate::checkpoint::{CommitError, Cursor};
use crate::front::AppendError;
use crate::keeper::{Command, Keeper, QUEUE};
use crate::options::Options;
use crate::reader::{ReadError, Reader};
use crate::recovery::{OpenError, Recovery, recover};
use crate::sealed::{SealedRecords, SealedSegment};
use crate::shared::{Ended, Shared, State};
use crate::storage::{Disk, Storage};
use crate::writer::Writer;

/// The lock's file name.
const LOCK_NAME: &str = "lock";

/// A journal that is open for appending. Clones are handles of the same journal; when the last one is dropped the
/// journal closes, and [`Journal::close`] waits for that.
#[derive(Debug, Clone)]
pub struct Journal {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// What a journal takes on its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all segment files.
    pub bytes: u64,
    /// How many segments there are.
    pub segments: usize,
    /// The bound of `bytes`.
    pub budget_bytes: u64,
    /// What is free on the disk.
    pub free_bytes: u64,
}

impl Journal {
    /// Opens the journal in a directory of this machine, or makes it. Blocks: it reads the last segment.
    pub fn open(directory: &Path, options: Options) -> Result<(Self, Recovery), OpenError> {
        Self::open_on(Arc::new(Disk::new(directory)), options)
    }

    /// Opens the journal on a storage, or makes it.
    pub fn open_on(storage: Arc<dyn Storage>, options: Options) -> Result<(Self, Recovery), OpenError> {
        options.validate()?;
        let io = |doing, name: &str| {
            let path = storage.path(name);
            move |source| OpenError::Io { doing, path, source }
        };
        storage.create_dir().map_err(io("create directory", ""))?;
        let Some(lock) = storage.lock(LOCK_NAME).map_err(io("lock", LOCK_NAME))? else {
            return Err(OpenError::Locked {
                path: storage.path(LOCK_NAME),
            });
        };
        let recovered = recover(&*storage, &options)?;
        let start_thread_failed = io("start a thread for", "");

        let state = State {
            durable_seq: recovered.report.durable_seq,
            sealed_seq: recovered
                .segments
                .iter()
                .rev()
                .find_map(|segment| segment.seal.map(|seal| seal.last_seq))
                .unwrap_or(recovered.report.first_retained - 1),
            ..State::default()
        };
        let checkpoints = recovered.cursors.iter().map(Cursor::seq).collect();
        let catalog = Catalog::new(recovered.segments);
        let shared = Arc::new(Shared::new(
            recovered.journal,
            options,
            storage,
            catalog,
            checkpoints,
            state,
        ));
        let (commands, queue) = mpsc::channel(QUEUE);
        let keeper = Keeper::new(Arc::clone(&shared), recovered.cursors, queue);
        let writer = Writer::new(Arc::clone(&shared), commands.clone(), recovered.active);
        std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(|| writer.run(keeper, lock))
            .map_err(start_thread_failed)?;
        log_opened(&shared, &recovered.report);
        Ok((
            Self {
                handle: Arc::new(Handle { shared, commands }),
            },
            recovered.report,
        ))
    }

    /// The journal's name, for ever.
    pub fn id(&self) -> Uuid {
        self.shared().id
    }

    /// Takes a record and gives its position. Never waits: the record is durable when the state says so.
    pub fn try_append(&self, body: &[u8]) -> Result<u64, AppendError> {
        let shared = self.shared();
        let (outcome, wake) = {
            let mut front = shared.front();
            let outcome = front.append(body, &shared.options);
            let wake = outcome.is_ok() && std::mem::take(&mut front.writer_sleeps);
            (outcome, wake)
        };
        if wake {
            shared.writer_wake().notify_all();
        }
        outcome
    }

    /// Waits until [`Journal::try_append`] would take a record of any legal size.
    pub async fn room(&self) -> Result<(), AppendError> {
        let shared = self.shared();
        let mut state = shared.subscribe();
        loop {
            state.mark_unchanged();
            let room = shared.front().room(&shared.options);
            match room {
                Some(outcome) => return outcome,
                // The sender lives in this handle.
                None => drop(state.changed().await),
            }
        }
    }

    /// The last position given.
    pub fn appended_seq(&self) -> u64 {
        self.shared().front().appended_seq()
    }

    /// Follows the journal's state.
    pub fn watch(&self) -> watch::Receiver<State> {
        self.shared().subscribe()
    }

    /// Waits until everything up to `seq` is durable.
    pub async fn wait_durable(&self, seq: u64) -> Result<(), Ended> {
        self.wait_for(|state| state.durable_seq >= seq).await
    }

    /// Seals what is appended up to now, and waits until that is durable. Nothing happens when there is nothing to seal.
    pub async fn seal_now(&self) -> Result<(), Ended> {
        let target = {
            let mut front = self.shared().front();
            let target = front.appended_seq();
            front.seal_through = front.seal_through.max(target);
            target
        };
        self.shared().writer_wake().notify_all();
        self.wait_for(|state| state.sealed_seq >= target).await
    }

    /// A reader that begins with the record after `after_seq`; 0 begins with the first.
    pub fn reader(&self, after_seq: u64) -> Result<Reader, ReadError> {
        Reader::new(Arc::clone(self.shared()), after_seq)
    }

    /// Waits for the first sealed segment that ends after `after_seq`.
    pub async fn next_sealed(&self, after_seq: u64) -> Result<SealedSegment, ReadError> {
        let shared = self.shared();
        let mut state = shared.subscribe();
        loop {
            // First the state, then the catalogue: what the state has told is in the catalogue.
            let ended = state.borrow_and_update().ended();
            match shared.catalog.find(after_seq + 1) {
                Lookup::Retired { first_retained } => {
                    return Err(ReadError::Retired {
                        asked: after_seq + 1,
                        first_retained,
                    });
                }
                Lookup::In(segment) => {
                    if let Some(seal) = segment.seal {
                        return Ok(SealedSegment::new(shared.id, &segment, &seal));
                    }
                }
                Lookup::NotYet => {}
            }
            if let Some(ended) = ended {
                return Err(ReadError::Ended(ended));
            }
            drop(state.changed().await);
        }
    }

    /// The records of a sealed segment. Blocks, as its iterator does.
    pub fn read_sealed(&self, segment: &SealedSegment) -> Result<SealedRecords, ReadError> {
        SealedRecords::open(self.shared(), segment)
    }

    /// How far a consumer has come; `None` for a name that is none of the consumers.
    pub fn checkpoint(&self, consumer: &str) -> Option<u64> {
        Some(self.shared().checkpoint(self.consumer(consumer)?))
    }

    /// Moves a consumer's checkpoint to `seq`, durably, and lets go of what all consumers have passed. The same position
    /// again is no error. When the future is dropped the checkpoint moves or doesn't.
    pub async fn commit(&self, consumer: &str, seq: u64) -> Result<(), CommitError> {
        let Some(index) = self.consumer(consumer) else {
            return Err(CommitError::UnknownConsumer {
                name: consumer.to_owned(),
            });
        };
        let (reply, answer) = oneshot::channel();
        let command = Command::Commit {
            consumer: index,
            seq,
            reply,
        };
        if self.handle.commands.send(command).await.is_err() {
            return Err(CommitError::Ended(self.why_ended()));
        }
        answer
            .await
            .unwrap_or_else(|_| Err(CommitError::Ended(self.why_ended())))
    }

    /// What the journal takes on its disk. Asks the disk, which is quick.
    pub fn usage(&self) -> io::Result<Usage> {
        let shared = self.shared();
        let (segments, bytes) = shared.catalog.usage();
        let free_bytes = shared.storage.free_bytes()?;
        Ok(Usage {
            bytes,
            segments,
            budget_bytes: shared.options.budget_bytes,
            free_bytes,
        })
    }

    /// Takes no more records, makes durable what was taken, lets go of the directory. Nothing is sealed.
    ///
    /// `Err(Ended::Closed)` says that records were left for which there was no room; they were never durable.
    pub async fn close(&self) -> Result<(), Ended> {
        let shared = self.shared();
        shared.close();
        let mut state = shared.subscribe();
        // The wait ends without the state only if the sender is gone, which lives in this handle.
        let Ok(state) = state
            .wait_for(|state| state.closed)
            .await
            .map(|state| state.clone())
        else {
            return Err(Ended::Closed);
        };
        match state.poison {
            Some(poison) => Err(Ended::Poisoned(poison)),
            None if state.durable_seq < self.appended_seq() => Err(Ended::Closed),
            None => Ok(()),
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    fn consumer(&self, name: &str) -> Option<usize> {
        self.shared()
            .options
            .consumers
            .iter()
            .position(|consumer| consumer == name)
    }

    fn why_ended(&self) -> Ended {
        self.shared()
            .subscribe()
            .borrow()
            .ended()
            .unwrap_or(Ended::Closed)
    }

    async fn wait_for(&self, reached: impl Fn(&State) -> bool) -> Result<(), Ended> {
        let mut state = self.shared().subscribe();
        let met = state
            .wait_for(|state| reached(state) || state.ended().is_some())
            .await;
        match met {
            Ok(state) if reached(&state) => Ok(()),
            Ok(state) => Err(state.ended().unwrap_or(Ended::Closed)),
            Err(_) => Err(Ended::Closed),
        }
    }
}

fn log_opened(shared: &Shared, report: &Recovery) {
    let id = shared.id;
    if report.created {
        tracing::info!(journal.id = %id, "made journal {id}");
    } else {
        let (segments, seq) = (report.segments, report.durable_seq);
        tracing::info!(journal.id = %id, journal.seq = seq, "opened journal {id}: {segments} segments up to seq {seq}");
    }
    if let Some(torn) = &report.torn {
        let (bytes, offset, path) = (torn.bytes, torn.offset, torn.path.display());
        tracing::warn!(journal.id = %id, "cut {bytes} bytes of a torn write at offset {offset} of {path}");
    }
}
