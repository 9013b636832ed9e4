//! `/datasets`: found by words and by facets. All that is chosen stands in the address.

use std::cmp::Ordering;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{View, render};
use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Count, Freshness, Party};
use crate::words::State;

/// The names of facets in addresses, in the filter, and as titles.
const FACETS: &[(&str, &str, &str)] = &[
    ("kind", "kinds", "Kind"),
    ("quantity", "quantityKinds", "Quantity"),
    ("unit", "units", "Unit"),
    ("freshness", "freshness", "Freshness"),
    ("quality", "quality", "Quality"),
    ("owner", "owners", "Owner"),
];

const KNOWN: &[&str] = &[
    "q",
    "kind",
    "quantity",
    "unit",
    "freshness",
    "quality",
    "owner",
    "sort",
];

/// Orders, by their names in addresses.
const SORTS: &[(&str, &str)] = &[
    ("flow", "Way of a message"),
    ("name", "Name"),
    ("freshness", "Worst freshness"),
    ("changed", "Recently changed"),
    ("size", "Size"),
];

#[derive(Deserialize)]
struct Answer {
    datasets: Option<Datasets>,
}

#[derive(Deserialize)]
struct Datasets {
    facets: Facets,
    nodes: Vec<Dataset>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Facets {
    kinds: Vec<FacetCount>,
    quantity_kinds: Vec<FacetCount>,
    units: Vec<FacetCount>,
    freshness: Vec<FacetCount>,
    quality: Vec<FacetCount>,
    owners: Vec<FacetCount>,
}

#[derive(Clone, Deserialize)]
struct FacetCount {
    value: String,
    count: u64,
    selected: bool,
}

impl FacetCount {
    fn word(&self, facet: &str) -> String {
        match facet {
            "kind" => kind(&self.value).to_owned(),
            "freshness" => State::freshness(&self.value).word.to_owned(),
            "quality" => State::quality(&self.value).word.to_owned(),
            _ => self.value.clone(),
        }
    }
}

/// A kind of datasets in words.
pub(crate) fn kind(word: &str) -> &'static str {
    match word {
        "RAW" => "Raw messages",
        "READINGS" => "Readings",
        "ROLLUP" => "Aggregates",
        "SENSORS" => "Sensors",
        "QUARANTINE" => "Quarantine",
        _ => "Table",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dataset {
    slug: String,
    title: String,
    description: String,
    kind: String,
    open: bool,
    resolution_seconds: Option<f64>,
    rows: Option<Count>,
    bytes: Option<Count>,
    owner: Option<Party>,
    freshness: Freshness,
    quality_status: String,
    versions: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    released_at: DateTime<Utc>,
}

impl Dataset {
    fn quality(&self) -> State {
        State::quality(&self.quality_status)
    }

    fn kind_words(&self) -> &'static str {
        kind(&self.kind)
    }

    fn changed_at(&self) -> Option<DateTime<Utc>> {
        self.versions.iter().map(|version| version.released_at).max()
    }
}

#[derive(Deserialize)]
struct Found {
    search: Vec<Hit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    kind: String,
    title: String,
    found_in: String,
    snippet: Vec<Part>,
    dataset: Option<Of>,
    field: Option<Field>,
    sensor: Option<Sensor>,
}

#[derive(Deserialize)]
struct Part {
    text: String,
    matched: bool,
}

#[derive(Deserialize)]
struct Of {
    slug: String,
    title: String,
}

#[derive(Deserialize)]
struct Field {
    name: String,
}

#[derive(Deserialize)]
struct Sensor {
    id: String,
    source: String,
}

impl Hit {
    /// Where what was found is.
    fn address(&self) -> String {
        if let Some(sensor) = &self.sensor {
            return format!("/sensors/{}", sensor.id);
        }
        let slug = self.dataset.as_ref().map_or("", |dataset| &dataset.slug);
        match &self.field {
            Some(field) => format!("/datasets/{slug}#field-{}", field.name),
            None => format!("/datasets/{slug}"),
        }
    }
}

#[derive(Template)]
#[template(path = "datasets.html")]
struct Page {
    chrome: Chrome,
    choices: Choices,
    facets: Facets,
    datasets: Vec<Dataset>,
    hits: Vec<Hit>,
    /// Why the text was not looked for.
    search_failed: Option<String>,
}

/// A facet with what can be chosen.
struct Facet {
    name: &'static str,
    title: &'static str,
    counts: Vec<FacetCount>,
}

impl Page {
    fn facets(&self) -> Vec<Facet> {
        let counts = |name: &str| match name {
            "kind" => &self.facets.kinds,
            "quantity" => &self.facets.quantity_kinds,
            "unit" => &self.facets.units,
            "freshness" => &self.facets.freshness,
            "quality" => &self.facets.quality,
            _ => &self.facets.owners,
        };
        FACETS
            .iter()
            .map(|&(name, _, title)| Facet {
                name,
                title,
                counts: counts(name).clone(),
            })
            .filter(|facet| !facet.counts.is_empty())
            .collect()
    }

