//! Buckets of time as flat rows.

use async_graphql::Object;
use chrono::Utc;

use super::PageInfo;
use crate::ask::{cursor, units};
use crate::buckets::{BucketPage, FoundBucket, Levels};
use crate::graphql::list::{Edges, Nodes};
use crate::graphql::projection::{Plain, Projection, Write, instant, json, text};
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selected;

/// A bucket of a sensor.
#[derive(Debug, Clone)]
pub(crate) struct BucketRow(pub(crate) FoundBucket);

impl BucketRow {
    fn level(&self, level: fn(Levels) -> f64) -> Option<f64> {
        self.0.bucket.levels.map(level)
    }
}

/// What the readings of one sensor in one bucket of time amount to, with what tells the sensor apart, in plain columns.
/// Readings flagged `FAIL` do not count, nor those outside the range asked for. Values are in the sensor's declared unit.
#[Object]
impl BucketRow {
    /// The sensor's name, exactly as in its messages; unique within its source.
    async fn sensor(&self) -> &str {
        &self.0.sensor.name
    }

    /// The source whose messages name the sensor.
    async fn source(&self) -> &str {
        &self.0.sensor.source
    }

    /// What the sensor measures, such as `temperature`; null when nobody declared it.
    #[graphql(name = "type")]
    async fn kind(&self) -> Option<&str> {
        self.0.sensor.kind.as_deref()
    }

    /// The unit of the values: its UCUM code, or the unit as declared when its meaning is not known; null when nobody
    /// declared it.
    async fn unit(&self) -> Option<&str> {
        units::own(&self.0.sensor)
    }

    /// The sensor's label `site`; null when it has none.
    async fn site(&self) -> Option<&str> {
        self.0.sensor.label("site")
    }

    /// The sensor's label `plant`; null when it has none.
    async fn plant(&self) -> Option<&str> {
        self.0.sensor.label("plant")
    }

    /// The sensor's label `customer`; null when it has none.
    async fn customer(&self) -> Option<&str> {
        self.0.sensor.label("customer")
    }

    /// The first instant of the whole bucket, which may lie before `from`.
    async fn start(&self) -> DateTime {
        DateTime(self.0.start())
    }

    /// The first instant after the whole bucket, which may lie behind `to`.
    async fn end(&self) -> DateTime {
        DateTime(self.0.end())
    }

    /// The IANA name of the zone whose clock and calendar the bucket follows.
    async fn time_zone(&self) -> &'static str {
        self.0.grid.zone().name()
    }

    /// How many readings it has; the values below are about them. 0 where all of its readings are flagged `FAIL`.
    async fn count(&self) -> f64 {
        number(self.0.bucket.count)
    }

    /// How many of them are flagged `SUSPECT`.
    async fn count_suspect(&self) -> f64 {
        number(self.0.bucket.count_suspect)
    }

    /// How many readings of the bucket are flagged `FAIL`; they do not count.
    async fn count_fail(&self) -> f64 {
        number(self.0.bucket.count_fail)
    }

    /// The arithmetic mean of the values, each reading counting alike; null, as all below, where `count` is 0. Null, as
    /// `sum` and `stddev`, where a value is too large to be added up: 1e130 in size or more.
    async fn avg(&self) -> Option<f64> {
        self.level(|levels| levels.avg)
    }

    /// The lowest value.
    async fn min(&self) -> Option<f64> {
        self.level(|levels| levels.min)
    }

    /// The highest value.
    async fn max(&self) -> Option<f64> {
        self.level(|levels| levels.max)
    }

    /// The sum of the values.
    async fn sum(&self) -> Option<f64> {
        self.0.bucket.sum
    }

    /// The value of the earliest reading.
    async fn first(&self) -> Option<f64> {
        self.level(|levels| levels.first)
    }

    /// The value of the latest reading.
    async fn last(&self) -> Option<f64> {
        self.level(|levels| levels.last)
    }

    /// The standard deviation of the values as a sample (n - 1), as SQL's `stddev`; null with fewer than two readings.
    async fn stddev(&self) -> Option<f64> {
        self.0.bucket.stddev
    }

    /// Whether no more readings are to be expected: the bucket is over, and the range asked for holds all of it. False
    /// for the running bucket, and for one that `from` or `to` cuts. Readings that arrive late still change it.
    async fn complete(&self) -> bool {
        self.0.bucket.complete
    }
}

