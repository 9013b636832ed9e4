//! Columns, packed by the server: of each column the values as the wire has them, one behind the other.
//!
//! ```text
//! times                microseconds since 2000-01-01: i64
//! values               f64
//! counts, positions    i64
//! sensors              i32
//! flags, journals      i16
//! ```
//!
//! All are big-endian, and none is null. The server takes about half the time for them that arrays take, whose elements it writes with a
//! header and a copy each, and here they need no more than a walk over bytes.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

use super::Row;
use crate::QualityFlag;

/// Microseconds from 1970 to 2000, where the server's time begins.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The times of the column at `position`.
pub(crate) fn times(row: &Row<'_>, position: usize) -> Result<Vec<DateTime<Utc>>, DbErr> {
    column(row, position, |bytes| {
        since_1970(bytes)
            .and_then(DateTime::from_timestamp_micros)
            .ok_or_else(beyond_calendar)
    })
}

/// The times of the column at `position`, in microseconds since 1970.
pub(crate) fn micros(row: &Row<'_>, position: usize) -> Result<Vec<i64>, DbErr> {
    column(row, position, |bytes| {
        since_1970(bytes).ok_or_else(beyond_calendar)
    })
}

fn since_1970(bytes: [u8; 8]) -> Option<i64> {
    i64::from_be_bytes(bytes).checked_add(EPOCH_MICROS)
}

fn beyond_calendar() -> DbErr {
    DbErr::Type("a time beyond the calendar".to_owned())
}

/// The sensors of the column at `position`.
pub(crate) fn sensors(row: &Row<'_>, position: usize) -> Result<Vec<i32>, DbErr> {
    column(row, position, |bytes| Ok(i32::from_be_bytes(bytes)))
}

/// The numbers of the column at `position`.
pub(crate) fn floats(row: &Row<'_>, position: usize) -> Result<Vec<f64>, DbErr> {
    column(row, position, |bytes| Ok(f64::from_be_bytes(bytes)))
}

/// The flags of the column at `position`.
pub(crate) fn flags(row: &Row<'_>, position: usize) -> Result<Vec<QualityFlag>, DbErr> {
    column(row, position, |bytes| super::flag(i16::from_be_bytes(bytes)))
}

/// The small numbers of the column at `position`.
pub(crate) fn small_numbers(row: &Row<'_>, position: usize) -> Result<Vec<i16>, DbErr> {
    column(row, position, |bytes| Ok(i16::from_be_bytes(bytes)))
}

/// The numbers of the column at `position`.
pub(crate) fn numbers(row: &Row<'_>, position: usize) -> Result<Vec<i64>, DbErr> {
    column(row, position, |bytes| Ok(i64::from_be_bytes(bytes)))
}

/// Refuses columns that don't have as many values as there are rows.
pub(crate) fn check_lengths(rows: usize, columns: impl IntoIterator<Item = usize>) -> Result<(), DbErr> {
    if columns.into_iter().any(|values| values != rows) {
        return Err(DbErr::Type("packed columns of different lengths".to_owned()));
    }
    Ok(())
}

/// No values are packed into null.
fn column<T, const WIDTH: usize>(
    row: &Row<'_>,
    position: usize,
    read: impl Fn([u8; WIDTH]) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let bytes: Option<&[u8]> = row.get(position)?;
    let (values, rest) = bytes.unwrap_or_default().as_chunks::<WIDTH>();
    if !rest.is_empty() {
        return Err(DbErr::Type(format!(
            "a packed column of {WIDTH} bytes a value ends with {} bytes",
            rest.len()
        )));
    }
    values.iter().map(|bytes| read(*bytes)).collect()
}
