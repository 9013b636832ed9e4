//! The way of a dataset's records, step by step, with how many passed each.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::api::{AskError, Visitor};
use crate::words::{self, State};

#[derive(Deserialize)]
struct Answer {
    lineage: Option<Lineage>,
}

/// Where records come from and where they go.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lineage {
    pub(crate) balanced: Option<bool>,
    pub(crate) computed_at: DateTime<Utc>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
}

/// A place where records are.
#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) slug: Option<String>,
}

/// A step from one place to the next.
#[derive(Deserialize)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) count: Option<EdgeCount>,
}

/// How many passed it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EdgeCount {
    pub(crate) item: String,
    pub(crate) records: f64,
    pub(crate) parts: Vec<Part>,
    pub(crate) waiting: f64,
    pub(crate) balanced: Option<bool>,
    pub(crate) detail: Option<String>,
}

/// What became of some of them.
#[derive(Deserialize)]
pub(crate) struct Part {
    pub(crate) became: String,
    pub(crate) records: f64,
}

impl Lineage {
    /// That of a dataset; nothing where the visitor sees none.
    pub(crate) async fn of(visitor: &Visitor, slug: &str) -> Result<Option<Self>, AskError> {
        let document = include_str!("../queries/lineage.graphql");
        let answer: Answer = visitor.ask(document, json!({ "slug": slug })).await?;
        Ok(answer.lineage)
    }

    pub(crate) fn state(&self) -> State {
        State::balance(self.balanced)
    }

    /// The steps out of a place.
    pub(crate) fn steps<'a>(&'a self, from: &'a str) -> impl Iterator<Item = (&'a Edge, &'a Node)> {
        self.edges
            .iter()
            .filter(move |edge| edge.from == from)
            .filter_map(|edge| {
                let node = self.nodes.iter().find(|node| node.id == edge.to)?;
                Some((edge, node))
            })
    }
}

impl EdgeCount {
    pub(crate) fn state(&self) -> State {
        State::balance(self.balanced)
    }

    /// `1,440 messages: 1,439 new, 1 quarantined; 3 wait`.
    pub(crate) fn words(&self) -> String {
        let item = match self.item.as_str() {
            "MESSAGES" => "messages",
            "SENSOR_LISTS" => "sensor lists",
            _ => "readings",
        };
        let mut text = format!("{} {item}", words::count(self.records));
        let parts: Vec<String> = self
            .parts
            .iter()
            .filter(|part| part.records > 0.0)
            .map(|part| format!("{} {}", words::count(part.records), part.became.to_lowercase()))
            .collect();
        if !parts.is_empty() {
            text.push_str(": ");
            text.push_str(&parts.join(", "));
        }
        if self.waiting > 0.0 {
            let _ = write!(text, "; {} wait", words::count(self.waiting));
        }
        text
    }
}
