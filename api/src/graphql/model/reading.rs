//! Readings and their pages.

mod beside;
mod list;

use std::sync::Arc;

use async_graphql::{Context, Object};
use entity::query::page::Page;
use entity::query::raw::MessageKey;
use entity::query::readings::{self, Direction, Receipt};
use entity::query::sensors::Sensor as SensorRow;

use super::{Count, PageInfo, QualityFlag, RawMessage, Sensor, Total};
use crate::ask::cursor;
use crate::graphql::batch::{DoubtsKey, OthersKey, RangeKey, SensorKey};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::list::{Edges, Nodes};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

use self::beside::{OtherValue, ReadingDoubt};
pub(crate) use self::list::ReadingNodes;
use self::list::{ReadingEdges, Rows};

/// A stored reading, with its receipt where something takes one.
pub(crate) type Row = readings::Reading<Option<Receipt>>;

/// One reading; its sensor too, when it is known already.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) row: Row,
    pub(crate) sensor: Option<Arc<SensorRow>>,
}

impl Reading {
    /// How it came; pages are read with receipts wherever a field below them takes one.
    fn receipt(&self) -> Result<&Receipt, ApiError> {
        self.row.receipt.as_ref().ok_or_else(|| {
            let error = std::io::Error::other("a reading was read without its receipt");
            ApiError::Internal(Arc::new(error))
        })
    }
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
    #[expect(clippy::unused_async, reason = "a resolver")]
    async fn received_at(&self) -> Result<DateTime, ApiError> {
        Ok(DateTime(self.receipt()?.received_at))
    }

    /// The raw message that it came in, from the object store. Up to 1,000 of them in one answer, and 32 MiB of payloads.
    async fn raw(&self, ctx: &Context<'_>) -> Nullable<RawMessage> {
        let found: Result<Option<RawMessage>, ApiError> = async {
            let receipt = self.receipt()?;
            let key = MessageKey {
                journal_id: receipt.journal_id,
                seq: receipt.seq,
            };
            let raw = ctx.loaders().load_one(key).await?;
            let source = self.sensor(ctx).await?.0.source.clone();
            Ok(raw.map(|raw| RawMessage::new(source, DateTime(receipt.received_at), &raw)))
        }
        .await;
        found.transpose()
    }

    /// Other values that were received for the same sensor and time, in the order of their receipt. For whom the dataset
    /// `reading-conflicts` is open; null for others.
    async fn other_values(&self, ctx: &Context<'_>) -> Nullable<Vec<OtherValue>> {
        let found: Result<Vec<OtherValue>, ApiError> = async {
            let others = ctx.loaders().load_one(OthersKey(self.row.key())).await?;
            let Some(others) = others else {
                return Ok(Vec::new());
            };
            let source = self.sensor(ctx).await?.0.source.clone();
            let shown = others.into_iter().map(|row| OtherValue {
                row,
                source: source.clone(),
            });
            Ok(shown.collect())
        }
        .await;
        Some(found)
    }

    /// Why it has its flag, in a sentence, by the range that was declared when it came; null where it passed.
    async fn flag_reason(&self, ctx: &Context<'_>) -> Nullable<String> {
        if self.row.flag == entity::QualityFlag::Pass {
            return None;
        }
        let found: Result<Option<String>, ApiError> = async {
            let receipt = self.receipt()?;
            let key = RangeKey {
                sensor_id: self.row.sensor_id,
                journal_id: receipt.journal_id,
                seq: receipt.seq,
                received_at: receipt.received_at,
            };
            let range = ctx.loaders().load_one(key).await?;
            Ok(beside::reason(self.row.flag, self.row.value, range))
        }
        .await;
        found.transpose()
    }

    /// Later tests that doubt or refuse it, by name; empty when none does, or none has looked yet. Kept for 90 days.
    async fn doubts(&self, ctx: &Context<'_>) -> Result<Vec<ReadingDoubt>, ApiError> {
        let doubts = ctx.loaders().load_one(DoubtsKey(self.row.key())).await?;
        Ok(doubts.iter().flatten().filter_map(ReadingDoubt::new).collect())
    }
}

/// A page of readings.
#[derive(Debug)]
pub(crate) struct ReadingConnection {
    rows: Arc<Rows>,
    total: Total,
}

impl ReadingConnection {
    /// `sensors` are those that are known already.
    pub(crate) fn new(
        page: Arc<Page<Row>>,
        direction: Direction,
        sensors: Vec<Arc<SensorRow>>,
        total: Total,
    ) -> Self {
        Self {
            rows: Arc::new(Rows::new(page, direction, sensors)),
            total,
        }
    }
}

/// A page of readings.
#[Object]
impl ReadingConnection {
    /// The readings with their cursors.
    async fn edges(&self) -> Edges<ReadingEdges> {
        Edges(ReadingEdges(Arc::clone(&self.rows)))
    }

    /// The readings.
    async fn nodes(&self) -> Nodes<ReadingNodes> {
        Nodes(ReadingNodes(Arc::clone(&self.rows)))
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        self.rows.page_info()
    }

    /// How many readings all pages together have; counted only when it is selected.
    async fn total_count(&self, ctx: &Context<'_>) -> Nullable<Count> {
        Some(self.total.count(ctx).await)
    }
}

/// A reading and its place in the list.
#[derive(Debug)]
pub(crate) struct ReadingEdge {
    node: Reading,
    direction: Direction,
}

impl ReadingEdge {
    fn place(&self) -> String {
        place(&self.node.row, self.direction)
    }
}

/// A reading and its place in the list.
#[Object]
impl ReadingEdge {
    /// Its place: pages go on `after` it.
    async fn cursor(&self) -> String {
        self.place()
    }

    /// The reading.
    async fn node(&self) -> Option<Reading> {
        Some(self.node.clone())
    }
}

fn place(row: &Row, direction: Direction) -> String {
    cursor::of_reading(row.key(), direction)
}
