//! `/sensors/aggregates`: the last complete buckets of each sensor; `/sensors/aggregated10/`: ten means of a minute.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use chrono::Utc;
use entity::Scope;
use entity::query::aggregates::Numbers;
use entity::query::readings::TimeRange;
use entity::query::sensors::Sensor as SensorRow;
use serde::Serialize;
use tokio::time::timeout;

use super::parameters::Parameters;
use super::sensors::{self, Sensor};
use crate::access::Access;
use crate::ask::buckets::{self, BucketArguments};
use crate::ask::time;
use crate::ask::units::Shown;
use crate::buckets::{Before, Bucket, BucketsOf, Details, Fill, SensorBuckets, View};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::http::Problem;
use crate::state::ApiState;

/// Buckets of each sensor when the question does not say.
const LAST: i32 = 10;
const BUCKET: &str = "PT1M";

/// The last complete buckets of each sensor.
pub(crate) async fn last(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Response, Problem> {
    const KNOWN: &[&str] = &[
        "bucket",
        "last",
        "time_zone",
        "sensor",
        "source",
        "first",
        "after",
    ];
    let parameters = Parameters::of(&uri, KNOWN)?;
    let details = Details {
        numbers: Numbers::ALL,
        ..Details::default()
    };
    within_time(
        &state,
        answer(&state, access, &parameters, details, Aggregates::of),
    )
    .await
}

/// The last ten complete minutes of each sensor.
pub(crate) async fn last_ten(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Response, Problem> {
    const KNOWN: &[&str] = &["sensor", "source", "first", "after"];
    let parameters = Parameters::of(&uri, KNOWN)?;
    let details = Details {
        numbers: Numbers {
            sums: true,
            ..Numbers::default()
        },
        ..Details::default()
    };
    within_time(&state, answer(&state, access, &parameters, details, Minutes::of)).await
}

async fn within_time<B: Serialize>(
    state: &ApiState,
    answer: impl Future<Output = Result<B, ApiError>>,
) -> Result<Response, Problem> {
    let answer = timeout(state.options().limits.request_timeout, answer).await;
    let body = answer.unwrap_or(Err(ApiError::Timeout))?;
    Ok(Json(body).into_response())
}

async fn answer<B>(
    state: &ApiState,
    access: Access,
    parameters: &Parameters,
    details: Details,
    show: fn(&SensorRow, &SensorBuckets) -> B,
) -> Result<AggregatesBody<B>, ApiError> {
    let scope = access.data()?;
    let options = state.options();
    let arguments = BucketArguments {
        bucket: parameters.text("bucket").unwrap_or(BUCKET),
        time_zone: ("time_zone", parameters.text("time_zone")),
    };
    let bucketing = arguments.check(options.time_zone)?;
    let count = count(
        parameters.int("last")?.unwrap_or(LAST),
        options.limits.answer_buckets_max,
    )?;
    let asked = Asked::new(Utc::now(), access.clone());
    let edges = bucketing.last(asked.at, count).map_err(buckets::refused)?;
    // A row of buckets has two ends.
    let range = TimeRange {
        from: edges[0],
        to: edges[edges.len() - 1],
    };
    let (page, next) = page(state, scope, parameters).await?;
    let ids: Vec<_> = page.iter().map(|sensor| sensor.id).collect();
    let of = BucketsOf {
        bucketing,
        range,
        include_failed: false,
        before: Before::Unneeded,
        details,
    };
    let read = of.read(state.db(), scope, &ids, &asked, &options.limits).await?;
    let sensors = page.iter().zip(read).map(|(sensor, (_, found))| WithBuckets {
        sensor: Sensor::from(&**sensor),
        found: show(sensor, &found),
    });
    Ok(AggregatesBody {
        bucket: bucketing.size.to_string(),
        time_zone: bucketing.zone.name(),
        from: time::format(range.from),
        to: time::format(range.to),
        sensors: sensors.collect(),
        next,
    })
}

/// The sensor that is named, or a page of all.
async fn page(
    state: &ApiState,
    scope: &Scope,
    parameters: &Parameters,
) -> Result<(Vec<Arc<SensorRow>>, Option<String>), ApiError> {
    let Some(name) = parameters.text("sensor") else {
        let page = sensors::page(state, scope, parameters).await?;
        let next = sensors::next(&page);
        return Ok((page.rows.into_iter().map(Arc::new).collect(), next));
    };
    if let Some(argument) = ["first", "after"]
        .into_iter()
        .find(|argument| parameters.text(argument).is_some())
    {
        return Err(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: "one sensor has no pages".to_owned(),
            accepted: format!("{argument} without sensor"),
        });
    }
    let source = parameters.text("source");
    let sensor = sensors::named(state, scope, name, source).await?;
    Ok((vec![sensor], None))
}

fn count(asked: i32, max: u64) -> Result<usize, ApiError> {
    match usize::try_from(asked) {
        Ok(count) if count as u64 > max => Err(ApiError::LimitExceeded {
            argument: Some("last"),
            limit: max,
            asked: Some(count as u64),
            advice: "ask for fewer buckets, or larger ones".to_owned(),
        }),
        Ok(count) if count > 0 => Ok(count),
        _ => Err(ApiError::InvalidArgument {
            argument: "last".to_owned(),
            message: format!("{asked} is no number of buckets"),
            accepted: format!("an integer from 1 to {max}"),
        }),
    }
}

#[derive(Debug, Serialize)]
struct AggregatesBody<B> {
    bucket: String,
    time_zone: &'static str,
    from: String,
    to: String,
    sensors: Vec<WithBuckets<B>>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct WithBuckets<B> {
    #[serde(flatten)]
    sensor: Sensor,
    #[serde(flatten)]
    found: B,
}

#[derive(Debug, Serialize)]
struct Minutes {
    buckets: Vec<Minute>,
}

#[derive(Debug, Serialize)]
struct Aggregates {
    integral_unit: Option<String>,
    buckets: Vec<Aggregate>,
}

impl Minutes {
    fn of(sensor: &SensorRow, found: &SensorBuckets) -> Self {
        let mut buckets = Vec::with_capacity(found.shown(Fill::Null));
        found.each(Fill::Null, sensor.expected_interval_seconds, |bucket| {
            buckets.push(Minute::of(found, &bucket));
        });
        Self { buckets }
    }
}

impl Aggregates {
    fn of(sensor: &SensorRow, found: &SensorBuckets) -> Self {
        let view = View {
            fill: Fill::Null,
            interval: sensor.expected_interval_seconds,
            completeness_min: None,
            shown: Shown::own(sensor),
        };
        let mut buckets = Vec::with_capacity(found.shown(Fill::Null));
        found.each_in(&view, |bucket| buckets.push(Aggregate::of(found, &bucket)));
        Self {
            integral_unit: view.shown.integral_unit().map(str::to_owned),
            buckets,
        }
    }
}

#[derive(Debug, Serialize)]
struct Minute {
    start: String,
    end: String,
    mean: Option<f64>,
    count: u64,
}

#[derive(Debug, Serialize)]
struct Aggregate {
    start: String,
    end: String,
    count: u64,
    count_suspect: u64,
    count_fail: u64,
    completeness: Option<f64>,
    avg: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    sum: Option<f64>,
    first: Option<f64>,
    last: Option<f64>,
    stddev: Option<f64>,
    time_weighted_avg: Option<f64>,
    integral: Option<f64>,
    increase: Option<f64>,
}

impl Minute {
    fn of(found: &SensorBuckets, bucket: &Bucket) -> Self {
        Self {
            start: found.grid.text(bucket.number).to_owned(),
            end: found.grid.text(bucket.number + 1).to_owned(),
            mean: bucket.levels.map(|levels| levels.avg),
            count: bucket.count,
        }
    }
}

impl Aggregate {
    fn of(found: &SensorBuckets, bucket: &Bucket) -> Self {
        let levels = bucket.levels;
        Self {
            start: found.grid.text(bucket.number).to_owned(),
            end: found.grid.text(bucket.number + 1).to_owned(),
            count: bucket.count,
            count_suspect: bucket.count_suspect,
            count_fail: bucket.count_fail,
            completeness: bucket.completeness,
            avg: levels.map(|levels| levels.avg),
            min: levels.map(|levels| levels.min),
            max: levels.map(|levels| levels.max),
            sum: bucket.sum,
            first: levels.map(|levels| levels.first),
            last: levels.map(|levels| levels.last),
            stddev: bucket.stddev,
            time_weighted_avg: bucket.time_weighted_avg,
            integral: bucket.integral,
            increase: bucket.increase,
        }
    }
}
