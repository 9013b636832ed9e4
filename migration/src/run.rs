//! Going forward and back through the schema's history.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use sea_orm_migration::MigratorTrait;

use crate::check::{CheckError, applied, unknown_of};
use crate::{Migrator, known, timescaledb};

/// Why the schema did not change.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database has steps that this program does not know.
    #[error(transparent)]
    Newer(CheckError),
    /// The database did not answer, or refused a step; nothing of it stays.
    #[error("migrate the database")]
    Database(#[source] DbErr),
}

/// What [`up`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Up {
    /// The steps taken now, oldest first; none when the schema was there already.
    pub applied: Vec<String>,
    /// Whether TimescaleDB is used, and why not.
    pub timescaledb: timescaledb::Outcome,
}

/// A step of the schema's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name; names sort by age.
    pub name: String,
    /// Whether the database has taken it.
    pub applied: bool,
}

/// Brings the database to this program's schema. Where there is a role `fieldbook_catalogue`, its members may write what
/// the catalogue keeps, and nothing else.
pub async fn up(db: &DatabaseConnection) -> Result<Up, MigrateError> {
    let timescaledb = timescaledb::install(db).await.map_err(MigrateError::Database)?;
    let transaction = begin(db).await?;
    let before = refuse_newer(&transaction).await?;
    Migrator::up(&transaction, None)
        .await
        .map_err(MigrateError::Database)?;
    transaction
        .execute_unprepared(include_str!("grant_catalogue.sql"))
        .await
        .map_err(MigrateError::Database)?;
    transaction.commit().await.map_err(MigrateError::Database)?;
    let applied = known()
        .into_iter()
        .filter(|name| !before.contains(name))
        .collect();
    Ok(Up { applied, timescaledb })
}

/// Takes back the newest `steps`, or all of them, with the data in their tables; gives their names, newest first.
pub async fn down(db: &DatabaseConnection, steps: Option<u32>) -> Result<Vec<String>, MigrateError> {
    let transaction = begin(db).await?;
    let before = refuse_newer(&transaction).await?;
    Migrator::down(&transaction, steps)
        .await
        .map_err(MigrateError::Database)?;
    transaction.commit().await.map_err(MigrateError::Database)?;
    let taken = steps.map_or(before.len(), |steps| before.len().min(steps as usize));
    Ok(before.into_iter().rev().take(taken).collect())
}

/// The steps that this program knows, oldest first, and whether the database has taken them. Changes nothing.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<Step>, MigrateError> {
    let applied = applied(db).await.map_err(MigrateError::Database)?;
    let step = |name: String| Step {
        applied: applied.contains(&name),
        name,
    };
    Ok(known().into_iter().map(step).collect())
}

async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, MigrateError> {
    let transaction = db.begin().await.map_err(MigrateError::Database)?;
    transaction
        .execute_unprepared(include_str!("lock.sql"))
        .await
        .map_err(MigrateError::Database)?;
    Ok(transaction)
}

/// The steps taken so far, all of them known.
async fn refuse_newer(transaction: &DatabaseTransaction) -> Result<Vec<String>, MigrateError> {
    let applied = applied(transaction).await.map_err(MigrateError::Database)?;
    match unknown_of(&applied) {
        Some(newer) => Err(MigrateError::Newer(newer)),
        None => Ok(applied),
    }
}
