//! Aggregates of readings in buckets.

mod json;

use std::sync::Arc;

use async_graphql::{Object, SimpleObject};
use entity::query::sensors::Sensor as SensorRow;

use super::sensor::Label;
use super::{Sensor, series};
use crate::buckets::{Bucket, Fill, Grid, SensorBuckets};
use crate::graphql::scalar::DateTime;

pub(crate) use self::json::Buckets;

/// The aggregates of one sensor.
#[derive(Debug)]
pub(crate) struct AggregateSeries {
    sensor: Arc<SensorRow>,
    buckets: Arc<SensorBuckets>,
    fill: Fill,
}

impl AggregateSeries {
    pub(crate) fn new(sensor: Arc<SensorRow>, buckets: Arc<SensorBuckets>, fill: Fill) -> Self {
        Self {
            sensor,
            buckets,
            fill,
        }
    }

    pub(crate) fn into_buckets(self) -> Buckets {
        Buckets::new(self.buckets, self.fill, self.sensor.expected_interval_seconds)
    }
}

/// The buckets of one sensor, in order of time.
#[Object]
impl AggregateSeries {
    /// The sensor.
    async fn sensor(&self) -> Option<Sensor> {
        Some(Sensor(Arc::clone(&self.sensor)))
    }

    /// What the series has in common when sensors are grouped; empty for the series of one sensor.
    async fn group(&self) -> Vec<Label> {
        Vec::new()
    }

    /// The unit of the values: its UCUM code, or the unit as declared when its meaning is not known.
    async fn unit(&self) -> Option<&str> {
        series::unit(&self.sensor)
    }

    /// The buckets, in order of time.
    async fn buckets(&self) -> Buckets {
        let interval = self.sensor.expected_interval_seconds;
        Buckets::new(Arc::clone(&self.buckets), self.fill, interval)
    }
}

/// What the readings of one bucket of time amount to. Only readings within the range asked for count; readings flagged
/// `FAIL` count where `includeFailed` says so. Values are in the sensor's declared unit.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct Aggregate {
    /// The first instant of the whole bucket, which may lie before `from`.
    start: DateTime,
    /// The first instant after the whole bucket, which may lie behind `to`.
    end: DateTime,
    /// The IANA name of the zone whose clock and calendar the bucket follows.
    time_zone: &'static str,
    /// Whether no more readings are to be expected: the bucket is over, and the range asked for holds all of it. False
    /// for the running bucket, and for one that `from` or `to` cuts. Readings that arrive late still change it.
    complete: bool,
    /// How many readings it has; the values below are about them.
    count: f64,
    /// How many of them are flagged `SUSPECT`.
    count_suspect: f64,
    /// How many readings of the bucket are flagged `FAIL`, whether they count or not.
    count_fail: f64,
    /// `count` by the number of readings that were to be expected, from 0 to 1: the time of the bucket that is over
    /// and within the range asked for, by the sensor's `expectedIntervalSeconds`. Null when that is not known, or when
    /// not even one reading was to be expected.
    completeness: Option<f64>,
    /// The arithmetic mean of the values, each reading counting alike; null without readings, as all below, unless
    /// `fill` says otherwise. Null, as `sum` and `stddev`, where a value is too large to be added up: 1e130 in size or more.
    avg: Option<f64>,
    /// The lowest value.
    min: Option<f64>,
    /// The highest value.
    max: Option<f64>,
    /// The sum of the values; never filled.
    sum: Option<f64>,
    /// The value of the earliest reading.
    first: Option<f64>,
    /// The value of the latest reading.
    last: Option<f64>,
    /// The standard deviation of the values as a sample (n - 1), as SQL's `stddev`; null with fewer than two readings;
    /// never filled.
    stddev: Option<f64>,
}

impl Aggregate {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn new(grid: &Grid, bucket: &Bucket) -> Self {
        let levels = bucket.levels;
        Self {
            start: DateTime(grid.start(bucket.number)),
            end: DateTime(grid.end(bucket.number)),
            time_zone: grid.zone().name(),
            complete: bucket.complete,
            count: bucket.count as f64,
            count_suspect: bucket.count_suspect as f64,
            count_fail: bucket.count_fail as f64,
            completeness: bucket.completeness,
            avg: levels.map(|levels| levels.avg),
            min: levels.map(|levels| levels.min),
            max: levels.map(|levels| levels.max),
            sum: bucket.sum,
            first: levels.map(|levels| levels.first),
            last: levels.map(|levels| levels.last),
            stddev: bucket.stddev,
        }
    }
}
