//! Readings and their pages.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use entity::query::page::Page;
use entity::query::raw::MessageKey;
use entity::query::readings::{Direction, Reading as Row, ReadingKey};
use entity::query::sensors::Sensor as SensorRow;

use super::{Count, PageInfo, QualityFlag, RawMessage, Sensor, Total};
use crate::ask::cursor;
use crate::graphql::batch::SensorKey;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// One reading; its sensor too, when it is known already.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) row: Row,
    pub(crate) sensor: Option<Arc<SensorRow>>,
}

/// One value of one sensor at one time.
#[Object]
impl Reading {
    /// The sensor that measured it.
    async fn sensor(&self, ctx: &Context<'_>) -> Result<Sensor, ApiError> {
        if let Some(sensor) = &self.sensor {
            return Ok(Sensor(Arc::clone(sensor)));
        }
        let sensor = ctx.loaders().load_one(SensorKey(self.row.sensor_id)).await?;
        sensor.map(Sensor).ok_or_else(|| {
            let id = self.row.sensor_id;
            ApiError::Internal(Arc::new(std::io::Error::other(format!(
                "sensor {id} of a reading is gone"
            ))))
        })
    }

    /// When the sensor measured it.
    async fn time(&self) -> DateTime {
        DateTime(self.row.time)
    }

    /// The value, in the sensor's declared unit.
    async fn value(&self) -> f64 {
        self.row.value
    }

    /// The verdict of the ingest's tests; it never changes.
    async fn flag(&self) -> QualityFlag {
        self.row.flag.into()
    }

    /// When Fieldbook received it.
    async fn received_at(&self) -> DateTime {
        DateTime(self.row.received_at)
    }

    /// The raw message that it came in, from the object store. Up to 1,000 of them in one answer, and 32 MiB of payloads.
    async fn raw(&self, ctx: &Context<'_>) -> Nullable<RawMessage> {
        let found: Result<Option<RawMessage>, ApiError> = async {
            let key = MessageKey {
                journal_id: self.row.journal_id,
                seq: self.row.seq,
            };
            let raw = ctx.loaders().load_one(key).await?;
            let source = self.sensor(ctx).await?.0.source.clone();
            Ok(raw.map(|raw| RawMessage::new(source, DateTime(self.row.received_at), &raw)))
        }
        .await;
        found.transpose()
    }
}

/// A page of readings.
#[derive(Debug)]
pub(crate) struct ReadingConnection {
    page: Arc<Page<Row>>,
    direction: Direction,
    /// Sensors that are known already.
    sensors: Vec<Arc<SensorRow>>,
    total: Total,
}

impl ReadingConnection {
    pub(crate) fn new(
        page: Arc<Page<Row>>,
        direction: Direction,
        mut sensors: Vec<Arc<SensorRow>>,
        total: Total,
    ) -> Self {
        sensors.sort_unstable_by_key(|sensor| sensor.id);
        Self {
            page,
            direction,
            sensors,
            total,
        }
    }

    fn reading(&self, row: Row) -> Reading {
        let known = self
            .sensors
            .binary_search_by_key(&row.sensor_id, |sensor| sensor.id)
            .ok();
        Reading {
            row,
            sensor: known.map(|at| Arc::clone(&self.sensors[at])),
        }
    }

    fn cursor(&self, row: &Row) -> String {
        cursor::of_reading(
            ReadingKey {
                time: row.time,
                sensor_id: row.sensor_id,
            },
            self.direction,
        )
    }
}

/// A page of readings.
#[Object]
impl ReadingConnection {
    /// The readings with their cursors.
    async fn edges(&self) -> Option<Vec<Option<ReadingEdge>>> {
        let edge = |row: &Row| ReadingEdge {
            cursor: self.cursor(row),
            node: Some(self.reading(*row)),
        };
        Some(self.page.rows.iter().map(|row| Some(edge(row))).collect())
    }

    /// The readings.
    async fn nodes(&self) -> Vec<Reading> {
        self.page.rows.iter().map(|row| self.reading(*row)).collect()
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.rows.first().map(|row| self.cursor(row)),
            end_cursor: self.page.rows.last().map(|row| self.cursor(row)),
        }
    }

    /// How many readings all pages together have; counted only when it is selected.
    async fn total_count(&self, ctx: &Context<'_>) -> Nullable<Count> {
        Some(self.total.count(ctx).await)
    }
}

/// A reading and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct ReadingEdge {
    /// Its place: pages go on `after` it.
    cursor: String,
    /// The reading.
    node: Option<Reading>,
}
