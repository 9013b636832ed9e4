//! How good sensors' readings are, measured for many windows together.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use catalogue::quality::{
    BadRules, Evaluated, Expectation, IntervalBasis, MeasureBounds, MeasureError, Rules, Setting, ToMeasure,
    Window, measure,
};
use chrono::{DateTime, Utc};
use entity::intervals;
use entity::measurements::{self, KeptFlag};
use entity::query::readings::TimeRange;
use entity::query::sensors::{self, Sensor};

use super::{Batches, Between, OfSensor};
use crate::graphql::error::ApiError;

/// So many of the readings that tests doubt or refuse are listed in a report at most.
pub(crate) const FLAGGED_MAX: i32 = 1_000;

/// The quality of a sensor's readings in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Quality {
    range: Between,
}

impl From<TimeRange> for Quality {
    fn from(range: TimeRange) -> Self {
        Self { range: range.into() }
    }
}

/// What was found of a sensor in a window, and by which rules.
#[derive(Debug)]
pub(crate) struct SensorQuality {
    pub(crate) rules: Arc<Rules>,
    pub(crate) expectation: Option<Expectation>,
    pub(crate) found: Evaluated,
    /// When it was computed, and which revision it is; `None`: now, for this answer.
    pub(crate) kept: Option<(DateTime<Utc>, i32)>,
}

/// The readings of a kept window that tests doubt or refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeptFlags {
    pub(crate) range: Between,
    /// So many at most.
    pub(crate) first: u32,
}

/// What a sensor is measured by.
struct Measure {
    sensor: Sensor,
    rules: Arc<Rules>,
    expectation: Option<Expectation>,
}

impl Loader<OfSensor<Quality>> for Batches {
    type Value = Arc<SensorQuality>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<Quality>],
    ) -> Result<HashMap<OfSensor<Quality>, Self::Value>, ApiError> {
        let ids = keys
            .iter()
            .map(|key| key.sensor_id)
            .filter(|id| self.scope.sees(*id));
        let measures = self.measures(ids.collect()).await?;
        let mut windows: Vec<(OfSensor<Quality>, Window, &Measure)> = keys
            .iter()
            .filter_map(|key| {
                let Between { from, to } = key.what.range;
                Some((*key, Window::new(from, to)?, measures.get(&key.sensor_id)?))
            })
            .collect();
        // Readings of neighbouring sensors lie beside each other.
        windows.sort_unstable_by_key(|(key, window, _)| (key.sensor_id, window.from()));
        let expected = windows
            .iter()
            .map(|(_, window, measure)| measure.readings_in(*window));
        self.asked.take_measured(expected.sum(), &self.limits)?;
        let to_measure: Vec<ToMeasure<'_>> = windows
            .iter()
            .map(|(key, window, measure)| ToMeasure {
                sensor_id: key.sensor_id,
                setting: Setting {
                    window: *window,
                    now: self.asked.at,
                    rules: &measure.rules,
                    expectation: measure.expectation,
                    since: measure.sensor.active_since,
                    intake: None,
                },
            })
            .collect();
        let bounds = MeasureBounds {
            flagged_max: usize::try_from(FLAGGED_MAX).unwrap_or_default(),
            readings_max: self.limits.quality_readings_max,
        };
        let found = measure(&self.db, &to_measure, bounds).await?;
        let quality = windows.iter().zip(found).map(|((key, _, measure), found)| {
            let quality = SensorQuality {
                rules: Arc::clone(&measure.rules),
                expectation: measure.expectation,
                found,
                kept: None,
            };
            (*key, Arc::new(quality))
        });
        Ok(quality.collect())
    }
}

impl Loader<OfSensor<KeptFlags>> for Batches {
    type Value = Arc<Vec<KeptFlag>>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<KeptFlags>],
    ) -> Result<HashMap<OfSensor<KeptFlags>, Self::Value>, ApiError> {
        let keys: Vec<_> = keys.iter().filter(|key| self.scope.sees(key.sensor_id)).collect();
        let windows: Vec<_> = keys
            .iter()
            .map(|key| (key.sensor_id, key.what.range.from, key.what.range.to))
            .collect();
        let max = keys.iter().map(|key| key.what.first).max().unwrap_or(0);
        let flags = measurements::flags(&self.db, &windows, max).await?;
        Ok(keys
            .into_iter()
            .copied()
            .zip(flags.into_iter().map(Arc::new))
            .collect())
    }
}

impl Batches {
    /// What each of these sensors is measured by.
    async fn measures(&self, mut ids: Vec<i32>) -> Result<HashMap<i32, Measure>, ApiError> {
        ids.sort_unstable();
        ids.dedup();
        let sensors = sensors::by_ids(&self.db, &self.sensor_scope, &ids).await?;
        let learnt = intervals::learnt(&self.db, &ids).await?;
        let learnt: HashMap<i32, f64> = learnt
            .into_iter()
            .filter_map(|learnt| Some((learnt.sensor_id, learnt.interval_seconds?)))
            .collect();
        let in_force = Arc::clone(&self.state.catalogue().snapshot().await?.rules);
        let mut measures = HashMap::with_capacity(sensors.len());
        for sensor in sensors {
            let rules =
                in_force.of_sensor(sensor.kind.as_deref(), &sensor.source, &sensor.name, sensor.uuid)?;
            let declared = sensor.expected_interval_seconds.and_then(Expectation::declared);
            let by_readings = || Expectation::new(*learnt.get(&sensor.id)?, IntervalBasis::Learnt);
            let measure = Measure {
                rules: Arc::new(rules),
                expectation: declared.or_else(by_readings),
                sensor,
            };
            measures.insert(measure.sensor.id, measure);
        }
        Ok(measures)
    }
}

impl Measure {
    /// How many readings a window should have; none where nobody knows.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of readings; the cast saturates"
    )]
    fn readings_in(&self, window: Window) -> u64 {
        let seconds = (window.to() - window.from()).as_seconds_f64();
        self.expectation
            .map_or(0, |expectation| (seconds / expectation.seconds()) as u64)
    }
}

impl From<MeasureError> for ApiError {
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::Read(error) => error.into(),
            MeasureError::TooMany { readings_max } => Self::LimitExceeded {
                argument: None,
                limit: readings_max,
                asked: None,
                advice: crate::ask::quality::ADVICE.to_owned(),
            },
            error @ (MeasureError::Order(_) | MeasureError::Intake(_)) => Self::Internal(Arc::new(error)),
        }
    }
}

/// Rules of a type and of one of its sensors may contradict each other, which shows when the sensor is there.
impl From<BadRules> for ApiError {
    fn from(error: BadRules) -> Self {
        Self::Internal(Arc::new(error))
    }
}
