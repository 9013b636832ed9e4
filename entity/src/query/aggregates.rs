//! Aggregates of readings in buckets of time, from rollups and readings together.
//!
//! Edges are cut into pieces, each from the coarsest rollup that keeps to them (`plan.rs`). One statement, and so one
//! snapshot, reads them: a bucket of a rollup that is noted as changed is taken from the next finer one instead, down to
//! `reading`. So an answer is exact at every instant ([`rollup`](crate::rollup)). What it reads are parts; they become
//! buckets here (`aggregate.rs`).

mod aggregate;
mod plan;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

pub use aggregate::Aggregate;

use super::readings::{TimeRange, within};
use crate::Scope;
use crate::sql::{self, Row};

/// Which buckets of which sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AggregatesOf<'a> {
    /// These sensors.
    pub sensors: &'a [i32],
    /// Ascending; bucket `i` goes from edge `i` up to, but not including, edge `i + 1`.
    pub edges: &'a [DateTime<Utc>],
    /// Only readings of this time: where it cuts a bucket, the rest of the bucket counts as empty.
    pub range: TimeRange,
    /// Whether readings flagged fail belong to the buckets; then all comes from `reading`.
    pub include_failed: bool,
}

/// The buckets of each sensor that hold readings (failed ones among them), by their number, in ascending order.
/// A sensor without any is left out.
pub async fn aggregates<C: ConnectionTrait>(
    db: &C,
    scope: &Scope,
    of: &AggregatesOf<'_>,
) -> Result<HashMap<i32, Vec<(usize, Aggregate)>>, DbErr> {
    let Some(sensors) = within(scope, of.sensors) else {
        return Ok(HashMap::new());
    };
    let pieces = plan::plan(of.edges, of.range.from, of.range.to, !of.include_failed);
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return Ok(HashMap::new());
    };
    let width = |piece: &plan::Piece| piece.level.map_or(0, crate::rollup::Level::seconds);
    let values: [Value; 7] = [
        sensors.into(),
        pieces.iter().map(width).collect::<Vec<i32>>().into(),
        sql::times(pieces.iter().map(|piece| piece.start)),
        sql::times(pieces.iter().map(|piece| piece.stop)),
        first.start.into(),
        last.stop.into(),
        of.include_failed.into(),
    ];
    let sql = include_str!("aggregates/select_parts.sql");
    let parts = sql::query(db, sql, values, Parts::read).await?;
    let mut buckets: HashMap<i32, Vec<(usize, Aggregate)>> = HashMap::with_capacity(parts.len());
    for (sensor_id, parts) in parts {
        buckets.insert(sensor_id, parts.into_buckets(of.edges));
    }
    Ok(buckets)
}

/// The parts of one sensor in columns, of equal length: decoding them is several times as fast as a row a part.
struct Parts {
    starts: Vec<DateTime<Utc>>,
    counts: Vec<i64>,
    sums: Vec<Option<f64>>,
    m2s: Vec<Option<f64>>,
    mins: Vec<Option<f64>>,
    maxs: Vec<Option<f64>>,
    firsts: Vec<Option<f64>>,
    lasts: Vec<Option<f64>>,
    counts_suspect: Vec<i64>,
    counts_fail: Vec<i64>,
}

impl Parts {
    fn read(row: &Row<'_>) -> Result<(i32, Self), DbErr> {
        let parts = Self {
            starts: row.get(1)?,
            counts: row.get(2)?,
            sums: row.get(3)?,
            m2s: row.get(4)?,
            mins: row.get(5)?,
            maxs: row.get(6)?,
            firsts: row.get(7)?,
            lasts: row.get(8)?,
            counts_suspect: row.get(9)?,
            counts_fail: row.get(10)?,
        };
        Ok((row.get(0)?, parts))
    }

    /// Every part lies within one bucket: edges end pieces.
    fn into_buckets(self, edges: &[DateTime<Utc>]) -> Vec<(usize, Aggregate)> {
        let mut order: Vec<usize> = (0..self.starts.len()).collect();
        if !self.starts.is_sorted() {
            order.sort_unstable_by_key(|&part| self.starts[part]);
        }
        let mut buckets: Vec<(usize, Aggregate)> = Vec::with_capacity(order.len().min(edges.len()));
        let mut bucket = 0;
        for part in order {
            let start = self.starts[part];
            if edges.get(bucket + 1).is_some_and(|end| start >= *end) {
                bucket = edges.partition_point(|edge| *edge <= start) - 1;
            }
            let part = self.part(part);
            match buckets.last_mut() {
                Some((last, whole)) if *last == bucket => whole.append(&part),
                _ => buckets.push((bucket, part)),
            }
        }
        buckets
    }

    fn part(&self, part: usize) -> Aggregate {
        let number = |column: &[Option<f64>]| column[part].unwrap_or(0.0);
        Aggregate {
            count: self.counts[part].cast_unsigned(),
            count_suspect: self.counts_suspect[part].cast_unsigned(),
            count_fail: self.counts_fail[part].cast_unsigned(),
            sum: number(&self.sums),
            m2: number(&self.m2s),
            min: number(&self.mins),
            max: number(&self.maxs),
            first: number(&self.firsts),
            last: number(&self.lasts),
        }
    }
}
