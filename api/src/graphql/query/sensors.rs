//! `sensors`: a list of sensors.

use async_graphql::{Context, Object};

use crate::ask::cursor;
use crate::ask::page::{self, PageArguments};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{SensorConnection, SensorFilter, SensorOrder};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct SensorsQuery;

/// Sensors of a page when the question does not say.
const FIRST: i32 = 100;

#[Object]
impl SensorsQuery {
    /// Sensors, in pages.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn sensors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sensors. Default: all.")] filter: Option<SensorFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(SensorOrder::NameAsc)")] order_by: Option<
            SensorOrder,
        >,
        #[graphql(desc = "Sensors of a page, from 1 to 10,000.", default_with = "Some(FIRST)")] first: Option<
            i32,
        >,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
        #[graphql(desc = "Take the last sensors instead of the first, from 1 to 10,000.")] last: Option<i32>,
        #[graphql(desc = "Go back from this cursor: pageInfo.startCursor of the page behind.")]
        before: Option<String>,
    ) -> Nullable<SensorConnection> {
        let found: Result<Option<SensorConnection>, ApiError> = async {
            let scope = ctx.sensor_scope()?;
            let filter = filter
                .map(|filter| filter.check("filter", ctx.limits()))
                .transpose()?
                .unwrap_or_default();
            let order = order_by.unwrap_or(SensorOrder::NameAsc).into();
            let arguments = PageArguments {
                first,
                after,
                last,
                before,
            };
            let request = page::either(&arguments, FIRST, ctx.limits(), |argument, cursor| {
                cursor::to_sensor(argument, cursor, order)
            })?;
            let page = entity::query::sensors::page(ctx.db(), scope, &filter, order, &request).await?;
            Ok(Some(SensorConnection::new(page, order, filter)))
        }
        .await;
        found.transpose()
    }
}
