//! Why a batch did not go in, and what to do about it, told from the database's error codes.
//!
//! Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use sea_orm::{DbErr, RuntimeErr};

/// Why a batch did not go in.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Another loader moved the checkpoint.
    #[error(
        "the checkpoint of journal {journal_id} is not at {expected}: another loader works on this journal"
    )]
    CheckpointMoved {
        /// The journal.
        journal_id: i16,
        /// Where it should have been.
        expected: i64,
    },
    /// Another process takes the same replay of the archive further.
    #[error("replay {id} has moved on: another process drives it, or began it anew")]
    ReplayMoved {
        /// The replay.
        id: i64,
    },
    /// The database did not answer, lost a race or asks to try again.
    #[error("write a batch")]
    Retry(#[source] DbErr),
    /// The database refuses the work itself: a missing table, a missing right.
    #[error("write a batch: the database refuses it")]
    Halt(#[source] DbErr),
}

impl From<DbErr> for LoadError {
    fn from(error: DbErr) -> Self {
        match Fault::of(&error) {
            Fault::Elsewhere => Self::Retry(error),
            Fault::Row | Fault::Size | Fault::Decompression | Fault::Work => Self::Halt(error),
        }
    }
}

/// Where the fault for a database error lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// In the values of a row.
    Row,
    /// In the size of the batch.
    Size,
    /// In TimescaleDB's bound on the rows that a transaction may decompress.
    Decompression,
    /// In the connection, the server's state or another transaction: the same work may succeed later.
    Elsewhere,
    /// In the work: it will fail again.
    Work,
}

impl Fault {
    pub(super) fn of(error: &DbErr) -> Self {
        match sqlx_error(error) {
            Some(sqlx::Error::Database(database)) => database
                .code()
                .map_or(Self::Elsewhere, |code| Self::of_code(&code)),
            // The server did not get to say anything.
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed,
            ) => Self::Elsewhere,
            // A row that another transaction changed under our hands is told as "not updated".
            None if matches!(
                error,
                DbErr::ConnectionAcquire(_) | DbErr::Conn(_) | DbErr::RecordNotUpdated
            ) =>
            {
                Self::Elsewhere
            }
            Some(_) | None => Self::Work,
        }
    }

    fn of_code(code: &str) -> Self {
        match code {
            // "Configuration limit exceeded": of TimescaleDB, max_tuples_decompressed_per_dml_transaction.
            "53400" => Self::Decompression,
            // A server that became a standby refuses to write until the connection finds the new primary.
            "25006" => Self::Elsewhere,
            _ => match code.get(..2) {
                // Data exceptions and violated constraints.
                Some("22" | "23") => Self::Row,
                // Limits of the program, such as a row too large for an index.
                Some("54") => Self::Size,
                // Connection, transaction rolled back, resources, object in use, operator intervention, system, internal.
                Some("08" | "40" | "53" | "55" | "57" | "58" | "XX") => Self::Elsewhere,
                _ => Self::Work,
            },
        }
    }
}

/// What the database said, for people.
pub(super) fn reason(error: &DbErr) -> String {
    let Some(sqlx::Error::Database(database)) = sqlx_error(error) else {
        return error.to_string();
    };
    format!("the database refused it: {}", database.message())
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_code_says_where_the_fault_lies() {
        for (code, fault) in [
            ("22P02", Fault::Row),
            ("23514", Fault::Row),
            ("53400", Fault::Decompression),
            ("54000", Fault::Size),
            ("08006", Fault::Elsewhere),
            ("40001", Fault::Elsewhere),
            ("40P01", Fault::Elsewhere),
            ("53300", Fault::Elsewhere),
            ("55P03", Fault::Elsewhere),
            ("57P01", Fault::Elsewhere),
            ("58030", Fault::Elsewhere),
            ("25006", Fault::Elsewhere),
            ("42P01", Fault::Work),
            ("42501", Fault::Work),
            ("28P01", Fault::Work),
            ("0A000", Fault::Work),
        ] {
            assert_eq!(Fault::of_code(code), fault, "{code}");
        }
    }

    #[test]
    fn a_pool_without_a_free_connection_is_tried_again() {
        let error = DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        assert!(matches!(LoadError::from(error), LoadError::Retry(_)));
    }
}
