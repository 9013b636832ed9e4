//! A row of an entity set, whole or in the part that is known.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::QualityFlag;
use entity::query::readings::Reading;
use entity::query::sensors::Sensor;

use crate::buckets::Levels;

/// What is known of a row. A filter that is asked about a row of which only the sensor, or only the flag, is known says
/// whether any row with it can match.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row<'a> {
    pub(crate) sensor: Option<&'a Sensor>,
    pub(crate) reading: Option<&'a Reading>,
    pub(crate) flag: Option<QualityFlag>,
    pub(crate) bucket: Option<&'a BucketRow>,
}

/// A whole row.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) sensor: Arc<Sensor>,
    pub(crate) of_sensor: OfSensor,
}

/// What a row says besides its sensor.
#[derive(Debug, Clone)]
pub(crate) enum OfSensor {
    Nothing,
    Reading(Reading),
    Bucket(Box<BucketRow>),
}

/// A bucket of a sensor.
#[derive(Debug, Clone)]
pub(crate) struct BucketRow {
    /// Its size and its zone, as the question wrote them.
    pub(crate) cut: Arc<Cut>,
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) complete: bool,
    pub(crate) count: u64,
    pub(crate) count_suspect: u64,
    pub(crate) count_fail: u64,
    pub(crate) completeness: Option<f64>,
    pub(crate) sum: Option<f64>,
    pub(crate) stddev: Option<f64>,
    pub(crate) levels: Option<Levels>,
}

/// How time is cut, as rows show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) bucket: String,
    pub(crate) time_zone: String,
}

impl Found {
    pub(crate) fn row(&self) -> Row<'_> {
        let row = Row {
            sensor: Some(&self.sensor),
            ..Row::default()
        };
        match &self.of_sensor {
            OfSensor::Nothing => row,
            OfSensor::Reading(reading) => Row {
                reading: Some(reading),
                flag: Some(reading.flag),
                ..row
            },
            OfSensor::Bucket(bucket) => Row {
                bucket: Some(bucket),
                ..row
            },
        }
    }
}
