//! The buckets of many sensors, cut once and read together.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use entity::query::aggregates::{
    AggregatesOf, Fraction, Member, Numbers, PercentilesOf, aggregates, percentiles,
};
use entity::query::readings::{self, TimeRange};
use entity::{Bucketing, DatabaseConnection, FlagSet, QualityFlag, Scope};

use super::fill::Outside;
use super::{Grid, Percentiles, SensorBuckets};
use crate::ask::buckets;
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::options::Limits;

/// How far back the last value before a range is looked for.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);

/// What is asked of each sensor.
#[derive(Debug, Clone)]
pub(crate) struct BucketsOf {
    pub(crate) bucketing: Bucketing,
    pub(crate) range: TimeRange,
    pub(crate) include_failed: bool,
    /// Of which sensors the last value before the range is needed.
    pub(crate) before: Before,
    pub(crate) details: Details,
}

/// Of which sensors the last value before a range is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Before {
    /// Of none.
    Unneeded,
    /// Of those whose first bucket has no readings.
    WhereEmpty,
    /// Of all: a first bucket may be withheld, with readings in it.
    Always,
}

/// What is asked besides what most questions have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Details {
    /// The flags of the readings that count, besides those that `include_failed` adds.
    pub(crate) flags: FlagSet,
    /// What is wanted of each bucket besides its counts.
    pub(crate) numbers: Numbers,
    /// Whether buckets without readings that a line crosses are wanted, too.
    pub(crate) crossed: bool,
    /// Percentiles that are wanted.
    pub(crate) fractions: Arc<[Fraction]>,
}

impl Default for Details {
    /// What rollups answer by themselves.
    fn default() -> Self {
        Self {
            flags: FlagSet::SERVED,
            numbers: Numbers {
                times: false,
                lines: false,
                ..Numbers::ALL
            },
            crossed: false,
            fractions: Arc::default(),
        }
    }
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
        let flags = self.flags();
        if self.is_one_by_one() {
            asked.take_reading_days(self.days_of(sensors.len()), limits)?;
        }
        let of = AggregatesOf {
            sensors,
            edges: grid.edges(),
            range: self.range,
            flags,
            numbers: self.details.numbers,
            crossed: self.details.crossed,
        };
        let mut found = aggregates(db, scope, &of).await?;
        let begins_empty = |sensor: &i32| {
            found
                .get(sensor)
                .and_then(|buckets| buckets.first())
                .is_none_or(|(number, aggregate)| *number > 0 || aggregate.count == 0)
        };
        let needy: Vec<i32> = match self.before {
            Before::Unneeded => Vec::new(),
            Before::WhereEmpty => sensors.iter().copied().filter(begins_empty).collect(),
            Before::Always => sensors.to_vec(),
        };
        let range = TimeRange {
            from: from.checked_sub_signed(LOOK_BACK).unwrap_or(from),
            to: from,
        };
        let before = readings::last_value(db, scope, &needy, range, flags).await?;
        let members: Vec<Member> = sensors.iter().map(|&sensor| Member::alone(sensor)).collect();
        let mut percentiles = self
            .percentiles(db, scope, &members, &grid, asked, limits)
            .await?;
        let buckets = sensors.iter().map(|&sensor| {
            let before = before.get(&sensor);
            let buckets = SensorBuckets {
                grid: Arc::clone(&grid),
                found: found.remove(&sensor).unwrap_or_default(),
                before: before.map(|(_, value)| *value),
                before_at: before.map(|(at, _)| *at),
                outside: Outside::default(),
                paced: None,
                percentiles: percentiles.remove(&sensor).unwrap_or_default(),
            };
            (sensor, buckets)
        });
        Ok(buckets.collect())
    }

    /// The percentiles of each group of sensors; what they take is taken of the answer's budget first.
    pub(crate) async fn percentiles(
        &self,
        db: &DatabaseConnection,
        scope: &Scope,
        members: &[Member],
        grid: &Grid,
        asked: &Asked,
        limits: &Limits,
    ) -> Result<HashMap<i32, Percentiles>, ApiError> {
        let fractions = &self.details.fractions;
        if fractions.is_empty() {
            return Ok(HashMap::new());
        }
        asked.take_reading_days(self.days_of(members.len()), limits)?;
        let of = PercentilesOf {
            members,
            edges: grid.edges(),
            range: self.range,
            flags: self.flags(),
            fractions,
        };
        let mut groups: HashMap<i32, Percentiles> = HashMap::new();
        for ((group, bucket), values) in percentiles(db, scope, &of).await? {
            let group = groups.entry(group).or_insert_with(|| Percentiles {
                fractions: Arc::clone(fractions),
                values: HashMap::new(),
            });
            group.values.insert(bucket, values);
        }
        Ok(groups)
    }

    /// Whether every reading is taken into account by itself, because rollups don't hold the answer.
    pub(crate) fn is_one_by_one(&self) -> bool {
        self.flags() != FlagSet::SERVED || !self.bucketing.size.is_whole_minutes()
    }

    /// The flags of the readings that count.
    fn flags(&self) -> FlagSet {
        let flags = self.details.flags;
        if self.include_failed {
            flags.with(QualityFlag::Fail)
        } else {
            flags
        }
    }

    /// The days of readings of so many sensors.
    fn days_of(&self, sensors: usize) -> u64 {
        let TimeRange { from, to } = self.range;
        let seconds = (to - from).num_seconds().max(0).cast_unsigned();
        seconds.saturating_mul(sensors as u64).div_ceil(86_400)
    }
}
