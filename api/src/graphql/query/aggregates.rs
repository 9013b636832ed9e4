//! `aggregates`: readings in buckets of time.

use async_graphql::{Context, Object};

use crate::ask::buckets::BucketArguments;
use crate::ask::{range, sensors};
use crate::buckets::Fill;
use crate::graphql::batch::{OfSensor, ReadingsBuckets};
use crate::graphql::error::ApiError;
use crate::graphql::model::{AggregateSeries, SensorFilter};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::{DateTime, Duration};

#[derive(Default)]
pub(crate) struct AggregatesQuery;

#[Object]
impl AggregatesQuery {
    /// What the readings of each sensor amount to in buckets of time: means, extremes, counts. One series for each
    /// sensor, named ones in the order asked, others by name; a name used in several sources gives one for each of them.
    /// One answer holds up to 200,000 buckets, those without readings counted too. Exact at every instant, with all that
    /// has arrived, however late.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn aggregates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Names or ids of sensors. Default: all that match the filter.")] sensors: Option<
            Vec<String>,
        >,
        #[graphql(desc = "Which sensors. Default: all, up to 10,000.")] filter: Option<SensorFilter>,
        #[graphql(
            desc = "The first instant whose readings count; the bucket that it lies in is shown as a whole."
        )]
        from: DateTime,
        #[graphql(desc = "The first instant whose readings do not count any more.")] to: DateTime,
        #[graphql(desc = "How long each bucket is.")] bucket: Duration,
        #[graphql(
            desc = "The IANA name of the zone whose clock and calendar the buckets follow, such as Europe/Zurich. \
                    Default: `service { timeZone }` for buckets of a day and more, UTC for smaller ones."
        )]
        time_zone: Option<String>,
        #[graphql(
            desc = "What to show of buckets without readings.",
            default_with = "Some(Fill::None)"
        )]
        fill: Option<Fill>,
        #[graphql(
            desc = "Whether readings flagged `FAIL` count. That takes every reading into account one by one, for up to \
                    1,000 days of all sensors together.",
            default_with = "Some(false)"
        )]
        include_failed: Option<bool>,
    ) -> Result<Vec<AggregateSeries>, ApiError> {
        let scope = ctx.scope()?;
        let limits = ctx.limits();
        let range = range::between(from.0, to.0)?;
        let arguments = BucketArguments {
            bucket: &bucket.0,
            time_zone: ("timeZone", time_zone.as_deref()),
        };
        let fill = fill.unwrap_or(Fill::None);
        let what = ReadingsBuckets {
            bucketing: arguments.check(ctx.state().options().time_zone)?,
            range: range.into(),
            include_failed: include_failed.unwrap_or(false),
            with_before: fill == Fill::Previous,
        };
        let filter = filter.map(|filter| filter.check("filter", limits)).transpose()?;
        let chosen = sensors::chosen(ctx.db(), scope, sensors.as_deref(), filter, limits).await?;
        let key = |sensor_id| OfSensor { sensor_id, what };
        let keys = chosen.iter().map(|sensor| key(sensor.id));
        let mut buckets = ctx.loaders().load_many(keys).await?;
        let series = chosen.into_iter().filter_map(|sensor| {
            let buckets = buckets.remove(&key(sensor.id))?;
            Some(AggregateSeries::new(sensor, buckets, fill))
        });
        Ok(series.collect())
    }
}
