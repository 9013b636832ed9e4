//! What is kept of quality: how good the readings of each sensor were, hour by hour and day by day.
//!
//! ```text
//! refresher ── windows whose readings have changed ─┐
//! evaluator ── windows that are over ───────────────┴─► quality_due ── taken ──► reading ──► quality_measurement
//! ```
//!
//! As for rollups, a statement takes what is due and a later one reads (READ COMMITTED), so what a loader commits in between
//! either is read, or is noted again by the refresher that comes behind the loader. How readings are judged is `catalogue`'s.
//! Windows are hours and days of UTC: of [`Level`] these two.
//! Nothing here is about an asker, so all but [`history()`] and [`summed_history`] are without a scope.

mod evaluating;
mod history;
mod model;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

pub use self::evaluating::Evaluating;
pub use self::history::{HistoryRequest, KeptFlag, SummedWindow, flags, history, summed_history};
pub use self::model::{Due, DueWindow, Flag, JudgedSensor, Progress, Reach, SensorSums, Sums};
use crate::keeping::Keeping;
use crate::rollup::Level;
use crate::sql::{self, Row};
pub use crate::table::quality_measurement::Model as Measured;

/// How far the windows of a level are; `None` before the first was closed.
pub async fn progress<C: ConnectionTrait>(db: &C, level: Level) -> Result<Option<Progress>, DbErr> {
    let values: [Value; 1] = [level.seconds().into()];
    let select = include_str!("measurements/select_progress.sql");
    let rows = sql::query(db, select, values, |row| {
        Ok(Progress {
            closed_until: row.get(0)?,
            measured_until: row.get(1)?,
            told_until: row.get(2)?,
            changes: row.get(3)?,
        })
    })
    .await?;
    Ok(rows.into_iter().next())
}

/// Of every sensor with any, the sums over its windows in force that begin in `from..to`.
pub async fn sums<C: ConnectionTrait>(
    db: &C,
    level: Level,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<SensorSums>, DbErr> {
    let values: [Value; 3] = [level.seconds().into(), from.into(), to.into()];
    let select = include_str!("measurements/select_sums.sql");
    sql::query(db, select, values, |row| {
        Ok(SensorSums {
            sensor_id: row.get(0)?,
            sums: read_sums(row, 1)?,
            rule_version: row.get(15)?,
        })
    })
    .await
}

/// The rules of each version that was ever used.
pub async fn rules<C: ConnectionTrait>(db: &C) -> Result<Vec<(i64, serde_json::Value)>, DbErr> {
    sql::query(db, include_str!("measurements/select_rules.sql"), [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .await
}

/// Notes that webhooks were told of windows that end by `until`.
pub async fn told(keeping: &Keeping, level: Level, until: DateTime<Utc>) -> Result<(), DbErr> {
    let values: [Value; 2] = [level.seconds().into(), until.into()];
    let update = include_str!("measurements/update_told.sql");
    sql::execute(&keeping.transaction, update, values).await?;
    Ok(())
}

fn read_sums(row: &Row<'_>, at: usize) -> Result<Sums, DbErr> {
    let count = |position: usize| Ok::<_, DbErr>(row.get::<i64>(at + position)?.unsigned_abs());
    Ok(Sums {
        readings: count(0)?,
        completeness: (count(1)?, count(2)?),
        timeliness: (count(3)?, count(4)?),
        validity: (count(5)?, count(6)?),
        uniqueness: (count(7)?, count(8)?),
        conformity: (count(9)?, count(10)?),
        plausibility: (count(11)?, count(12)?),
        doubts: row.get(at + 13)?,
    })
}
