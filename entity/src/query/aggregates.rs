//! Aggregates of readings in buckets of time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::readings::{TimeRange, within};
use crate::Scope;
use crate::sql;

/// What the readings of a bucket amount to. Whether readings flagged fail belong to it is the question's choice; those
/// flagged suspect do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aggregate {
    /// Readings in it; the numbers below are about them.
    pub count: u64,
    /// Those of them that are flagged suspect.
    pub count_suspect: u64,
    /// Readings of the bucket flagged fail, whether they belong to it or not.
    pub count_fail: u64,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of the squared distances from the mean.
    pub m2: f64,
    /// Lowest value; without meaning, like all below, where `count` is 0.
    pub min: f64,
    /// Highest value.
    pub max: f64,
    /// Value of the earliest reading.
    pub first: f64,
    /// Value of the latest reading.
    pub last: f64,
}

/// Which buckets of which sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AggregatesOf<'a> {
    /// These sensors.
    pub sensors: &'a [i32],
    /// Ascending; bucket `i` goes from edge `i` up to, but not including, edge `i + 1`.
    pub edges: &'a [DateTime<Utc>],
    /// Only readings of this time: where it cuts a bucket, the rest of the bucket counts as empty.
    pub range: TimeRange,
    /// Whether readings flagged fail belong to the buckets.
    pub include_failed: bool,
}

/// The buckets of each sensor that hold readings (failed ones among them), by their number, in ascending order.
/// A sensor without any is left out.
pub async fn aggregates(
    db: &DatabaseConnection,
    scope: &Scope,
    of: &AggregatesOf<'_>,
) -> Result<HashMap<i32, Vec<(usize, Aggregate)>>, DbErr> {
    let Some(sensors) = within(scope, of.sensors) else {
        return Ok(HashMap::new());
    };
    let values: [Value; 5] = [
        sensors.into(),
        of.edges.to_vec().into(),
        of.range.from.into(),
        of.range.to.into(),
        of.include_failed.into(),
    ];
    let sql = include_str!("aggregates/select_from_readings.sql");
    let rows = sql::query(db, sql, values, |row| {
        let bucket: i32 = row.get(1)?;
        let aggregate = Aggregate {
            count: row.get::<i64>(2)?.cast_unsigned(),
            sum: row.get::<Option<f64>>(3)?.unwrap_or(0.0),
            m2: row.get::<Option<f64>>(4)?.unwrap_or(0.0),
            min: row.get::<Option<f64>>(5)?.unwrap_or(0.0),
            max: row.get::<Option<f64>>(6)?.unwrap_or(0.0),
            first: row.get::<Option<f64>>(7)?.unwrap_or(0.0),
            last: row.get::<Option<f64>>(8)?.unwrap_or(0.0),
            count_suspect: row.get::<i64>(9)?.cast_unsigned(),
            count_fail: row.get::<i64>(10)?.cast_unsigned(),
        };
        let sensor: i32 = row.get(0)?;
        Ok((sensor, usize::try_from(bucket).unwrap_or(0), aggregate))
    })
    .await?;
    let mut all: HashMap<i32, Vec<(usize, Aggregate)>> = HashMap::new();
    for (sensor, bucket, aggregate) in rows {
        all.entry(sensor).or_default().push((bucket, aggregate));
    }
    Ok(all)
}

impl Aggregate {
    /// The mean; `None` without readings.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn avg(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The standard deviation of a sample, as SQL's `stddev`: the root of `m2 / (count - 1)`; `None` with fewer than two
    /// readings.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn stddev(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.m2 / (self.count - 1) as f64).sqrt())
    }
}
