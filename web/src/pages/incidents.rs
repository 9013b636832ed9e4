//! `/incidents`: what went wrong, and whether it is over.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{View, render};
use crate::address::Choices;
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Incident, PageInfo};

const KNOWN: &[&str] = &["dataset", "kind", "state", "after"];

/// Incidents of a page.
const FIRST: u32 = 100;

/// Kinds in addresses and in words.
const KINDS: &[(&str, &str)] = &[
    ("LATE", "Late"),
    ("STALE", "Stale"),
    ("QUALITY_FAILING", "Quality failing"),
    ("UNBALANCED_WINDOW", "Unbalanced"),
];

#[derive(Deserialize)]
struct Answer {
    incidents: Option<Incidents>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Incidents {
    page_info: PageInfo,
    nodes: Vec<Incident>,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct Page {
    chrome: Chrome,
    now: DateTime<Utc>,
    choices: Choices,
    incidents: Incidents,
}

impl Page {
    fn state(&self) -> &str {
        self.choices.one("state").unwrap_or_default()
    }

    fn next(&self) -> String {
        let cursor = self.incidents.page_info.end_cursor.as_deref();
        self.choices.with("after", cursor).query()
    }
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), KNOWN);
    let kinds: Vec<&str> = choices.all("kind").collect();
    let variables = json!({
        "dataset": choices.one("dataset"),
        "kinds": (!kinds.is_empty()).then_some(kinds),
        "open": match choices.one("state") {
            Some("open") => Some(true),
            Some("over") => Some(false),
            _ => None,
        },
        "first": FIRST,
        "after": choices.one("after"),
    });
    let visitor = &view.visitor;
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/incidents.graphql"), variables),
    );
    let incidents = answer?.incidents.unwrap_or_default();
    Ok(render(&Page {
        chrome,
        now: Utc::now(),
        choices,
        incidents,
    }))
}
