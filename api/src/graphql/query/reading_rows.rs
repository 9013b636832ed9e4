//! `readingRows`, `readingRowsConnection`: readings as flat tables, for tools that know nothing else.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{Context, Object};
use entity::query::readings::{self, Direction, Reading, ReadingFilter, ReadingsOf};
use entity::query::sensors::{Sensor, SensorFilter};

use crate::ask::{cursor, page, range, sensors, time};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::list::Nodes;
use crate::graphql::model::{ReadingRow, ReadingRowConnection, ReadingRows};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct ReadingRowsQuery;

/// Rows of a page when the question does not say.
pub(crate) const FIRST: i32 = 1000;

/// What a question says of the rows that it wants.
struct Arguments {
    sensor: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
}

#[Object]
impl ReadingRowsQuery {
    /// Readings as one flat table, for BI tools: plain columns, no argument required, the same columns when there are no
    /// rows. By time and then by sensor. All of them, up to 10,000; more are an error unless `first` says how many, so
    /// nothing is missing silently. `readingRowsConnection` has any number, page by page.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn reading_rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name or id of one sensor. Default: all sensors.")] sensor: Option<String>,
        #[graphql(
            name = "type",
            desc = "Only of sensors of this type, such as temperature. Default: all types."
        )]
        kind: Option<String>,
        #[graphql(
            desc = "The first instant: RFC 3339, a date, or milliseconds since 1970. Default: 24 hours before `to`."
        )]
        from: Option<String>,
        #[graphql(desc = "The first instant that does not belong to it any more. Default: now.")] to: Option<
            String,
        >,
        #[graphql(
            desc = "The first so many rows, from 1 to 10,000. Default: all; more than 10,000 are an error."
        )]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of readingRowsConnection.")]
        after: Option<String>,
    ) -> Result<Nodes<Vec<ReadingRow>>, ApiError> {
        let arguments = Arguments {
            sensor,
            kind,
            from,
            to,
            after,
        };
        let max = ctx.limits().first_max;
        let rows = rows(ctx, arguments, first.unwrap_or(max.cast_signed())).await?;
        if first.is_none() && rows.has_next() {
            return Err(more_than(max, "readingRowsConnection"));
        }
        Ok(rows.into_nodes())
    }

    /// The same table in pages, in the shape that the GraphQL driver of Apache Superset reads. The pages of a closed range
    /// stay the same while readings arrive.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn reading_rows_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name or id of one sensor. Default: all sensors.")] sensor: Option<String>,
        #[graphql(
            name = "type",
            desc = "Only of sensors of this type, such as temperature. Default: all types."
        )]
        kind: Option<String>,
        #[graphql(
            desc = "The first instant: RFC 3339, a date, or milliseconds since 1970. Default: 24 hours before `to`."
        )]
        from: Option<String>,
        #[graphql(desc = "The first instant that does not belong to it any more. Default: now.")] to: Option<
            String,
        >,
        #[graphql(desc = "Rows of a page, from 1 to 10,000. Default: 1,000.")] first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<ReadingRowConnection> {
        let arguments = Arguments {
            sensor,
            kind,
            from,
            to,
            after,
        };
        let rows = rows(ctx, arguments, first.unwrap_or(FIRST)).await;
        Some(rows.map(ReadingRowConnection))
    }
}

/// A list without pages has more rows than it gives.
pub(super) fn more_than(max: u32, pages: &str) -> ApiError {
    ApiError::LimitExceeded {
        argument: None,
        limit: max.into(),
        asked: None,
        advice: format!(
            "there are more rows than one list holds: ask for a shorter range or one sensor, say first to have only so \
             many of them, or take {pages} page by page"
        ),
    }
}

async fn rows(ctx: &Context<'_>, arguments: Arguments, first: i32) -> Result<ReadingRows, ApiError> {
    let scope = ctx.scope()?;
    let limits = ctx.limits();
    let at = |name, text: &Option<String>| text.as_deref().map(|text| time::of_argument(name, text));
    let from = at("from", &arguments.from).transpose()?;
    let to = at("to", &arguments.to).transpose()?;
    let range = range::of_rows(from, to, ctx.asked().at)?;
    let request = page::forward(first, arguments.after.as_deref(), limits, |argument, cursor| {
        cursor::to_reading(argument, cursor, Direction::Asc)
    })?;
    let chosen = chosen(ctx, arguments.sensor, arguments.kind).await?;
    let ids: Option<Vec<i32>> = chosen
        .as_ref()
        .map(|sensors| sensors.iter().map(|sensor| sensor.id).collect());
    let of = ReadingsOf {
        sensors: ids.as_deref(),
        range,
        filter: &ReadingFilter::default(),
        direction: Direction::Asc,
    };
    let page = readings::page(ctx.db(), scope, &of, &request).await?;
    let sensors = match chosen {
        Some(chosen) => chosen,
        None => sensors_of(ctx, &page.rows).await?,
    };
    let sensors = sensors.into_iter().map(|sensor| (sensor.id, sensor)).collect();
    ReadingRows::new(page, &sensors)
}

/// The sensors that a question names, if it does so.
async fn chosen(
    ctx: &Context<'_>,
    sensor: Option<String>,
    kind: Option<String>,
) -> Result<Option<Vec<Arc<Sensor>>>, ApiError> {
    let (db, scope, limits) = (ctx.db(), ctx.scope()?, ctx.limits());
    if let Some(kind) = &kind {
        sensors::check_text("type", kind, limits)?;
    }
    match (sensor, kind) {
        (None, None) => Ok(None),
        (None, Some(kind)) => {
            let filter = SensorFilter {
                kinds: Some(vec![kind]),
                ..SensorFilter::default()
            };
            sensors::matching(db, scope, "type", &filter, limits)
                .await
                .map(Some)
        }
        (Some(name), kind) => {
            let mut named = sensors::by_names(db, scope, "sensor", &[name], limits).await?;
            named.retain(|sensor| kind.is_none() || sensor.kind == kind);
            Ok(Some(named))
        }
    }
}

/// The sensors of these readings.
async fn sensors_of(ctx: &Context<'_>, readings: &[Reading]) -> Result<Vec<Arc<Sensor>>, ApiError> {
    let each: HashSet<i32> = readings.iter().map(|reading| reading.sensor_id).collect();
    let ids: Vec<i32> = each.into_iter().collect();
    let found = entity::query::sensors::by_ids(ctx.db(), ctx.scope()?, &ids).await?;
    Ok(found.into_iter().map(Arc::new).collect())
}
