//! Readings of many spans of time, each of one sensor, such as those in which it was described in one way.

use std::collections::HashMap;

use sea_orm::{DatabaseConnection, DbErr, Value};

use super::{Direction, Reading, TimeRange, read_at};
use crate::Scope;
use crate::sql;

/// A span of time of a sensor, by internal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The sensor.
    pub sensor_id: i32,
    /// The time.
    pub range: TimeRange,
}

/// The first readings of each span in this direction, at most `limit`, by the span's place; one without readings, or out of
/// scope, is absent.
pub async fn of_spans(
    db: &DatabaseConnection,
    scope: &Scope,
    spans: &[Span],
    direction: Direction,
    limit: u64,
) -> Result<HashMap<usize, Vec<Reading>>, DbErr> {
    let seen: Vec<(usize, &Span)> = spans
        .iter()
        .enumerate()
        .filter(|(_, span)| scope.sees(span.sensor_id))
        .collect();
    if seen.is_empty() {
        return Ok(HashMap::new());
    }
    let select = match direction {
        Direction::Asc => include_str!("select_spans_asc.sql"),
        Direction::Desc => include_str!("select_spans_desc.sql"),
    };
    let sensors: Vec<i32> = seen.iter().map(|(_, span)| span.sensor_id).collect();
    let values: [Value; 4] = [
        sensors.into(),
        sql::times(seen.iter().map(|(_, span)| span.range.from)),
        sql::times(seen.iter().map(|(_, span)| span.range.to)),
        limit.min(i64::MAX as u64).cast_signed().into(),
    ];
    let rows = sql::query(db, select, values, |row| {
        let position: i64 = row.get(0)?;
        Ok((position, read_at(row, 1)?))
    })
    .await?;
    let mut of_each: HashMap<usize, Vec<Reading>> = HashMap::new();
    for (position, reading) in rows {
        // Positions count from 1.
        let place = usize::try_from(position - 1).ok().and_then(|at| seen.get(at));
        if let Some((place, _)) = place {
            of_each.entry(*place).or_default().push(reading);
        }
    }
    Ok(of_each)
}
