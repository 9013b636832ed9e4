//! `/sensors/`: sensors with their latest readings; with `?sensor=`, the readings of one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use entity::query::Page;
use entity::query::readings::{self, Direction, Reading as ReadingRow, ReadingFilter, ReadingsOf};
use entity::query::sensors::{self as sensor_queries, Sensor as SensorRow, SensorFilter, SensorOrder};
use entity::{QualityFlag, Scope};
use serde::Serialize;
use tokio::time::timeout;

use super::parameters::Parameters;
use crate::access::Access;
use crate::ask::named::Wanted;
use crate::ask::{cursor, page, range, sensors, time};
use crate::graphql::error::ApiError;
use crate::http::Problem;
use crate::http::conditional::{self, Settled};
use crate::state::ApiState;

const KNOWN: &[&str] = &["sensor", "source", "from", "to", "order", "first", "after"];

/// Items of a page when the question does not say.
const FIRST: i32 = 1000;

/// Lists of sensors are by name.
const ORDER: SensorOrder = SensorOrder::NameAsc;

/// Sensors, or the readings of one.
pub(crate) async fn list(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let scope = access.data()?;
    let parameters = Parameters::of(&uri, KNOWN)?;
    let answer = async {
        let answer = async {
            match parameters.text("sensor") {
                Some(name) => of_one(&state, scope, name, &parameters)
                    .await
                    .map(|body| Json(body).into_response()),
                None => of_all(&state, scope, &parameters)
                    .await
                    .map(|body| Json(body).into_response()),
            }
        };
        let answer = timeout(state.options().limits.request_timeout, answer).await;
        answer.unwrap_or(Err(ApiError::Timeout))
    };
    let Some(until) = settled_until(&parameters)? else {
        return Ok(answer.await?);
    };
    let question = [uri.path(), uri.query().unwrap_or_default()];
    let settled = Settled {
        question,
        scope,
        until,
    };
    let whole = async { answer.await.map_err(|error| Problem::new(error).into_response()) };
    Ok(conditional::answer(&state, &settled, &headers, whole).await)
}

/// The end of the range asked for, when it is over: then only loading can change the answer.
fn settled_until(parameters: &Parameters) -> Result<Option<DateTime<Utc>>, ApiError> {
    let to = parameters.time("to")?;
    Ok(to.filter(|to| parameters.text("sensor").is_some() && *to <= Utc::now()))
}

async fn of_all(state: &ApiState, scope: &Scope, parameters: &Parameters) -> Result<SensorsBody, ApiError> {
    if let Some(name) = ["from", "to", "order"]
        .into_iter()
        .find(|name| parameters.text(name).is_some())
    {
        return Err(ApiError::InvalidArgument {
            argument: name.to_owned(),
            message: "it is about readings, and those are of one sensor".to_owned(),
            accepted: format!("{name} together with sensor"),
        });
    }
    let page = page(state, scope, parameters).await?;
    let ids: Vec<_> = page.rows.iter().map(|sensor| sensor.id).collect();
    let latest = readings::latest(state.db(), scope, &ids, None).await?;
    let latest: BTreeMap<_, _> = latest
        .into_iter()
        .map(|reading| (reading.sensor_id, reading))
        .collect();
    let now = Utc::now();
    let next = next(&page);
    let of = |sensor: SensorRow| {
        let latest = latest.get(&sensor.id).copied();
        WithLatest {
            sensor: Sensor::from(&sensor),
            latest: latest.map(Reading::from),
            latest_age_seconds: latest.map(|latest| seconds(now - latest.time)),
        }
    };
    Ok(SensorsBody {
        sensors: page.rows.into_iter().map(of).collect(),
        next,
    })
}

/// A page of sensors by name.
pub(super) async fn page(
    state: &ApiState,
    scope: &Scope,
    parameters: &Parameters,
) -> Result<Page<SensorRow>, ApiError> {
    let limits = &state.options().limits;
    let first = parameters.int("first")?.unwrap_or(FIRST);
    let request = page::forward(first, parameters.text("after"), limits, |argument, cursor| {
        cursor::to_sensor(argument, cursor, ORDER)
    })?;
    let sources = parameters.text("source").map(|source| vec![source.to_owned()]);
    if let Some(source) = parameters.text("source") {
        sensors::check_text("source", source, limits)?;
    }
    let filter = SensorFilter {
        sources,
        ..SensorFilter::default()
    };
    Ok(sensor_queries::page(state.db(), scope, &filter, ORDER, &request).await?)
}

/// Where to go on after a page of [`page()`].
pub(super) fn next(page: &Page<SensorRow>) -> Option<String> {
    let last = page.rows.last().filter(|_| page.has_next)?;
    Some(cursor::of_sensor(&last.key(ORDER), ORDER))
}

