//! `/quarantine`: what could not be used, why, and trying it again once the cause is mended.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{Filled, View, render};
use crate::address::Choices;
use crate::api::AskError;
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::{Count, PageInfo};
use crate::words::State;

const PATH: &str = "/quarantine";

const KNOWN: &[&str] = &["reason", "source", "sensor", "after"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    quarantine: Option<Messages>,
    quarantine_reasons: Vec<Reason>,
    quarantine_replays: Option<Replays>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Messages {
    total_count: Option<Count>,
    page_info: PageInfo,
    nodes: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    received_at: DateTime<Utc>,
    source: String,
    topic: String,
    sensor: Option<String>,
    code: String,
    reason: String,
    payload_size: f64,
    payload_cut: bool,
    payload: Option<String>,
    payload_base64: Option<String>,
    state: String,
    tried_at: Option<DateTime<Utc>>,
}

impl Message {
    fn state(&self) -> State {
        State::quarantine(&self.state)
    }

    /// The payload as text, or as base64 where it is none.
    fn shown(&self) -> &str {
        let text = self.payload.as_deref().or(self.payload_base64.as_deref());
        text.unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    code: String,
    source: String,
    count: f64,
    newest_at: DateTime<Utc>,
    example: String,
}

#[derive(Deserialize)]
struct Replays {
    nodes: Vec<Replay>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replay {
    state: String,
    requested_by: String,
    requested_at: DateTime<Utc>,
    reason: Option<String>,
    source: Option<String>,
    sensor: Option<String>,
    requested: f64,
    replayed: f64,
    failed: f64,
    waiting: f64,
}

impl Replay {
    fn state(&self) -> State {
        State::replay(&self.state)
    }

    /// Which messages it was about.
    fn what(&self) -> String {
        let parts = [&self.reason, &self.source, &self.sensor];
        let said: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        if said.is_empty() {
            "all, or one message".to_owned()
        } else {
            said.join(", ")
        }
    }
}

#[derive(Template)]
#[template(path = "quarantine.html")]
struct Page {
    chrome: Chrome,
    choices: Choices,
    messages: Messages,
    reasons: Vec<Reason>,
    replays: Vec<Replay>,
    failed: Option<String>,
}

impl Page {
    fn next(&self) -> String {
        let cursor = self.messages.page_info.end_cursor.as_deref();
        self.choices.with("after", cursor).query()
    }

    fn is_chosen(&self, reason: &Reason) -> bool {
        self.choices.has("reason", &reason.code) && self.choices.has("source", &reason.source)
    }

    fn choose(&self, reason: &Reason) -> String {
        let rest = self.choices.without(&["after"]);
        rest.with("reason", Some(&reason.code))
            .with("source", Some(&reason.source))
            .query()
    }
}

/// Which messages are to be tried again.
#[derive(Deserialize)]
pub(crate) struct Again {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    sensor: String,
    #[serde(default)]
    message: String,
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), KNOWN);
    show(&view, choices, None).await
}

/// `POST /forms/quarantine/replay`
pub(crate) async fn replay(view: View, Filled(again): Filled<Again>) -> Result<Response, Problem> {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let variables = json!({
        "reason": said(&again.reason), "source": said(&again.source),
        "sensor": said(&again.sensor), "message": said(&again.message),
    });
    let document = include_str!("../../queries/replay_quarantine.graphql");
    match view.visitor.change(document, variables).await {
        Ok(()) => Ok(Redirect::to("/quarantine#replays").into_response()),
        Err(error) => show(&view, Choices::default(), Some(error)).await,
    }
}

async fn show(view: &View, choices: Choices, failed: Option<AskError>) -> Result<Response, Problem> {
    let variables = json!({
        "reason": choices.one("reason"), "source": choices.one("source"),
        "sensor": choices.one("sensor"), "after": choices.one("after"),
    });
    let (chrome, answer) = tokio::join!(
        Chrome::of(&view.visitor, PATH),
        view.visitor
            .ask::<Answer>(include_str!("../../queries/quarantine.graphql"), variables),
    );
    let answer = answer?;
    Ok(render(&Page {
        chrome,
        choices,
        messages: answer.quarantine.unwrap_or_default(),
        reasons: answer.quarantine_reasons,
        replays: answer
            .quarantine_replays
            .map(|replays| replays.nodes)
            .unwrap_or_default(),
        failed: failed.map(|error| error.to_string()),
    }))
}
