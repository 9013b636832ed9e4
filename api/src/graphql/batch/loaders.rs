//! What is asked in batches: each kind of key, and its statement for many of them.

mod beside;
mod buckets;
mod incidents;
mod quality;
mod raw;
mod versions;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use chrono::{DateTime, Utc};
use entity::query::page::PageAt;
use entity::query::readings::{
    self, Columns, Count, Direction, Reading, ReadingFilter, ReadingKey, ReadingsOf, Receipt, TimeRange,
};
use entity::query::sensors::{self, Sensor};
use entity::query::{Page, PageRequest};
use entity::{DatabaseConnection, Scope};

use super::{Immediately, Queue};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::options::Limits;
use crate::state::ApiState;

pub(crate) use self::beside::{DoubtsKey, OthersKey, PayloadKey, RangeKey};
pub(crate) use self::buckets::ReadingsBuckets;
pub(crate) use self::incidents::IncidentsKey;
pub(crate) use self::quality::{FLAGGED_MAX, KeptFlags, Quality, SensorQuality};
pub(crate) use self::raw::Raw;
pub(crate) use self::versions::{SpanOfReadings, VersionsPage};

/// The loaders of one request: what was read once is not read again.
pub(crate) type Loaders = DataLoader<Batches, HashMapCache>;

/// Builds the loaders of one request.
pub(crate) fn loaders(queue: &Queue, state: &ApiState, asked: Arc<Asked>) -> Loaders {
    let limits = &state.options().limits;
    // A batch is never split: no answer holds more sensors than it has values.
    let batch_max = usize::try_from(limits.cost_max)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let batches = Batches {
        db: state.db().clone(),
        archive: state.parts().archive.clone(),
        scope: asked.access.scope(),
        sensor_scope: asked.access.sensor_scope(),
        asked,
        limits: limits.clone(),
        state: state.clone(),
    };
    DataLoader::with_cache(batches, queue.clone(), Immediately, HashMapCache::default())
        .max_batch_size(batch_max)
}

/// Where the statements go.
pub(crate) struct Batches {
    db: DatabaseConnection,
    archive: Option<archive::Store>,
    /// For readings.
    scope: Scope,
    /// For sensors' metadata.
    sensor_scope: Scope,
    asked: Arc<Asked>,
    limits: Limits,
    /// For the rules of quality in force.
    state: ApiState,
}

/// A sensor, by internal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SensorKey(pub(crate) i32);

/// The latest reading of a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LatestKey(pub(crate) i32);

/// Something of one sensor; what is alike in `T` is read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfSensor<T> {
    pub(crate) sensor_id: i32,
    pub(crate) what: T,
}

/// By the sensor alone: an answer asks the same of ten thousand sensors, and seldom twice of one.
impl<T> Hash for OfSensor<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sensor_id.hash(state);
    }
}

/// A page of a sensor's readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReadingsPage {
    pub(crate) range: Between,
    pub(crate) newest_first: bool,
    pub(crate) limit: u64,
    pub(crate) after: Option<ReadingKey>,
    /// Whether anything is asked of how readings came.
    pub(crate) with_receipts: bool,
}

/// How many readings a sensor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReadingsCount {
    pub(crate) range: Between,
}

/// A sensor's readings in columns: all, or as many as a drawing needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReadingsColumns {
    pub(crate) range: Between,
    pub(crate) points_max: Option<u32>,
}

/// A [`TimeRange`] that can be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Between {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl From<TimeRange> for Between {
    fn from(TimeRange { from, to }: TimeRange) -> Self {
        Self { from, to }
    }
}

impl From<Between> for TimeRange {
    fn from(Between { from, to }: Between) -> Self {
        Self { from, to }
    }
}

/// The readings of one sensor in columns, and whether some were left out.
#[derive(Debug, Default)]
pub(crate) struct SeriesColumns {
    pub(crate) columns: Columns,
    pub(crate) downsampled: bool,
}

impl Loader<SensorKey> for Batches {
    type Value = Arc<Sensor>;
    type Error = ApiError;

    async fn load(&self, keys: &[SensorKey]) -> Result<HashMap<SensorKey, Self::Value>, ApiError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let sensors = sensors::by_ids(&self.db, &self.sensor_scope, &ids).await?;
        Ok(sensors
            .into_iter()
            .map(|sensor| (SensorKey(sensor.id), Arc::new(sensor)))
            .collect())
    }
}

impl Loader<LatestKey> for Batches {
    type Value = Reading;
    type Error = ApiError;

    async fn load(&self, keys: &[LatestKey]) -> Result<HashMap<LatestKey, Reading>, ApiError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let latest = readings::latest(&self.db, &self.scope, &ids, None).await?;
        Ok(latest
            .into_iter()
            .map(|reading| (LatestKey(reading.sensor_id), reading))
            .collect())
    }
}

