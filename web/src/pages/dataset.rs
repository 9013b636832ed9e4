//! `/datasets/{slug}`: one dataset, in the order of a decision.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::datasets::kind;
use super::{View, render};
use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::connect::{Snippet, playground, snippets};
use crate::drawing::spark;
use crate::error::Problem;
use crate::lineage::Lineage;
use crate::model::{
    Announcement, Count, Figure, Freshness, Incident, Party, Range, SensorName, Unit, dimension,
};
use crate::plot::Plot;
use crate::range::TimeRange;
use crate::words::{self, State};

const KNOWN: &[&str] = &["sensor", "range", "from", "to"];

/// Days of the quality's history.
const HISTORY_DAYS: i64 = 30;

#[derive(Deserialize)]
struct Answer {
    dataset: Option<Dataset>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dataset {
    slug: String,
    title: String,
    description: String,
    kind: String,
    open: bool,
    keywords: Vec<String>,
    version: Option<String>,
    computed_at: DateTime<Utc>,
    derived_from: Vec<String>,
    resolution_seconds: Option<f64>,
    sensor_count: Option<f64>,
    period: Option<Period>,
    bounding_box: Option<Bounds>,
    rows: Option<Count>,
    bytes: Option<Count>,
    owner: Option<Party>,
    contact: Option<Party>,
    licence: Option<Licence>,
    promise: Promise,
    deprecation: Option<Deprecation>,
    problems: Vec<DatasetProblem>,
    fields: Vec<Field>,
    freshness: Freshness,
    quality_status: String,
    quality_figures: Vec<DatasetFigure>,
    distributions: Vec<Distribution>,
    versions: Vec<Version>,
    announcements: Vec<Announcement>,
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Period {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Bounds {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

#[derive(Deserialize)]
struct Licence {
    name: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    completeness: Option<f64>,
    retention_seconds: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deprecation {
    reason: String,
    removed_on: Option<String>,
}

#[derive(Deserialize)]
struct DatasetProblem {
    field: Option<String>,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    description: String,
    sql_type: String,
    graphql: Option<String>,
    graphql_type: Option<String>,
    nullable: bool,
    key: bool,
    references: Option<String>,
    unit: Option<FieldUnit>,
    range: Option<Range>,
    example: Option<String>,
    since: Option<String>,
    deprecation: Option<Deprecation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldUnit {
    of_sensor: bool,
    declared: Option<String>,
    symbol: Option<String>,
    ucum: Option<String>,
    qudt: Option<String>,
    quantity_kind: Option<String>,
}

impl FieldUnit {
    fn symbol(&self) -> &str {
        self.symbol
            .as_deref()
            .or(self.declared.as_deref())
            .unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct DatasetFigure {
    #[serde(flatten)]
    figure: Figure,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Distribution {
    title: String,
    description: String,
    path: String,
    media_type: String,
    download: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    #[serde(rename = "version")]
    number: String,
    released_at: DateTime<Utc>,
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    path: String,
    summary: String,
    breaking: bool,
}

#[derive(Deserialize)]
struct History {
    quality: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    figures: Vec<Figure>,
}

#[derive(Deserialize)]
struct Sample {
    readings: Option<SampleNodes>,
}

#[derive(Deserialize)]
struct SampleNodes {
    nodes: Vec<Reading>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reading {
    time: DateTime<Utc>,
    value: f64,
    flag: String,
    received_at: DateTime<Utc>,
    sensor: ReadingSensor,
}

#[derive(Deserialize)]
struct ReadingSensor {
    id: String,
    name: String,
    unit: Option<Unit>,
}

impl Reading {
    fn state(&self) -> State {
        State::flag(&self.flag)
    }

    fn latency(&self) -> String {
        words::age((self.received_at - self.time).as_seconds_f64())
    }
}

#[derive(Deserialize)]
struct Sensors {
    sensors: Option<SensorNodes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SensorNodes {
    nodes: Vec<SensorName>,
    total_count: Option<Count>,
}

/// What is asked for besides the dataset itself; each may fail alone.
struct Besides {
    lineage: Result<Option<Lineage>, AskError>,
    history: Option<Vec<Day>>,
    sample: Option<Result<Vec<Reading>, AskError>>,
    sensors: Option<SensorNodes>,
    plot: Option<Result<Plot, AskError>>,
}

#[derive(Template)]
#[template(path = "dataset.html")]
struct Page {
    chrome: Chrome,
    now: DateTime<Utc>,
    dataset: Dataset,
    besides: Besides,
    snippets: Vec<Snippet>,
    playground: String,
    /// JSON that is safe within a script element.
    schema_org: String,
}

impl Page {
    fn kind_words(&self) -> &'static str {
        kind(&self.dataset.kind)
    }

    fn quality(&self) -> State {
        State::quality(&self.dataset.quality_status)
    }

    /// The dimension that is worst, where one is not good.
    fn worst(&self) -> Option<&'static str> {
        let figures = &self.dataset.quality_figures;
        let worst = figures.iter().find(|figure| {
            figure.figure.verdict == self.dataset.quality_status && figure.figure.verdict != "PASS"
        });
        worst
            .filter(|figure| figure.figure.verdict != "NOT_APPLICABLE")
            .map(|figure| dimension(&figure.figure.dimension))
    }

    /// The history of a dimension as a small line; empty without one.
    fn spark(&self, of: &str) -> String {
        let Some(days) = &self.besides.history else {
            return String::new();
        };
        let value = |day: &Day| day.figures.iter().find(|figure| figure.dimension == of)?.value;
        spark::shares(&days.iter().map(value).collect::<Vec<_>>())
    }

    /// The time that the figures are about.
    fn measured(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let first = self.dataset.quality_figures.first()?;
        Some((first.from, first.to))
    }

    fn parties(&self) -> impl Iterator<Item = (&'static str, &Party)> {
        let named = [("Owner", &self.dataset.owner), ("Contact", &self.dataset.contact)];
        named
            .into_iter()
            .filter_map(|(what, party)| Some((what, party.as_ref()?)))
    }

    fn active(&self) -> Vec<&Announcement> {
        let announcements = self.dataset.announcements.iter();
        announcements
            .filter(|one| one.is_active() || one.state == "SCHEDULED")
            .collect()
    }
}

pub(crate) async fn page(view: View, Path(slug): Path<String>) -> Result<Response, Problem> {
    let now = Utc::now();
    let choices = Choices::of(view.uri.query(), KNOWN);
    let shown = TimeRange::of(&choices, now)?;
    let visitor = &view.visitor;
    let document = include_str!("../../queries/dataset.graphql");
    let (chrome, answer, schema_org) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(document, json!({ "slug": slug })),
        visitor.0.schema_org(&slug),
    );
    let dataset = answer?
        .dataset
        .ok_or_else(|| Problem::not_found(format!("There is no dataset “{slug}” here, or not for you.")))?;
    let besides = besides(visitor, &dataset, &choices, shown, now).await;
    let base = visitor.0.base().to_owned();
    Ok(render(&Page {
        playground: playground(&dataset.slug),
        snippets: snippets(&dataset.slug, &base, chrome.needs_key()),
        schema_org: in_script(&schema_org.unwrap_or(Value::Null)),
        chrome,
        now,
        dataset,
        besides,
    }))
}

async fn besides(
    visitor: &Visitor,
    dataset: &Dataset,
    choices: &Choices,
    shown: TimeRange,
    now: DateTime<Utc>,
) -> Besides {
    let is_of_readings = matches!(dataset.kind.as_str(), "READINGS" | "ROLLUP");
    let is_open = is_of_readings && dataset.open;
    let (lineage, history, sample, (sensors, plot)) = tokio::join!(
        Lineage::of(visitor, &dataset.slug),
        async {
            if is_open {
                // Of many sensors of which nothing is kept yet, nothing is measured for a page.
                history(visitor, &dataset.slug, now).await.ok()
            } else {
                None
            }
        },
        async {
            if is_open {
                Some(sample(visitor).await)
            } else {
                None
            }
        },
        async {
            if is_open {
                plot(visitor, choices, shown).await
            } else {
                (None, None)
            }
        },
    );
    Besides {
        lineage,
        history,
        sample,
        sensors,
        plot,
    }
}

async fn history(visitor: &Visitor, slug: &str, now: DateTime<Utc>) -> Result<Vec<Day>, AskError> {
    let to = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
    let from = to - TimeDelta::days(HISTORY_DAYS);
    let document = include_str!("../../queries/dataset_quality.graphql");
    let variables = json!({ "slug": slug, "from": from, "to": to });
    let history: History = visitor.ask(document, variables).await?;
    Ok(history.quality)
}

async fn sample(visitor: &Visitor) -> Result<Vec<Reading>, AskError> {
    let document = include_str!("../../queries/dataset_sample.graphql");
    let sample: Sample = visitor.ask(document, Value::Null).await?;
    Ok(sample.readings.map(|readings| readings.nodes).unwrap_or_default())
}

/// The sensors to choose from, and the plot of the chosen one or the first.
async fn plot(
    visitor: &Visitor,
    choices: &Choices,
    shown: TimeRange,
) -> (Option<SensorNodes>, Option<Result<Plot, AskError>>) {
    let document = include_str!("../../queries/dataset_sensors.graphql");
    let sensors = visitor.ask::<Sensors>(document, Value::Null).await;
    let sensors = match sensors {
        Ok(sensors) => sensors.sensors,
        Err(error) => return (None, Some(Err(error))),
    };
    let first = sensors.as_ref().and_then(|sensors| sensors.nodes.first());
    let Some(sensor) = choices.one("sensor").or(first.map(|first| first.id.as_str())) else {
        return (sensors, None);
    };
    let plot = Plot::of(visitor, sensor, shown, choices).await.transpose();
    (sensors, plot)
}

/// JSON as the content of a script element: nothing in it ends that element.
fn in_script(json: &Value) -> String {
    json.to_string().replace('<', "\\u003c").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_page_stays_json() {
        let hostile = json!({ "name": "</script><script>alert(1)</script>&amp;" });
        let text = in_script(&hostile);
        assert!(!text.contains('<') && !text.contains('&'));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
