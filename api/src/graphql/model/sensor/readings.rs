//! A sensor's own readings: what is asked for, and the page of them.

use std::sync::Arc;

use async_graphql::{Context, ServerResult};
use entity::query::page::Page;
use entity::query::readings::Direction as Order;
use entity::query::sensors::Sensor as SensorRow;

use crate::ask::{cursor, page, range};
use crate::graphql::batch::{OfSensor, ReadingsCount, ReadingsPage};
use crate::graphql::error::ApiError;
use crate::graphql::model::reading::Row;
use crate::graphql::model::{Direction, ReadingConnection, Total};
use crate::graphql::query::READINGS_FIRST;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;
use crate::graphql::selection::Selected;

/// The arguments of `Sensor.readings`.
#[derive(Debug)]
pub(super) struct ReadingsArguments {
    pub(super) from: Option<DateTime>,
    pub(super) to: Option<DateTime>,
    pub(super) order: Option<Direction>,
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
}

impl ReadingsArguments {
    /// Those of the field that `ctx` belongs to, with their defaults.
    pub(super) fn of(ctx: &Context<'_>) -> ServerResult<Self> {
        Ok(Self {
            from: ctx.param_value("from", None)?.1,
            to: ctx.param_value("to", None)?.1,
            order: ctx.param_value("order", None)?.1,
            first: ctx.param_value("first", None)?.1,
            after: ctx.param_value("after", None)?.1,
        })
    }

    /// What they ask for.
    /// `with_receipts` says whether something below the field takes one.
    pub(super) fn check(self, ctx: &Context<'_>, with_receipts: bool) -> Result<ReadingsPage, ApiError> {
        let limits = ctx.limits();
        let range = range::of_rows(
            self.from.map(|time| time.0),
            self.to.map(|time| time.0),
            ctx.asked().at,
        )?;
        let order = self.order.unwrap_or(Direction::Asc);
        let after = self
            .after
            .map(|after| cursor::to_reading("after", &after, order.into()))
            .transpose()?;
        Ok(ReadingsPage {
            range: range.into(),
            newest_first: order == Direction::Desc,
            limit: page::rows("first", self.first.unwrap_or(READINGS_FIRST), limits)?,
            after,
            with_receipts,
        })
    }
}

/// Whether something selected below readings takes their receipts.
pub(super) fn takes_receipts(selected: &[Selected<'_>]) -> bool {
    selected.iter().any(|field| {
        ["receivedAt", "raw", "flagReason"]
            .iter()
            .any(|name| field.reaches(name))
    })
}

/// A page of a sensor's readings as the schema shows it; without rows where there is none.
pub(super) fn connection(
    sensor: &Arc<SensorRow>,
    what: ReadingsPage,
    page: Option<Arc<Page<Row>>>,
) -> ReadingConnection {
    let direction = if what.newest_first {
        Order::Desc
    } else {
        Order::Asc
    };
    let total = Total::OfSensor(OfSensor {
        sensor_id: sensor.id,
        what: ReadingsCount { range: what.range },
    });
    let page = page.unwrap_or_else(|| Arc::new(Page::empty()));
    ReadingConnection::new(page, direction, vec![Arc::clone(sensor)], total)
}
