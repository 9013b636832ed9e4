//! Readings of one sensor in columns.

use std::sync::Arc;

use async_graphql::Object;
use entity::query::sensors::Sensor as SensorRow;
use entity::unit::Conversion;
use serde::{Serialize, Serializer};

use super::{QualityFlag, Sensor};
use crate::ask::time;
use crate::ask::units::Shown;
use crate::graphql::batch::SeriesColumns;
use crate::graphql::error::ApiError;
use crate::graphql::scalar::{Column, DateTime, Json};
use crate::options::Limits;

/// The readings of one sensor in columns.
#[derive(Debug)]
pub(crate) struct Series {
    sensor: Arc<SensorRow>,
    columns: Arc<SeriesColumns>,
    shown: Shown,
}

impl Series {
    pub(crate) fn new(sensor: Arc<SensorRow>, columns: Arc<SeriesColumns>, shown: Shown) -> Self {
        Self {
            sensor,
            columns,
            shown,
        }
    }
}

/// The readings of one sensor in columns of equal length, oldest first: the first value belongs to the first time and
/// the first flag, and so on.
#[Object]
impl Series {
    /// The sensor.
    async fn sensor(&self) -> Sensor {
        Sensor(Arc::clone(&self.sensor))
    }

    /// The unit of the values: its UCUM code, or the unit as declared when its meaning is not known.
    async fn unit(&self) -> Option<&str> {
        self.shown.unit.as_deref()
    }

    /// When each reading was measured.
    async fn times(&self) -> Column<DateTime, Times> {
        Column::new(Times(Arc::clone(&self.columns)))
    }

    /// The values.
    async fn values(&self) -> Column<Option<f64>, Values> {
        Column::new(Values(Arc::clone(&self.columns), self.shown.conversion))
    }

    /// The verdict on each reading.
    async fn flags(&self) -> Column<QualityFlag, Flags> {
        Column::new(Flags(Arc::clone(&self.columns)))
    }

    /// Whether readings were left out because of `maxPoints`.
    async fn downsampled(&self) -> bool {
        self.columns.downsampled
    }
}

pub(crate) struct Times(Arc<SeriesColumns>);

impl Json for Times {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let times = &self.0.columns.times;
        out.reserve(times.len() * 30 + 2);
        out.push(b'[');
        for (at, time) in times.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
            time::write(out, *time);
            out.push(b'"');
        }
        out.push(b']');
        Ok(())
    }
}

pub(crate) struct Values(Arc<SeriesColumns>, Conversion);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.0.columns.values.iter().map(|value| self.1.value(*value)))
    }
}

pub(crate) struct Flags(Arc<SeriesColumns>);

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.0.columns.flags.iter().map(|flag| QualityFlag::from(*flag)))
    }
}

/// The points of a series that `argument` asks for.
pub(crate) fn points(
    argument: &'static str,
    asked: Option<i32>,
    limits: &Limits,
) -> Result<Option<u32>, ApiError> {
    let max = limits.points_max;
    match asked.map(|asked| (asked, u32::try_from(asked))) {
        None => Ok(None),
        Some((_, Ok(points))) if points > max => Err(ApiError::LimitExceeded {
            argument: Some(argument),
            limit: max.into(),
            asked: Some(points.into()),
            advice: "no drawing needs more; leave it out to get every reading".to_owned(),
        }),
        Some((_, Ok(points))) if points >= 2 => Ok(Some(points)),
        Some((asked, _)) => Err(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: format!("{asked} points show no highest and lowest value"),
            accepted: format!("an integer from 2 to {max}"),
        }),
    }
}

/// Refuses a question for more series than one answer holds.
pub(crate) fn check_sensors(count: usize, limits: &Limits) -> Result<(), ApiError> {
    if count as u64 <= u64::from(limits.series_sensors_max) {
        return Ok(());
    }
    Err(ApiError::LimitExceeded {
        argument: Some("sensors"),
        limit: limits.series_sensors_max.into(),
        asked: Some(count as u64),
        advice: "ask for fewer sensors at a time".to_owned(),
    })
}
