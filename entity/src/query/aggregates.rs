//! Aggregates of readings in buckets of time, from rollups and readings together.
//!
//! Edges are cut into pieces, each from the coarsest rollup that keeps to them (`plan.rs`). One statement, and so one
//! snapshot, reads them: a bucket of a rollup that is noted as changed is taken from the next finer one instead, down to
//! `reading`. So an answer is exact at every instant ([`rollup`](crate::rollup)). What it reads are parts; they become
//! buckets here (`aggregate.rs`), and the straight lines between neighbours are laid across their edges (`line.rs`).
//! Percentiles, which no parts make, are another statement, from the readings (`percentiles.rs`).

mod aggregate;
mod line;
mod percentiles;
mod plan;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

pub use aggregate::Aggregate;
pub use percentiles::{Fraction, Member, PercentilesOf, percentiles};

use self::line::{Point, Strip};
use super::readings::{TimeRange, within};
use crate::sql::{self, Row, packed};
use crate::{FlagSet, Scope};

/// Neighbours further apart than this are not joined by a line, and nothing is known of how a counter rose between them:
/// it is longer than the longest month, so that a meter read once a month is still joined.
///
/// One constant for rollups and readings, so that an answer does not depend on where a question begins.
pub const GAP_MAX: TimeDelta = TimeDelta::days(35);

/// Which buckets of which sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AggregatesOf<'a> {
    /// These sensors.
    pub sensors: &'a [i32],
    /// Ascending; bucket `i` goes from edge `i` up to, but not including, edge `i + 1`.
    pub edges: &'a [DateTime<Utc>],
    /// Only readings of this time: where it cuts a bucket, the rest of the bucket counts as empty.
    pub range: TimeRange,
    /// The flags of the readings that belong to the buckets; others than [`FlagSet::SERVED`] are read from `reading`.
    pub flags: FlagSet,
    /// What is wanted of each bucket.
    pub numbers: Numbers,
    /// Whether a bucket without readings that a line crosses is there, too, with its area.
    pub crossed: bool,
}

/// Which numbers are wanted besides the counts; the others are neither fetched nor calculated, and mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a set of six, each a parameter of the statement"
)]
pub struct Numbers {
    /// `sum`.
    pub sums: bool,
    /// `m2`, and with it `sum`.
    pub squares: bool,
    /// `min` and `max`.
    pub extremes: bool,
    /// `first` and `last`.
    pub ends: bool,
    /// `first_at` and `last_at`; [`Aggregate::join`] needs them.
    pub times: bool,
    /// `area`, `covered_seconds` and `increase`, and with them the ends and their times.
    pub lines: bool,
}

impl Numbers {
    /// All of them.
    pub const ALL: Self = Self {
        sums: true,
        squares: true,
        extremes: true,
        ends: true,
        times: true,
        lines: true,
    };
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
    let pieces = plan::plan(of.edges, of.range.from, of.range.to, of.flags == FlagSet::SERVED);
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return Ok(HashMap::new());
    };
    let width = |piece: &plan::Piece| piece.level.map_or(0, crate::rollup::Level::seconds);
    let Numbers {
        sums,
        squares,
        extremes,
        ends,
        times,
        lines,
    } = of.numbers;
    let (start, stop) = (first.start, last.stop);
    let values: [Value; 15] = [
        sensors.into(),
        pieces.iter().map(width).collect::<Vec<i32>>().into(),
        sql::times(pieces.iter().map(|piece| piece.start)),
        sql::times(pieces.iter().map(|piece| piece.stop)),
        start.into(),
        stop.into(),
        of.flags.numbers().into(),
        (sums || squares).into(),
        squares.into(),
        extremes.into(),
        (ends || lines).into(),
        lines.into(),
        start.checked_sub_signed(GAP_MAX).unwrap_or(start).into(),
        stop.checked_add_signed(GAP_MAX).unwrap_or(stop).into(),
        (times || lines).into(),
    ];
    let sql = include_str!("aggregates/select_parts.sql");
    let rows = sql::query(db, sql, values, Found::read).await?;
    let strip = Strip {
        edges: of.edges,
        start,
        stop,
        crossed: of.crossed,
    };
    let mut buckets: HashMap<i32, Vec<(usize, Aggregate)>> = HashMap::with_capacity(rows.len());
    for Found {
        sensor_id,
        parts,
        before,
        behind,
    } in rows
    {
        let mut found = parts.into_buckets(of.edges);
        if lines {
            strip.join(&mut found, before, behind);
        }
        if !found.is_empty() {
            buckets.insert(sensor_id, found);
        }
    }
    Ok(buckets)
}

