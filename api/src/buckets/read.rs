//! The buckets of many sensors, cut once and read together.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use entity::query::aggregates::{AggregatesOf, aggregates};
use entity::query::readings::{self, TimeRange};
use entity::{Bucketing, DatabaseConnection, Scope};

use super::{Grid, SensorBuckets};
use crate::ask::buckets;
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::options::Limits;

/// How far back the last value before a range is looked for.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);

/// What is asked of each sensor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BucketsOf {
    pub(crate) bucketing: Bucketing,
    pub(crate) range: TimeRange,
    pub(crate) include_failed: bool,
    /// Whether the last value before the range is needed.
    pub(crate) with_before: bool,
}

impl BucketsOf {
    /// The buckets of each sensor, each of which is there; what they take is taken of the answer's budgets first.
    pub(crate) async fn read(
        &self,
        db: &DatabaseConnection,
        scope: &Scope,
        sensors: &[i32],
        asked: &Asked,
        limits: &Limits,
    ) -> Result<Vec<(i32, SensorBuckets)>, ApiError> {
        let TimeRange { from, to } = self.range;
        let max = usize::try_from(limits.answer_buckets_max).unwrap_or(usize::MAX);
        let edges = self.bucketing.edges(from, to, max).map_err(buckets::refused)?;
        let grid = Arc::new(Grid::new(edges, self.range, asked.at, self.bucketing.zone));
        let count = sensors.len() as u64;
        asked.take_buckets(count.saturating_mul(grid.buckets() as u64), limits)?;
        if self.include_failed || !self.bucketing.size.is_whole_minutes() {
            let seconds = (to - from)
                .num_seconds()
                .max(0)
                .cast_unsigned()
                .saturating_mul(count);
            asked.take_reading_days(seconds.div_ceil(86_400), limits)?;
        }
        let of = AggregatesOf {
            sensors,
            edges: grid.edges(),
            range: self.range,
            include_failed: self.include_failed,
        };
        let mut found = aggregates(db, scope, &of).await?;
        // Only sensors that begin with a bucket without readings need what was before.
        let begins_empty = |sensor: &i32| {
            found
                .get(sensor)
                .and_then(|buckets| buckets.first())
                .is_none_or(|(number, aggregate)| *number > 0 || aggregate.count == 0)
        };
        let before = if self.with_before {
            let sensors: Vec<i32> = sensors.iter().copied().filter(begins_empty).collect();
            let range = TimeRange {
                from: from.checked_sub_signed(LOOK_BACK).unwrap_or(from),
                to: from,
            };
            readings::last_value(db, scope, &sensors, range, self.include_failed).await?
        } else {
            HashMap::new()
        };
        let buckets = sensors.iter().map(|&sensor| {
            let buckets = SensorBuckets {
                grid: Arc::clone(&grid),
                found: found.remove(&sensor).unwrap_or_default(),
                before: before.get(&sensor).copied(),
            };
            (sensor, buckets)
        });
        Ok(buckets.collect())
    }
}