/// The one sensor of this name or id.
pub(super) async fn named(
    state: &ApiState,
    scope: &Scope,
    name: &str,
    source: Option<&str>,
) -> Result<Arc<SensorRow>, ApiError> {
    let wanted = Wanted {
        argument: "sensor",
        name,
        source,
        with_latest: false,
    };
    let found = state.named().one(scope, wanted, &state.options().limits).await?;
    found
        .map(|(sensor, _)| sensor)
        .ok_or_else(|| sensors::unknown("sensor", name))
}

async fn of_one(
    state: &ApiState,
    scope: &Scope,
    name: &str,
    parameters: &Parameters,
) -> Result<ReadingsBody, ApiError> {
    let limits = &state.options().limits;
    let range = range::of_rows(parameters.time("from")?, parameters.time("to")?, Utc::now())?;
    let direction = direction(parameters.text("order"))?;
    let first = parameters.int("first")?.unwrap_or(FIRST);
    let request = page::forward(first, parameters.text("after"), limits, |argument, cursor| {
        cursor::to_reading(argument, cursor, direction)
    })?;
    let sensor = named(state, scope, name, parameters.text("source")).await?;
    let filter = ReadingFilter::default();
    let of = ReadingsOf {
        sensors: Some(&[sensor.id]),
        range,
        filter: &filter,
        direction,
    };
    let page = readings::page(state.db(), scope, &of, &request).await?;
    let next = page.rows.last().filter(|_| page.has_next);
    let next = next.map(|last| cursor::of_reading(last.key(), direction));
    Ok(ReadingsBody {
        sensor: Sensor::from(&*sensor),
        from: time::format(range.from),
        to: time::format(range.to),
        readings: page.rows.into_iter().map(Reading::from).collect(),
        next,
    })
}

fn direction(order: Option<&str>) -> Result<Direction, ApiError> {
    match order {
        None | Some("asc") => Ok(Direction::Asc),
        Some("desc") => Ok(Direction::Desc),
        Some(other) => Err(ApiError::InvalidArgument {
            argument: "order".to_owned(),
            message: format!("{other:?} is no order"),
            accepted: "asc or desc".to_owned(),
        }),
    }
}

#[derive(Debug, Serialize)]
struct SensorsBody {
    sensors: Vec<WithLatest>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct ReadingsBody {
    sensor: Sensor,
    from: String,
    to: String,
    readings: Vec<Reading>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct WithLatest {
    #[serde(flatten)]
    sensor: Sensor,
    latest: Option<Reading>,
    latest_age_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Sensor {
    id: String,
    name: String,
    source: String,
    r#type: Option<String>,
    unit: Option<Unit>,
    description: Option<String>,
    location: Option<Location>,
    range: Option<Range>,
    labels: BTreeMap<String, String>,
    declared: bool,
    active_since: Option<String>,
    expected_interval_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Unit {
    declared: String,
    symbol: Option<String>,
    ucum: Option<String>,
    qudt: Option<String>,
    quantity_kind: Option<String>,
}

#[derive(Debug, Serialize)]
struct Location {
    lat: f64,
    lng: f64,
}

#[derive(Debug, Serialize)]
struct Range {
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Reading {
    time: String,
    value: f64,
    flag: &'static str,
    received_at: String,
}

impl From<ReadingRow> for Reading {
    fn from(row: ReadingRow) -> Self {
        Self {
            time: time::format(row.time),
            value: row.value,
            flag: word(row.flag),
            received_at: time::format(row.receipt.received_at),
        }
    }
}

impl From<&SensorRow> for Sensor {
    fn from(row: &SensorRow) -> Self {
        let unit = row.unit.clone().map(|unit| Unit {
            declared: unit.declared,
            symbol: unit.symbol,
            ucum: unit.ucum,
            qudt: unit.qudt,
            quantity_kind: unit.quantity_kind,
        });
        let range = Range {
            min: row.range.min,
            max: row.range.max,
        };
        Self {
            id: row.uuid.to_string(),
            name: row.name.clone(),
            source: row.source.clone(),
            r#type: row.kind.clone(),
            unit,
            description: row.description.clone(),
            location: row.location.map(|point| Location {
                lat: point.lat,
                lng: point.lng,
            }),
            range: Some(range).filter(|range| range.min.is_some() || range.max.is_some()),
            labels: row.labels.iter().cloned().collect(),
            declared: row.declared,
            active_since: row.active_since.map(time::format),
            expected_interval_seconds: row.expected_interval_seconds,
        }
    }
}

fn word(flag: QualityFlag) -> &'static str {
    match flag {
        QualityFlag::Pass => "pass",
        QualityFlag::NotEvaluated => "not_evaluated",
        QualityFlag::Suspect => "suspect",
        QualityFlag::Fail => "fail",
        QualityFlag::Missing => "missing",
    }
}

/// To the millisecond; below zero for a sensor whose clock is ahead.
#[expect(
    clippy::cast_precision_loss,
    reason = "ages in milliseconds stay far below 2^53"
)]
fn seconds(age: chrono::TimeDelta) -> f64 {
    age.num_milliseconds() as f64 / 1000.0
}
