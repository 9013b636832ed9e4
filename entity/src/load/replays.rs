//! Replays of the archive: which one is under way, and how far it is, so that one that was broken off goes on.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::{LoadError, LoadTransaction};
use crate::sql;

/// A replay of the archive into this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveReplay {
    /// Its number.
    pub id: i64,
    /// Transactions that it has committed.
    pub transactions: i64,
    /// Segments that it is through with.
    pub segments: i64,
    /// Messages that it has gone through.
    pub messages: i64,
    /// The key of the last object that it is through with; empty before the first.
    pub behind: String,
}

/// Which replay: of what, from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayOf<'a> {
    /// The bucket, and what stands before each key there.
    pub archive: &'a str,
    /// Of messages received at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Of messages received before this instant.
    pub to: Option<DateTime<Utc>>,
}

/// The replay of this that was broken off, to go on with; `None` when there is none.
pub async fn unfinished_replay(
    db: &DatabaseConnection,
    of: &ReplayOf<'_>,
) -> Result<Option<ArchiveReplay>, LoadError> {
    let values: [Value; 3] = [of.archive.into(), of.from.into(), of.to.into()];
    let found = sql::query(db, include_str!("replays/select_unfinished.sql"), values, |row| {
        Ok(ArchiveReplay {
            id: row.get(0)?,
            transactions: row.get(1)?,
            segments: row.get(2)?,
            messages: row.get(3)?,
            behind: row.get(4)?,
        })
    })
    .await?;
    Ok(found.into_iter().next())
}

/// Begins a replay; one of the same that was broken off is given up.
pub async fn begin_replay(
    db: &DatabaseConnection,
    of: &ReplayOf<'_>,
    now: DateTime<Utc>,
) -> Result<ArchiveReplay, LoadError> {
    let values: [Value; 4] = [of.archive.into(), of.from.into(), of.to.into(), now.into()];
    let ids: Vec<i64> = sql::query(db, include_str!("replays/insert_replay.sql"), values, |row| {
        row.get(0)
    })
    .await?;
    let id = ids
        .first()
        .copied()
        .ok_or(LoadError::Retry(DbErr::RecordNotInserted))?;
    Ok(ArchiveReplay {
        id,
        transactions: 0,
        segments: 0,
        messages: 0,
        behind: String::new(),
    })
}

/// How many transactions a replay has committed.
pub async fn replay_transactions(db: &DatabaseConnection, id: i64) -> Result<i64, LoadError> {
    let select = "SELECT transactions FROM archive_replay WHERE id = $1 AND finished_at IS NULL";
    let rows = sql::query(db, select, [id.into()], |row| row.get(0)).await?;
    rows.first().copied().ok_or(LoadError::ReplayMoved { id })
}

/// Notes that a replay is through.
pub async fn finish_archive_replay(
    db: &DatabaseConnection,
    id: i64,
    now: DateTime<Utc>,
) -> Result<(), LoadError> {
    let update = "UPDATE archive_replay SET finished_at = $2 WHERE id = $1";
    sql::execute(db, update, [id.into(), now.into()]).await?;
    Ok(())
}

/// What a transaction adds to its replay.
#[derive(Debug, Clone, Copy)]
pub struct ReplayStep<'a> {
    /// The replay.
    pub id: i64,
    /// How many transactions it had committed before.
    pub transactions: i64,
    /// Messages that this one goes through.
    pub messages: i64,
    /// The object that is done with it, by its key.
    pub through: Option<&'a str>,
}

pub(super) const STEP: &str = include_str!("replays/update_step.sql");

impl ReplayStep<'_> {
    pub(super) fn values(&self) -> [Value; 4] {
        [
            self.id.into(),
            self.transactions.into(),
            self.messages.into(),
            self.through.into(),
        ]
    }

    pub(super) fn was_taken(&self, rows: u64) -> Result<(), LoadError> {
        if rows == 1 {
            Ok(())
        } else {
            Err(LoadError::ReplayMoved { id: self.id })
        }
    }
}

impl LoadTransaction {
    /// Notes how far its replay is with this transaction. Another process that drives the same replay is found out.
    pub async fn step(&mut self, step: &ReplayStep<'_>) -> Result<(), LoadError> {
        let stepped = sql::execute(&self.transaction, STEP, step.values()).await?;
        step.was_taken(stepped)
    }
}
