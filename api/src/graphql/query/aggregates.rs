//! `aggregates`: readings in buckets of time.

use std::sync::Arc;

use async_graphql::{Context, Object};
use entity::query::aggregates::Member;
use entity::query::sensors::Sensor;

use crate::ask::sensors;
use crate::buckets::{self, BucketsOf, Fill, Grouped, Question, SensorBuckets, View};
use crate::graphql::batch::{OfSensor, ReadingsBuckets};
use crate::graphql::error::ApiError;
use crate::graphql::model::aggregate::{Arguments, GroupKey, Grouping, Selected};
use crate::graphql::model::{AggregateSeries, QualityFlag, SensorFilter};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::{DateTime, Duration};
use crate::graphql::selection;

#[derive(Default)]
pub(crate) struct AggregatesQuery;

#[Object]
impl AggregatesQuery {
    /// What the readings of each sensor amount to in buckets of time: means, extremes, counts. One series for each
    /// sensor, named ones in the order asked, others by name; a name used in several sources gives one for each of them.
    /// Or one for each group of sensors (`groupBy`), as if their readings were those of one sensor: counts, sums, areas and
    /// rises are added up, extremes, means and percentiles are of all readings, and `completeness` is of the sensors whose
    /// interval is known.
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
            desc = "What the sensors of a series have in common: one series for each group instead of one for each \
                    sensor, of up to 8 keys. Default: sensors are not grouped."
        )]
        group_by: Option<Vec<GroupKey>>,
        #[graphql(
            desc = "What to show of buckets without readings.",
            default_with = "Some(Fill::None)"
        )]
        fill: Option<Fill>,
        #[graphql(
            desc = "Buckets that are known to be less complete (`completeness`, from 0 to 1) are shown as if they had no \
                    values: their counts stay, and `fill` fills them. Default: all are shown."
        )]
        min_completeness: Option<f64>,
        #[graphql(
            desc = "Whether readings flagged `FAIL` count, too. That takes every reading into account one by one, for up \
                    to 1,000 days of all sensors together.",
            default_with = "Some(false)"
        )]
        include_failed: Option<bool>,
        #[graphql(
            desc = "Only readings with one of these flags count. Default: all but `FAIL`; any other choice takes every \
                    reading into account one by one, as `includeFailed` does."
        )]
        flags: Option<Vec<QualityFlag>>,
        #[graphql(
            desc = "The unit of the values: a UCUM code such as `K`, or another way to write it such as `°F`, of the same \
                    kind as the sensors' own. Default: each sensor's own; of a group, that of its first sensor."
        )]
        unit: Option<String>,
    ) -> Result<Vec<AggregateSeries>, ApiError> {
        let scope = ctx.scope()?;
        let limits = ctx.limits();
        let arguments = Arguments {
            from: from.0,
            to: to.0,
            bucket: bucket.0,
            time_zone,
            fill,
            min_completeness,
            include_failed,
            flags,
            unit,
        };
        let selected = Selected::of(ctx, &selection::below(ctx, "buckets"))?;
        let question = arguments.check(ctx, selected)?;
        let grouping = Grouping::check(group_by, limits)?;
        let filter = filter.map(|filter| filter.check("filter", limits)).transpose()?;
        let chosen = sensors::chosen(ctx.db(), scope, sensors.as_deref(), filter, limits).await?;
        match grouping {
            Some(grouping) => of_groups(ctx, question, &grouping, chosen).await,
            None => of_sensors(ctx, &question, chosen).await,
        }
    }
}

async fn of_sensors(
    ctx: &Context<'_>,
    question: &Question,
    sensors: Vec<Arc<Sensor>>,
) -> Result<Vec<AggregateSeries>, ApiError> {
    let views = sensors
        .iter()
        .map(|sensor| question.view_of(sensor, ctx.limits()));
    let views: Vec<View> = views.collect::<Result<_, _>>()?;
    let buckets = load(ctx, &question.of, &sensors).await?;
    let series = sensors.into_iter().zip(buckets).zip(views);
    Ok(series
        .map(|((sensor, buckets), view)| AggregateSeries::of_sensor(sensor, buckets, view))
        .collect())
}

async fn of_groups(
    ctx: &Context<'_>,
    mut question: Question,
    grouping: &Grouping,
    sensors: Vec<Arc<Sensor>>,
) -> Result<Vec<AggregateSeries>, ApiError> {
    let groups = grouping.groups(sensors, question.unit(), ctx.limits())?;
    let of = question.of.clone();
    let details = &mut question.of.details;
    // Which reading of a group is the first and which the last, only their times say.
    details.numbers.times |= details.numbers.ends;
    // Percentiles of a group are no sum of those of its sensors.
    details.fractions = Arc::default();
    // Where only some of a group's sensors have readings, the lines of the others count, too.
    let crossed = details.crossed;
    details.crossed |= details.numbers.lines;
    let all: Vec<Arc<Sensor>> = groups
        .iter()
        .flat_map(|group| group.sensors.iter().cloned())
        .collect();
    let mut loaded = load(ctx, &question.of, &all).await?.into_iter();
    let members: Vec<Member> = (0..)
        .zip(&groups)
        .flat_map(|(number, group)| group.members(number))
        .collect();
    let grid = loaded.as_slice().first().map(|buckets| Arc::clone(&buckets.grid));
    let grid = grid.unwrap_or_default();
    let scope = ctx.scope()?;
    let mut percentiles = of
        .percentiles(ctx.db(), scope, &members, &grid, ctx.asked(), ctx.limits())
        .await?;
    let mut series = Vec::with_capacity(groups.len());
    for (number, group) in (0..).zip(groups) {
        let sensors = group.sensors.iter().zip(&group.conversions).zip(loaded.by_ref());
        let grouped: Vec<Grouped> = sensors
            .map(|((sensor, conversion), buckets)| Grouped {
                buckets,
                interval: sensor.expected_interval_seconds,
                conversion: *conversion,
            })
            .collect();
        let (mut merged, interval) = buckets::group(&grouped, crossed);
        merged.percentiles = percentiles.remove(&number).unwrap_or_default();
        let view = question.view(group.shown, interval);
        series.push(AggregateSeries::of_group(group.labels, merged, view));
    }
    Ok(series)
}

/// The buckets of each sensor, in their order.
async fn load(
    ctx: &Context<'_>,
    of: &BucketsOf,
    sensors: &[Arc<Sensor>],
) -> Result<Vec<Arc<SensorBuckets>>, ApiError> {
    let what = ReadingsBuckets::from(of.clone());
    let key = |sensor: &Arc<Sensor>| OfSensor {
        sensor_id: sensor.id,
        what: what.clone(),
    };
    let mut found = ctx.loaders().load_many(sensors.iter().map(key)).await?;
    let found = sensors
        .iter()
        .map(|sensor| found.remove(&key(sensor)).unwrap_or_default());
    Ok(found.collect())
}
