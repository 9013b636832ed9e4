//! Files of history: what is common to their formats.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Format, Layout};
use super::{csv, ndjson, parquet};

/// Bytes of a row at most. A quotation mark that is never closed makes one row of the rest of a file.
pub const ROW_BYTES_MAX: usize = 1 << 20;

/// Why a file can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be opened.
    #[error("open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its name says nothing of its format.
    #[error(
        "know the format of {path}: its name ends in none of .csv, .ndjson, .jsonl and .parquet; say it with --format"
    )]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// It lacks a column.
    #[error("find the {what} in {path}: {wanted}; its columns are {found}")]
    Column {
        /// The file.
        path: PathBuf,
        /// Sensor, time or value.
        what: &'static str,
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: String,
    },
    /// A row is too long.
    #[error(
        "read {path} behind line {line}: the next row has more than {ROW_BYTES_MAX} bytes; is a quotation mark not closed?"
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The last line that was read.
        line: u64,
    },
    /// The disk, or what a format's reader says.
    #[error("read {path} behind row {row}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The last row that was read.
        row: u64,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The rows of a file, each as the payload of a record.
pub(super) trait Rows {
    /// Writes the next row's payload; `false` behind the last.
    fn next(&mut self, layout: &Layout, payload: &mut Vec<u8>) -> Result<bool, FileError>;

    /// How many bytes of the file are behind it.
    fn position(&self) -> u64;
}

/// Opens a file, and finds its columns.
pub(super) fn open(path: &Path, layout: &Layout) -> Result<Box<dyn Rows>, FileError> {
    let format = layout
        .format
        .or_else(|| Format::of(path))
        .ok_or_else(|| FileError::Format {
            path: path.to_owned(),
        })?;
    let file = File::open(path).map_err(|source| FileError::Open {
        path: path.to_owned(),
        source,
    })?;
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::open(path, file, layout)?),
        Format::Ndjson => Box::new(ndjson::Ndjson::open(path, file, layout)),
        Format::Parquet => Box::new(parquet::Parquet::open(path, file, layout)?),
    })
}

/// Where a column stands among the names: the one that is asked for, or the first of the usual ones.
pub(super) fn column(
    path: &Path,
    what: &'static str,
    asked: Option<&str>,
    usual: &[&str],
    names: &[String],
) -> Result<usize, FileError> {
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    let found = match asked {
        Some(asked) => find(asked),
        None => usual.iter().find_map(|usual| find(usual)),
    };
    found.ok_or_else(|| FileError::Column {
        path: path.to_owned(),
        what,
        wanted: match asked {
            Some(asked) => format!("there is no column {asked:?}"),
            None => format!("none is named {}; name it with --{what}-column", usual.join(", ")),
        },
        found: names.join(", "),
    })
}

/// The usual names of columns, of Fieldbook's exports and of messages first.
pub(super) const SENSOR_NAMES: &[&str] = &["sensor", "id", "name", "sensor_name"];
pub(super) const TIME_NAMES: &[&str] = &["time", "dt", "timestamp", "datetime", "ts"];
pub(super) const VALUE_NAMES: &[&str] = &["value"];

/// A reader that gives no more than so many bytes for one row.
#[derive(Debug)]
pub(super) struct Bounded {
    file: File,
    since: Rc<Cell<usize>>,
}

/// Begins the next row of a [`Bounded`] reader.
#[derive(Debug, Clone)]
pub(super) struct NextRow(Rc<Cell<usize>>);

impl NextRow {
    pub(super) fn begin(&self) {
        self.0.set(0);
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.0.get() > Bounded::BYTES_MAX
    }
}

impl Bounded {
    /// A reader's buffer is filled ahead of the row.
    const BYTES_MAX: usize = ROW_BYTES_MAX + (64 << 10);

    pub(super) fn new(file: File) -> (Self, NextRow) {
        let since = Rc::new(Cell::new(0));
        (
            Self {
                file,
                since: Rc::clone(&since),
            },
            NextRow(since),
        )
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > Self::BYTES_MAX {
            return Err(io::Error::other("the row is too long"));
        }
        let read = self.file.read(buffer)?;
        self.since.set(self.since.get() + read);
        Ok(read)
    }
}
