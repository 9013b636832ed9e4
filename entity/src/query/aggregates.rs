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
use crate::sql::{self, Row};
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

/// The parts of one sensor in columns, of equal length: decoding them is several times as fast as a row a part. What is
/// not wanted is not there.
struct Parts {
    starts: Vec<DateTime<Utc>>,
    counts: Vec<i64>,
    sums: Column<f64>,
    m2s: Column<f64>,
    mins: Column<f64>,
    maxs: Column<f64>,
    firsts: Column<f64>,
    lasts: Column<f64>,
    firsts_at: Column<DateTime<Utc>>,
    lasts_at: Column<DateTime<Utc>>,
    areas: Column<f64>,
    increases: Column<f64>,
    counts_suspect: Vec<i64>,
    counts_fail: Vec<i64>,
}

/// A column that may not be wanted.
struct Column<T>(Option<Vec<Option<T>>>);

impl<T: Copy> Column<T> {
    fn at(&self, part: usize) -> Option<T> {
        self.0.as_ref().and_then(|column| column[part])
    }
}

impl Parts {
    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            starts: row.get::<Option<_>>(1)?.unwrap_or_default(),
            counts: row.get::<Option<_>>(2)?.unwrap_or_default(),
            sums: Column(row.get(3)?),
            m2s: Column(row.get(4)?),
            mins: Column(row.get(5)?),
            maxs: Column(row.get(6)?),
            firsts: Column(row.get(7)?),
            lasts: Column(row.get(8)?),
            firsts_at: Column(row.get(9)?),
            lasts_at: Column(row.get(10)?),
            areas: Column(row.get(11)?),
            increases: Column(row.get(12)?),
            counts_suspect: row.get::<Option<_>>(13)?.unwrap_or_default(),
            counts_fail: row.get::<Option<_>>(14)?.unwrap_or_default(),
        })
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
        let number = |column: &Column<f64>| column.at(part).unwrap_or(0.0);
        let time = |column: &Column<_>| column.at(part).unwrap_or(self.starts[part]);
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
            area: number(&self.areas),
            // No part is longer than GAP_MAX: its neighbours are joined from the first to the last.
            covered_seconds: (last_at - first_at).as_seconds_f64(),
            increase: self.increases.at(part),
        };
        if count > 0 && self.areas.0.is_some() && self.areas.at(part).is_none() {
            // Rolled up before rollups knew of time, and its readings are gone.
            aggregate.area = f64::NAN;
            aggregate.increase = Some(f64::NAN);
        }
        aggregate
    }
}
