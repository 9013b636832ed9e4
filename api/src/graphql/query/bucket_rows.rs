//! `bucketRows`, `bucketRowsConnection`: buckets of time as flat tables, for tools that know nothing else.

use async_graphql::{Context, Object};
use entity::query::sensors::SensorFilter;

use super::reading_rows::{FIRST, more_than};
use crate::ask::buckets::BucketArguments;
use crate::ask::{cursor, page, range, sensors, time};
use crate::buckets::{BucketsIn, Question, Reader};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::list::Nodes;
use crate::graphql::model::{BucketRow, BucketRowConnection, BucketRows};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct BucketRowsQuery;

/// The length of a bucket when the question does not say.
const BUCKET: &str = "PT1H";

/// What a question says of the rows that it wants.
struct Arguments {
    bucket: Option<String>,
    time_zone: Option<String>,
    sensor: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
}

#[Object]
impl BucketRowsQuery {
    /// Means, extremes and counts of each sensor in buckets of time as one flat table, for BI tools: plain columns, no
    /// argument required, the same columns when there are no rows. By the sensor's name and source and then by start;
    /// buckets without readings are left out. All of them, up to 10,000; more are an error unless `first` says how many,
    /// so nothing is missing silently. `bucketRowsConnection` has any number, page by page.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn bucket_rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How long each bucket is, as a `Duration` of ISO 8601: PT15M, PT1H, P1D, P1M. Default: PT1H."
        )]
        bucket: Option<String>,
        #[graphql(
            desc = "The IANA name of the zone whose clock and calendar the buckets follow, such as Europe/Zurich. \
                    Default: `service { timeZone }` for buckets of a day and more, UTC for smaller ones."
        )]
        time_zone: Option<String>,
        #[graphql(desc = "The name or id of one sensor. Default: all sensors.")] sensor: Option<String>,
        #[graphql(
            name = "type",
            desc = "Only of sensors of this type, such as temperature. Default: all types."
        )]
        kind: Option<String>,
        #[graphql(
            desc = "The first instant whose readings count: RFC 3339, a date, or milliseconds since 1970. Default: \
                    7 days before `to`."
        )]
        from: Option<String>,
        #[graphql(desc = "The first instant whose readings do not count any more. Default: now.")] to: Option<
            String,
        >,
        #[graphql(
            desc = "The first so many rows, from 1 to 10,000. Default: all; more than 10,000 are an error."
        )]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of bucketRowsConnection.")]
        after: Option<String>,
    ) -> Result<Nodes<Vec<BucketRow>>, ApiError> {
        let arguments = Arguments {
            bucket,
            time_zone,
            sensor,
            kind,
            from,
            to,
            after,
        };
        let max = ctx.limits().first_max;
        let wanted = first.unwrap_or(max.cast_signed());
        let (of, rows) = rows(ctx, arguments, wanted).await?;
        let is_full = i32::try_from(rows.len()).is_ok_and(|rows| rows == wanted);
        if rows.has_next() && !is_full {
            return Err(ApiError::LimitExceeded {
                argument: None,
                limit: of.buckets_max(ctx.limits()),
                asked: None,
                advice: "one list does not look at more buckets than that, most of which have no readings: ask for a \
                         larger bucket, a shorter range or one sensor, or take bucketRowsConnection page by page"
                    .to_owned(),
            });
        }
        if rows.has_next() && first.is_none() {
            return Err(more_than(max, "bucketRowsConnection"));
        }
        Ok(rows.into_nodes())
    }

    /// The same table in pages, in the shape that the GraphQL driver of Apache Superset reads. Without `to`, all pages end
    /// where the first one did.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn bucket_rows_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How long each bucket is, as a `Duration` of ISO 8601: PT15M, PT1H, P1D, P1M. Default: PT1H."
        )]
        bucket: Option<String>,
        #[graphql(
            desc = "The IANA name of the zone whose clock and calendar the buckets follow, such as Europe/Zurich. \
                    Default: `service { timeZone }` for buckets of a day and more, UTC for smaller ones."
        )]
        time_zone: Option<String>,
        #[graphql(desc = "The name or id of one sensor. Default: all sensors.")] sensor: Option<String>,
        #[graphql(
            name = "type",
            desc = "Only of sensors of this type, such as temperature. Default: all types."
        )]
        kind: Option<String>,
        #[graphql(
            desc = "The first instant whose readings count: RFC 3339, a date, or milliseconds since 1970. Default: \
                    7 days before `to`."
        )]
        from: Option<String>,
        #[graphql(desc = "The first instant whose readings do not count any more. Default: now.")] to: Option<
            String,
        >,
        #[graphql(desc = "Rows of a page, from 1 to 10,000. Default: 1,000.")] first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<BucketRowConnection> {
        let arguments = Arguments {
            bucket,
            time_zone,
            sensor,
            kind,
            from,
            to,
            after,
        };
        let rows = rows(ctx, arguments, first.unwrap_or(FIRST)).await;
        Some(rows.map(|(_, rows)| BucketRowConnection(rows)))
    }
}

async fn rows(
    ctx: &Context<'_>,
    arguments: Arguments,
    first: i32,
) -> Result<(BucketsIn, BucketRows), ApiError> {
    let scope = ctx.scope()?;
    let limits = ctx.limits();
    let limit = page::rows("first", first, limits)?;
    let after = arguments
        .after
        .as_deref()
        .map(|cursor| cursor::to_bucket("after", cursor))
        .transpose()?;
    let (after, end) = match after {
        Some((key, end)) => (Some(key), end),
        None => (None, ctx.asked().at),
    };
    let at = |name, text: &Option<String>| text.as_deref().map(|text| time::of_argument(name, text));
    let from = at("from", &arguments.from).transpose()?;
    let to = at("to", &arguments.to).transpose()?;
    let bucketing = BucketArguments {
        bucket: arguments.bucket.as_deref().unwrap_or(BUCKET),
        time_zone: ("timeZone", arguments.time_zone.as_deref()),
    };
    let bucketing = bucketing.check(ctx.state().options().time_zone)?;
    let range = range::of_buckets(from, to, end)?;
    let of = BucketsIn {
        sensors: filter(ctx, arguments.sensor, arguments.kind).await?,
        question: Question::plain(bucketing, range),
    };
    let has_previous = after.is_some();
    let reader = Reader {
        db: ctx.db(),
        scope,
        asked: ctx.asked(),
        limits,
    };
    let page = of.page(&reader, limit, after).await?;
    Ok((of, BucketRows::new(page, has_previous, range.to)))
}

async fn filter(
    ctx: &Context<'_>,
    sensor: Option<String>,
    kind: Option<String>,
) -> Result<SensorFilter, ApiError> {
    let limits = ctx.limits();
    if let Some(kind) = &kind {
        sensors::check_text("type", kind, limits)?;
    }
    let mut filter = SensorFilter {
        kinds: kind.map(|kind| vec![kind]),
        ..SensorFilter::default()
    };
    if let Some(name) = sensor {
        let named = sensors::by_names(ctx.db(), ctx.scope()?, "sensor", &[name], limits).await?;
        filter.uuids = Some(named.iter().map(|sensor| sensor.uuid).collect());
    }
    Ok(filter)
}
