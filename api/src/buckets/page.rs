//! Pages of buckets, by sensor and then by time, with as much work for a page as a page is long.
//!
//! ```text
//!             from ──────────────────── to
//! sensor a    ░░░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒     ░ a page of few rows: a part of one sensor's range
//! sensor b    ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓     ▓ one of many: several sensors in one statement
//! sensor c    ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
//! ```
//!
//! Buckets are looked at in blocks, as many as rows are missing; where most of a block has no readings, the next one is
//! larger. A page that has looked at its share ends, full or not, and says where to go on: sensors by the thousand that
//! said nothing do not make a page slow, and no range is too long.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::readings::TimeRange;
use entity::query::sensors::{self, Sensor, SensorFilter, SensorKey, SensorOrder};
use entity::{Bucketing, DatabaseConnection, Scope};

use super::{Before, Bucket, BucketsOf, Details, Fill, Grid};
use crate::ask::{buckets, cursor};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::options::Limits;

/// The part of an answer's budgets that one page may use up, so that a few pages have room in one answer.
pub(crate) const PAGE_SHARE: u64 = 4;

/// How much larger a block is after one with few readings.
const GROWTH: u64 = 4;

const SECONDS_OF_DAY: u64 = 86_400;

/// A list of buckets that hold readings: of which sensors, and when. Readings flagged fail do not count.
#[derive(Debug, Clone)]
pub(crate) struct BucketsIn {
    pub(crate) sensors: SensorFilter,
    pub(crate) bucketing: Bucketing,
    pub(crate) range: TimeRange,
}

/// The place of a bucket in a list: unique, and stable while data arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketKey {
    /// The key by name of its sensor.
    pub(crate) sensor: SensorKey,
    pub(crate) start: DateTime<Utc>,
}

/// A bucket of a sensor.
#[derive(Debug, Clone)]
pub(crate) struct FoundBucket {
    pub(crate) sensor: Arc<Sensor>,
    pub(crate) grid: Arc<Grid>,
    pub(crate) bucket: Bucket,
}

impl FoundBucket {
    pub(crate) fn key(&self) -> BucketKey {
        key(&self.sensor, self.start())
    }

    pub(crate) fn start(&self) -> DateTime<Utc> {
        self.grid.start(self.bucket.number)
    }

    pub(crate) fn end(&self) -> DateTime<Utc> {
        self.grid.end(self.bucket.number)
    }
}

/// A page of buckets.
#[derive(Debug)]
pub(crate) struct BucketPage {
    pub(crate) rows: Vec<FoundBucket>,
    pub(crate) has_next: bool,
    /// Where to go on: the last place that was looked at, which has a row or not.
    pub(crate) end: Option<BucketKey>,
}

