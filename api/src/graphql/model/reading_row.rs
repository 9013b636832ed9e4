//! Readings as flat rows.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Object;
use entity::query::page::Page;
use entity::query::readings::{Direction, Reading};
use entity::query::sensors::Sensor;

use super::{PageInfo, QualityFlag};
use crate::ask::{cursor, units};
use crate::graphql::error::ApiError;
use crate::graphql::list::{Edges, Nodes};
use crate::graphql::projection::{Plain, Projection, Write, instant, json, text};
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selected;

/// A reading and its sensor.
#[derive(Debug, Clone)]
pub(crate) struct ReadingRow {
    pub(crate) reading: Reading,
    pub(crate) sensor: Arc<Sensor>,
}

/// One value of one sensor at one time, with what tells the sensor apart, in plain columns.
#[Object]
impl ReadingRow {
    /// The sensor's name, exactly as in its messages; unique within its source.
    async fn sensor(&self) -> &str {
        &self.sensor.name
    }

    /// The source whose messages name the sensor.
    async fn source(&self) -> &str {
        &self.sensor.source
    }

    /// What the sensor measures, such as `temperature`; null when nobody declared it.
    #[graphql(name = "type")]
    async fn kind(&self) -> Option<&str> {
        self.sensor.kind.as_deref()
    }

    /// The unit of the value: its UCUM code, or the unit as declared when its meaning is not known; null when nobody
    /// declared it.
    async fn unit(&self) -> Option<&str> {
        units::own(&self.sensor)
    }

    /// The sensor's label `site`; null when it has none.
    async fn site(&self) -> Option<&str> {
        self.sensor.label("site")
    }

    /// The sensor's label `plant`; null when it has none.
    async fn plant(&self) -> Option<&str> {
        self.sensor.label("plant")
    }

    /// The sensor's label `customer`; null when it has none.
    async fn customer(&self) -> Option<&str> {
        self.sensor.label("customer")
    }

    /// When the sensor measured it.
    async fn time(&self) -> DateTime {
        DateTime(self.reading.time)
    }

    /// The value, in the sensor's declared unit.
    async fn value(&self) -> f64 {
        self.reading.value
    }

    /// The verdict of the ingest's tests, as a word of `QualityFlag`: `PASS`, `NOT_EVALUATED`, `SUSPECT`, `FAIL` or
    /// `MISSING`. Failed readings are rows, too: leave them out by this word.
    async fn flag(&self) -> &'static str {
        QualityFlag::from(self.reading.flag).word()
    }

    /// When Fieldbook received it.
    async fn received_at(&self) -> DateTime {
        DateTime(self.reading.receipt.received_at)
    }
}

impl Plain for ReadingRow {
    const TYPE_NAME: &'static str = "ReadingRow";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "sensor" => text(|row: &Self| Some(&row.sensor.name)),
            "source" => text(|row: &Self| Some(&row.sensor.source)),
            "type" => text(|row: &Self| row.sensor.kind.as_deref()),
            "unit" => text(|row: &Self| units::own(&row.sensor)),
            "site" => text(|row: &Self| row.sensor.label("site")),
            "plant" => text(|row: &Self| row.sensor.label("plant")),
            "customer" => text(|row: &Self| row.sensor.label("customer")),
            "time" => instant(|row: &Self| Some(row.reading.time)),
            "value" => json(|row: &Self| row.reading.value),
            "flag" => json(|row: &Self| QualityFlag::from(row.reading.flag).word()),
            "receivedAt" => instant(|row: &Self| Some(row.reading.receipt.received_at)),
            _ => return None,
        })
    }
}

/// A page of readings as rows, oldest first.
#[derive(Debug)]
pub(crate) struct ReadingRows {
    rows: Vec<ReadingRow>,
    has_next: bool,
    has_previous: bool,
}

impl ReadingRows {
    /// Each reading with its sensor, which is one of these.
    pub(crate) fn new(page: Page<Reading>, sensors: &HashMap<i32, Arc<Sensor>>) -> Result<Self, ApiError> {
        let with_sensor = |reading: Reading| match sensors.get(&reading.sensor_id) {
            Some(sensor) => Ok(ReadingRow {
                reading,
                sensor: Arc::clone(sensor),
            }),
            None => Err(ApiError::Internal(Arc::new(std::io::Error::other(format!(
                "sensor {} of a reading is gone",
                reading.sensor_id
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

    /// The rows alone.
    pub(crate) fn into_nodes(self) -> Nodes<Vec<ReadingRow>> {
        Nodes(self.rows)
    }
}

/// A reading and its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct ReadingRowEdge(pub(crate) ReadingRow);

impl ReadingRowEdge {
    fn place(&self) -> String {
        place(&self.0)
    }
}

/// A reading and its place in the list.
#[Object]
impl ReadingRowEdge {
    /// Its place: pages go on `after` it.
    async fn cursor(&self) -> String {
        self.place()
    }

    /// The reading.
    async fn node(&self) -> Option<&ReadingRow> {
        Some(&self.0)
    }
}

impl Plain for ReadingRowEdge {
    const TYPE_NAME: &'static str = "ReadingRowEdge";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "cursor" => json(Self::place),
            "node" => {
                let projection = Projection::<ReadingRow>::of(&field.below())?;
                Box::new(move |edge: &Self, out| projection.write(&edge.0, out))
            }
            _ => return None,
        })
    }
}

fn place(row: &ReadingRow) -> String {
    cursor::of_reading(row.reading.key(), Direction::Asc)
}

/// A page of readings as flat rows.
#[derive(Debug)]
pub(crate) struct ReadingRowConnection(pub(crate) ReadingRows);

/// A page of readings as flat rows, by time and then by sensor.
#[Object]
impl ReadingRowConnection {
    /// The rows with their cursors.
    async fn edges(&self) -> Edges<Vec<ReadingRowEdge>> {
        Edges(self.0.rows.iter().cloned().map(ReadingRowEdge).collect())
    }

    /// The rows.
    async fn nodes(&self) -> Nodes<Vec<ReadingRow>> {
        Nodes(self.0.rows.clone())
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        let ReadingRows {
            rows,
            has_next,
            has_previous,
        } = &self.0;
        PageInfo {
            has_next_page: *has_next,
            has_previous_page: *has_previous,
            start_cursor: rows.first().map(place),
            end_cursor: rows.last().map(place),
        }
    }
}
