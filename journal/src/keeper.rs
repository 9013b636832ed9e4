//! The thread that moves checkpoints and deletes what all consumers have passed, or what must go for want of room, apart from the writer so that neither
//! waits for the other's fsync.
//!
//! The order of a deletion is the point of it: the checkpoint is durable first, then the file goes, then its absence is
//! made durable. A crash in between leaves a segment too many, never one too few.

use std::io;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::catalog::Segment;
use crate::checkpoint::{CommitError, Cursor};
use crate::poison::Poison;
use crate::shared::{Ended, Shared};
use crate::storage::is_full;

/// How many commits may be queued.
pub(crate) const QUEUE: usize = 64;

/// What the keeper is asked for.
#[derive(Debug)]
pub(crate) enum Command {
    Commit {
        consumer: usize,
        seq: u64,
        reply: oneshot::Sender<Result<(), CommitError>>,
    },
    /// Delete the oldest segment for want of room, where that is allowed, and say whether.
    Evict {
        reply: oneshot::Sender<bool>,
    },
    /// Look again for segments to delete: the newest one has got a successor.
    Retire,
    Stop,
}

#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    cursors: Vec<Cursor>,
    commands: mpsc::Receiver<Command>,
}

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>, cursors: Vec<Cursor>, commands: mpsc::Receiver<Command>) -> Self {
        Self {
            shared,
            cursors,
            commands,
        }
    }

    /// The thread's body; ends when it is told to.
    pub(crate) fn run(mut self) {
        let _on_panic = PoisonOnPanic(Arc::clone(&self.shared));
        if let Err(poison) = self.retire() {
            self.shared.poison(poison);
        }
        while let Some(command) = self.commands.blocking_recv() {
            match command {
                Command::Commit { consumer, seq, reply } => {
                    // A caller that has gone away wants no answer.
                    let _ = reply.send(self.commit(consumer, seq));
                }
                Command::Evict { reply } => match self.evict() {
                    Ok(evicted) => drop(reply.send(evicted)),
                    Err(poison) => self.shared.poison(poison),
                },
                Command::Retire => {}
                Command::Stop => break,
            }
            if let Err(poison) = self.retire() {
                self.shared.poison(poison);
            }
        }
    }

    fn commit(&mut self, consumer: usize, seq: u64) -> Result<(), CommitError> {
        if let Some(poison) = &self.shared.front().poison {
            return Err(CommitError::Ended(Ended::Poisoned(Arc::clone(poison))));
        }
        let name = || self.shared.options.consumers[consumer].clone();
        let cursor = &mut self.cursors[consumer];
        let durable_seq = self.shared.durable_seq();
        if seq > durable_seq {
            return Err(CommitError::BeyondDurable {
                name: name(),
                asked: seq,
                durable_seq,
            });
        }
        let current = cursor.seq();
        if seq < current {
            return Err(CommitError::Backwards {
                name: name(),
                asked: seq,
                current,
            });
        }
        if seq == current {
            return Ok(());
        }
        let written = match cursor.write(seq) {
            Err(source) if is_full(&source) => {
                return Err(CommitError::NoRoom {
                    name: name(),
                    source: Arc::new(source),
                });
            }
            written => written.and_then(|()| cursor.sync()),
        };
        if let Err(source) = written {
            let path = cursor.path().clone();
            self.shared.poison(Poison::Io {
                doing: "write checkpoint",
                path,
                source,
            });
            let poison = self
                .shared
                .front()
                .poison
                .clone()
                .expect("set just now, or before");
            return Err(CommitError::Ended(Ended::Poisoned(poison)));
        }
        self.shared.publish_checkpoint(consumer, seq);
        Ok(())
    }

    /// Deletes what all consumers have passed.
    fn retire(&self) -> Result<(), Poison> {
        let shared = &self.shared;
        if shared.front().poison.is_some() {
            return Ok(());
        }
        let retired = shared.catalog.retire(shared.retired_seq());
        if retired.is_empty() {
            return Ok(());
        }
        for segment in &retired {
            self.remove(segment)?;
            tracing::debug!(
                journal.id = %shared.id,
                journal.seq = segment.last_seq,
                "deleted segment {}, which all consumers have passed",
                segment.name(),
            );
        }
        self.sync_removal()?;
        shared.room_freed();
        Ok(())
    }

    /// Deletes the oldest segment, although not all consumers have passed it: those that have kept it elsewhere have said so
    /// by their checkpoints, which are durable. One at a time, and its absence is made durable before the next one goes: a crash
    /// in between leaves a segment too many, and never a gap between those that are there.
    fn evict(&self) -> Result<bool, Poison> {
        let shared = &self.shared;
        if shared.front().poison.is_some() {
            return Ok(false);
        }
        let Some(segment) = shared.evictable_seq().and_then(|seq| shared.catalog.evict(seq)) else {
            return Ok(false);
        };
        self.remove(&segment)?;
        self.sync_removal()?;
        tracing::info!(
            journal.id = %shared.id,
            journal.seq = segment.last_seq,
            "deleted segment {} for want of room: it is kept elsewhere, and not all consumers have passed it",
            segment.name(),
        );
        Ok(true)
    }

    fn remove(&self, segment: &Segment) -> Result<(), Poison> {
        let name = segment.name();
        match self.shared.storage.remove(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| Poison::Io {
                doing: "delete segment",
                path: self.shared.storage.path(&name),
                source,
            }),
        }
    }

    fn sync_removal(&self) -> Result<(), Poison> {
        self.shared.storage.sync_dir().map_err(|source| Poison::Io {
            doing: "sync directory",
            path: self.shared.storage.path(""),
            source,
        })
    }
}

/// A panic of a thread must not leave others waiting for it.
#[derive(Debug)]
pub(crate) struct PoisonOnPanic(pub(crate) Arc<Shared>);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison(Poison::Panicked);
        }
    }
}
