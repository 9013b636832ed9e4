//! The error that ends a journal.

use std::io;
use std::path::PathBuf;

/// Why the journal has stopped for good. What was durable before stays readable.
#[derive(Debug, thiserror::Error)]
pub enum Poison {
    /// The disk failed. After a failed fsync nobody knows what is on it, so nothing is tried again on the same handle.
    #[error(
        "{doing} {}: the journal has stopped; check the disk and restart the process, which recovers what was durable",
        path.display()
    )]
    Io {
        /// What the journal was doing.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// A bug in the journal.
    #[error(
        "a thread of the journal panicked: the journal has stopped; restart the process and report the panic"
    )]
    Panicked,
}
