//! Readings in buckets, for many sensors in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::Bucketing;

use super::{Batches, Between, OfSensor, by_what};
use crate::buckets::{Before, BucketsOf, Details, SensorBuckets};
use crate::graphql::error::ApiError;

/// A sensor's readings in buckets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ReadingsBuckets {
    pub(crate) bucketing: Bucketing,
    pub(crate) range: Between,
    pub(crate) include_failed: bool,
    /// Of which sensors the last value before the range is needed.
    pub(crate) before: Before,
    pub(crate) details: Details,
}

impl From<ReadingsBuckets> for BucketsOf {
    fn from(what: ReadingsBuckets) -> Self {
        Self {
            bucketing: what.bucketing,
            range: what.range.into(),
            include_failed: what.include_failed,
            before: what.before,
            details: what.details,
        }
    }
}

impl From<BucketsOf> for ReadingsBuckets {
    fn from(of: BucketsOf) -> Self {
        Self {
            bucketing: of.bucketing,
            range: of.range.into(),
            include_failed: of.include_failed,
            before: of.before,
            details: of.details,
        }
    }
}

impl Loader<OfSensor<ReadingsBuckets>> for Batches {
    type Value = Arc<SensorBuckets>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[OfSensor<ReadingsBuckets>],
    ) -> Result<HashMap<OfSensor<ReadingsBuckets>, Self::Value>, ApiError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (what, sensors) in by_what(keys) {
            let buckets = BucketsOf::from(what.clone())
                .read(&self.db, &self.scope, &sensors, &self.asked, &self.limits)
                .await?;
            found.extend(buckets.into_iter().map(|(sensor_id, buckets)| {
                let what = what.clone();
                (OfSensor { sensor_id, what }, Arc::new(buckets))
            }));
        }
        Ok(found)
    }
}
