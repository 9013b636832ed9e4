//! Readings: pages, batches for many sensors, columns, the latest, all of them.

mod columns;
mod count;
mod last_before;
mod page;
mod scan;
mod spans;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use crate::sql::{self, Row};
use crate::{QualityFlag, Scope};

pub use columns::{Columns, columns, columns_min_max};
pub use count::{Count, count, count_of_each};
pub use last_before::last_value;
pub use page::{page, page_of_each};
pub use scan::{Batch, Scan, ScanOf};
pub use spans::{Span, of_spans};

/// One reading; `R` is how it came, or `Option` of it where that is not always asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<R = Receipt> {
    /// Internal key of its sensor.
    pub sensor_id: i32,
    /// When the sensor measured it.
    pub time: DateTime<Utc>,
    /// In the sensor's declared unit.
    pub value: f64,
    /// The ingest's verdict.
    pub flag: QualityFlag,
    /// How it came.
    pub receipt: R,
}

impl<R> Reading<R> {
    /// Its place in a list.
    pub fn key(&self) -> ReadingKey {
        ReadingKey {
            time: self.time,
            sensor_id: self.sensor_id,
        }
    }
}

impl From<Reading> for Reading<Option<Receipt>> {
    fn from(reading: Reading) -> Self {
        Self {
            sensor_id: reading.sensor_id,
            time: reading.time,
            value: reading.value,
            flag: reading.flag,
            receipt: Some(reading.receipt),
        }
    }
}

/// How a reading came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receipt {
    /// When Fieldbook received it.
    pub received_at: DateTime<Utc>,
    /// The journal that holds its message, as numbered in `journal`.
    pub journal_id: i16,
    /// The position of its message in that journal.
    pub seq: i64,
}

/// Half-open: `from` belongs to it, `to` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// First instant of it.
    pub from: DateTime<Utc>,
    /// First instant after it.
    pub to: DateTime<Utc>,
}

/// Which readings, besides sensor and time; all that is given must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadingFilter {
    /// One of these flags.
    pub flags: Option<Vec<QualityFlag>>,
    /// At least this value.
    pub value_min: Option<f64>,
    /// At most this value.
    pub value_max: Option<f64>,
}

/// The order of readings, by time and then by sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Asc,
    /// Newest first.
    Desc,
}

/// The place of a reading in a list: unique, and stable while data arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadingKey {
    /// Its time.
    pub time: DateTime<Utc>,
    /// Its sensor.
    pub sensor_id: i32,
}

/// What a page of readings is taken from.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadingsOf<'a> {
    /// These sensors, or all in scope.
    pub sensors: Option<&'a [i32]>,
    /// This time.
    pub range: TimeRange,
    /// These flags and values.
    pub filter: &'a ReadingFilter,
    /// In this order.
    pub direction: Direction,
}

/// The latest reading of each sensor that has one, through the unique key, in one statement;
/// with `since`, only where it is not older.
pub async fn latest(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    since: Option<DateTime<Utc>>,
) -> Result<Vec<Reading>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(Vec::new());
    };
    let values: [Value; 2] = [sensors.into(), since.into()];
    sql::query(db, include_str!("readings/select_latest.sql"), values, read).await
}

/// The sensors that an asker may see, each once; `None` when there are none.
pub(super) fn within(scope: &Scope, sensors: &[i32]) -> Option<Vec<i32>> {
    scope.among(sensors)
}

/// A row with the columns of a reading in the order of [`Reading`] and [`Receipt`].
pub(super) fn read(row: &Row<'_>) -> Result<Reading, DbErr> {
    read_at(row, 0)
}

/// The same, where the columns begin at `position`.
pub(super) fn read_at(row: &Row<'_>, position: usize) -> Result<Reading, DbErr> {
    Ok(Reading {
        sensor_id: row.get(position)?,
        time: row.get(position + 1)?,
        value: row.get(position + 2)?,
        flag: row.flag(position + 3)?,
        receipt: Receipt {
            received_at: row.get(position + 4)?,
            journal_id: row.get(position + 5)?,
            seq: row.get(position + 6)?,
        },
    })
}