impl Plain for BucketRow {
    const TYPE_NAME: &'static str = "BucketRow";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "sensor" => text(|row: &Self| Some(&row.0.sensor.name)),
            "source" => text(|row: &Self| Some(&row.0.sensor.source)),
            "type" => text(|row: &Self| row.0.sensor.kind.as_deref()),
            "unit" => text(|row: &Self| units::own(&row.0.sensor)),
            "site" => text(|row: &Self| row.0.sensor.label("site")),
            "plant" => text(|row: &Self| row.0.sensor.label("plant")),
            "customer" => text(|row: &Self| row.0.sensor.label("customer")),
            "start" => instant(|row: &Self| Some(row.0.start())),
            "end" => instant(|row: &Self| Some(row.0.end())),
            "timeZone" => json(|row: &Self| row.0.grid.zone().name()),
            "count" => json(|row: &Self| number(row.0.bucket.count)),
            "countSuspect" => json(|row: &Self| number(row.0.bucket.count_suspect)),
            "countFail" => json(|row: &Self| number(row.0.bucket.count_fail)),
            "avg" => json(|row: &Self| row.level(|levels| levels.avg)),
            "min" => json(|row: &Self| row.level(|levels| levels.min)),
            "max" => json(|row: &Self| row.level(|levels| levels.max)),
            "sum" => json(|row: &Self| row.0.bucket.sum),
            "first" => json(|row: &Self| row.level(|levels| levels.first)),
            "last" => json(|row: &Self| row.level(|levels| levels.last)),
            "stddev" => json(|row: &Self| row.0.bucket.stddev),
            "complete" => json(|row: &Self| row.0.bucket.complete),
            _ => return None,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

/// A page of buckets as rows, by sensor and then by start.
#[derive(Debug)]
pub(crate) struct BucketRows {
    page: BucketPage,
    has_previous: bool,
    /// Where the range ends.
    to: chrono::DateTime<Utc>,
}

impl BucketRows {
    pub(crate) fn new(page: BucketPage, has_previous: bool, to: chrono::DateTime<Utc>) -> Self {
        Self {
            page,
            has_previous,
            to,
        }
    }

    pub(crate) fn has_next(&self) -> bool {
        self.page.has_next
    }

    pub(crate) fn len(&self) -> usize {
        self.page.rows.len()
    }

    /// The rows alone.
    pub(crate) fn into_nodes(self) -> Nodes<Vec<BucketRow>> {
        Nodes(self.page.rows.into_iter().map(BucketRow).collect())
    }
}

/// A bucket and its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct BucketRowEdge {
    pub(crate) node: BucketRow,
    /// Where the list's range ends.
    pub(crate) to: chrono::DateTime<Utc>,
}

impl BucketRowEdge {
    fn place(&self) -> String {
        cursor::of_bucket(&self.node.0.key(), self.to)
    }
}

/// A bucket and its place in the list.
#[Object]
impl BucketRowEdge {
    /// Its place: pages go on `after` it.
    async fn cursor(&self) -> String {
        self.place()
    }

    /// The bucket.
    async fn node(&self) -> Option<&BucketRow> {
        Some(&self.node)
    }
}

impl Plain for BucketRowEdge {
    const TYPE_NAME: &'static str = "BucketRowEdge";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "cursor" => json(Self::place),
            "node" => {
                let projection = Projection::<BucketRow>::of(&field.below())?;
                Box::new(move |edge: &Self, out| projection.write(&edge.node, out))
            }
            _ => return None,
        })
    }
}

/// A page of buckets as flat rows.
#[derive(Debug)]
pub(crate) struct BucketRowConnection(pub(crate) BucketRows);

/// A page of buckets as flat rows, by the sensor's name and source and then by start. Where very many buckets have no
/// readings, a page may have fewer rows than asked for, or none, and still a next page: go on until `hasNextPage` is false.
#[Object]
impl BucketRowConnection {
    /// The rows with their cursors.
    async fn edges(&self) -> Edges<Vec<BucketRowEdge>> {
        let BucketRows { page, to, .. } = &self.0;
        let edge = |found: &FoundBucket| BucketRowEdge {
            node: BucketRow(found.clone()),
            to: *to,
        };
        Edges(page.rows.iter().map(edge).collect())
    }

    /// The rows.
    async fn nodes(&self) -> Nodes<Vec<BucketRow>> {
        Nodes(self.0.page.rows.iter().cloned().map(BucketRow).collect())
    }

    /// Where this page lies. `endCursor` is where to go on, also when the page is short or empty.
    async fn page_info(&self) -> PageInfo {
        let BucketRows {
            page,
            has_previous,
            to,
        } = &self.0;
        let first = page.rows.first().map(FoundBucket::key);
        PageInfo {
            has_next_page: page.has_next,
            has_previous_page: *has_previous,
            start_cursor: first.map(|key| cursor::of_bucket(&key, *to)),
            end_cursor: page.end.as_ref().map(|key| cursor::of_bucket(key, *to)),
        }
    }
}
