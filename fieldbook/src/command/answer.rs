//! What a command says: its answer on standard output, and words beside it on standard error.
//!
//! `println!` and `eprintln!` panic when nobody reads any more, as after `fieldbook doctor | head -1`.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};

/// An answer could not be given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// As `head` does when it has seen enough: no failure that anybody wants to read of.
    #[error("nobody reads standard output any more")]
    ReaderLeft,
    #[error("write to standard output")]
    Write(#[source] io::Error),
}

/// Writes a line of the answer, or several, to standard output. Fails with an [`AnswerError`].
pub(crate) fn line(text: impl Display) -> anyhow::Result<()> {
    let written = writeln!(io::stdout().lock(), "{text}");
    Ok(written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => AnswerError::ReaderLeft,
        _ => AnswerError::Write(error),
    })?)
}

/// Writes a line to standard error, if anybody reads it.
pub(crate) fn beside(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
