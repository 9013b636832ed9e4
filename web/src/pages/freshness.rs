//! `/freshness`: how fresh each dataset is, and when it was not.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{View, render};
use crate::api::AskError;
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Freshness, Incident};

/// How far back the lines of time go.
const DAYS: i64 = 30;

/// Their width in the drawing's own units.
const WIDTH: f64 = 720.0;

/// Transitions that are written out.
const TRANSITIONS_MAX: usize = 50;

#[derive(Deserialize)]
struct Answer {
    datasets: Option<Datasets>,
}

#[derive(Deserialize)]
struct Datasets {
    nodes: Vec<Dataset>,
}

#[derive(Deserialize)]
struct Dataset {
    slug: String,
    title: String,
    freshness: Freshness,
}

#[derive(Deserialize)]
struct Transitions {
    incidents: Option<Nodes>,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Incident>,
}

/// A time in which a dataset was late or stale.
struct Bar {
    x: f64,
    width: f64,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "freshness.html")]
struct Page {
    chrome: Chrome,
    now: DateTime<Utc>,
    datasets: Vec<Dataset>,
    transitions: Result<Vec<Incident>, AskError>,
}

impl Page {
    /// The bars of a dataset as a whole, those of staleness over those of lateness.
    fn bars(&self, slug: &str) -> Vec<Bar> {
        let Ok(transitions) = &self.transitions else {
            return Vec::new();
        };
        let begin = self.now - TimeDelta::days(DAYS);
        let x = |at: DateTime<Utc>| {
            let share = (at - begin).as_seconds_f64() / TimeDelta::days(DAYS).as_seconds_f64();
            share.clamp(0.0, 1.0) * WIDTH
        };
        let own = transitions
            .iter()
            .filter(|one| one.dataset == slug && one.sensor.is_none());
        let mut bars: Vec<Bar> = own
            .map(|one| {
                let (from, to) = (x(one.started_at), x(one.ended_at.unwrap_or(self.now)));
                Bar {
                    x: from,
                    // What was short is seen, too.
                    width: (to - from).max(1.5),
                    class: if one.kind == "STALE" { "bad" } else { "warn" },
                }
            })
            .collect();
        bars.sort_by_key(|bar| bar.class == "bad");
        bars
    }

    fn last(&self) -> Vec<&Incident> {
        match &self.transitions {
            Ok(transitions) => transitions.iter().take(TRANSITIONS_MAX).collect(),
            Err(_) => Vec::new(),
        }
    }
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let now = Utc::now();
    let visitor = &view.visitor;
    let since = json!({ "from": now - TimeDelta::days(DAYS) });
    let (chrome, answer, transitions) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/freshness.graphql"), Value::Null),
        visitor.ask::<Transitions>(include_str!("../../queries/freshness_transitions.graphql"), since),
    );
    Ok(render(&Page {
        chrome,
        now,
        datasets: answer?
            .datasets
            .map(|datasets| datasets.nodes)
            .unwrap_or_default(),
        transitions: transitions.map(|found| found.incidents.map(|found| found.nodes).unwrap_or_default()),
    }))
}
