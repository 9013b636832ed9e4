//! Whether this program may work on a database: only when both have the same schema.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use crate::known;

/// Why a program must not work on a database.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database has steps that this program does not know.
    #[error("the database has a newer schema ({}): use the Fieldbook that made it, or a newer one", steps.join(", "))]
    Newer {
        /// The unknown steps.
        steps: Vec<String>,
    },
    /// The database lacks steps.
    #[error("the database lacks {}: run `fieldbook migrate`", steps.join(", "))]
    Behind {
        /// The missing steps.
        steps: Vec<String>,
    },
    /// The database did not answer.
    #[error("read the database's schema version")]
    Database(#[source] DbErr),
}

/// Says whether the database has just the schema that this program knows. Changes nothing.
pub async fn check(db: &DatabaseConnection) -> Result<(), CheckError> {
    let applied = applied(db).await.map_err(CheckError::Database)?;
    if let Some(newer) = unknown_of(&applied) {
        return Err(newer);
    }
    let missing: Vec<String> = known()
        .into_iter()
        .filter(|name| !applied.contains(name))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(CheckError::Behind { steps: missing })
    }
}

/// The steps taken, oldest first; none where there is no schema yet.
pub(crate) async fn applied<C: ConnectionTrait>(db: &C) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let exists = "SELECT to_regclass('seaql_migrations') IS NOT NULL";
    let row = db.query_one_raw(Statement::from_string(backend, exists)).await?;
    let exists: bool = row.map_or(Ok(false), |row| row.try_get_by_index(0))?;
    if !exists {
        return Ok(Vec::new());
    }
    let select = "SELECT version FROM seaql_migrations ORDER BY version";
    let rows = db.query_all_raw(Statement::from_string(backend, select)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The steps among `applied` that this program does not know.
pub(crate) fn unknown_of(applied: &[String]) -> Option<CheckError> {
    let known = known();
    let unknown: Vec<String> = applied
        .iter()
        .filter(|name| !known.contains(name))
        .cloned()
        .collect();
    if unknown.is_empty() {
        None
    } else {
        Some(CheckError::Newer { steps: unknown })
    }
}
