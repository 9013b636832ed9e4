//! What was measured, window by window, for those who ask.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseConnection, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Value,
};

use super::{Measured, Sums, read_sums};
use crate::rollup::Level;
use crate::scope::Reach;
use crate::sql;
use crate::table::quality_measurement::{Column, Entity};
use crate::{QualityFlag, Scope};

/// Which windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Hours or days.
    pub level: Level,
    /// Of these sensors, by internal key.
    pub sensors: Vec<i32>,
    /// They begin here or later,
    pub from: DateTime<Utc>,
    /// and before this.
    pub to: DateTime<Utc>,
    /// So many at most.
    pub max: u64,
}

/// A window of many sensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummedWindow {
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// How many sensors it is of.
    pub sensors: u64,
    /// How many of these have a reading in it.
    pub sensors_with_readings: u64,
    /// When the last of them was computed.
    pub computed_at: DateTime<Utc>,
    /// What all of them amount to.
    pub sums: Sums,
}

/// What is in force of these windows, in the order of sensors and time.
pub async fn history(
    db: &DatabaseConnection,
    scope: &Scope,
    request: &HistoryRequest,
) -> Result<Vec<Measured>, DbErr> {
    let Some(sensors) = scope.among(&request.sensors) else {
        return Ok(Vec::new());
    };
    let which = Condition::all()
        .add(Column::SensorId.is_in(sensors))
        .add(Column::WindowSeconds.eq(request.level.seconds()))
        .add(Column::WindowStart.gte(request.from))
        .add(Column::WindowStart.lt(request.to))
        .add(Column::SupersededAt.is_null());
    Entity::find()
        .filter(which)
        .order_by_asc(Column::SensorId)
        .order_by_asc(Column::WindowStart)
        .limit(request.max)
        .all(db)
        .await
}

/// A reading that a test doubted or refused, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFlag {
    /// The reading's time.
    pub time: DateTime<Utc>,
    /// The test, such as `spike`.
    pub test: String,
    /// Suspect or fail.
    pub flag: QualityFlag,
}

/// Of each of these windows, a sensor from an instant to before another, the first `max` flags, in their order. It asks for
/// what an asker may see beforehand.
pub async fn flags(
    db: &DatabaseConnection,
    windows: &[(i32, DateTime<Utc>, DateTime<Utc>)],
    max: u32,
) -> Result<Vec<Vec<KeptFlag>>, DbErr> {
    let mut found = vec![Vec::new(); windows.len()];
    let values: [Value; 4] = [
        windows.iter().map(|(id, ..)| *id).collect::<Vec<_>>().into(),
        sql::times(windows.iter().map(|(_, from, _)| *from)),
        sql::times(windows.iter().map(|(.., to)| *to)),
        i64::from(max).into(),
    ];
    let rows = sql::query(db, include_str!("select_flags.sql"), values, |row| {
        let flag = KeptFlag {
            time: row.get(1)?,
            test: row.get(2)?,
            flag: row.flag(3)?,
        };
        Ok((row.get::<i64>(0)?, flag))
    })
    .await?;
    for (position, flag) in rows {
        let position = usize::try_from(position - 1).ok();
        if let Some(flags) = position.and_then(|position| found.get_mut(position)) {
            flags.push(flag);
        }
    }
    Ok(found)
}

/// Windows from `from` to before `to`, each with all sensors that the asker may see.
pub async fn summed_history(
    db: &DatabaseConnection,
    scope: &Scope,
    level: Level,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<SummedWindow>, DbErr> {
    let sensors: Option<Vec<i32>> = match scope.reach(None) {
        Reach::Nothing => return Ok(Vec::new()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    let values: [Value; 4] = [level.seconds().into(), from.into(), to.into(), sensors.into()];
    sql::query(db, include_str!("select_summed.sql"), values, |row| {
        Ok(SummedWindow {
            start: row.get(0)?,
            sensors: row.get::<i64>(1)?.unsigned_abs(),
            sensors_with_readings: row.get::<i64>(2)?.unsigned_abs(),
            computed_at: row.get(3)?,
            sums: read_sums(row, 4)?,
        })
    })
    .await
}
