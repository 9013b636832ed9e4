#![doc = include_str!("../README.md")]

mod journal;
mod options;

mod reader;
mod sealed;

mod front;
mod keeper;
mod shared;
mod writer;

mod birth;
mod recovery;

mod catalog;
mod checkpoint;
mod format;
mod poison;

mod clock;
mod storage;

pub use crate::checkpoint::CommitError;
pub use crate::clock::{Clock, SystemClock};
pub use crate::format::{FormatError, RECORD_BYTES_LIMIT, SEQ_LIMIT, SealReason};
pub use crate::front::AppendError;
pub use crate::journal::{Journal, Usage};
pub use crate::options::{Options, OptionsError};
pub use crate::poison::Poison;
pub use crate::reader::{Batch, ReadError, Reader, Record};
pub use crate::recovery::{OpenError, Recovery, TornTail};
pub use crate::sealed::{SealedRecords, SealedSegment};
pub use crate::shared::{Ended, Full, Shortage, State};
pub use crate::storage::{DirectoryLock, Disk, Storage, StorageFile};
