//! A consumer's cursor file: how far it has come, durably.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use crate::format::{CURSOR_FILE_BYTES, FormatError, Slot, decode_slot, encode_slot, slot_offset};
use crate::shared::Ended;
use crate::storage::{Storage, StorageFile, write_new};

/// The ending of a cursor's file name.
pub(crate) const CURSOR_ENDING: &str = ".cursor";

/// Why a checkpoint was not moved.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// The journal was opened without this consumer.
    #[error("commit for {name:?}, which is none of the journal's consumers")]
    UnknownConsumer {
        /// The name given.
        name: String,
    },
    /// A checkpoint never goes back.
    #[error("commit seq {asked} for {name:?}, whose checkpoint is already {current}")]
    Backwards {
        /// The consumer.
        name: String,
        /// The position given.
        asked: u64,
        /// Where its checkpoint is.
        current: u64,
    },
    /// A consumer can't have passed what it could not have read.
    #[error("commit seq {asked} for {name:?}, but only {durable_seq} is durable")]
    BeyondDurable {
        /// The consumer.
        name: String,
        /// The position given.
        asked: u64,
        /// The durable position.
        durable_seq: u64,
    },
    /// The disk is so full that not even a checkpoint can be overwritten; try again when there is room.
    #[error("commit for {name:?}: the disk has no room at all; free some and try again")]
    NoRoom {
        /// The consumer.
        name: String,
        /// What the disk said.
        #[source]
        source: Arc<io::Error>,
    },
    /// The journal has ended before the checkpoint was durable. It may or may not have moved.
    #[error("commit a checkpoint")]
    Ended(#[source] Ended),
}

/// Why a cursor could not be read.
#[derive(Debug)]
pub(crate) enum CursorFault {
    Io(io::Error),
    Format(FormatError),
}

impl From<io::Error> for CursorFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// An open cursor file.
#[derive(Debug)]
pub(crate) struct Cursor {
    journal: Uuid,
    consumer: String,
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    slot: Slot,
}

impl Cursor {
    /// Makes a cursor that stands at `seq`.
    pub(crate) fn create(storage: &dyn Storage, journal: Uuid, consumer: &str, seq: u64) -> io::Result<Self> {
        let mut bytes = vec![0; CURSOR_FILE_BYTES];
        let slot = Slot { generation: 1, seq };
        for generation in [0, 1] {
            let encoded = encode_slot(journal, consumer, Slot { generation, seq });
            let offset = slot_offset(generation);
            bytes[offset..offset + encoded.len()].copy_from_slice(&encoded);
        }
        let name = cursor_name(consumer);
        let file = write_new(storage, &name, &bytes)?;
        Ok(Self {
            journal,
            consumer: consumer.to_owned(),
            path: storage.path(&name),
            file,
            slot,
        })
    }

    /// Opens a cursor: the newer of its two slots, or the one that is sound.
    pub(crate) fn open(storage: &dyn Storage, journal: Uuid, consumer: &str) -> Result<Self, CursorFault> {
        let name = cursor_name(consumer);
        let file = storage.open(&name)?;
        let mut bytes = vec![0; CURSOR_FILE_BYTES];
        let filled = file.read_at(&mut bytes, 0)?;
        bytes.truncate(filled);
        let slots = [0, 1].map(|generation| {
            decode_slot(
                journal,
                consumer,
                bytes.get(slot_offset(generation)..).unwrap_or_default(),
            )
        });
        let slot = match slots {
            [Ok(even), Ok(odd)] if even.generation > odd.generation => even,
            [_, Ok(odd)] => odd,
            [Ok(even), Err(_)] => even,
            [Err(error), Err(_)] => return Err(CursorFault::Format(error)),
        };
        Ok(Self {
            journal,
            consumer: consumer.to_owned(),
            path: storage.path(&name),
            file,
            slot,
        })
    }

    /// Makes sure that what was read is on the disk and not only in the page cache: the process before may have ended
    /// between its write and its fsync, and after a failed fsync only bytes written again are certain to reach the disk.
    pub(crate) fn confirm(&self) -> io::Result<()> {
        let bytes = encode_slot(self.journal, &self.consumer, self.slot);
        self.file
            .write_at(&bytes, slot_offset(self.slot.generation) as u64)?;
        self.sync()
    }

    pub(crate) fn seq(&self) -> u64 {
        self.slot.seq
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Moves the cursor; durable when [`Cursor::sync`] has returned. Overwrites the older slot, so it needs no room on
    /// most file systems; where it does (copy on write) and there is none, the cursor stays as it was.
    pub(crate) fn write(&mut self, seq: u64) -> io::Result<()> {
        assert!(seq >= self.slot.seq, "a checkpoint never goes back");
        let slot = Slot {
            generation: self.slot.generation + 1,
            seq,
        };
        let bytes = encode_slot(self.journal, &self.consumer, slot);
        self.file.write_at(&bytes, slot_offset(slot.generation) as u64)?;
        self.slot = slot;
        Ok(())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The name of a consumer's cursor file.
pub(crate) fn cursor_name(consumer: &str) -> String {
    format!("{consumer}{CURSOR_ENDING}")
}
