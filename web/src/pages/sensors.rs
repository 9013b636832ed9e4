//! `/sensors/`: all sensors, as a table or on a map.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use chrono::{DurationRound as _, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{View, render};
use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::drawing::map::{self, Marker};
use crate::drawing::spark;
use crate::error::Problem;
use crate::model::{Count, Freshness, Label, Location, PageInfo, Unit};
use crate::words::{self, State};

const KNOWN: &[&str] = &[
    "q", "type", "unit", "source", "label", "within", "order", "view", "after", "before",
];

/// Sensors of a page.
const FIRST: u32 = 50;

/// Columns that can be sorted by: the order's name up and down, and the column's title.
const ORDERS: &[(&str, &str, &str)] = &[
    ("NAME_ASC", "NAME_DESC", "Name"),
    ("TYPE_ASC", "TYPE_DESC", "Type"),
    ("ACTIVE_SINCE_ASC", "ACTIVE_SINCE_DESC", "Active since"),
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
    nodes: Vec<Sensor>,
}

#[derive(Deserialize)]
struct Sensor {
    id: String,
    name: String,
    source: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    declared: bool,
    unit: Option<Unit>,
    labels: Vec<Label>,
    freshness: Freshness,
    latest: Option<Latest>,
}

#[derive(Deserialize)]
struct Latest {
    value: f64,
    flag: String,
}

impl Sensor {
    fn value(&self) -> String {
        let Some(latest) = &self.latest else {
            return "–".to_owned();
        };
        let value = words::value(latest.value);
        match &self.unit {
            Some(unit) => format!("{value} {}", unit.symbol()),
            None => value,
        }
    }

    /// The flag of the latest value, where it is worth a word.
    fn doubt(&self) -> Option<State> {
        let flag = self.latest.as_ref()?.flag.as_str();
        matches!(flag, "SUSPECT" | "FAIL").then(|| State::flag(flag))
    }
}

#[derive(Deserialize)]
struct Sparks {
    aggregates: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    sensor: Option<Id>,
    buckets: Vec<Bucket>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Bucket {
    avg: Option<f64>,
}

#[derive(Deserialize)]
struct MapAnswer {
    sensors: Option<MapSensors>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MapSensors {
    total_count: Option<Count>,
    nodes: Vec<MapSensor>,
}

#[derive(Deserialize)]
struct MapSensor {
    id: String,
    name: String,
    location: Option<Location>,
    freshness: Status,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

#[derive(Template)]
#[template(path = "sensors.html")]
struct Page {
    chrome: Chrome,
    choices: Choices,
    sensors: Sensors,
    sparks: HashMap<String, String>,
}

#[derive(Template)]
#[template(path = "sensors_map.html")]
struct MapPage {
    chrome: Chrome,
    choices: Choices,
    total: Option<Count>,
    markers: Vec<Marker>,
    /// Sensors that say where they are.
    placed: usize,
    land: &'static str,
    view: map::View,
}

/// A column's head: the address that sorts by it, and how it is sorted now.
struct Head {
    address: String,
    sort: &'static str,
}

fn text(choices: &Choices) -> &str {
    choices.one("q").unwrap_or_default()
}

impl Page {
    fn heads(&self) -> HashMap<&'static str, Head> {
        let order = self.choices.one("order").unwrap_or("NAME_ASC");
        let head = |&(up, down, title): &(&str, &str, &'static str)| {
            let (next, sort) = match order {
                order if order == up => (down, "ascending"),
                order if order == down => (up, "descending"),
                _ => (up, "none"),
            };
            let choices = self.choices.without(&["after", "before"]);
            let head = Head {
                address: choices.with("order", Some(next)).query(),
                sort,
            };
            (title, head)
        };
        ORDERS.iter().map(head).collect()
    }

    fn spark(&self, id: &str) -> &str {
        self.sparks.get(id).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        text(&self.choices)
    }

    fn page(&self, name: &str, cursor: Option<&String>) -> String {
        let choices = self.choices.without(&["after", "before"]);
        choices.with(name, cursor.map(String::as_str)).query()
    }
}

impl MapPage {
    fn text(&self) -> &str {
        text(&self.choices)
    }
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), KNOWN);
    if choices.one("view") == Some("map") {
        return on_map(view, choices).await;
    }
    let visitor = &view.visitor;
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/sensors.graphql"), variables(&choices)),
    );
    let sensors = answer?.sensors.unwrap_or_default();
    // Without them the table is whole all the same.
    let sparks = sparks(visitor, &sensors.nodes).await.unwrap_or_default();
    Ok(render(&Page {
        chrome,
        choices,
        sensors,
        sparks,
    }))
}

