//! `readings`: readings row by row, in pages.

use std::sync::Arc;

use async_graphql::{Context, Object};
use entity::query::readings::{self, ReadingsOf};

use crate::ask::{cursor, page, range, sensors};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{Direction, ReadingConnection, ReadingFilter, Total};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

#[derive(Default)]
pub(crate) struct ReadingsQuery;

/// Readings of a page when the question does not say.
pub(crate) const FIRST: i32 = 1000;

#[Object]
impl ReadingsQuery {
    /// Readings of one sensor, of some or of all, by time and then by sensor, in pages. The pages of a closed range stay
    /// the same while readings arrive.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name or id of one sensor. Default: all sensors.")] sensor: Option<String>,
        #[graphql(desc = "Which readings, and of which sensors. Default: all.")] filter: Option<
            ReadingFilter,
        >,
        #[graphql(desc = "The first instant. Default: 24 hours before `to`.")] from: Option<DateTime>,
        #[graphql(desc = "The first instant that does not belong to it any more. Default: now.")] to: Option<
            DateTime,
        >,
        #[graphql(desc = "Oldest or newest first.", default_with = "Some(Direction::Asc)")] order: Option<
            Direction,
        >,
        #[graphql(desc = "Readings of a page, from 1 to 10,000.", default_with = "Some(FIRST)")]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<ReadingConnection> {
        let found: Result<Option<ReadingConnection>, ApiError> = async {
            let scope = ctx.scope()?;
            let limits = ctx.limits();
            let range = range::of_rows(from.map(|time| time.0), to.map(|time| time.0), ctx.asked().at)?;
            let direction = order.unwrap_or(Direction::Asc).into();
            let request = page::forward(
                first.unwrap_or(FIRST),
                after.as_deref(),
                limits,
                |argument, cursor| cursor::to_reading(argument, cursor, direction),
            )?;
            let (filter, of_sensors) = filter
                .map(|filter| filter.check("filter", limits))
                .transpose()?
                .unwrap_or_default();
            let mut chosen = match &of_sensors {
                Some(of_sensors) => {
                    Some(sensors::matching(ctx.db(), scope, "filter.sensors", of_sensors, limits).await?)
                }
                None => None,
            };
            if let Some(name) = sensor {
                let named = sensors::by_names(ctx.db(), scope, "sensor", &[name], limits).await?;
                let kept = match chosen {
                    Some(matching) => {
                        let of_filter = |id| matching.iter().any(|sensor| sensor.id == id);
                        named.into_iter().filter(|sensor| of_filter(sensor.id)).collect()
                    }
                    None => named,
                };
                chosen = Some(kept);
            }
            let ids: Option<Vec<i32>> = chosen
                .as_ref()
                .map(|sensors| sensors.iter().map(|sensor| sensor.id).collect());
            let of = ReadingsOf {
                sensors: ids.as_deref(),
                range,
                filter: &filter,
                direction,
            };
            let page = readings::page(ctx.db(), scope, &of, &request).await?;
            let total = Total::Asked {
                sensors: ids,
                range,
                filter,
            };
            Ok(Some(ReadingConnection::new(
                Arc::new(page.map(Into::into)),
                direction,
                chosen.unwrap_or_default(),
                total,
            )))
        }
        .await;
        found.transpose()
    }
}
