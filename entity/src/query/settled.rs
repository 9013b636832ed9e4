//! How far all loading had come, and whether it has touched the past since: so that what was answered once need not be
//! asked again. About no asker's data, so without a scope.
//!
//! Every loader moves its journal's checkpoint, counts its segment and keeps the earliest time of its readings in the
//! transaction that writes them. So two tiny statements say whether an answer about a range that is over still stands,
//! late readings included. What had been set aside and is used now, and what is replayed from the archive, may come in behind
//! the checkpoints: any of it counts as having touched everything. What other hands than a loader's change (a retention policy, an operator) is not seen here.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use crate::sql;

/// How far all loading had come at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    sensors: String,
    journals: Vec<i16>,
    seqs: Vec<i64>,
}

/// How far all loading has come.
pub async fn loaded(db: &DatabaseConnection) -> Result<Loaded, DbErr> {
    let rows = sql::query(db, include_str!("settled/select_loaded.sql"), [], |row| {
        Ok(Loaded {
            sensors: row.get(0)?,
            journals: row.get(1)?,
            seqs: row.get(2)?,
        })
    })
    .await?;
    rows.into_iter()
        .next()
        .ok_or_else(|| DbErr::RecordNotFound("how far loading has come".to_owned()))
}

/// Whether what was loaded since may have changed readings of a time before `before`, or what is known of sensors. It says
/// yes too often rather than too seldom: a segment is taken as a whole.
pub async fn touched_since(
    db: &DatabaseConnection,
    since: &Loaded,
    before: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let values: [Value; 4] = [
        since.journals.clone().into(),
        since.seqs.clone().into(),
        since.sensors.as_str().into(),
        before.into(),
    ];
    let rows = sql::query(db, include_str!("settled/select_touched.sql"), values, |row| {
        row.get(0)
    })
    .await?;
    Ok(rows.first().copied().unwrap_or(true))
}
