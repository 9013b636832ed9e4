//! Lists of sensors, with what is asked of each.
//!
//! The latest reading of each and pages of readings of each are read for all sensors of the list at once, and written with
//! them. Whatever is wrong with such a field is for its resolver to say: the list is left to the library then.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ContextSelectionSet, Value};
use entity::query::page::Page;
use entity::query::sensors::{Sensor as Row, SensorOrder};

use super::readings::{self, ReadingsArguments, takes_receipts};
use super::{Sensor, SensorEdge};
use crate::ask::cursor;
use crate::graphql::batch::{LatestKey, OfSensor};
use crate::graphql::error::ApiError;
use crate::graphql::list::Listed;
use crate::graphql::model::{PageInfo, Reading, ReadingConnection};
use crate::graphql::projection::{Plain as _, Projection, Write};
use crate::graphql::request::ContextExt as _;
use crate::graphql::selection::{self, Selected};

/// The rows of a list.
#[derive(Debug)]
pub(super) struct Rows {
    page: Page<Sensor>,
    order: SensorOrder,
}

impl Rows {
    pub(super) fn new(page: Page<Row>, order: SensorOrder) -> Self {
        let page = page.map(|row| Sensor(Arc::new(row)));
        Self { page, order }
    }

    /// Where the page lies.
    pub(super) fn page_info(&self) -> PageInfo {
        let Page {
            rows,
            has_next,
            has_previous,
        } = &self.page;
        PageInfo {
            has_next_page: *has_next,
            has_previous_page: *has_previous,
            start_cursor: rows.first().map(|sensor| self.cursor(sensor)),
            end_cursor: rows.last().map(|sensor| self.cursor(sensor)),
        }
    }

    fn cursor(&self, sensor: &Sensor) -> String {
        cursor::of_sensor(&sensor.0.key(self.order), self.order)
    }

    fn edges(&self) -> impl Iterator<Item = SensorEdge> {
        self.page.rows.iter().map(|sensor| SensorEdge {
            cursor: self.cursor(sensor),
            node: Some(sensor.clone()),
        })
    }

    /// How the selected fields of these sensors are written; `None` when one of them takes a resolver of its own.
    async fn projection(
        &self,
        ctx: &ContextSelectionSet<'_>,
        selected: &[Selected<'_>],
    ) -> Option<Projection<Sensor>> {
        let mut read = HashMap::new();
        for field in selected {
            let write = match field.name() {
                "latest" => self.latest(ctx, field).await?,
                "readings" => self.readings(ctx, field).await?,
                _ => continue,
            };
            read.insert(field.key(), write);
        }
        Projection::with(selected, |field| {
            read.remove(field.key()).or_else(|| Sensor::field(field))
        })
    }

    /// The same of edges.
    async fn edge_projection(
        &self,
        ctx: &ContextSelectionSet<'_>,
        selected: &[Selected<'_>],
    ) -> Option<Projection<SensorEdge>> {
        let mut nodes = HashMap::new();
        for field in selected.iter().filter(|field| field.name() == "node") {
            nodes.insert(field.key(), self.projection(ctx, &field.below()).await?);
        }
        Projection::with(selected, |field| match nodes.remove(field.key()) {
            Some(projection) => Some(Box::new(move |edge: &SensorEdge, out| match &edge.node {
                Some(sensor) => projection.write(sensor, out),
                None => serde_json::to_writer(out, &()),
            })),
            None => SensorEdge::field(field),
        })
    }

    /// The latest reading of each sensor.
    async fn latest(&self, ctx: &ContextSelectionSet<'_>, field: &Selected<'_>) -> Option<Write<Sensor>> {
        let projection = Projection::<Reading>::of(&field.below())?;
        let ctx = field.context(ctx);
        ctx.scope().ok()?;
        let keys = self.page.rows.iter().map(|sensor| LatestKey(sensor.0.id));
        let latest = ctx.loaders().load_many(keys).await.ok()?;
        Some(Box::new(move |sensor: &Sensor, out| {
            match latest.get(&LatestKey(sensor.0.id)) {
                Some(row) => {
                    let sensor = Some(Arc::clone(&sensor.0));
                    let row = (*row).into();
                    projection.write(&Reading { row, sensor }, out)
                }
                None => serde_json::to_writer(out, &()),
            }
        }))
    }

    /// A page of readings of each sensor.
    async fn readings(&self, ctx: &ContextSelectionSet<'_>, field: &Selected<'_>) -> Option<Write<Sensor>> {
        let projection = Projection::<ReadingConnection>::of(&field.below())?;
        let ctx = field.context(ctx);
        ctx.scope().ok()?;
        let what = ReadingsArguments::of(&ctx)
            .ok()?
            .check(&ctx, takes_receipts(&field.below()))
            .ok()?;
        let keys = self.page.rows.iter().map(|sensor| OfSensor {
            sensor_id: sensor.0.id,
            what,
        });
        let pages = ctx.loaders().load_many(keys).await.ok()?;
        Some(Box::new(move |sensor: &Sensor, out| {
            let sensor_id = sensor.0.id;
            let page = pages.get(&OfSensor { sensor_id, what }).cloned();
            projection.write(&readings::connection(&sensor.0, what, page), out)
        }))
    }
}

/// The sensors of a list.
pub(crate) struct SensorNodes(pub(super) Arc<Rows>);

/// The sensors of a list with their cursors.
pub(crate) struct SensorEdges(pub(super) Arc<Rows>);

impl Listed for SensorNodes {
    type Object = Sensor;

    async fn in_one_piece(&self, ctx: &ContextSelectionSet<'_>) -> Result<Option<Value>, ApiError> {
        let projection = self.0.projection(ctx, &selection::selected(ctx)).await;
        let sensors = &self.0.page.rows;
        projection.map(|projection| projection.list(sensors)).transpose()
    }

    fn objects(&self) -> Vec<Sensor> {
        self.0.page.rows.clone()
    }
}

impl Listed for SensorEdges {
    type Object = SensorEdge;

    async fn in_one_piece(&self, ctx: &ContextSelectionSet<'_>) -> Result<Option<Value>, ApiError> {
        let projection = self.0.edge_projection(ctx, &selection::selected(ctx)).await;
        projection
            .map(|projection| projection.list(self.0.edges()))
            .transpose()
    }

    fn objects(&self) -> Vec<SensorEdge> {
        self.0.edges().collect()
    }
}