    fn sort(&self) -> &str {
        self.choices.one("sort").unwrap_or("flow")
    }

    fn text(&self) -> &str {
        self.choices.one("q").unwrap_or_default()
    }

    /// Fields and sensors that were found; datasets stand in the list.
    fn others(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| hit.kind != "DATASET")
    }
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), KNOWN);
    let text = choices.one("q").map(str::to_owned);
    let visitor = &view.visitor;
    let (chrome, answer, found) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/datasets.graphql"), filter(&choices)),
        search(visitor, text.as_deref()),
    );
    let Datasets { facets, mut nodes } = answer?.datasets.unwrap_or(Datasets {
        facets: Facets::default(),
        nodes: Vec::new(),
    });
    let (hits, search_failed) = match found {
        Ok(hits) => (hits, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    if text.is_some() {
        let rank = |dataset: &Dataset| {
            let is = |hit: &Hit| {
                hit.kind == "DATASET" && hit.dataset.as_ref().is_some_and(|of| of.slug == dataset.slug)
            };
            hits.iter().position(is)
        };
        nodes.retain(|dataset| rank(dataset).is_some());
        nodes.sort_by_key(rank);
    }
    sort(&mut nodes, choices.one("sort"));
    Ok(render(&Page {
        chrome,
        choices,
        facets,
        datasets: nodes,
        hits,
        search_failed,
    }))
}

async fn search(visitor: &Visitor, text: Option<&str>) -> Result<Vec<Hit>, AskError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let document = include_str!("../../queries/search.graphql");
    let found = visitor.ask::<Found>(document, json!({ "text": text })).await?;
    Ok(found.search)
}

/// The choices as the API's filter.
fn filter(choices: &Choices) -> Value {
    let mut filter = serde_json::Map::new();
    for (name, argument, _) in FACETS {
        let chosen: Vec<&str> = choices.all(name).collect();
        if !chosen.is_empty() {
            filter.insert((*argument).to_owned(), chosen.into());
        }
    }
    json!({ "filter": filter })
}

fn sort(datasets: &mut [Dataset], by: Option<&str>) {
    // Bad before good.
    let rank = |dataset: &Dataset| match dataset.freshness.status.as_str() {
        "STALE" => 0,
        "NO_DATA" => 1,
        "LATE" => 2,
        "UNKNOWN" => 3,
        "NO_EXPECTATION" => 4,
        _ => 5,
    };
    let size = |dataset: &Dataset| dataset.bytes.map_or(0.0, |bytes| bytes.value);
    match by {
        Some("name") => datasets.sort_by_key(|dataset| dataset.title.to_lowercase()),
        Some("freshness") => datasets.sort_by_key(rank),
        Some("changed") => datasets.sort_by_key(|dataset| std::cmp::Reverse(dataset.changed_at())),
        Some("size") => {
            datasets.sort_by(|a, b| size(b).partial_cmp(&size(a)).unwrap_or(Ordering::Equal));
        }
        _ => {}
    }
}
