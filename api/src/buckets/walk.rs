//! Buckets of many sensors block by block, by sensor and then by time.
//!
//! ```text
//!             from ──────────────────── to
//! sensor a    ░░░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒     ░ a block of few buckets: a part of one sensor's range
//! sensor b    ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓     ▓ one of many: several sensors in one statement
//! sensor c    ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
//! ```
//!
//! No range is too long: what a sensor's parts need of each other to be filled is carried from one to the next
//! (`walk/carry.rs`).

mod carry;
mod size;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::sensors::{self, Sensor, SensorFilter, SensorKey, SensorOrder};
use entity::{DatabaseConnection, Scope};

use self::carry::Carry;
use super::{Before, Bucket, BucketsOf, Fill, Grid, Question, SensorBuckets, View};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::options::Limits;

/// The part of an answer's budgets that one page may use up, so that a few pages have room in one answer.
pub(crate) const PAGE_SHARE: u64 = 4;

/// How much larger a block is after one with few readings.
pub(crate) const GROWTH: u64 = 4;

/// A list of buckets: of which sensors, and what is asked of them.
#[derive(Debug, Clone)]
pub(crate) struct BucketsIn {
    pub(crate) sensors: SensorFilter,
    pub(crate) question: Question,
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

/// Who reads, and up to which limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) db: &'a DatabaseConnection,
    pub(crate) scope: &'a Scope,
    pub(crate) asked: &'a Asked,
    pub(crate) limits: &'a Limits,
}

/// What was read at once.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) rows: Vec<FoundBucket>,
    /// How many buckets were looked at, those without readings counted.
    pub(crate) looked_at: u64,
    /// Its last bucket, with readings or without.
    pub(crate) end: Option<BucketKey>,
    /// Where the next one begins; `None` after the last.
    pub(crate) next: Option<Walk>,
}

/// Where a list is read from.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Sensors follow after this key.
    after: Option<SensorKey>,
    /// The sensor that is not read to its end.
    within: Option<Within>,
}

/// A sensor of whose range a part is read.
#[derive(Debug)]
struct Within {
    sensor: i32,
    from: DateTime<Utc>,
    carry: Carry,
}

impl BucketsIn {
    /// About `size` buckets from `walk` on, each sensor's shown as `view` says; sensors of which it says nothing are
    /// passed over.
    pub(crate) async fn block(
        &self,
        reader: &Reader<'_>,
        walk: Walk,
        size: u64,
        view: &(dyn Fn(&Sensor) -> Option<View> + Sync),
    ) -> Result<Block, ApiError> {
        let Reader {
            db, scope, limits, ..
        } = *reader;
        let request = PageRequest {
            limit: self.sensors_of_block(size, &walk, limits),
            at: PageAt::First(walk.after.clone()),
        };
        let page = sensors::page(db, scope, &self.sensors, SensorOrder::NameAsc, &request).await?;
        let (Some(first), Some(last)) = (page.rows.first(), page.rows.last()) else {
            return Ok(Block::default());
        };
        let begun = walk.within.filter(|within| within.sensor == first.id);
        let range = self.question.of.range;
        let from = begun.as_ref().map_or(range.from, |within| within.from);
        let slice = self.slice(from, size)?;
        let key = last.key(SensorOrder::NameAsc);
        let shown: Vec<(Sensor, View)> = page
            .rows
            .into_iter()
            .filter_map(|sensor| view(&sensor).map(|view| (sensor, view)))
            .collect();
        let mut block = Block::default();
        if slice == range {
            for (sensor, view, found) in self.read(reader, shown, self.question.of.clone()).await? {
                block.add(sensor, &view, &found);
            }
            block.next = page.has_next.then(|| Walk::behind(key));
            return Ok(block);
        }
        let is_cut = slice.to < range.to;
        let mut carry = begun.map(|within| within.carry).unwrap_or_default();
        let of = BucketsOf {
            range: slice,
            // What was before the range is known after its first part.
            before: if slice.from == range.from {
                self.question.of.before
            } else {
                Before::Unneeded
            },
            ..self.question.of.clone()
        };
        for (sensor, view, mut found) in self.read(reader, shown, of).await? {
            carry.pass(&found);
            if is_cut && carry.needs_ahead(&view, &found) {
                let ahead = self.ahead(reader, sensor.id, &view, slice.to, size).await?;
                carry.know_ahead(ahead);
            }
            carry.hand_over(&view, &mut found);
            block.add(sensor, &view, &found);
        }
        block.next = if is_cut {
            Some(Walk::within(key, slice.to, carry))
        } else {
            page.has_next.then(|| Walk::behind(key))
        };
        Ok(block)
    }

    async fn read(
        &self,
        reader: &Reader<'_>,
        sensors: Vec<(Sensor, View)>,
        of: BucketsOf,
    ) -> Result<impl Iterator<Item = (Sensor, View, SensorBuckets)>, ApiError> {
        let ids: Vec<i32> = sensors.iter().map(|(sensor, _)| sensor.id).collect();
        let found = of
            .read(reader.db, reader.scope, &ids, reader.asked, reader.limits)
            .await?;
        let sensors = sensors.into_iter().zip(found);
        Ok(sensors.map(|((sensor, view), (_, found))| (sensor, view, found)))
    }
}

fn key(sensor: &Sensor, start: DateTime<Utc>) -> BucketKey {
    BucketKey {
        sensor: sensor.key(SensorOrder::NameAsc),
        start,
    }
}

impl Block {
    fn add(&mut self, sensor: Sensor, view: &View, found: &SensorBuckets) {
        let sensor = Arc::new(sensor);
        let buckets = found.grid.buckets();
        self.looked_at += buckets as u64;
        self.end = buckets
            .checked_sub(1)
            .map(|last| key(&sensor, found.grid.start(last)));
        found.each_in(view, |bucket| {
            self.rows.push(FoundBucket {
                sensor: Arc::clone(&sensor),
                grid: Arc::clone(&found.grid),
                bucket,
            });
        });
    }

    /// Whether most of it has no rows, so that the next one may be larger.
    pub(crate) fn is_sparse(&self) -> bool {
        (self.rows.len() as u64).saturating_mul(2) < self.looked_at
    }
}

impl Walk {
    pub(crate) fn start() -> Self {
        Self {
            after: None,
            within: None,
        }
    }

    pub(super) fn behind(sensor: SensorKey) -> Self {
        Self {
            after: Some(sensor),
            within: None,
        }
    }

    /// The sensor itself comes first, if it is still one of the list: a name of a source is there once, and keys of
    /// one name differ by their id.
    fn within(sensor: SensorKey, from: DateTime<Utc>, carry: Carry) -> Self {
        Self {
            within: Some(Within {
                sensor: sensor.id,
                from,
                carry,
            }),
            after: Some(SensorKey {
                id: sensor.id.saturating_sub(1),
                ..sensor
            }),
        }
    }

    /// Within a sensor's range, where nothing is filled.
    pub(super) fn unfilled(sensor: SensorKey, from: DateTime<Utc>) -> Self {
        Self::within(sensor, from, Carry::default())
    }
}
