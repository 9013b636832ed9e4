//! `/quality`: sensors by dimensions, the last day that is over, with the days before as a small line.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{View, render};
use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::drawing::spark;
use crate::error::Problem;
use crate::model::{Count, Figure, PageInfo, SensorName};
use crate::words::State;

const KNOWN: &[&str] = &["q", "after"];

/// Sensors of a page.
const FIRST: u32 = 50;

/// Days that a small line shows.
const DAYS: i64 = 14;

/// The columns.
const DIMENSIONS: &[&str] = &[
    "COMPLETENESS",
    "TIMELINESS",
    "VALIDITY",
    "UNIQUENESS",
    "CONFORMITY",
    "PLAUSIBILITY",
];

#[derive(Deserialize)]
struct Answer {
    sensors: Option<Sensors>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Sensors {
    total_count: Option<Count>,
    page_info: PageInfo,
    nodes: Vec<SensorName>,
}

#[derive(Deserialize)]
struct Days {
    quality: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    sensor: Option<Id>,
    from: DateTime<Utc>,
    status: String,
    figures: Vec<Figure>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Template)]
#[template(path = "quality.html")]
struct Page {
    chrome: Chrome,
    choices: Choices,
    sensors: Sensors,
    /// The days of each sensor, oldest first.
    days: Result<HashMap<String, Vec<Day>>, AskError>,
    day: DateTime<Utc>,
}

/// A cell of the matrix.
struct Cell {
    state: State,
    value: String,
    counts: String,
    spark: String,
}

impl Page {
    fn of(&self, sensor: &str) -> &[Day] {
        let days = self.days.as_ref().ok().and_then(|days| days.get(sensor));
        days.map_or(&[], Vec::as_slice)
    }

    fn overall(&self, sensor: &str) -> Option<State> {
        self.of(sensor).last().map(|day| State::quality(&day.status))
    }

    fn cells(&self, sensor: &str) -> Vec<Option<Cell>> {
        let days = self.of(sensor);
        let cell = |word: &&str| {
            let figure = |day: &'_ Day| -> Option<usize> {
                day.figures.iter().position(|figure| figure.dimension == **word)
            };
            let last = days.last()?;
            let of_last = &last.figures[figure(last)?];
            let values: Vec<Option<f64>> = days.iter().map(|day| day.figures[figure(day)?].value).collect();
            Some(Cell {
                state: of_last.state(),
                value: of_last.value_words(),
                counts: of_last.counts(),
                spark: spark::shares(&values),
            })
        };
        DIMENSIONS.iter().map(cell).collect()
    }

    fn text(&self) -> &str {
        self.choices.one("q").unwrap_or_default()
    }

    fn next(&self) -> String {
        let cursor = self.sensors.page_info.end_cursor.as_deref();
        self.choices.with("after", cursor).query()
    }
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), KNOWN);
    let visitor = &view.visitor;
    let filter = match choices.one("q") {
        Some(text) => json!({ "text": text }),
        None => json!({}),
    };
    let variables = json!({ "filter": filter, "first": FIRST, "after": choices.one("after") });
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/quality.graphql"), variables),
    );
    let sensors = answer?.sensors.unwrap_or_default();
    let now = Utc::now();
    let today = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
    let days = days(visitor, &sensors.nodes, today).await;
    Ok(render(&Page {
        chrome,
        choices,
        sensors,
        days,
        day: today - TimeDelta::days(1),
    }))
}

async fn days(
    visitor: &Visitor,
    sensors: &[SensorName],
    to: DateTime<Utc>,
) -> Result<HashMap<String, Vec<Day>>, AskError> {
    let mut days: HashMap<String, Vec<Day>> = HashMap::new();
    if sensors.is_empty() {
        return Ok(days);
    }
    let ids: Vec<&str> = sensors.iter().map(|sensor| sensor.id.as_str()).collect();
    let variables = json!({ "sensors": ids, "from": to - TimeDelta::days(DAYS), "to": to });
    let document = include_str!("../../queries/quality_days.graphql");
    let answer: Days = visitor.ask(document, variables).await?;
    for day in answer.quality {
        if let Some(sensor) = &day.sensor {
            days.entry(sensor.id.clone()).or_default().push(day);
        }
    }
    for of_sensor in days.values_mut() {
        of_sensor.sort_by_key(|day| day.from);
    }
    Ok(days)
}