async fn on_map(view: View, choices: Choices) -> Result<Response, Problem> {
    let visitor = &view.visitor;
    let variables = json!({ "filter": filter(&choices) });
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<MapAnswer>(include_str!("../../queries/sensors_map.graphql"), variables),
    );
    let sensors = answer?.sensors.unwrap_or_default();
    let places = sensors.nodes.iter().filter_map(|sensor| {
        Some(map::Place {
            id: &sensor.id,
            name: &sensor.name,
            at: sensor.location?,
            state: State::freshness(&sensor.freshness.status),
        })
    });
    let places: Vec<map::Place<'_>> = places.collect();
    let shown = map::View::around(&places);
    Ok(render(&MapPage {
        chrome,
        total: sensors.total_count,
        placed: places.len(),
        markers: map::markers(&places, &shown, |area| {
            // Sensors at one place stay one dot, however large the map: the table shows them.
            let view = (shown.width() > map::SPAN_MIN).then_some("map");
            part(&choices.with("view", view), area)
        }),
        land: map::LAND,
        view: shown,
        choices,
    }))
}

fn variables(choices: &Choices) -> Value {
    let order = choices.one("order").unwrap_or("NAME_ASC");
    match (choices.one("before"), choices.one("after")) {
        (Some(before), _) => {
            json!({ "filter": filter(choices), "order": order, "first": null, "last": FIRST, "before": before })
        }
        (None, after) => json!({ "filter": filter(choices), "order": order, "first": FIRST, "after": after }),
    }
}

fn filter(choices: &Choices) -> Value {
    let mut filter = Map::new();
    if let Some(text) = choices.one("q") {
        filter.insert("text".to_owned(), text.into());
    }
    for (name, argument) in [("type", "types"), ("unit", "units"), ("source", "sources")] {
        let chosen: Vec<&str> = choices.all(name).collect();
        if !chosen.is_empty() {
            filter.insert(argument.to_owned(), chosen.into());
        }
    }
    let labels: Vec<Value> = choices
        .all("label")
        .filter_map(|label| label.split_once('='))
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    if !labels.is_empty() {
        filter.insert("labels".to_owned(), labels.into());
    }
    if let Some([south, west, north, east]) = within(choices) {
        let within = json!({ "south": south, "west": west, "north": north, "east": east });
        filter.insert("within".to_owned(), within);
    }
    filter.into()
}

/// Four numbers of degrees: south, west, north, east. What is none is nothing.
fn within(choices: &Choices) -> Option<[f64; 4]> {
    let numbers = choices.one("within")?.split(',').map(str::parse);
    let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().ok()?;
    numbers.try_into().ok()
}

/// The address of these sensors in a part of the world.
fn part(choices: &Choices, area: map::Area) -> String {
    let degrees = |value: f64| format!("{value:.5}");
    let area = [
        degrees(area.south.max(-90.0)),
        degrees(area.west.max(-180.0)),
        degrees(area.north.min(90.0)),
        degrees(area.east.min(180.0)),
    ];
    let choices = choices.with("within", Some(&area.join(",")));
    format!("/sensors/{}", choices.query())
}

/// The last day of each sensor as a small line, by id.
async fn sparks(visitor: &Visitor, sensors: &[Sensor]) -> Result<HashMap<String, String>, AskError> {
    if sensors.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<&str> = sensors.iter().map(|sensor| sensor.id.as_str()).collect();
    let now = Utc::now();
    let to = now.duration_trunc(TimeDelta::minutes(30)).unwrap_or(now);
    let variables = json!({ "sensors": ids, "from": to - TimeDelta::days(1), "to": to });
    let document = include_str!("../../queries/sensors_sparks.graphql");
    let answer: Sparks = visitor.ask(document, variables).await?;
    let of = |series: Series| {
        let values: Vec<Option<f64>> = series.buckets.iter().map(|bucket| bucket.avg).collect();
        Some((series.sensor?.id, spark::path(&values)))
    };
    Ok(answer.aggregates.into_iter().filter_map(of).collect())
}
