//! Readings: pages, batches for many sensors, columns, the latest.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr};

use super::{Page, PageRequest};
use crate::{QualityFlag, Scope};

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Internal key of its sensor.
    pub sensor_id: i32,
    /// When the sensor measured it.
    pub time: DateTime<Utc>,
    /// In the sensor's declared unit.
    pub value: f64,
    /// The ingest's verdict.
    pub flag: QualityFlag,
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

/// A page of readings.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    of: &ReadingsOf<'_>,
    request: &PageRequest<ReadingKey>,
) -> Result<Page<Reading>, DbErr> {
    let _ = (db, scope, of, request);
    unimplemented!()
}

/// How many readings there are: counted up to `exact_up_to`, beyond that the planner's estimate with `exact: false`.
pub async fn count(
    db: &DatabaseConnection,
    scope: &Scope,
    of: &ReadingsOf<'_>,
    exact_up_to: u64,
) -> Result<Count, DbErr> {
    let _ = (db, scope, of, exact_up_to);
    unimplemented!()
}

/// A count, and whether it was counted or estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub value: u64,
    /// Whether they were counted.
    pub exact: bool,
}

/// The first page of each of many sensors, in one statement; a sensor without readings has an empty page.
pub async fn page_of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    direction: Direction,
    request: &PageRequest<ReadingKey>,
) -> Result<HashMap<i32, Page<Reading>>, DbErr> {
    let _ = (db, scope, sensors, range, direction, request);
    unimplemented!()
}

/// The latest reading of each sensor that has one, through the unique key, in one statement;
/// with `since`, only where it is not older.
pub async fn latest(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    since: Option<DateTime<Utc>>,
) -> Result<Vec<Reading>, DbErr> {
    let _ = (db, scope, sensors, since);
    unimplemented!()
}

/// The readings of each sensor in columns, oldest first, at most `limit` of a sensor (one more is a sign of more).
pub async fn columns(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    limit: u64,
) -> Result<HashMap<i32, Columns>, DbErr> {
    let _ = (db, scope, sensors, range, limit);
    unimplemented!()
}

/// The readings of each sensor reduced to at most `points_max` of them a sensor, oldest first: the range is cut into
/// equal slices, and of each slice its lowest and its highest reading stay, so that no peak is lost.
/// A sensor with no more than `points_max` readings keeps all of them; `true` says that some were left out.
pub async fn columns_min_max(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    points_max: u32,
) -> Result<HashMap<i32, (Columns, bool)>, DbErr> {
    let _ = (db, scope, sensors, range, points_max);
    unimplemented!()
}