impl Loader<OfSensor<ReadingsPage>> for Batches {
    type Value = Arc<Page<Reading<Option<Receipt>>>>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<ReadingsPage>],
    ) -> Result<HashMap<OfSensor<ReadingsPage>, Self::Value>, ApiError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (what, sensors) in by_what(keys) {
            let request = PageRequest {
                limit: what.limit,
                at: PageAt::First(what.after),
            };
            let direction = if what.newest_first {
                Direction::Desc
            } else {
                Direction::Asc
            };
            let range = what.range.into();
            let pages = readings::page_of_each(
                &self.db,
                &self.scope,
                &sensors,
                range,
                direction,
                &request,
                what.with_receipts,
            )
            .await?;
            found.extend(
                pages
                    .into_iter()
                    .map(|(sensor_id, page)| (OfSensor { sensor_id, what }, Arc::new(page))),
            );
        }
        Ok(found)
    }
}

impl Loader<OfSensor<ReadingsCount>> for Batches {
    type Value = Count;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<ReadingsCount>],
    ) -> Result<HashMap<OfSensor<ReadingsCount>, Count>, ApiError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (what, sensors) in by_what(keys) {
            let range = what.range.into();
            let counts = readings::count_of_each(
                &self.db,
                &self.scope,
                &sensors,
                range,
                self.limits.count_exact_max,
            )
            .await?;
            found.extend(
                counts
                    .into_iter()
                    .map(|(sensor_id, count)| (OfSensor { sensor_id, what }, count)),
            );
        }
        Ok(found)
    }
}

impl Loader<OfSensor<ReadingsColumns>> for Batches {
    type Value = Arc<SeriesColumns>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<ReadingsColumns>],
    ) -> Result<HashMap<OfSensor<ReadingsColumns>, Self::Value>, ApiError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (what, sensors) in by_what(keys) {
            let columns = match what.points_max {
                Some(points_max) => self.reduced(&sensors, what.range.into(), points_max).await?,
                None => self.whole(&sensors, what.range.into()).await?,
            };
            found.extend(
                columns
                    .into_iter()
                    .map(|(sensor_id, columns)| (OfSensor { sensor_id, what }, Arc::new(columns))),
            );
        }
        Ok(found)
    }
}

impl Batches {
    /// The columns as they are, when the answer has room for them.
    async fn whole(
        &self,
        sensors: &[i32],
        range: TimeRange,
    ) -> Result<HashMap<i32, SeriesColumns>, ApiError> {
        // Of one sensor, one reading too many says as much as a count, and costs no statement of its own.
        if let [_] = sensors {
            let left = self.asked.points_left(&self.limits);
            let columns =
                readings::columns(&self.db, &self.scope, sensors, range, left.saturating_add(1)).await?;
            let points = columns.values().map(|columns| columns.times.len() as u64).sum();
            if points <= left {
                self.asked.take_points(points, &self.limits)?;
                return Ok(whole(columns));
            }
        }
        let max = self.limits.answer_points_max;
        let filter = ReadingFilter::default();
        let of = ReadingsOf {
            sensors: Some(sensors),
            range,
            filter: &filter,
            direction: Direction::Asc,
        };
        let Count { value, .. } = readings::count(&self.db, &self.scope, &of, max).await?;
        self.asked.take_points(value, &self.limits)?;
        let columns = readings::columns(&self.db, &self.scope, sensors, range, max).await?;
        Ok(whole(columns))
    }

    /// The columns reduced to what a drawing needs.
    async fn reduced(
        &self,
        sensors: &[i32],
        range: TimeRange,
        points_max: u32,
    ) -> Result<HashMap<i32, SeriesColumns>, ApiError> {
        let points = u64::from(points_max).saturating_mul(sensors.len() as u64);
        self.asked.take_points(points, &self.limits)?;
        let columns = readings::columns_min_max(&self.db, &self.scope, sensors, range, points_max).await?;
        Ok(columns
            .into_iter()
            .map(|(sensor_id, (columns, downsampled))| (sensor_id, SeriesColumns { columns, downsampled }))
            .collect())
    }
}

/// Columns without a reading left out.
fn whole(columns: HashMap<i32, Columns>) -> HashMap<i32, SeriesColumns> {
    let series = |columns| SeriesColumns {
        columns,
        downsampled: false,
    };
    columns
        .into_iter()
        .map(|(sensor_id, columns)| (sensor_id, series(columns)))
        .collect()
}

/// The sensors of keys that ask for the same.
fn by_what<T: Clone + Eq + Hash>(keys: &[OfSensor<T>]) -> HashMap<T, Vec<i32>> {
    let mut groups: HashMap<T, Vec<i32>> = HashMap::new();
    for alike in keys.chunk_by(|one, next| one.what == next.what) {
        let sensors = alike.iter().map(|key| key.sensor_id);
        groups.entry(alike[0].what.clone()).or_default().extend(sensors);
    }
    groups
}