impl BucketsIn {
    /// The first `limit` buckets after a place; fewer, with a next page, when so many others had no readings.
    pub(crate) async fn page(
        &self,
        db: &DatabaseConnection,
        scope: &Scope,
        asked: &Asked,
        limits: &Limits,
        limit: u64,
        after: Option<BucketKey>,
    ) -> Result<BucketPage, ApiError> {
        let mut walk = self.walk(after)?;
        let mut left = self.buckets_max(limits);
        let mut growth = 1;
        let mut rows = Vec::new();
        let mut end = None;
        loop {
            let wanted = limit.saturating_add(1).saturating_sub(rows.len() as u64);
            if wanted == 0 || left == 0 {
                break;
            }
            let size = wanted.saturating_mul(growth).min(left);
            let request = PageRequest {
                limit: self.sensors_of_block(size, &walk, limits),
                at: PageAt::First(walk.after.clone()),
            };
            let page = sensors::page(db, scope, &self.sensors, SensorOrder::NameAsc, &request).await?;
            let (Some(first), Some(last)) = (page.rows.first(), page.rows.last()) else {
                return Ok(all(rows));
            };
            let from = walk.begin_of(first.id).unwrap_or(self.range.from);
            let slice = self.slice(from, size)?;
            let is_cut = slice.to < self.range.to;
            let next = if is_cut {
                Walk::within(last.key(SensorOrder::NameAsc), slice.to)
            } else {
                Walk::behind(last.key(SensorOrder::NameAsc))
            };
            let block = self.read(db, scope, asked, limits, page.rows, slice).await?;
            left = left.saturating_sub(block.looked_at);
            if (block.rows.len() as u64).saturating_mul(2) < block.looked_at {
                growth = growth.saturating_mul(GROWTH);
            }
            end = block.end;
            rows.extend(block.rows);
            if !is_cut && !page.has_next && rows.len() as u64 <= limit {
                return Ok(all(rows));
            }
            walk = next;
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if rows.len() > limit {
            rows.truncate(limit);
            end = rows.last().map(FoundBucket::key);
        }
        Ok(BucketPage {
            rows,
            has_next: true,
            end,
        })
    }

    /// How many buckets a page may look at.
    pub(crate) fn buckets_max(&self, limits: &Limits) -> u64 {
        let buckets = limits.answer_buckets_max / PAGE_SHARE;
        let size = self.bucketing.size;
        if size.is_whole_minutes() {
            return buckets.max(1);
        }
        // Readings are taken one by one, which has a budget of its own.
        let seconds = u64::from(limits.reading_days_max) / PAGE_SHARE * SECONDS_OF_DAY;
        buckets.min(seconds / size.usual_seconds()).max(1)
    }

    /// Where the walk goes on after a place.
    fn walk(&self, after: Option<BucketKey>) -> Result<Walk, ApiError> {
        let Some(BucketKey { sensor, start }) = after else {
            return Ok(Walk::start());
        };
        // The bucket of the cursor, if it is one.
        let edges = start
            .checked_add_signed(TimeDelta::seconds(1))
            .and_then(|behind| self.bucketing.edges(start, behind, 2).ok())
            .unwrap_or_default();
        match edges[..] {
            [begin, end, ..] if begin == start && end < self.range.to => {
                Ok(Walk::within(sensor, end.max(self.range.from)))
            }
            [begin, ..] if begin == start => Ok(Walk::behind(sensor)),
            _ => Err(cursor::refused("after", "a list of the same buckets")),
        }
    }

    /// The sensors whose whole ranges a block of about `size` buckets holds; one when it holds only a part of it.
    fn sensors_of_block(&self, size: u64, walk: &Walk, limits: &Limits) -> u64 {
        if walk.within.is_some() {
            return 1;
        }
        let TimeRange { from, to } = self.range;
        let span = to - from;
        let seconds = span.num_seconds() + i64::from(span.subsec_nanos() > 0);
        let of_one = seconds
            .cast_unsigned()
            .div_ceil(self.bucketing.size.usual_seconds());
        (size / of_one).clamp(1, u64::from(limits.sensors_max).max(1))
    }

    /// The part of the range from `from` on that about `size` buckets span; it ends with a bucket, or with the range.
    fn slice(&self, from: DateTime<Utc>, size: u64) -> Result<TimeRange, ApiError> {
        let to = self.range.to;
        let edges = self.bucketing.first(from, to, size).map_err(buckets::refused)?;
        let end = edges.last().copied().unwrap_or(to);
        Ok(TimeRange {
            from,
            to: end.min(to),
        })
    }

    async fn read(
        &self,
        db: &DatabaseConnection,
        scope: &Scope,
        asked: &Asked,
        limits: &Limits,
        sensors: Vec<Sensor>,
        range: TimeRange,
    ) -> Result<Block, ApiError> {
        let of = BucketsOf {
            bucketing: self.bucketing,
            range,
            include_failed: false,
            before: Before::Unneeded,
            details: Details::default(),
        };
        let ids: Vec<i32> = sensors.iter().map(|sensor| sensor.id).collect();
        let found = of.read(db, scope, &ids, asked, limits).await?;
        let mut block = Block::default();
        for (sensor, (_, found)) in sensors.into_iter().zip(found) {
            let sensor = Arc::new(sensor);
            let buckets = found.grid.buckets();
            block.looked_at += buckets as u64;
            block.end = buckets
                .checked_sub(1)
                .map(|last| key(&sensor, found.grid.start(last)));
            found.each(Fill::None, None, |bucket| {
                block.rows.push(FoundBucket {
                    sensor: Arc::clone(&sensor),
                    grid: Arc::clone(&found.grid),
                    bucket,
                });
            });
        }
        Ok(block)
    }
}

/// The last page.
fn all(rows: Vec<FoundBucket>) -> BucketPage {
    BucketPage {
        end: rows.last().map(FoundBucket::key),
        rows,
        has_next: false,
    }
}

fn key(sensor: &Sensor, start: DateTime<Utc>) -> BucketKey {
    BucketKey {
        sensor: sensor.key(SensorOrder::NameAsc),
        start,
    }
}

/// What was read at once.
#[derive(Debug, Default)]
struct Block {
    rows: Vec<FoundBucket>,
    looked_at: u64,
    /// Its last bucket, with readings or without.
    end: Option<BucketKey>,
}

/// Where a page has come to.
#[derive(Debug)]
struct Walk {
    /// Sensors follow after this key.
    after: Option<SensorKey>,
    /// The sensor that is not read to its end, and from where.
    within: Option<(i32, DateTime<Utc>)>,
}

impl Walk {
    fn start() -> Self {
        Self {
            after: None,
            within: None,
        }
    }

    fn behind(sensor: SensorKey) -> Self {
        Self {
            after: Some(sensor),
            within: None,
        }
    }

    /// The sensor itself comes first, if it is still one of the list: a name of a source is there once, and keys of
    /// one name differ by their id.
    fn within(sensor: SensorKey, from: DateTime<Utc>) -> Self {
        Self {
            within: Some((sensor.id, from)),
            after: Some(SensorKey {
                id: sensor.id.saturating_sub(1),
                ..sensor
            }),
        }
    }

    fn begin_of(&self, sensor: i32) -> Option<DateTime<Utc>> {
        self.within.filter(|(id, _)| *id == sensor).map(|(_, from)| from)
    }
}
