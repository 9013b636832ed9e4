//! Whose fault an error of the database is.

use std::sync::Arc;

use entity::DbErr;
use sea_orm::{RuntimeErr, SqlxError};

use super::ApiError;

impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        match blame(&error) {
            Blame::Slow => Self::Timeout,
            Blame::Away => Self::Unavailable(Arc::new(error)),
            Blame::Us => Self::Internal(Arc::new(error)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blame {
    /// The statement was cancelled by its timeout.
    Slow,
    /// The server cannot be reached, is full, starting or stopping.
    Away,
    /// The statement is wrong.
    Us,
}

fn blame(error: &DbErr) -> Blame {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Blame::Away,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            blame_driver(error)
        }
        _ => Blame::Us,
    }
}

fn blame_driver(error: &SqlxError) -> Blame {
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => Blame::Away,
        SqlxError::Database(error) => blame_sqlstate(error.code().as_deref().unwrap_or_default()),
        _ => Blame::Us,
    }
}

/// PostgreSQL's error codes, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn blame_sqlstate(code: &str) -> Blame {
    match code {
        "57014" => Blame::Slow,
        // Shutdown, crash, cannot connect now; an idle session ended by its timeout.
        "57P01" | "57P02" | "57P03" | "57P05" => Blame::Away,
        // Connection exceptions and insufficient resources.
        code if code.starts_with("08") || code.starts_with("53") => Blame::Away,
        _ => Blame::Us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_server_are_told_apart() {
        assert_eq!(blame_sqlstate("57014"), Blame::Slow);
        for code in ["57P01", "57P03", "08006", "53300"] {
            assert_eq!(blame_sqlstate(code), Blame::Away, "{code}");
        }
        for code in ["42P01", "22003", ""] {
            assert_eq!(blame_sqlstate(code), Blame::Us, "{code}");
        }
    }
}
