//! Journals and how far the loader has come in each.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr};
use uuid::Uuid;

use super::{LoadError, LoadTransaction};
use crate::sql;

/// Gives the number of a journal, and makes one when its UUID is new; creates its loader checkpoint at 0.
pub async fn journal_id(db: &DatabaseConnection, uuid: Uuid, now: DateTime<Utc>) -> Result<i16, LoadError> {
    // Looked up first: an insert that meets its like still uses up a number, and there are 32,767 of them.
    let known = find(db, uuid).await?;
    let id = if let Some(id) = known {
        id
    } else {
        sql::execute(db, include_str!("insert_journal.sql"), [uuid.into(), now.into()]).await?;
        let made = find(db, uuid).await?;
        made.ok_or_else(|| LoadError::Retry(DbErr::RecordNotInserted))?
    };
    sql::execute(db, include_str!("insert_checkpoint.sql"), [id.into(), now.into()]).await?;
    Ok(id)
}

async fn find(db: &DatabaseConnection, uuid: Uuid) -> Result<Option<i16>, DbErr> {
    let rows = sql::query(
        db,
        "SELECT id FROM journal WHERE uuid = $1",
        [uuid.into()],
        |row| row.get(0),
    )
    .await?;
    Ok(rows.first().copied())
}

/// The last position whose effects are committed.
pub async fn checkpoint(db: &DatabaseConnection, journal_id: i16) -> Result<i64, LoadError> {
    let select = "SELECT seq FROM ingest_checkpoint WHERE journal_id = $1 AND consumer = 'loader'";
    let rows = sql::query(db, select, [journal_id.into()], |row| row.get(0)).await?;
    rows.first().copied().ok_or_else(|| {
        LoadError::Halt(DbErr::RecordNotFound(format!(
            "journal {journal_id} has no checkpoint of a loader"
        )))
    })
}

impl LoadTransaction {
    /// Moves the checkpoint from `from` to `to` by compare-and-swap, and notifies with it: what is told of the positions is
    /// delivered when, and only when, they are committed.
    pub async fn move_checkpoint(&mut self, from: i64, to: i64) -> Result<(), LoadError> {
        let loaded = self.touched.take(self.journal_id, from, to);
        let values = [
            self.journal_id.into(),
            from.into(),
            to.into(),
            loaded.to_payload().into(),
        ];
        let moved = sql::execute(&self.transaction, include_str!("move_checkpoint.sql"), values).await?;
        if moved == 1 {
            Ok(())
        } else {
            Err(LoadError::CheckpointMoved {
                journal_id: self.journal_id,
                expected: from,
            })
        }
    }
}
