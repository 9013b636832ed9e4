//! Buckets as rows: a page after the other, by sensor and then by time, as `bucketRowsConnection` has them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{Scope, Zone};

use super::rows::{Kind, Rows, Shape, Values};
use super::sensors::SensorTable;
use crate::access::Access;
use crate::buckets::{Bucket, BucketKey, BucketPage, BucketsIn, FoundBucket, Levels};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::state::ApiState;

/// Buckets of a page.
const PAGE: u64 = 10_000;

pub(super) const COLUMNS: [&str; 14] = [
    "start",
    "end",
    "time_zone",
    "count",
    "count_suspect",
    "count_fail",
    "avg",
    "min",
    "max",
    "sum",
    "first",
    "last",
    "stddev",
    "complete",
];

/// The buckets of an export.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) shape: Arc<Shape>,
    pub(super) state: ApiState,
    pub(super) access: Access,
    pub(super) scope: Scope,
    pub(super) of: BucketsIn,
    /// When the export began.
    pub(super) at: DateTime<Utc>,
    pub(super) next: Next,
}

/// Which page comes.
#[derive(Debug)]
pub(super) enum Next {
    First,
    After(BucketKey),
    None,
}

impl Buckets {
    /// What their rows look like.
    pub(super) fn shape(sensors: SensorTable, zone: Zone) -> Shape {
        let kind = |name| match name {
            "start" | "end" => Kind::Time,
            "time_zone" => Kind::Word(vec![zone.name()]),
            "count" | "count_suspect" | "count_fail" => Kind::Count,
            "complete" => Kind::Truth,
            _ => Kind::FloatOrNull,
        };
        Shape {
            columns: COLUMNS.into_iter().map(|name| (name, kind(name))).collect(),
            sensors,
        }
    }

    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>, ApiError> {
        loop {
            let after = match std::mem::replace(&mut self.next, Next::None) {
                Next::First => None,
                Next::After(key) => Some(key),
                Next::None => return Ok(None),
            };
            // An answer's budgets are those of a page here: what is in memory at once.
            let asked = Asked::new(self.at, self.access.clone());
            let limits = &self.state.options().limits;
            let page = self
                .of
                .page(self.state.db(), &self.scope, &asked, limits, PAGE, after)
                .await?;
            if let Some(end) = page.end.clone().filter(|_| page.has_next) {
                self.next = Next::After(end);
            }
            if !page.rows.is_empty() {
                return Ok(Some(rows(&page, &self.shape.sensors)));
            }
        }
    }
}

fn rows(page: &BucketPage, sensors: &SensorTable) -> Rows {
    // As with readings: a sensor that registered after the export began is none of it.
    let found: Vec<_> = page
        .rows
        .iter()
        .filter_map(|found| Some((found, sensors.place(found.sensor.id)?)))
        .collect();
    let times = |time: fn(&FoundBucket) -> DateTime<Utc>| {
        Values::Times(
            found
                .iter()
                .map(|(found, _)| time(found).timestamp_micros())
                .collect(),
        )
    };
    let counts = |count: fn(&Bucket) -> u64| {
        let counts = found.iter().map(|(found, _)| count(&found.bucket).cast_signed());
        Values::Counts(counts.collect())
    };
    let floats = |float: fn(&Bucket) -> Option<f64>| {
        Values::FloatsOrNulls(found.iter().map(|(found, _)| float(&found.bucket)).collect())
    };
    let level = |bucket: &Bucket, level: fn(&Levels) -> f64| bucket.levels.as_ref().map(level);
    let levels = |of: fn(&Levels) -> f64| {
        Values::FloatsOrNulls(found.iter().map(|(found, _)| level(&found.bucket, of)).collect())
    };
    Rows {
        // In the order of COLUMNS.
        columns: vec![
            times(|found| found.grid.start(found.bucket.number)),
            times(|found| found.grid.end(found.bucket.number)),
            Values::Words(vec![0; found.len()]),
            counts(|bucket| bucket.count),
            counts(|bucket| bucket.count_suspect),
            counts(|bucket| bucket.count_fail),
            levels(|levels| levels.avg),
            levels(|levels| levels.min),
            levels(|levels| levels.max),
            floats(|bucket| bucket.sum),
            levels(|levels| levels.first),
            levels(|levels| levels.last),
            floats(|bucket| bucket.stddev),
            Values::Truths(found.iter().map(|(found, _)| found.bucket.complete).collect()),
        ],
        sensors: found.iter().map(|(_, place)| *place).collect(),
    }
}
