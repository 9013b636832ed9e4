//! What came of sensors and is no reading, as the loader counted it.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Value};

use crate::sql;

/// Whole hours of a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameRequest {
    /// Internal key of the sensor.
    pub sensor_id: i32,
    /// When the first hour begins.
    pub from: DateTime<Utc>,
    /// When the last hour ends.
    pub to: DateTime<Utc>,
}

impl CameRequest {
    /// This time of a sensor; `None` when it is not made of whole hours, of which alone is counted.
    pub fn of_hours(sensor_id: i32, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        const HOUR_MICROS: i64 = 3_600_000_000;
        let is_whole = |time: DateTime<Utc>| time.timestamp_micros().rem_euclid(HOUR_MICROS) == 0;
        (is_whole(from) && is_whole(to)).then_some(Self { sensor_id, from, to })
    }
}

/// What came of a sensor and is no reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Came {
    /// Readings that were there already with the same value.
    pub duplicates: u64,
    /// Readings that were there already with another value.
    pub conflicting: u64,
    /// Readings that were quarantined, of those whose sensor was known.
    pub refused: u64,
}

/// What came in each of these hours, in the order in which they are asked for; `None` where nobody counted, or it is
/// forgotten.
pub async fn came(db: &impl ConnectionTrait, asked: &[CameRequest]) -> Result<Vec<Option<Came>>, DbErr> {
    let mut found = vec![None; asked.len()];
    if asked.is_empty() {
        return Ok(found);
    }
    let values: [Value; 3] = [
        asked.iter().map(|one| one.sensor_id).collect::<Vec<_>>().into(),
        sql::times(asked.iter().map(|one| one.from)),
        sql::times(asked.iter().map(|one| one.to)),
    ];
    let rows = sql::query(db, include_str!("select_intake.sql"), values, |row| {
        let count = |position| Ok::<_, DbErr>(row.get::<i64>(position)?.unsigned_abs());
        let came = Came {
            duplicates: count(1)?,
            conflicting: count(2)?,
            refused: count(3)?,
        };
        Ok((row.get::<i64>(0)?, came))
    })
    .await?;
    for (ordinal, came) in rows {
        let position = usize::try_from(ordinal - 1).ok();
        *position
            .and_then(|position| found.get_mut(position))
            .ok_or_else(|| DbErr::Type(format!("{ordinal} is no ordinal of what was asked for")))? =
            Some(came);
    }
    Ok(found)
}

/// Forgets what came in the hours before `before`, a full hour: of these nothing is known any more.
///
/// In a transaction: what is forgotten and since when go together.
pub async fn prune_intake(db: &DatabaseTransaction, before: DateTime<Utc>) -> Result<u64, DbErr> {
    sql::execute(db, include_str!("update_intake_kept.sql"), [before.into()]).await?;
    sql::execute(db, include_str!("prune_intake.sql"), [before.into()]).await
}
