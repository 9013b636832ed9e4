//! Noting which minutes of which sensors a batch touched, so that their rollups are computed again.
//!
//! The notes come in with the readings, in one transaction: at no instant does a reader see a changed minute without its
//! note. A note too many costs a little work and is never wrong.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr, Value};

use super::Group;
use crate::rollup::Level;
use crate::sql;

/// Sensors in a row of `rollup_dirty` at most, so that it stays in its page.
const ROW_SENSORS_MAX: usize = 400;

/// Notes the minutes of `groups`.
pub(super) async fn note(db: &DatabaseTransaction, groups: &[Group]) -> Result<(), DbErr> {
    let touched = groups.iter().map(|group| (group.time, group.sensor_id));
    sql::execute(db, INSERT, values(touched)).await?;
    Ok(())
}

pub(in crate::load) const INSERT: &str = include_str!("insert_notes.sql");

/// The parameters of [`INSERT`], for readings by their time and sensor.
pub(in crate::load) fn values(readings: impl Iterator<Item = (DateTime<Utc>, i32)>) -> [Value; 5] {
    let notes = Notes::of(readings);
    [
        sql::times(notes.rows.iter().map(|row| row.bucket)),
        notes.rows.iter().map(|row| row.wide).collect::<Vec<_>>().into(),
        notes.rows.iter().map(|row| row.first).collect::<Vec<_>>().into(),
        notes.rows.iter().map(|row| row.last).collect::<Vec<_>>().into(),
        notes.sensor_ids.into(),
    ]
}

#[derive(Debug, Default)]
struct Notes {
    /// Of all rows, one after the other.
    sensor_ids: Vec<i32>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    bucket: DateTime<Utc>,
    /// Whether its minute has more than one row.
    wide: bool,
    /// Its slice of the sensors; arrays in SQL count from 1, and `last` belongs to it.
    first: i32,
    last: i32,
}

impl Notes {
    fn of(readings: impl Iterator<Item = (DateTime<Utc>, i32)>) -> Self {
        let mut touched: Vec<(DateTime<Utc>, i32)> = readings
            .map(|(time, sensor_id)| (Level::Minute.floor(time), sensor_id))
            .collect();
        touched.sort_unstable();
        touched.dedup();
        let mut notes = Self::default();
        for minute in touched.chunk_by(|a, b| a.0 == b.0) {
            for part in minute.chunks(ROW_SENSORS_MAX) {
                let first = ordinal(notes.sensor_ids.len() + 1);
                notes
                    .sensor_ids
                    .extend(part.iter().map(|(_, sensor_id)| *sensor_id));
                notes.rows.push(Row {
                    bucket: part[0].0,
                    wide: minute.len() > ROW_SENSORS_MAX,
                    first,
                    last: ordinal(notes.sensor_ids.len()),
                });
            }
        }
        notes
    }
}

fn ordinal(position: usize) -> i32 {
    i32::try_from(position).expect("a statement takes far fewer readings")
}
