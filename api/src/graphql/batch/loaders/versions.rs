//! Histories of sensors and the readings of each version, for many of them at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use entity::query::page::PageAt;
use entity::query::readings::{self, Direction, Reading, Span};
use entity::query::sensors::{self, SensorVersion, VersionsIn};
use entity::query::{Page, PageRequest};

use super::{Batches, Between, OfSensor, by_what};
use crate::graphql::error::ApiError;

/// A page of the versions of a sensor, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VersionsPage {
    pub(crate) range: VersionsIn,
    pub(crate) limit: u64,
    /// The beginning of the last version seen.
    pub(crate) after: Option<DateTime<Utc>>,
}

impl Loader<OfSensor<VersionsPage>> for Batches {
    type Value = Page<SensorVersion>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<VersionsPage>],
    ) -> Result<HashMap<OfSensor<VersionsPage>, Self::Value>, ApiError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (what, sensors) in by_what(keys) {
            let request = PageRequest {
                limit: what.limit,
                at: PageAt::First(what.after),
            };
            let scope = &self.sensor_scope;
            let pages = sensors::versions_of_each(&self.db, scope, &sensors, what.range, &request).await?;
            let pages = pages.into_iter();
            found.extend(pages.map(|(sensor_id, page)| (OfSensor { sensor_id, what }, page)));
        }
        Ok(found)
    }
}

/// The first readings of a sensor in a span of time that is a version's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SpanOfReadings {
    pub(crate) range: Between,
    pub(crate) newest_first: bool,
    pub(crate) limit: u64,
}

impl Loader<OfSensor<SpanOfReadings>> for Batches {
    type Value = Vec<Reading>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<SpanOfReadings>],
    ) -> Result<HashMap<OfSensor<SpanOfReadings>, Self::Value>, ApiError> {
        // Each span is another; together go those that are read alike.
        let mut alike: HashMap<(bool, u64), Vec<&OfSensor<SpanOfReadings>>> = HashMap::new();
        for key in keys {
            let how = (key.what.newest_first, key.what.limit);
            alike.entry(how).or_default().push(key);
        }
        let mut found = HashMap::with_capacity(keys.len());
        for ((newest_first, limit), keys) in alike {
            let direction = if newest_first {
                Direction::Desc
            } else {
                Direction::Asc
            };
            let span = |key: &&OfSensor<SpanOfReadings>| Span {
                sensor_id: key.sensor_id,
                range: key.what.range.into(),
            };
            let spans: Vec<Span> = keys.iter().map(span).collect();
            let of_each = readings::of_spans(&self.db, &self.scope, &spans, direction, limit).await?;
            let of_each = of_each.into_iter();
            found.extend(of_each.filter_map(|(place, rows)| Some((**keys.get(place)?, rows))));
        }
        Ok(found)
    }
}
