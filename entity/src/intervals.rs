//! How often sensors send, learnt from their readings, of those that nobody declared it of.
//!
//! What is declared stands in `sensor.expected_interval_seconds` and goes before. How to learn is `catalogue`'s; here is
//! whose turn it is, what it is learnt from, and where it is kept.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use crate::keeping::Keeping;
use crate::sql;

/// What a sensor's readings show of its interval, and which readings those were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearntInterval {
    /// Whose.
    pub sensor_id: i32,
    /// Seconds between two readings, positive and finite; `None` where they do not show it, which is kept, too, so that
    /// others have their turn.
    pub interval_seconds: Option<f64>,
    /// When it was looked at.
    pub learnt_at: DateTime<Utc>,
    /// The earliest reading that was looked at.
    pub time_min: Option<DateTime<Utc>>,
    /// The latest one.
    pub time_max: Option<DateTime<Utc>>,
    /// How many there were.
    pub readings: u32,
}

/// Sensors without a declared interval of which nobody has tried to learn one since `before`, the longest ago first.
pub async fn due(db: &DatabaseConnection, before: DateTime<Utc>, limit: u32) -> Result<Vec<i32>, DbErr> {
    let values: [Value; 2] = [before.into(), i64::from(limit).into()];
    sql::query(db, include_str!("intervals/select_due.sql"), values, |row| {
        row.get(0)
    })
    .await
}

/// The times of the last `count` readings not after `until` and after `since` of each of these sensors, ascending; a sensor
/// without any is left out.
pub async fn recent_times(
    db: &DatabaseConnection,
    sensors: &[i32],
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    count: u32,
) -> Result<Vec<(i32, Vec<DateTime<Utc>>)>, DbErr> {
    let values: [Value; 4] = [
        sensors.to_vec().into(),
        since.into(),
        until.into(),
        i64::from(count).into(),
    ];
    let select = include_str!("intervals/select_recent_times.sql");
    sql::query(db, select, values, |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// What was learnt of these sensors.
pub async fn learnt(db: &DatabaseConnection, sensors: &[i32]) -> Result<Vec<LearntInterval>, DbErr> {
    let values: [Value; 1] = [sensors.to_vec().into()];
    sql::query(db, include_str!("intervals/select_learnt.sql"), values, |row| {
        Ok(LearntInterval {
            sensor_id: row.get(0)?,
            interval_seconds: row.get(1)?,
            learnt_at: row.get(2)?,
            time_min: row.get(3)?,
            time_max: row.get(4)?,
            readings: row.get::<i32>(5)?.unsigned_abs(),
        })
    })
    .await
}

/// Keeps what was learnt in place of what was known before.
pub async fn keep(keeping: &Keeping, learnt: &[LearntInterval]) -> Result<(), DbErr> {
    for one in learnt {
        let readings = i32::try_from(one.readings).unwrap_or(i32::MAX);
        let values: [Value; 6] = [
            one.sensor_id.into(),
            one.interval_seconds.into(),
            one.learnt_at.into(),
            one.time_min.into(),
            one.time_max.into(),
            readings.into(),
        ];
        sql::execute(
            &keeping.transaction,
            include_str!("intervals/upsert_learnt.sql"),
            values,
        )
        .await?;
    }
    Ok(())
}
