//! Values that contradict a reading: what else was said of the same sensor and time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::readings::{ReadingKey, Receipt};
use crate::sql;
use crate::{QualityFlag, Scope};

/// A value that is not served, beside the one that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OtherValue {
    /// In the sensor's declared unit.
    pub value: f64,
    /// The ingest's verdict.
    pub flag: QualityFlag,
    /// How it came.
    pub receipt: Receipt,
}

/// The other values of each of these readings, in the order of their receipt; of one without any there is none. Those of
/// sensors out of scope are absent.
pub async fn of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    readings: &[ReadingKey],
) -> Result<HashMap<ReadingKey, Vec<OtherValue>>, DbErr> {
    let mut others: HashMap<ReadingKey, Vec<OtherValue>> = HashMap::new();
    let seen = readings.iter().filter(|key| scope.sees(key.sensor_id));
    let (sensors, times): (Vec<i32>, Vec<DateTime<Utc>>) = seen.map(|key| (key.sensor_id, key.time)).unzip();
    if sensors.is_empty() {
        return Ok(others);
    }
    let values: [Value; 2] = [sensors.into(), times.into()];
    let rows = sql::query(db, include_str!("conflicts/select_of_each.sql"), values, |row| {
        let key = ReadingKey {
            sensor_id: row.get(0)?,
            time: row.get(1)?,
        };
        let other = OtherValue {
            value: row.get(2)?,
            flag: row.flag(3)?,
            receipt: Receipt {
                received_at: row.get(4)?,
                journal_id: row.get(5)?,
                seq: row.get(6)?,
            },
        };
        Ok((key, other))
    })
    .await?;
    for (key, other) in rows {
        others.entry(key).or_default().push(other);
    }
    Ok(others)
}
