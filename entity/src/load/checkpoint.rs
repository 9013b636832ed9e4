//! Journals and how far the loader has come in each.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

use super::notify::Loaded;
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

/// Moves the checkpoint of a journal over the segments that follow on it and are whole in the books.
pub async fn advance_checkpoint(db: &DatabaseConnection, journal_id: i16) -> Result<(), LoadError> {
    sql::execute(db, include_str!("advance_checkpoint.sql"), [journal_id.into()]).await?;
    Ok(())
}

/// Moves the checkpoint of a journal to `seq` at least, whatever lies between: for what is given up as lost.
pub async fn pass_checkpoint(db: &DatabaseConnection, journal_id: i16, seq: i64) -> Result<(), LoadError> {
    let update = "UPDATE ingest_checkpoint SET seq = $2, epoch = epoch + 1, updated_at = now() \
                  WHERE journal_id = $1 AND consumer = 'loader' AND seq < $2";
    sql::execute(db, update, [journal_id.into(), seq.into()]).await?;
    Ok(())
}

/// Whether all positions of a journal behind `from` up to `to` lie in archived segments that are whole in the books.
pub async fn is_whole(
    db: &DatabaseConnection,
    journal_id: i16,
    from: i64,
    to: i64,
) -> Result<bool, LoadError> {
    let values: [Value; 3] = [journal_id.into(), from.into(), to.into()];
    let rows = sql::query(db, include_str!("select_is_whole.sql"), values, |row| row.get(0)).await?;
    Ok(rows.first().copied().unwrap_or_default())
}

pub(super) const MOVE: &str = include_str!("move_checkpoint.sql");

/// The parameters of [`MOVE`].
pub(super) fn move_values(loaded: &Loaded) -> [Value; 4] {
    [
        loaded.journal_id.into(),
        loaded.after.into(),
        loaded.upto.into(),
        loaded.to_payload().into(),
    ]
}

/// What came of [`MOVE`].
pub(super) fn was_moved(rows: u64, journal_id: i16, expected: i64) -> Result<(), LoadError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(LoadError::CheckpointMoved { journal_id, expected })
    }
}

impl LoadTransaction {
    /// Moves the checkpoint from `from` to `to` by compare-and-swap, and notifies with it: what is told of the positions is
    /// delivered when, and only when, they are committed.
    pub async fn move_checkpoint(&mut self, from: i64, to: i64) -> Result<(), LoadError> {
        let loaded = self.touched.take(self.journal_id, from, to);
        let moved = sql::execute(&self.transaction, MOVE, move_values(&loaded)).await?;
        was_moved(moved, self.journal_id, from)
    }
}
