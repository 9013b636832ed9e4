//! Which range of a sensor was in force for a message: what its flag was made by.
//!
//! A sensor list takes effect at its position in its journal, and for messages of other journals with its receipt. So a
//! message that is tried again long after is flagged as when it came.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Value};

use super::sensors::Range;
use crate::Scope;
use crate::sql;

/// A message of a sensor, by how it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// Internal key of the sensor.
    pub sensor_id: i32,
    /// The journal that holds the message, as numbered in `journal`.
    pub journal_id: i16,
    /// Its position in there.
    pub seq: i64,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// The range that was declared for the sensor of each of these messages when it came, in their order; `None` where its sensor
/// was not declared then, or is out of scope.
pub async fn ranges_in_force(
    db: &DatabaseConnection,
    scope: &Scope,
    arrivals: &[Arrival],
) -> Result<Vec<Option<Range>>, DbErr> {
    let seen: Vec<Arrival> = arrivals
        .iter()
        .copied()
        .filter(|arrival| scope.sees(arrival.sensor_id))
        .collect();
    let mut ranges = ranges_of(db, &seen).await?.into_iter();
    let of = |arrival: &Arrival| scope.sees(arrival.sensor_id).then(|| ranges.next().flatten());
    Ok(arrivals.iter().map(of).map(Option::flatten).collect())
}

/// The same of every sensor.
pub(crate) async fn ranges_of<C: ConnectionTrait>(
    db: &C,
    arrivals: &[Arrival],
) -> Result<Vec<Option<Range>>, DbErr> {
    let mut ranges = vec![None; arrivals.len()];
    if arrivals.is_empty() {
        return Ok(ranges);
    }
    let values: [Value; 4] = [
        arrivals
            .iter()
            .map(|one| one.sensor_id)
            .collect::<Vec<_>>()
            .into(),
        arrivals
            .iter()
            .map(|one| one.journal_id)
            .collect::<Vec<_>>()
            .into(),
        arrivals.iter().map(|one| one.seq).collect::<Vec<_>>().into(),
        sql::times(arrivals.iter().map(|one| one.received_at)),
    ];
    let rows = sql::query(db, include_str!("in_force/select_ranges.sql"), values, |row| {
        let range = Range {
            min: row.get(1)?,
            max: row.get(2)?,
        };
        Ok((row.get::<i64>(0)?, range))
    })
    .await?;
    for (ordinal, range) in rows {
        let at = usize::try_from(ordinal - 1).ok();
        let slot = at.and_then(|at| ranges.get_mut(at));
        *slot.ok_or_else(|| DbErr::Type(format!("{ordinal} is no ordinal")))? = Some(range);
    }
    Ok(ranges)
}
