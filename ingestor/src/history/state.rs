//! How far the last import is: a small file beside the journal of imports.
//!
//! It says which files were imported how, and at which position of the journal that began; once it is through, when. It is
//! on disk before the first row is taken, and replaced in one step.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::{FileError, HistoryOptions};

const NAME: &str = "state.json";

/// Why an import can't begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file is not there.
    #[error(transparent)]
    File(#[from] FileError),
    /// The state can't be read or written.
    #[error("keep how far the import is in {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The state is none.
    #[error(
        "read how far the last import is in {path}: it is damaged; remove it, and import again what was not through"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Another import was broken off.
    #[error(
        "the import of {files} was broken off: give the same command again to go on with it (its files must be as they were), \
         or --abandon to leave it as it is"
    )]
    Unfinished {
        /// Its files.
        files: String,
    },
    /// The journal is not the one that the state is about.
    #[error(
        "the journal of imports ends at {durable}, and the import began at {first_seq}: the journal is an older copy"
    )]
    OtherJournal {
        /// Its last position.
        durable: u64,
        /// Where the import began.
        first_seq: u64,
    },
}

/// An import, as it is compared with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    files: Vec<Known>,
    /// How rows are read: source, columns, times, bounds.
    how: String,
}

/// A file, as far as it must stay the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    import: State,
    first_seq: u64,
    finished_at: Option<String>,
}

/// How an import begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Began {
    /// The same was through at this time.
    Before(DateTime<Utc>),
    /// The same was broken off, and began at this position.
    GoesOn { first_seq: u64 },
    /// It is a new one.
    Anew,
}

impl State {
    /// The import that is asked for.
    pub(super) fn of(options: &HistoryOptions) -> Result<Self, StateError> {
        let known = |path: &PathBuf| {
            let open = |source| FileError::Open {
                path: path.clone(),
                source,
            };
            let metadata = std::fs::metadata(path).map_err(open)?;
            let modified = metadata.modified().map_err(open)?;
            Ok(Known {
                path: path.canonicalize().map_err(open)?,
                bytes: metadata.len(),
                modified_ns: modified
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |since| since.as_nanos()),
            })
        };
        let files: Result<Vec<Known>, FileError> = options.files.iter().map(known).collect();
        Ok(Self {
            files: files?,
            how: format!("{} {:?}", options.source, options.layout),
        })
    }

    /// Compares it with the last one; `durable` is the last position of the journal of imports.
    pub(super) fn begin(&self, options: &HistoryOptions, durable: u64) -> Result<Began, StateError> {
        let path = options.dir.join(NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Began::Anew),
            Err(source) => return Err(StateError::Io { path, source }),
        };
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|source| StateError::Damaged { path, source })?;
        let finished_at = stored.finished_at.as_deref().and_then(crate::decode::time::parse);
        let same = stored.import == *self;
        match finished_at {
            Some(at) if same && !options.again => Ok(Began::Before(at)),
            Some(_) => Ok(Began::Anew),
            None if same && durable + 1 < stored.first_seq => Err(StateError::OtherJournal {
                durable,
                first_seq: stored.first_seq,
            }),
            None if same => Ok(Began::GoesOn {
                first_seq: stored.first_seq,
            }),
            None if options.abandon => Ok(Began::Anew),
            None => {
                let files = stored.import.files.iter();
                let files: Vec<String> = files.map(|file| file.path.display().to_string()).collect();
                Err(StateError::Unfinished {
                    files: files.join(", "),
                })
            }
        }
    }

    /// Writes where it began, and when it was through.
    pub(super) fn write(
        &self,
        dir: &Path,
        first_seq: u64,
        finished_at: Option<DateTime<Utc>>,
    ) -> Result<(), StateError> {
        let path = dir.join(NAME);
        let stored = Stored {
            import: self.clone(),
            first_seq,
            finished_at: finished_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        };
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec(&stored).map_err(io::Error::other)?;
            let partial = dir.join(format!("{NAME}.partial"));
            let mut file = File::create(&partial)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&partial, &path)?;
            File::open(dir)?.sync_all()
        };
        write().map_err(|source| StateError::Io {
            path: path.clone(),
            source,
        })
    }
}
