//! Why a journal is not opened: each way of being bad, with its place and what to do.

use std::io;
use std::path::PathBuf;

use crate::format::{FormatError, SEQ_LIMIT};
use crate::options::OptionsError;

/// Why a journal was not opened. Nothing on the disk was changed, but for files that were never finished.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The options don't fit together.
    #[error("the journal's options don't fit together")]
    Options(#[from] OptionsError),
    /// Another process writes this journal.
    #[error("{} is locked: another process has this journal open; stop it, or give this one its own directory", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("{doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// There are files of a journal, but not what says which.
    #[error(
        "{} is missing although {} exists; restore it, or move the directory aside to begin a new journal",
        identity.display(), found.display()
    )]
    NoIdentity {
        /// The missing file.
        identity: PathBuf,
        /// What needs it.
        found: PathBuf,
    },
    /// A file's bytes are not what they must be, and not in the way of a torn write.
    #[error(
        "{} is damaged at offset {offset}; restore it from a copy, or move the directory aside and replay what was archived",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        #[source]
        source: FormatError,
    },
    /// A file is named nearly like a segment.
    #[error("{} is not a segment's name: twenty digits, from 1 to {SEQ_LIMIT}, and .fbj; move the file elsewhere", path.display())]
    StrangeName {
        /// The file.
        path: PathBuf,
    },
    /// The journal has an identity but no segment.
    #[error("no segment in {}; restore them, or move the directory aside to begin a new journal", path.display())]
    NoSegments {
        /// The directory.
        path: PathBuf,
    },
    /// Segments are missing in the middle.
    #[error("seq {first_missing} to {last_missing} are missing before {}; restore their segment", path.display())]
    Gap {
        /// The segment behind the gap.
        path: PathBuf,
        /// The first missing position.
        first_missing: u64,
        /// The last missing position.
        last_missing: u64,
    },
    /// Two segments claim the same positions.
    #[error("{} begins before the segment ahead of it ends, at seq {previous_last}; move one of them elsewhere", path.display())]
    Overlap {
        /// The later segment.
        path: PathBuf,
        /// Where the earlier one ends.
        previous_last: u64,
    },
    /// Segments are missing at the beginning that a consumer has not passed.
    #[error(
        "the journal begins at seq {first_retained}, but {consumer} has passed only {checkpoint}; restore the segments between"
    )]
    MissingPrefix {
        /// Who still needs them.
        consumer: String,
        /// How far it has come.
        checkpoint: u64,
        /// What there is.
        first_retained: u64,
    },
    /// A consumer was told that something was durable which is not there.
    #[error(
        "the journal ends at seq {end}, but {consumer} has passed {checkpoint}; its end was lost, restore it"
    )]
    BeyondEnd {
        /// Who has passed it.
        consumer: String,
        /// How far it has come.
        checkpoint: u64,
        /// Where the journal ends.
        end: u64,
    },
}
