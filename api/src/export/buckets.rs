//! Buckets as rows: a block after the other, by sensor and then by time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::Scope;
use entity::query::aggregates::Numbers;
use entity::query::sensors::Sensor;

use super::columns::Columns;
use super::rows::{Kind, Rows, Shape, Values};
use super::sensors::SensorTable;
use crate::access::Access;
use crate::buckets::{Bucket, BucketsIn, FoundBucket, GROWTH, Levels, Reader, Walk};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::state::ApiState;

/// Buckets of a block, while most of them have readings.
const BLOCK: u64 = 10_000;

pub(super) const COLUMNS: [&str; 18] = [
    "start",
    "end",
    "time_zone",
    "count",
    "count_suspect",
    "count_fail",
    "avg",
    "min",
    "max",
    "sum",
    "first",
    "last",
    "stddev",
    "complete",
    "completeness",
    "time_weighted_avg",
    "integral",
    "increase",
];

/// So many of them are in a file that is not told which.
pub(super) const DEFAULT: usize = 14;

/// What these columns need to be read.
pub(super) fn numbers(columns: &[&str]) -> Numbers {
    let has = |names: &[&str]| columns.iter().any(|column| names.contains(column));
    Numbers {
        sums: has(&["avg", "sum"]),
        squares: has(&["stddev"]),
        extremes: has(&["min", "max"]),
        ends: has(&["first", "last"]),
        times: false,
        lines: has(&["time_weighted_avg", "integral", "increase"]),
    }
}

/// The buckets of an export.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) shape: Arc<Shape>,
    /// The columns of buckets, in their order.
    pub(super) own: Vec<&'static str>,
    pub(super) state: ApiState,
    pub(super) access: Access,
    pub(super) scope: Scope,
    pub(super) of: BucketsIn,
    /// When the export began.
    pub(super) at: DateTime<Utc>,
    /// Where the next block begins; `None` after the last.
    pub(super) next: Option<Walk>,
    /// How much larger the next block is, because the last ones had few rows.
    pub(super) growth: u64,
}

impl Buckets {
    /// What their rows look like.
    pub(super) fn shape(columns: &Columns, sensors: SensorTable, of: &BucketsIn) -> Shape {
        columns.shape(sensors, |name| match name {
            "start" | "end" => Kind::Time,
            "time_zone" => Kind::Word(vec![of.question.of.bucketing.zone.name()]),
            "count" | "count_suspect" | "count_fail" => Kind::Count,
            "complete" => Kind::Truth,
            _ => Kind::FloatOrNull,
        })
    }

    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>, ApiError> {
        while let Some(walk) = self.next.take() {
            // An answer's budgets are those of a block here: what is in memory at once.
            let asked = Asked::new(self.at, self.access.clone());
            let limits = &self.state.options().limits;
            let reader = Reader {
                db: self.state.db(),
                scope: &self.scope,
                asked: &asked,
                limits,
            };
            let (sensors, question) = (&self.shape.sensors, &self.of.question);
            // As with readings: a sensor that registered after the export began is none of it.
            let view = |sensor: &Sensor| {
                let shown = sensors.shown(sensors.place(sensor.id)?);
                Some(question.view(shown.clone(), sensor.expected_interval_seconds))
            };
            let size = BLOCK.saturating_mul(self.growth).min(self.of.buckets_max(limits));
            let block = self.of.block(&reader, walk, size, &view).await?;
            self.growth = if block.is_sparse() {
                self.growth.saturating_mul(GROWTH)
            } else {
                1
            };
            self.next = block.next;
            if !block.rows.is_empty() {
                return Ok(Some(self.rows(&block.rows)));
            }
        }
        Ok(None)
    }

    fn rows(&self, found: &[FoundBucket]) -> Rows {
        let sensors = &self.shape.sensors;
        Rows {
            columns: self.own.iter().map(|name| values(name, found)).collect(),
            sensors: found
                .iter()
                .filter_map(|found| sensors.place(found.sensor.id))
                .collect(),
        }
    }
}

/// What a column says of these buckets.
fn values(column: &str, found: &[FoundBucket]) -> Values {
    let times = |time: fn(&FoundBucket) -> DateTime<Utc>| {
        Values::Times(found.iter().map(|found| time(found).timestamp_micros()).collect())
    };
    let counts = |count: fn(&Bucket) -> u64| {
        let counts = found.iter().map(|found| count(&found.bucket).cast_signed());
        Values::Counts(counts.collect())
    };
    let floats = |float: fn(&Bucket) -> Option<f64>| {
        Values::FloatsOrNulls(found.iter().map(|found| float(&found.bucket)).collect())
    };
    let levels = |level: fn(&Levels) -> f64| {
        let levels = found.iter().map(|found| found.bucket.levels.as_ref().map(level));
        Values::FloatsOrNulls(levels.collect())
    };
    match column {
        "start" => times(FoundBucket::start),
        "end" => times(FoundBucket::end),
        "time_zone" => Values::Words(vec![0; found.len()]),
        "count" => counts(|bucket| bucket.count),
        "count_suspect" => counts(|bucket| bucket.count_suspect),
        "count_fail" => counts(|bucket| bucket.count_fail),
        "avg" => levels(|levels| levels.avg),
        "min" => levels(|levels| levels.min),
        "max" => levels(|levels| levels.max),
        "sum" => floats(|bucket| bucket.sum),
        "first" => levels(|levels| levels.first),
        "last" => levels(|levels| levels.last),
        "stddev" => floats(|bucket| bucket.stddev),
        "complete" => Values::Truths(found.iter().map(|found| found.bucket.complete).collect()),
        "completeness" => floats(|bucket| bucket.completeness),
        "time_weighted_avg" => floats(|bucket| bucket.time_weighted_avg),
        "integral" => floats(|bucket| bucket.integral),
        // COLUMNS has no other.
        _ => floats(|bucket| bucket.increase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_costly_is_read_where_it_is_asked_for() {
        assert_eq!(numbers(&["start", "count", "completeness"]), Numbers::default());
        let usual = numbers(&COLUMNS[..DEFAULT]);
        assert!(usual.sums && usual.squares && usual.extremes && usual.ends && !usual.lines);
        for name in &COLUMNS[DEFAULT + 1..] {
            assert!(numbers(&[name]).lines, "{name}");
        }
    }
}
