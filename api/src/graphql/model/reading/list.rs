//! Lists of readings, with their sensors.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ContextSelectionSet, Value};
use entity::query::page::Page;
use entity::query::readings::Direction;
use entity::query::sensors::Sensor as SensorRow;
use serde::ser::Error as _;

use super::{Reading, ReadingConnection, ReadingEdge, Row, place};
use crate::graphql::batch::{Loaders, SensorKey};
use crate::graphql::error::ApiError;
use crate::graphql::list::Listed;
use crate::graphql::model::{PageInfo, QualityFlag, Sensor};
use crate::graphql::projection::{self, Plain, Projection, Write, instant, json, object};
use crate::graphql::selection::{self, Selected};

/// The rows of a list, and the sensors of theirs that are known already.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(super) page: Arc<Page<Row>>,
    pub(super) direction: Direction,
    sensors: HashMap<i32, Arc<SensorRow>>,
}

impl Rows {
    pub(super) fn new(page: Arc<Page<Row>>, direction: Direction, sensors: Vec<Arc<SensorRow>>) -> Self {
        Self {
            page,
            direction,
            sensors: sensors.into_iter().map(|sensor| (sensor.id, sensor)).collect(),
        }
    }

    /// Where the page lies.
    pub(super) fn page_info(&self) -> PageInfo {
        let Self { page, direction, .. } = self;
        PageInfo {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: page.rows.first().map(|row| place(row, *direction)),
            end_cursor: page.rows.last().map(|row| place(row, *direction)),
        }
    }

    fn readings(&self) -> impl Iterator<Item = Reading> {
        self.page.rows.iter().map(|row| self.reading(row))
    }

    fn edges(&self) -> impl Iterator<Item = ReadingEdge> {
        self.page.rows.iter().map(|row| self.edge(row))
    }

    fn reading(&self, row: &Row) -> Reading {
        Reading {
            row: *row,
            sensor: self.sensors.get(&row.sensor_id).cloned(),
        }
    }

    fn edge(&self, row: &Row) -> ReadingEdge {
        ReadingEdge {
            node: self.reading(row),
            direction: self.direction,
        }
    }

    /// The list as JSON, each row with the selected fields of what `item` makes of it; `None` when that takes a resolver.
    async fn json<T: Plain>(
        &self,
        ctx: &ContextSelectionSet<'_>,
        item: impl Fn(Reading) -> T,
    ) -> Result<Option<Value>, ApiError> {
        let fields = selection::selected(ctx);
        let Some(projection) = Projection::<T>::of(&fields) else {
            return Ok(None);
        };
        let rows = &self.page.rows;
        let mut sensors = None;
        if fields.iter().any(|field| field.reaches("sensor")) {
            let Some(known) = self.all_sensors(ctx).await? else {
                return Ok(None);
            };
            sensors = Some(known);
        }
        let readings = rows.iter().map(|row| {
            let sensor = sensors.as_ref().and_then(|sensors| sensors.get(&row.sensor_id));
            item(Reading {
                row: *row,
                sensor: sensor.cloned(),
            })
        });
        projection.list(readings).map(Some)
    }

    /// The sensors of all rows; `None` when one is gone, which is for the resolver to say.
    async fn all_sensors(
        &self,
        ctx: &ContextSelectionSet<'_>,
    ) -> Result<Option<Cow<'_, HashMap<i32, Arc<SensorRow>>>>, ApiError> {
        let is_known = |row: &Row| self.sensors.contains_key(&row.sensor_id);
        let mut unknown: Vec<i32> = self
            .page
            .rows
            .iter()
            .filter(|row| !is_known(row))
            .map(|row| row.sensor_id)
            .collect();
        if unknown.is_empty() {
            return Ok(Some(Cow::Borrowed(&self.sensors)));
        }
        unknown.sort_unstable();
        unknown.dedup();
        let keys = unknown.iter().copied().map(SensorKey);
        let loaded = ctx.data_unchecked::<Loaders>().load_many(keys).await?;
        let is_whole = loaded.len() == unknown.len();
        let mut sensors = self.sensors.clone();
        sensors.extend(loaded.into_iter().map(|(SensorKey(id), sensor)| (id, sensor)));
        Ok(is_whole.then_some(Cow::Owned(sensors)))
    }
}

/// The readings of a list.
pub(crate) struct ReadingNodes(pub(super) Arc<Rows>);

impl ReadingNodes {
    /// Readings of sensors that are known.
    pub(crate) fn new(rows: Vec<Row>, sensors: Vec<Arc<SensorRow>>) -> Self {
        let page = Page {
            rows,
            has_next: false,
            has_previous: false,
        };
        Self(Arc::new(Rows::new(Arc::new(page), Direction::Asc, sensors)))
    }
}

/// The readings of a list with their cursors.
pub(crate) struct ReadingEdges(pub(super) Arc<Rows>);

impl Listed for ReadingNodes {
    type Object = Reading;

    async fn in_one_piece(&self, ctx: &ContextSelectionSet<'_>) -> Result<Option<Value>, ApiError> {
        self.0.json(ctx, |reading| reading).await
    }

    fn objects(&self) -> Vec<Reading> {
        self.0.readings().collect()
    }
}

impl Listed for ReadingEdges {
    type Object = ReadingEdge;

    async fn in_one_piece(&self, ctx: &ContextSelectionSet<'_>) -> Result<Option<Value>, ApiError> {
        let direction = self.0.direction;
        self.0.json(ctx, |node| ReadingEdge { node, direction }).await
    }

    fn objects(&self) -> Vec<ReadingEdge> {
        self.0.edges().collect()
    }
}

impl Plain for Reading {
    const TYPE_NAME: &'static str = "Reading";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "time" => instant(|reading: &Self| Some(reading.row.time)),
            "value" => json(|reading: &Self| reading.row.value),
            "flag" => json(|reading: &Self| QualityFlag::from(reading.row.flag)),
            "receivedAt" => Box::new(|reading: &Self, out| match &reading.row.receipt {
                Some(receipt) => {
                    projection::write_instant(out, receipt.received_at);
                    Ok(())
                }
                None => Err(serde_json::Error::custom("a reading without its receipt")),
            }),
            "sensor" => {
                let projection = Projection::<Sensor>::of(&field.below())?;
                Box::new(move |reading: &Self, out| match &reading.sensor {
                    Some(sensor) => projection.write(&Sensor(Arc::clone(sensor)), out),
                    None => Err(serde_json::Error::custom("a reading without its sensor")),
                })
            }
            _ => return None,
        })
    }
}

impl Plain for ReadingEdge {
    const TYPE_NAME: &'static str = "ReadingEdge";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "cursor" => json(Self::place),
            "node" => {
                let projection = Projection::<Reading>::of(&field.below())?;
                Box::new(move |edge: &Self, out| projection.write(&edge.node, out))
            }
            _ => return None,
        })
    }
}

/// Of readings whose sensors are known.
impl Plain for ReadingConnection {
    const TYPE_NAME: &'static str = "ReadingConnection";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "nodes" => {
                let projection = Projection::<Reading>::of(&field.below())?;
                Box::new(move |page: &Self, out| projection.write_list(page.rows.readings(), out))
            }
            "edges" => {
                let projection = Projection::<ReadingEdge>::of(&field.below())?;
                Box::new(move |page: &Self, out| projection.write_list(page.rows.edges(), out))
            }
            "pageInfo" => object(field, |page: &Self| Some(page.rows.page_info()))?,
            _ => return None,
        })
    }
}
