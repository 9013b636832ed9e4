//! Aggregates of readings in buckets.

mod group;
mod json;
mod question;
mod selected;

use std::sync::Arc;

use async_graphql::{ComplexObject, Object, SimpleObject};
use entity::query::aggregates::Fraction;
use entity::query::sensors::Sensor as SensorRow;

use super::Sensor;
use super::sensor::Label;
use crate::buckets::{Bucket, Grid, SensorBuckets, View};
use crate::graphql::error::ApiError;
use crate::graphql::scalar::DateTime;

pub(crate) use self::group::{GroupKey, Grouping};
pub(crate) use self::json::Buckets;
pub(crate) use self::question::Arguments;
pub(crate) use self::selected::Selected;

/// The aggregates of one sensor, or of sensors that have something in common.
#[derive(Debug)]
pub(crate) struct AggregateSeries {
    sensor: Option<Arc<SensorRow>>,
    group: Vec<Label>,
    buckets: Arc<SensorBuckets>,
    view: Arc<View>,
}

impl AggregateSeries {
    pub(crate) fn of_sensor(sensor: Arc<SensorRow>, buckets: Arc<SensorBuckets>, view: View) -> Self {
        Self {
            sensor: Some(sensor),
            group: Vec::new(),
            buckets,
            view: Arc::new(view),
        }
    }

    pub(crate) fn of_group(group: Vec<Label>, buckets: SensorBuckets, view: View) -> Self {
        Self {
            sensor: None,
            group,
            buckets: Arc::new(buckets),
            view: Arc::new(view),
        }
    }
}

/// The buckets of one sensor or of one group of sensors, in order of time.
#[Object]
impl AggregateSeries {
    /// The sensor; null when sensors are grouped.
    async fn sensor(&self) -> Option<Sensor> {
        self.sensor.clone().map(Sensor)
    }

    /// What the sensors of the series have in common when they are grouped, in the order of `groupBy`: the key is `type`,
    /// `unit`, `source`, `place` or that of the label, the value what it says, or `(none)` for sensors of which it says
    /// nothing. Empty for the series of one sensor.
    async fn group(&self) -> &[Label] {
        &self.group
    }

    /// The unit of the values: its UCUM code, or the unit as declared when its meaning is not known.
    async fn unit(&self) -> Option<&str> {
        self.view.shown.unit.as_deref()
    }

    /// The unit of `integral`: a UCUM code such as `kW.h` for values in kW, `m3` for m³/h or `Cel.h` for °C; null when no
    /// unit is declared, where integrals are values times hours.
    async fn integral_unit(&self) -> Option<&str> {
        self.view.shown.integral_unit()
    }

    /// The buckets, in order of time.
    async fn buckets(&self) -> Buckets {
        Buckets::new(Arc::clone(&self.buckets), Arc::clone(&self.view))
    }
}

/// What the readings of one bucket of time amount to. Only readings within the range asked for count; readings flagged
/// `FAIL` count where `includeFailed` or `flags` says so. Values are in the unit asked for, otherwise in the sensor's own.
///
/// Three fields go by time, `timeWeightedAvg`, `integral` and `increase`: between two neighbouring readings that count the
/// value lies on the straight line between them, unless they are more than 35 days apart. Neighbours are looked for outside
/// of the bucket and of the range, too, so that what is asked for in days adds up to what is asked for in months.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
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
    /// How many readings of the bucket are flagged `SUSPECT`; they count, unless `flags` leaves them out.
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
    /// The mean over time: the area under the straight lines between readings by the time that they cover, so that a
    /// value counts as long as it lasted. Null in a bucket without readings unless `fill` is `LINEAR`, where nothing is
    /// covered (a single reading without neighbours), and where a value is too large to be added up.
    time_weighted_avg: Option<f64>,
    /// The integral over time, in `integralUnit`: the area under the straight lines between readings, of the part of the
    /// bucket and of the range that they cover; kW give kWh. Null as `timeWeightedAvg`.
    integral: Option<f64>,
    /// How much a counter rose: the sum of the rises between neighbouring readings, each in the bucket of the later one.
    /// A value below the one before it is a counter that began again, and rose to that value from 0. Null without such a
    /// pair; never filled.
    increase: Option<f64>,
    #[graphql(skip)]
    percentiles: Vec<(Fraction, f64)>,
}

/// The fields that ask for something.
#[ComplexObject]
impl Aggregate {
    /// The value that a fraction of the readings does not exceed, as SQL's `percentile_cont`: exact, and interpolated
    /// between the two readings around the fraction. Null without readings; never filled. That takes every reading into
    /// account one by one, for up to 1,000 days of all sensors together. Ask for several by aliases, such as
    /// `p50: percentile(p: 0.5) p99: percentile(p: 0.99)`.
    fn percentile(
        &self,
        #[graphql(desc = "The fraction, from 0 (the lowest value) to 1 (the highest); 0.5 is the median.")] p: f64,
    ) -> Result<Option<f64>, ApiError> {
        Ok(self.percentile_at(selected::fraction(p)?))
    }
}

impl Aggregate {
    /// The percentile of this fraction, which the question asked for.
    fn percentile_at(&self, fraction: Fraction) -> Option<f64> {
        let found = self.percentiles.iter().find(|(known, _)| *known == fraction);
        found.map(|(_, value)| *value)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn new(of: &SensorBuckets, view: &View, bucket: &Bucket) -> Self {
        let grid: &Grid = &of.grid;
        let levels = bucket.levels;
        let fractions: &[Fraction] = if bucket.has_values {
            &of.percentiles.fractions
        } else {
            &[]
        };
        let percentile = |fraction: &Fraction| {
            let value = of.percentiles.at(bucket.number, *fraction)?;
            Some((*fraction, view.shown.conversion.value(value)))
        };
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
            time_weighted_avg: bucket.time_weighted_avg,
            integral: bucket.integral,
            increase: bucket.increase,
            percentiles: fractions.iter().filter_map(percentile).collect(),
        }
    }
}
