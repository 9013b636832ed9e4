//! Readings as flat rows.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Object, SimpleObject};
use entity::query::page::Page;
use entity::query::readings::{Direction, Reading, ReadingKey};
use entity::query::sensors::Sensor;

use super::{PageInfo, QualityFlag};
use crate::ask::{cursor, time, units};
use crate::graphql::error::ApiError;
use crate::graphql::flat::{Edges, FlatRow, FlatRows, Nodes, Write, json};
use crate::graphql::scalar::DateTime;

/// One value of one sensor at one time, with what tells the sensor apart, in plain columns.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct ReadingRow<'a> {
    /// The sensor's name, exactly as in its messages; unique within its source.
    sensor: &'a str,
    /// The source whose messages name the sensor.
    source: &'a str,
    /// What the sensor measures, such as `temperature`; null when nobody declared it.
    #[graphql(name = "type")]
    kind: Option<&'a str>,
    /// The unit of the value: its UCUM code, or the unit as declared when its meaning is not known; null when nobody
    /// declared it.
    unit: Option<&'a str>,
    /// The sensor's label `site`; null when it has none.
    site: Option<&'a str>,
    /// The sensor's label `plant`; null when it has none.
    plant: Option<&'a str>,
    /// The sensor's label `customer`; null when it has none.
    customer: Option<&'a str>,
    /// When the sensor measured it.
    time: DateTime,
    /// The value, in the sensor's declared unit.
    value: f64,
    /// The verdict of the ingest's tests, as a word of `QualityFlag`: `PASS`, `NOT_EVALUATED`, `SUSPECT`, `FAIL` or
    /// `MISSING`. Failed readings are rows, too: leave them out by this word.
    flag: &'static str,
    /// When Fieldbook received it.
    received_at: DateTime,
}

impl FlatRow for ReadingRow<'_> {
    fn field(name: &str) -> Option<Write<Self>> {
        let write: Write<Self> = match name {
            "sensor" => |row, out| json(out, row.sensor),
            "source" => |row, out| json(out, row.source),
            "type" => |row, out| json(out, row.kind),
            "unit" => |row, out| json(out, row.unit),
            "site" => |row, out| json(out, row.site),
            "plant" => |row, out| json(out, row.plant),
            "customer" => |row, out| json(out, row.customer),
            "time" => |row, out| json(out, time::format(row.time.0)),
            "value" => |row, out| json(out, row.value),
            "flag" => |row, out| json(out, row.flag),
            "receivedAt" => |row, out| json(out, time::format(row.received_at.0)),
            _ => return None,
        };
        Some(write)
    }
}

/// A page of readings as rows, oldest first.
#[derive(Debug)]
pub(crate) struct ReadingRows {
    rows: Vec<(Reading, Arc<Sensor>)>,
    has_next: bool,
    has_previous: bool,
}

impl ReadingRows {
    /// Each reading with its sensor, which is one of these.
    pub(crate) fn new(page: Page<Reading>, sensors: &HashMap<i32, Arc<Sensor>>) -> Result<Self, ApiError> {
        let with_sensor = |row: Reading| match sensors.get(&row.sensor_id) {
            Some(sensor) => Ok((row, Arc::clone(sensor))),
            None => Err(ApiError::Internal(Arc::new(std::io::Error::other(format!(
                "sensor {} of a reading is gone",
                row.sensor_id
            ))))),
        };
        Ok(Self {
            rows: page.rows.into_iter().map(with_sensor).collect::<Result<_, _>>()?,
            has_next: page.has_next,
            has_previous: page.has_previous,
        })
    }

    pub(crate) fn has_next(&self) -> bool {
        self.has_next
    }
}

impl FlatRows for ReadingRows {
    type Row<'a> = ReadingRow<'a>;
    type Edge = ReadingRowEdge<'static>;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, at: usize) -> ReadingRow<'_> {
        let (reading, sensor) = &self.rows[at];
        ReadingRow {
            sensor: &sensor.name,
            source: &sensor.source,
            kind: sensor.kind.as_deref(),
            unit: units::own(sensor),
            site: sensor.label("site"),
            plant: sensor.label("plant"),
            customer: sensor.label("customer"),
            time: DateTime(reading.time),
            value: reading.value,
            flag: QualityFlag::from(reading.flag).word(),
            received_at: DateTime(reading.receipt.received_at),
        }
    }

    fn cursor(&self, at: usize) -> String {
        let (reading, _) = &self.rows[at];
        let key = ReadingKey {
            time: reading.time,
            sensor_id: reading.sensor_id,
        };
        cursor::of_reading(key, Direction::Asc)
    }

    fn page_info(&self) -> PageInfo {
        let last = self.len().checked_sub(1);
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: last.map(|_| self.cursor(0)),
            end_cursor: last.map(|last| self.cursor(last)),
        }
    }
}

/// A reading and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct ReadingRowEdge<'a> {
    /// Its place: pages go on `after` it.
    cursor: String,
    /// The reading.
    node: Option<ReadingRow<'a>>,
}

/// A page of readings as flat rows.
#[derive(Debug)]
pub(crate) struct ReadingRowConnection(pub(crate) Arc<ReadingRows>);

/// A page of readings as flat rows, by time and then by sensor.
#[Object]
impl ReadingRowConnection {
    /// The rows with their cursors.
    async fn edges(&self) -> Edges<ReadingRows> {
        Edges(Arc::clone(&self.0))
    }

    /// The rows.
    async fn nodes(&self) -> Nodes<ReadingRows> {
        Nodes(Arc::clone(&self.0))
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        self.0.page_info()
    }
}
