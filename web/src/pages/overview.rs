//! `/`: how the whole stands.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{View, render};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Announcement, Count, Freshness, Incident};
use crate::words::State;

/// Changes of datasets that are shown.
const CHANGES_MAX: usize = 5;

#[derive(Deserialize)]
struct Answer {
    datasets: Option<Datasets>,
}

#[derive(Deserialize)]
struct Datasets {
    nodes: Vec<Dataset>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dataset {
    slug: String,
    title: String,
    description: String,
    kind: String,
    open: bool,
    rows: Option<Count>,
    freshness: Freshness,
    quality_status: String,
    announcements: Vec<Announcement>,
    versions: Vec<Version>,
}

impl Dataset {
    fn quality(&self) -> State {
        State::quality(&self.quality_status)
    }
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
    summary: String,
    breaking: bool,
}

#[derive(Deserialize)]
struct Incidents {
    incidents: Option<IncidentNodes>,
}

#[derive(Deserialize)]
struct IncidentNodes {
    nodes: Vec<Incident>,
}

#[derive(Deserialize)]
struct Rates {
    aggregates: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    buckets: Vec<Bucket>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bucket {
    count: f64,
    count_fail: f64,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    chrome: Chrome,
    base: String,
    datasets: Vec<Dataset>,
    /// The last ones, or why they are not told.
    incidents: Result<Vec<Incident>, String>,
    /// Readings a second in the last minute that is over, where it may be told.
    rate: Option<f64>,
}

/// What changed of a dataset.
struct Changed<'a> {
    dataset: &'a Dataset,
    version: &'a Version,
}

impl Page {
    /// The dataset of readings, whose freshness tells of all sensors.
    fn readings(&self) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.kind == "READINGS")
    }

    fn how_many(&self, status: &str) -> usize {
        let of = |dataset: &&Dataset| dataset.freshness.status == status;
        self.datasets.iter().filter(of).count()
    }

    fn changed(&self) -> Vec<Changed<'_>> {
        let versions = |dataset| Dataset::changes(dataset);
        let mut changed: Vec<Changed<'_>> = self.datasets.iter().flat_map(versions).collect();
        changed.sort_by_key(|changed| std::cmp::Reverse(changed.version.released_at));
        changed.truncate(CHANGES_MAX);
        changed
    }

    fn announced(&self) -> Vec<(&Dataset, &Announcement)> {
        let announced = self.datasets.iter().flat_map(|dataset| {
            let each = dataset.announcements.iter();
            each.map(move |one| (dataset, one))
        });
        announced.collect()
    }
}

impl Dataset {
    fn changes(&self) -> impl Iterator<Item = Changed<'_>> {
        self.versions.iter().map(|version| Changed {
            dataset: self,
            version,
        })
    }
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let now = Utc::now();
    let minute = now.trunc_subsecs(0) - TimeDelta::seconds(now.timestamp().rem_euclid(60));
    let last_minute = json!({ "from": minute - TimeDelta::minutes(1), "to": minute });
    let visitor = &view.visitor;
    let (chrome, answer, incidents, rates) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/overview.graphql"), Value::Null),
        visitor.ask::<Incidents>(
            include_str!("../../queries/overview_incidents.graphql"),
            Value::Null
        ),
        visitor.ask::<Rates>(include_str!("../../queries/overview_rate.graphql"), last_minute),
    );
    let incidents = incidents.map_err(|error| error.to_string());
    let rate = rates.ok().map(|rates| {
        let buckets = rates.aggregates.iter().flat_map(|series| &series.buckets);
        buckets
            .map(|bucket| bucket.count + bucket.count_fail)
            .sum::<f64>()
            / 60.0
    });
    Ok(render(&Page {
        chrome,
        base: visitor.0.base().to_owned(),
        datasets: answer?
            .datasets
            .map(|datasets| datasets.nodes)
            .unwrap_or_default(),
        incidents: incidents.map(|found| found.incidents.map(|found| found.nodes).unwrap_or_default()),
        rate,
    }))
}
