//! `/compare`: datasets side by side.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::datasets::kind;
use super::{View, render};
use crate::address::Choices;
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Count, Figure, Freshness, Party};
use crate::words::State;

/// Datasets side by side at most: more do not fit beside each other.
const DATASETS_MAX: usize = 6;

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
    version: Option<String>,
    resolution_seconds: Option<f64>,
    sensor_count: Option<f64>,
    period: Option<Period>,
    rows: Option<Count>,
    bytes: Option<Count>,
    owner: Option<Party>,
    licence: Option<Licence>,
    promise: Promise,
    freshness: Freshness,
    quality_status: String,
    quality_figures: Vec<Figure>,
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Period {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Licence {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    completeness: Option<f64>,
    retention_seconds: Option<f64>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
}

impl Dataset {
    fn quality(&self) -> State {
        State::quality(&self.quality_status)
    }

    fn kind_words(&self) -> &'static str {
        kind(&self.kind)
    }
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Page {
    chrome: Chrome,
    datasets: Vec<Dataset>,
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), &["dataset"]);
    let slugs: Vec<&str> = choices.all("dataset").collect();
    if slugs.len() > DATASETS_MAX {
        return Err(Problem::invalid(format!(
            "choose {DATASETS_MAX} datasets or fewer"
        )));
    }
    let visitor = &view.visitor;
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(
            include_str!("../../queries/compare.graphql"),
            json!({ "slugs": slugs })
        ),
    );
    let mut datasets = answer?
        .datasets
        .map(|datasets| datasets.nodes)
        .unwrap_or_default();
    datasets.sort_by_key(|dataset| slugs.iter().position(|slug| *slug == dataset.slug));
    Ok(render(&Page { chrome, datasets }))
}
