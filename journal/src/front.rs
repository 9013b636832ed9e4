//! The buffer between appenders and the writer thread, and the rule of who may append.

use std::sync::Arc;

use crate::format::FRAME_BYTES;
use crate::options::Options;
use crate::poison::Poison;
use crate::shared::Full;

/// A buffer that has grown beyond this is given back after use.
const KEPT_BYTES: usize = 1 << 20;

/// Why a record was not taken. Nothing of it was kept and no position was used up.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The record will never be taken.
    #[error("the record has {bytes} bytes, {limit} are the most")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// `record_bytes_max`.
        limit: usize,
    },
    /// The disk is slower than the appenders; `room()` tells when to try again.
    #[error("{pending_bytes} bytes wait for the disk, the bound is reached; wait for room and try again")]
    Busy {
        /// What is appended and not yet durable.
        pending_bytes: usize,
    },
    /// There is no room; `room()` tells when to try again.
    #[error("the journal is full; wait for room and try again")]
    Full(#[source] Full),
    /// The journal has stopped for good.
    #[error("the journal was stopped by an error")]
    Poisoned(#[source] Arc<Poison>),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// Records on their way to the disk, in one piece of memory.
#[derive(Debug)]
pub(crate) struct Group {
    first_seq: u64,
    lengths: Vec<u32>,
    bytes: Vec<u8>,
}

impl Group {
    fn new(first_seq: u64) -> Self {
        Self {
            first_seq,
            lengths: Vec::new(),
            bytes: Vec::new(),
        }
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    pub(crate) fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The position behind the last record.
    fn next_seq(&self) -> u64 {
        self.first_seq + self.lengths.len() as u64
    }

    /// Makes an emptied group ready for records from `first_seq` on, and keeps no more memory than is usual.
    fn reset(&mut self, first_seq: u64) {
        self.first_seq = first_seq;
        self.lengths.clear();
        self.bytes.clear();
        self.lengths.shrink_to(KEPT_BYTES / FRAME_BYTES);
        self.bytes.shrink_to(KEPT_BYTES);
    }
}

/// Guarded by one mutex, held for moments only and never across I/O.
#[derive(Debug)]
pub(crate) struct Front {
    pending: Group,
    held_bytes: usize,
    /// Set while the writer has no room.
    pub(crate) full: Option<Full>,
    pub(crate) poison: Option<Arc<Poison>>,
    pub(crate) closing: bool,
    /// A seal behind this position was asked for.
    pub(crate) seal_through: u64,
    /// Consumers have freed room since the writer last looked.
    pub(crate) room_freed: bool,
    /// The writer sleeps and wants to be woken by the next record.
    pub(crate) writer_sleeps: bool,
}

impl Front {
    pub(crate) fn new(durable_seq: u64) -> Self {
        Self {
            pending: Group::new(durable_seq + 1),
            held_bytes: 0,
            full: None,
            poison: None,
            closing: false,
            seal_through: 0,
            room_freed: false,
            writer_sleeps: false,
        }
    }

    pub(crate) fn appended_seq(&self) -> u64 {
        self.pending.next_seq() - 1
    }

    pub(crate) fn pending(&self) -> &Group {
        &self.pending
    }

    /// Takes a record, or says why not.
    pub(crate) fn append(&mut self, body: &[u8], options: &Options) -> Result<u64, AppendError> {
        if body.len() > options.record_bytes_max {
            return Err(AppendError::TooLarge {
                bytes: body.len(),
                limit: options.record_bytes_max,
            });
        }
        self.refusal()?;
        let cost = held_bytes(body.len());
        if self.held_bytes + cost > options.pending_bytes_max {
            return Err(AppendError::Busy {
                pending_bytes: self.held_bytes,
            });
        }
        let length = u32::try_from(body.len()).expect("record_bytes_max fits 32 bits");
        self.held_bytes += cost;
        self.pending.lengths.push(length);
        self.pending.bytes.extend_from_slice(body);
        Ok(self.appended_seq())
    }

    /// Whether every record of a legal size would be taken now; `None` when it is a matter of waiting.
    pub(crate) fn room(&self, options: &Options) -> Option<Result<(), AppendError>> {
        match self.refusal() {
            Err(AppendError::Full(_)) => None,
            Err(error) => Some(Err(error)),
            Ok(()) => {
                let largest = held_bytes(options.record_bytes_max);
                (self.held_bytes + largest <= options.pending_bytes_max).then_some(Ok(()))
            }
        }
    }

    /// Swaps the records out against an emptied buffer.
    pub(crate) fn take(&mut self, spare: Group) -> Group {
        let mut emptied = spare;
        emptied.reset(self.pending.next_seq());
        std::mem::replace(&mut self.pending, emptied)
    }

    /// The buffer that the writer begins with.
    pub(crate) fn spare() -> Group {
        Group::new(0)
    }

    /// Releases the bound's share of records that are durable now.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held_bytes = self
            .held_bytes
            .checked_sub(bytes)
            .expect("what is released was held since its append");
    }

    fn refusal(&self) -> Result<(), AppendError> {
        if let Some(poison) = &self.poison {
            return Err(AppendError::Poisoned(Arc::clone(poison)));
        }
        if self.closing {
            return Err(AppendError::Closed);
        }
        match self.full {
            Some(full) => Err(AppendError::Full(full)),
            None => Ok(()),
        }
    }
}

/// What a record counts against `pending_bytes_max`. The constant part keeps a flood of empty records bounded too.
pub(crate) const fn held_bytes(body_bytes: usize) -> usize {
    FRAME_BYTES + body_bytes
}
