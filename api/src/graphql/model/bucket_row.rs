//! Buckets of time as flat rows.

use std::sync::Arc;

use async_graphql::{Object, SimpleObject};
use chrono::Utc;

use super::PageInfo;
use crate::ask::{cursor, time, units};
use crate::buckets::BucketPage;
use crate::graphql::flat::{Edges, FlatRow, FlatRows, Nodes, Write, json};
use crate::graphql::scalar::DateTime;

/// What the readings of one sensor in one bucket of time amount to, with what tells the sensor apart, in plain columns.
/// Readings flagged `FAIL` do not count, nor those outside the range asked for. Values are in the sensor's declared unit.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct BucketRow<'a> {
    /// The sensor's name, exactly as in its messages; unique within its source.
    sensor: &'a str,
    /// The source whose messages name the sensor.
    source: &'a str,
    /// What the sensor measures, such as `temperature`; null when nobody declared it.
    #[graphql(name = "type")]
    kind: Option<&'a str>,
    /// The unit of the values: its UCUM code, or the unit as declared when its meaning is not known; null when nobody
    /// declared it.
    unit: Option<&'a str>,
    /// The sensor's label `site`; null when it has none.
    site: Option<&'a str>,
    /// The sensor's label `plant`; null when it has none.
    plant: Option<&'a str>,
    /// The sensor's label `customer`; null when it has none.
    customer: Option<&'a str>,
    /// The first instant of the whole bucket, which may lie before `from`.
    start: DateTime,
    /// The first instant after the whole bucket, which may lie behind `to`.
    end: DateTime,
    /// The IANA name of the zone whose clock and calendar the bucket follows.
    time_zone: &'static str,
    /// How many readings it has; the values below are about them. 0 where all of its readings are flagged `FAIL`.
    count: f64,
    /// How many of them are flagged `SUSPECT`.
    count_suspect: f64,
    /// How many readings of the bucket are flagged `FAIL`; they do not count.
    count_fail: f64,
    /// The arithmetic mean of the values, each reading counting alike; null, as all below, where `count` is 0. Null, as
    /// `sum` and `stddev`, where a value is too large to be added up: 1e130 in size or more.
    avg: Option<f64>,
    /// The lowest value.
    min: Option<f64>,
    /// The highest value.
    max: Option<f64>,
    /// The sum of the values.
    sum: Option<f64>,
    /// The value of the earliest reading.
    first: Option<f64>,
    /// The value of the latest reading.
    last: Option<f64>,
    /// The standard deviation of the values as a sample (n - 1), as SQL's `stddev`; null with fewer than two readings.
    stddev: Option<f64>,
    /// Whether no more readings are to be expected: the bucket is over, and the range asked for holds all of it. False
    /// for the running bucket, and for one that `from` or `to` cuts. Readings that arrive late still change it.
    complete: bool,
}

impl FlatRow for BucketRow<'_> {
    fn field(name: &str) -> Option<Write<Self>> {
        let write: Write<Self> = match name {
            "sensor" => |row, out| json(out, row.sensor),
            "source" => |row, out| json(out, row.source),
            "type" => |row, out| json(out, row.kind),
            "unit" => |row, out| json(out, row.unit),
            "site" => |row, out| json(out, row.site),
            "plant" => |row, out| json(out, row.plant),
            "customer" => |row, out| json(out, row.customer),
            "start" => |row, out| json(out, time::format(row.start.0)),
            "end" => |row, out| json(out, time::format(row.end.0)),
            "timeZone" => |row, out| json(out, row.time_zone),
            "count" => |row, out| json(out, row.count),
            "countSuspect" => |row, out| json(out, row.count_suspect),
            "countFail" => |row, out| json(out, row.count_fail),
            "avg" => |row, out| json(out, row.avg),
            "min" => |row, out| json(out, row.min),
            "max" => |row, out| json(out, row.max),
            "sum" => |row, out| json(out, row.sum),
            "first" => |row, out| json(out, row.first),
            "last" => |row, out| json(out, row.last),
            "stddev" => |row, out| json(out, row.stddev),
            "complete" => |row, out| json(out, row.complete),
            _ => return None,
        };
        Some(write)
    }
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
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
impl FlatRows for BucketRows {
    type Row<'a> = BucketRow<'a>;
    type Edge = BucketRowEdge<'static>;

    fn len(&self) -> usize {
        self.page.rows.len()
    }

    fn row(&self, at: usize) -> BucketRow<'_> {
        let found = &self.page.rows[at];
        let (sensor, grid, bucket) = (&*found.sensor, &found.grid, &found.bucket);
        let levels = bucket.levels;
        BucketRow {
            sensor: &sensor.name,
            source: &sensor.source,
            kind: sensor.kind.as_deref(),
            unit: units::own(sensor),
            site: sensor.label("site"),
            plant: sensor.label("plant"),
            customer: sensor.label("customer"),
            start: DateTime(grid.start(bucket.number)),
            end: DateTime(grid.end(bucket.number)),
            time_zone: grid.zone().name(),
            count: bucket.count as f64,
            count_suspect: bucket.count_suspect as f64,
            count_fail: bucket.count_fail as f64,
            avg: levels.map(|levels| levels.avg),
            min: levels.map(|levels| levels.min),
            max: levels.map(|levels| levels.max),
            sum: bucket.sum,
            first: levels.map(|levels| levels.first),
            last: levels.map(|levels| levels.last),
            stddev: bucket.stddev,
            complete: bucket.complete,
        }
    }

    fn cursor(&self, at: usize) -> String {
        cursor::of_bucket(&self.page.rows[at].key(), self.to)
    }

    fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.has_previous,
            start_cursor: (self.len() > 0).then(|| self.cursor(0)),
            end_cursor: self.page.end.as_ref().map(|key| cursor::of_bucket(key, self.to)),
        }
    }
}

/// A bucket and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct BucketRowEdge<'a> {
    /// Its place: pages go on `after` it.
    cursor: String,
    /// The bucket.
    node: Option<BucketRow<'a>>,
}

/// A page of buckets as flat rows.
#[derive(Debug)]
pub(crate) struct BucketRowConnection(pub(crate) Arc<BucketRows>);

/// A page of buckets as flat rows, by the sensor's name and source and then by start. Where very many buckets have no
/// readings, a page may have fewer rows than asked for, or none, and still a next page: go on until `hasNextPage` is false.
#[Object]
impl BucketRowConnection {
    /// The rows with their cursors.
    async fn edges(&self) -> Edges<BucketRows> {
        Edges(Arc::clone(&self.0))
    }

    /// The rows.
    async fn nodes(&self) -> Nodes<BucketRows> {
        Nodes(Arc::clone(&self.0))
    }

    /// Where this page lies. `endCursor` is where to go on, also when the page is short or empty.
    async fn page_info(&self) -> PageInfo {
        self.0.page_info()
    }
}
