//! What the handles, the readers and the journal's two threads share.
//!
//! The order of publication is fixed: first the catalogue says what may be read, then the buffer's bound is released,
//! then the state tells everybody. So whoever has seen a durable position can read it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use crate::catalog::Catalog;
use crate::front::Front;
use crate::options::Options;
use crate::poison::Poison;
use crate::storage::Storage;

/// What a journal tells about itself, as of its last change.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Everything up to here is durable.
    pub durable_seq: u64,
    /// Everything up to here is in sealed segments.
    pub sealed_seq: u64,
    /// Set while records wait for room.
    pub full: Option<Full>,
    /// Set when the journal has stopped for good.
    pub poison: Option<Arc<Poison>>,
    /// Whether the journal's threads have ended and its lock is free.
    pub closed: bool,
}

impl State {
    /// Why nothing more will become durable, if so.
    pub fn ended(&self) -> Option<Ended> {
        match &self.poison {
            Some(poison) => Some(Ended::Poisoned(Arc::clone(poison))),
            None => self.closed.then_some(Ended::Closed),
        }
    }
}

/// Why something will never come.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Ended {
    /// The disk failed.
    #[error("the journal was stopped by an error")]
    Poisoned(#[source] Arc<Poison>),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// There is no room; the journal goes on by itself when there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{needed_bytes} bytes more don't fit: {shortage}")]
pub struct Full {
    /// What is used up.
    pub shortage: Shortage,
    /// How many bytes the next record needs on the disk.
    pub needed_bytes: u64,
}

/// What a full journal has used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shortage {
    /// The segments have reached `budget_bytes`.
    #[error("the journal's budget is used up; let its consumers catch up, or raise budget_bytes")]
    Budget,
    /// The disk has no more than `free_bytes_min` left, or nothing at all.
    #[error("the disk has too little left; free some of it, or let the journal's consumers catch up")]
    Disk,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: Uuid,
    pub(crate) options: Options,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) catalog: Catalog,
    front: Mutex<Front>,
    writer_wake: Condvar,
    checkpoints: Vec<AtomicU64>,
    state: watch::Sender<State>,
}

impl Shared {
    pub(crate) fn new(
        id: Uuid,
        options: Options,
        storage: Arc<dyn Storage>,
        catalog: Catalog,
        checkpoints: Vec<u64>,
        state: State,
    ) -> Self {
        assert_eq!(
            checkpoints.len(),
            options.consumers.len(),
            "each consumer has a checkpoint"
        );
        assert!(
            checkpoints
                .iter()
                .all(|checkpoint| *checkpoint <= state.durable_seq),
            "checkpoint ≤ durable was checked at start-up"
        );
        Self {
            id,
            options,
            storage,
            catalog,
            front: Mutex::new(Front::new(state.durable_seq)),
            writer_wake: Condvar::new(),
            checkpoints: checkpoints.into_iter().map(AtomicU64::new).collect(),
            state: watch::Sender::new(state),
        }
    }

    pub(crate) fn front(&self) -> MutexGuard<'_, Front> {
        lock(&self.front)
    }

    /// What the writer sleeps on, together with [`Shared::front`].
    pub(crate) fn writer_wake(&self) -> &Condvar {
        &self.writer_wake
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(crate) fn durable_seq(&self) -> u64 {
        self.state.borrow().durable_seq
    }

    /// Tells that everything up to `durable_seq` is durable and `held_bytes` less are held in memory.
    pub(crate) fn publish_durable(&self, durable_seq: u64, held_bytes: usize) {
        {
            let mut front = self.front();
            assert!(front.appended_seq() >= durable_seq, "appended ≥ durable");
            front.release(held_bytes);
            front.full = None;
        }
        self.state.send_modify(|state| {
            assert!(
                state.durable_seq < durable_seq,
                "the durable position goes forward"
            );
            state.durable_seq = durable_seq;
            state.full = None;
        });
    }

    pub(crate) fn publish_sealed(&self, sealed_seq: u64) {
        self.state.send_modify(|state| {
            assert!(state.sealed_seq < sealed_seq, "seals go forward");
            assert!(sealed_seq <= state.durable_seq, "only what is durable is sealed");
            state.sealed_seq = sealed_seq;
        });
    }

    pub(crate) fn publish_full(&self, full: Full) {
        self.front().full = Some(full);
        self.state.send_modify(|state| state.full = Some(full));
    }

    /// Stops everything, once; later errors are consequences of the first.
    pub(crate) fn poison(&self, poison: Poison) {
        let poison = Arc::new(poison);
        {
            let mut front = self.front();
            if front.poison.is_some() {
                return;
            }
            front.poison = Some(Arc::clone(&poison));
        }
        self.writer_wake.notify_all();
        let source = std::error::Error::source(&*poison)
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(journal.id = %self.id, error = %poison, cause = source, "journal stopped: {poison}");
        self.state.send_modify(|state| state.poison = Some(poison));
    }

    /// Tells that the threads have ended.
    pub(crate) fn publish_closed(&self) {
        self.front().closing = true;
        self.state.send_modify(|state| state.closed = true);
    }

    /// Asks the writer to write what it has and end.
    pub(crate) fn close(&self) {
        self.front().closing = true;
        self.writer_wake.notify_all();
    }

    /// Tells the writer that consumers have freed room.
    pub(crate) fn room_freed(&self) {
        self.front().room_freed = true;
        self.writer_wake.notify_all();
    }

    pub(crate) fn checkpoint(&self, consumer: usize) -> u64 {
        self.checkpoints[consumer].load(Ordering::Acquire)
    }

    pub(crate) fn publish_checkpoint(&self, consumer: usize, seq: u64) {
        assert!(seq <= self.durable_seq(), "durable ≥ checkpoint");
        let before = self.checkpoints[consumer].swap(seq, Ordering::AcqRel);
        assert!(before <= seq, "a checkpoint never goes back");
    }

    /// Everything up to here may be deleted for want of room; `None` where nothing may.
    pub(crate) fn evictable_seq(&self) -> Option<u64> {
        let consumers = self.options.consumers.iter().enumerate();
        consumers
            .filter(|(_, name)| self.options.evict_behind.contains(name))
            .map(|(index, _)| self.checkpoint(index))
            .min()
    }

    /// Everything up to here may be deleted; nothing without consumers.
    pub(crate) fn retired_seq(&self) -> u64 {
        let checkpoints = self
            .checkpoints
            .iter()
            .map(|checkpoint| checkpoint.load(Ordering::Acquire));
        checkpoints.min().unwrap_or_default()
    }
}

/// Locks a mutex whose holder may have panicked: the panic poisons the journal, which is what protects the data.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
