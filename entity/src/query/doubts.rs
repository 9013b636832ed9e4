//! Tests that doubt or refuse a reading, as they are kept.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::readings::ReadingKey;
use crate::sql;
use crate::{QualityFlag, Scope};

/// A later test's verdict on a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The test, such as `spike`.
    pub test: String,
    /// Suspect or fail.
    pub flag: QualityFlag,
    /// The version of the thresholds that it was tested by.
    pub rule_version: i64,
}

/// The doubts of each of these readings, by test; of one without any there is none. Those of sensors out of scope are absent.
pub async fn of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    readings: &[ReadingKey],
) -> Result<HashMap<ReadingKey, Vec<Doubt>>, DbErr> {
    let mut doubts: HashMap<ReadingKey, Vec<Doubt>> = HashMap::new();
    let seen = readings.iter().filter(|key| scope.sees(key.sensor_id));
    let (sensors, times): (Vec<i32>, Vec<DateTime<Utc>>) = seen.map(|key| (key.sensor_id, key.time)).unzip();
    if sensors.is_empty() {
        return Ok(doubts);
    }
    let values: [Value; 2] = [sensors.into(), times.into()];
    let rows = sql::query(db, include_str!("doubts/select_of_each.sql"), values, |row| {
        let key = ReadingKey {
            sensor_id: row.get(0)?,
            time: row.get(1)?,
        };
        let doubt = Doubt {
            test: row.get(2)?,
            flag: row.flag(3)?,
            rule_version: row.get(4)?,
        };
        Ok((key, doubt))
    })
    .await?;
    for (key, doubt) in rows {
        doubts.entry(key).or_default().push(doubt);
    }
    Ok(doubts)
}