/// What the statement says of one sensor.
struct Found {
    sensor_id: i32,
    parts: Parts,
    /// The last reading before all of it, and the first one behind it.
    before: Option<Point>,
    behind: Option<Point>,
}

impl Found {
    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let point = |at| -> Result<Option<Point>, DbErr> {
            let (time, value): (Option<DateTime<Utc>>, Option<f64>) = (row.get(at)?, row.get(at + 1)?);
            Ok(time.zip(value).map(|(at, value)| Point { at, value }))
        };
        Ok(Self {
            sensor_id: row.get(0)?,
            parts: Parts::read(row)?,
            before: point(15)?,
            behind: point(17)?,
        })
    }
}

/// The parts of one sensor in columns: decoding them is several times as fast as a row a part. They are of equal length,
/// or empty where they are not wanted.
struct Parts {
    starts: Vec<DateTime<Utc>>,
    counts: Vec<i64>,
    sums: Vec<f64>,
    m2s: Vec<f64>,
    mins: Vec<f64>,
    maxs: Vec<f64>,
    firsts: Vec<f64>,
    lasts: Vec<f64>,
    firsts_at: Vec<DateTime<Utc>>,
    lasts_at: Vec<DateTime<Utc>>,
    areas: Vec<Option<f64>>,
    increases: Vec<Option<f64>>,
    counts_suspect: Vec<i64>,
    counts_fail: Vec<i64>,
}

impl Parts {
    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let nullable =
            |at| -> Result<Vec<Option<f64>>, DbErr> { Ok(row.get::<Option<_>>(at)?.unwrap_or_default()) };
        let parts = Self {
            starts: packed::times(row, 1)?,
            counts: packed::numbers(row, 2)?,
            sums: packed::floats(row, 3)?,
            m2s: packed::floats(row, 4)?,
            mins: packed::floats(row, 5)?,
            maxs: packed::floats(row, 6)?,
            firsts: packed::floats(row, 7)?,
            lasts: packed::floats(row, 8)?,
            firsts_at: packed::times(row, 9)?,
            lasts_at: packed::times(row, 10)?,
            areas: nullable(11)?,
            increases: nullable(12)?,
            counts_suspect: packed::numbers(row, 13)?,
            counts_fail: packed::numbers(row, 14)?,
        };
        let counts = [
            parts.counts.len(),
            parts.counts_suspect.len(),
            parts.counts_fail.len(),
        ];
        let others = [
            parts.sums.len(),
            parts.m2s.len(),
            parts.mins.len(),
            parts.maxs.len(),
            parts.firsts.len(),
            parts.lasts.len(),
            parts.firsts_at.len(),
            parts.lasts_at.len(),
            parts.areas.len(),
            parts.increases.len(),
        ];
        let wanted = others.into_iter().filter(|length| *length > 0);
        packed::check_lengths(parts.starts.len(), counts.into_iter().chain(wanted))?;
        Ok(parts)
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
        let number = |column: &[f64]| column.get(part).copied().unwrap_or(0.0);
        let time = |column: &[DateTime<Utc>]| column.get(part).copied().unwrap_or(self.starts[part]);
        let (first_at, last_at) = (time(&self.firsts_at), time(&self.lasts_at));
        let count = self.counts[part].cast_unsigned();
        let mut aggregate = Aggregate {
            count,
            count_suspect: self.counts_suspect[part].cast_unsigned(),
            count_fail: self.counts_fail[part].cast_unsigned(),
            sum: number(&self.sums),
            m2: number(&self.m2s),
            min: number(&self.mins),
            max: number(&self.maxs),
            first: number(&self.firsts),
            last: number(&self.lasts),
            first_at,
            last_at,
            area: self.areas.get(part).copied().flatten().unwrap_or(0.0),
            // No part is longer than GAP_MAX: its neighbours are joined from the first to the last.
            covered_seconds: (last_at - first_at).as_seconds_f64(),
            increase: self.increases.get(part).copied().flatten(),
        };
        if count > 0 && self.areas.get(part) == Some(&None) {
            // Rolled up before rollups knew of time, and its readings are gone.
            aggregate.area = f64::NAN;
            aggregate.increase = Some(f64::NAN);
        }
        aggregate
    }
}
