//! The readings of sensors in columns: whole, or reduced for drawing.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::{TimeRange, within};
use crate::sql::{self, packed};
use crate::{QualityFlag, Scope};

/// The readings of one sensor in columns, of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Times.
    pub times: Vec<DateTime<Utc>>,
    /// Values, in the sensor's declared unit.
    pub values: Vec<f64>,
    /// Flags.
    pub flags: Vec<QualityFlag>,
}

/// The readings of each sensor in columns, oldest first, at most `limit` of a sensor (one more is a sign of more).
/// A sensor without readings has empty columns.
pub async fn columns(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    limit: u64,
) -> Result<HashMap<i32, Columns>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(HashMap::new());
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [Value; 4] = [sensors.into(), range.from.into(), range.to.into(), limit.into()];
    let rows = sql::query(db, include_str!("select_columns.sql"), values, |row| {
        let columns = Columns {
            times: packed::times(row, 1)?,
            values: packed::floats(row, 2)?,
            flags: packed::flags(row, 3)?,
        };
        Ok((row.get(0)?, columns))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

/// The readings of each sensor reduced to at most `points_max` of them a sensor, oldest first: the range is cut into
/// equal slices, and of each slice its lowest and its highest reading stay, so that no peak is lost.
/// A sensor with no more than `points_max` readings keeps all of them; `true` says that some were left out.
///
/// Of equal readings the earliest stays. With `points_max` of 1 there is room for the lowest or the highest, and the
/// earlier of them stays.
pub async fn columns_min_max(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    points_max: u32,
) -> Result<HashMap<i32, (Columns, bool)>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(HashMap::new());
    };
    let slices = i32::try_from((points_max / 2).max(1)).unwrap_or(i32::MAX);
    let values: [Value; 5] = [
        sensors.into(),
        range.from.into(),
        range.to.into(),
        i64::from(points_max).into(),
        slices.into(),
    ];
    let rows = sql::query(db, include_str!("select_columns_min_max.sql"), values, |row| {
        let flags: Vec<i16> = row.get(3)?;
        let columns = Columns {
            times: row.get(1)?,
            values: row.get(2)?,
            flags: flags.into_iter().map(sql::flag).collect::<Result<_, _>>()?,
        };
        Ok((row.get(0)?, (columns, row.get(4)?)))
    })
    .await?;
    Ok(rows.into_iter().collect())
}
