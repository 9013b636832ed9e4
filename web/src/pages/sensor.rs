//! `/sensors/{id}`: one sensor, from years to seconds.

use std::borrow::Cow;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{View, no_such_page, render};
use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Figure, Freshness, Incident, Label, Location, Range, Unit, dimension};
use crate::plot::Plot;
use crate::range::TimeRange;
use crate::words::{self, State};

const KNOWN: &[&str] = &["range", "from", "to"];

#[derive(Deserialize)]
struct Answer {
    sensor: Option<Sensor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sensor {
    id: String,
    name: String,
    source: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    declared: bool,
    active_since: Option<DateTime<Utc>>,
    unit: Option<Unit>,
    location: Option<Location>,
    range: Option<Range>,
    labels: Vec<Label>,
    dataset: Option<Of>,
    freshness: Freshness,
    latest: Option<Latest>,
    versions: Option<Versions>,
}

#[derive(Deserialize)]
struct Of {
    slug: String,
    title: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Latest {
    time: DateTime<Utc>,
    value: f64,
    flag: String,
    received_at: DateTime<Utc>,
}

impl Latest {
    fn state(&self) -> State {
        State::flag(&self.flag)
    }

    fn latency(&self) -> String {
        words::age((self.received_at - self.time).as_seconds_f64())
    }
}

#[derive(Deserialize)]
struct Versions {
    nodes: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    valid_from: DateTime<Utc>,
    valid_to: Option<DateTime<Utc>>,
    changes: Vec<Change>,
}

impl Version {
    /// The address of the plot of the time in which it was in force, up to `now`.
    fn plot(&self, now: &DateTime<Utc>) -> String {
        let shown = TimeRange {
            from: self.valid_from,
            to: self.valid_to.unwrap_or(*now),
            name: None,
        };
        format!("?{}#plot", shown.query())
    }
}

#[derive(Deserialize)]
struct Change {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
struct QualityAnswer {
    quality: Vec<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    status: String,
    worst_dimension: Option<String>,
    readings: f64,
    figures: Vec<Figure>,
    latency: Option<Latency>,
    tests: Vec<Test>,
    gaps: Vec<Gap>,
    gaps_count: Option<f64>,
    longest_gap_seconds: Option<f64>,
    rule_version: Option<String>,
}

impl Report {
    fn state(&self) -> State {
        State::quality(&self.status)
    }

    fn worst(&self) -> Option<&'static str> {
        self.worst_dimension.as_deref().map(dimension)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Latency {
    p50_seconds: f64,
    p95_seconds: f64,
    p99_seconds: f64,
    max_seconds: f64,
    late: f64,
    late_share: f64,
    negative: f64,
    negative_share: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    #[serde(rename = "test")]
    name: String,
    pass: f64,
    suspect: f64,
    fail: f64,
    not_evaluated: f64,
    missing: f64,
}

impl Test {
    fn words(&self) -> &'static str {
        match self.name.as_str() {
            "GROSS_RANGE" => "Gross range",
            "SPIKE" => "Spike",
            "RATE_OF_CHANGE" => "Rate of change",
            "FLAT_LINE" => "Flat line",
            "GAP" => "Gap",
            _ => "Test",
        }
    }
}

#[derive(Deserialize)]
struct Gap {
    start: DateTime<Utc>,
    end: Option<DateTime<Utc>>,
    missing: f64,
}

impl Gap {
    /// How long it was, or has been until `now`.
    fn lasted(&self, now: &DateTime<Utc>) -> String {
        words::age((self.end.unwrap_or(*now) - self.start).as_seconds_f64())
    }

    /// The address of the plot of it, with as much around it.
    fn plot(&self, now: &DateTime<Utc>) -> String {
        let end = self.end.unwrap_or(*now);
        let around = end - self.start;
        let shown = TimeRange {
            from: self.start - around,
            to: (end + around).min(*now),
            name: None,
        };
        format!("?{}#plot", shown.query())
    }
}

#[derive(Deserialize)]
struct IncidentAnswer {
    incidents: Option<Incidents>,
}

#[derive(Deserialize)]
struct Incidents {
    nodes: Vec<Incident>,
}

#[derive(Template)]
#[template(path = "sensor.html")]
struct Page {
    chrome: Chrome,
    now: DateTime<Utc>,
    sensor: Sensor,
    plot: Result<Option<Plot>, AskError>,
    quality: Result<Option<Report>, AskError>,
    incidents: Result<Vec<Incident>, AskError>,
}

impl Page {
    fn unit(&self) -> Cow<'_, str> {
        self.sensor.unit.as_ref().map_or(Cow::Borrowed(""), Unit::symbol)
    }
}

pub(crate) async fn page(view: View, Path(id): Path<String>) -> Result<Response, Problem> {
    // Such as `/sensors/aggregates`, which is data.
    if uuid::Uuid::try_parse(&id).is_err() {
        return Ok(no_such_page().await);
    }
    let now = Utc::now();
    let choices = Choices::of(view.uri.query(), KNOWN);
    let shown = TimeRange::of(&choices, now)?;
    let visitor = &view.visitor;
    let missing = || Problem::not_found("There is no sensor of this id here, or not for you.".to_owned());
    let document = include_str!("../../queries/sensor.graphql");
    let (chrome, answer, plot, quality, incidents) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(document, json!({ "id": id })),
        Plot::of(visitor, &id, shown, &choices),
        quality(visitor, &id, now),
        incidents(visitor, &id),
    );
    Ok(render(&Page {
        chrome,
        now,
        sensor: answer?.sensor.ok_or_else(missing)?,
        plot,
        quality,
        incidents,
    }))
}

/// The last 24 hours.
async fn quality(visitor: &Visitor, id: &str, now: DateTime<Utc>) -> Result<Option<Report>, AskError> {
    let variables = json!({ "id": id, "from": now - TimeDelta::days(1), "to": now });
    let document = include_str!("../../queries/sensor_quality.graphql");
    let answer: QualityAnswer = visitor.ask(document, variables).await?;
    Ok(answer.quality.into_iter().next())
}

async fn incidents(visitor: &Visitor, id: &str) -> Result<Vec<Incident>, AskError> {
    let document = include_str!("../../queries/sensor_incidents.graphql");
    let answer: IncidentAnswer = visitor.ask(document, json!({ "id": id })).await?;
    Ok(answer.incidents.map(|found| found.nodes).unwrap_or_default())
}
