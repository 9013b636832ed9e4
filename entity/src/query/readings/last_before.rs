//! The last value that each of many sensors had within a time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::{TimeRange, within};
use crate::{FlagSet, Scope, sql};

/// The time and the value of each sensor's latest reading in `range`, in one statement, of those with one of
/// these flags. A sensor without any is left out.
pub async fn last_value(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    flags: FlagSet,
) -> Result<HashMap<i32, (DateTime<Utc>, f64)>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(HashMap::new());
    };
    let values: [Value; 4] = [
        sensors.into(),
        range.from.into(),
        range.to.into(),
        flags.numbers().into(),
    ];
    let rows = sql::query(db, include_str!("last_before.sql"), values, |row| {
        Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
    })
    .await?;
    Ok(rows.into_iter().collect())
}
