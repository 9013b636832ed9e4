//! The readings of a sensor over time: a picture and a table from the server, which the script `plot.js` takes over.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::drawing::line::{self, Band, Picture};
use crate::model::{Freshness, Range, Unit};
use crate::range::TimeRange;
use crate::words;

/// Rows of the table without scripts.
const ROWS_MAX: usize = 50;

#[derive(Deserialize)]
struct Answer {
    sensor: Option<Sensor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sensor {
    id: String,
    name: String,
    unit: Option<Unit>,
    range: Option<Range>,
    active_since: Option<DateTime<Utc>>,
    freshness: Freshness,
    latest: Option<Latest>,
    aggregates: Vec<Bucket>,
}

#[derive(Deserialize)]
struct BeginAnswer {
    sensor: Option<Begin>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begin {
    active_since: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Latest {
    time: DateTime<Utc>,
}

/// What the readings of a bucket amount to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bucket {
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) count: f64,
    pub(crate) count_suspect: f64,
    pub(crate) count_fail: f64,
    pub(crate) avg: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

/// A plot as its template needs it.
pub(crate) struct Plot {
    pub(crate) sensor: String,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) range: Option<Range>,
    pub(crate) begin: Option<DateTime<Utc>>,
    pub(crate) latest: Option<DateTime<Utc>>,
    pub(crate) interval: Option<f64>,
    pub(crate) shown: TimeRange,
    pub(crate) links: Vec<(String, &'static str, bool)>,
    pub(crate) picture: Option<Picture>,
    pub(crate) summary: String,
    buckets: Vec<Bucket>,
}

impl Plot {
    /// The plot of a sensor, by its id; nothing when there is no such sensor for the visitor.
    pub(crate) async fn of(
        visitor: &Visitor,
        sensor: &str,
        mut shown: TimeRange,
        choices: &Choices,
    ) -> Result<Option<Self>, AskError> {
        if shown.is_all() {
            let document = include_str!("../queries/plot_begin.graphql");
            let answer: BeginAnswer = visitor.ask(document, json!({ "sensor": sensor })).await?;
            let begin = answer.sensor.and_then(|sensor| sensor.active_since);
            shown.from = begin.filter(|begin| *begin < shown.to).unwrap_or(shown.from);
        }
        let variables = json!({
            "sensor": sensor, "from": shown.from, "to": shown.to, "bucket": shown.bucket(),
        });
        let document = include_str!("../queries/plot.graphql");
        let answer: Answer = visitor.ask(document, variables).await?;
        let links = shown.links(choices);
        Ok(answer.sensor.map(|sensor| Self::new(sensor, shown, links)))
    }

    fn new(sensor: Sensor, shown: TimeRange, links: Vec<(String, &'static str, bool)>) -> Self {
        let unit = sensor
            .unit
            .as_ref()
            .map_or_else(String::new, |unit| unit.symbol().into_owned());
        let bands: Vec<Band> = sensor.aggregates.iter().filter_map(band).collect();
        Self {
            picture: line::picture(&bands, shown.from, shown.to, sensor.range),
            summary: summary(&sensor.aggregates, &unit),
            sensor: sensor.id,
            name: sensor.name,
            unit,
            range: sensor.range,
            begin: sensor.active_since,
            latest: sensor.latest.map(|latest| latest.time),
            interval: sensor.freshness.expected_interval_seconds,
            shown,
            links,
            buckets: sensor.aggregates,
        }
    }

    /// Some of its buckets, evenly, the last one among them.
    pub(crate) fn rows(&self) -> Vec<&Bucket> {
        let step = self.buckets.len().div_ceil(ROWS_MAX).max(1);
        let mut rows: Vec<&Bucket> = self.buckets.iter().rev().step_by(step).collect();
        rows.reverse();
        rows
    }

    pub(crate) fn is_thinned(&self) -> bool {
        self.buckets.len() > ROWS_MAX
    }
}

/// A value, or a dash where there is none.
pub(crate) fn number(value: Option<&f64>) -> String {
    value.map_or_else(|| "–".to_owned(), words::value)
}

fn band(bucket: &Bucket) -> Option<Band> {
    Some(Band {
        start: bucket.start,
        end: bucket.end,
        low: bucket.min?,
        mean: bucket.avg?,
        high: bucket.max?,
    })
}

/// What the picture shows, for who does not see it.
fn summary(buckets: &[Bucket], unit: &str) -> String {
    let count: f64 = buckets
        .iter()
        .map(|bucket| bucket.count + bucket.count_fail)
        .sum();
    if count == 0.0 {
        return "No readings in this time.".to_owned();
    }
    let of = |value: f64| {
        let gap = if unit.is_empty() { "" } else { " " };
        format!("{}{gap}{unit}", words::value(value))
    };
    let low = buckets
        .iter()
        .filter_map(|bucket| bucket.min)
        .fold(f64::INFINITY, f64::min);
    let high = buckets
        .iter()
        .filter_map(|bucket| bucket.max)
        .fold(f64::NEG_INFINITY, f64::max);
    let suspect: f64 = buckets.iter().map(|bucket| bucket.count_suspect).sum();
    let fail: f64 = buckets.iter().map(|bucket| bucket.count_fail).sum();
    let mut text = format!("{} readings", words::count(count));
    if low <= high {
        let weight: f64 = buckets
            .iter()
            .filter(|bucket| bucket.avg.is_some())
            .map(|bucket| bucket.count)
            .sum();
        let sum: f64 = buckets
            .iter()
            .filter_map(|bucket| Some(bucket.avg? * bucket.count))
            .sum();
        let _ = write!(
            text,
            ", from {} to {}, mean {}",
            of(low),
            of(high),
            of(sum / weight)
        );
    }
    for (number, word) in [(suspect, "suspect"), (fail, "failed")] {
        if number > 0.0 {
            let _ = write!(text, ", {} {word}", words::count(number));
        }
    }
    text.push('.');
    text
}
