//! `/access`: requests for datasets that are not open, with their state; stewards decide.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Filled, View, render};
use crate::address::Choices;
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::model::PageInfo;
use crate::words::State;

const PATH: &str = "/access";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    access_requests: Option<Requests>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Requests {
    page_info: PageInfo,
    nodes: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    id: String,
    dataset: String,
    reason: String,
    state: String,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
    note: Option<String>,
    asker_name: String,
    is_own: bool,
    may_decide: bool,
}

impl Request {
    fn state(&self) -> State {
        State::request(&self.state)
    }

    fn waits(&self) -> bool {
        self.state == "PENDING"
    }
}

#[derive(Template)]
#[template(path = "access.html")]
struct Page {
    chrome: Chrome,
    requests: Requests,
    /// The dataset that is asked for in the form.
    dataset: String,
    failed: Option<String>,
}

impl Page {
    fn next(&self) -> String {
        let cursor = self.requests.page_info.end_cursor.as_deref();
        Choices::default().with("after", cursor).query()
    }
}

#[derive(Deserialize)]
pub(crate) struct New {
    dataset: String,
    reason: String,
}

#[derive(Deserialize)]
pub(crate) struct Decided {
    id: String,
    /// `grant` or `deny`: the button that was pressed.
    decision: String,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
pub(crate) struct Withdrawn {
    id: String,
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), &["after", "dataset"]);
    show(&view.visitor, &choices, None).await
}

/// `POST /forms/access`
pub(crate) async fn request(view: View, Filled(new): Filled<New>) -> Result<Response, Problem> {
    let choices = Choices::default().with("dataset", Some(&new.dataset));
    let variables = json!({ "dataset": new.dataset.trim(), "reason": new.reason.trim() });
    done(
        &view,
        include_str!("../../queries/request_access.graphql"),
        variables,
        &choices,
    )
    .await
}

/// `POST /forms/access/decide`
pub(crate) async fn decide(view: View, Filled(decided): Filled<Decided>) -> Result<Response, Problem> {
    let grant = match decided.decision.as_str() {
        "grant" => true,
        "deny" => false,
        _ => return Err(Problem::invalid("a request is granted or denied".to_owned())),
    };
    let note = Some(decided.note.trim()).filter(|note| !note.is_empty());
    let variables = json!({ "id": decided.id, "grant": grant, "note": note });
    let document = include_str!("../../queries/decide_access.graphql");
    done(&view, document, variables, &Choices::default()).await
}

/// `POST /forms/access/withdraw`
pub(crate) async fn withdraw(view: View, Filled(withdrawn): Filled<Withdrawn>) -> Result<Response, Problem> {
    let document = include_str!("../../queries/withdraw_access.graphql");
    done(
        &view,
        document,
        json!({ "id": withdrawn.id }),
        &Choices::default(),
    )
    .await
}

/// The list, once it is done; or what it says against it.
async fn done(
    view: &View,
    document: &'static str,
    variables: Value,
    choices: &Choices,
) -> Result<Response, Problem> {
    match view.visitor.change(document, variables).await {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(error) => show(&view.visitor, choices, Some(error)).await,
    }
}

async fn show(visitor: &Visitor, choices: &Choices, failed: Option<AskError>) -> Result<Response, Problem> {
    let variables = json!({ "after": choices.one("after") });
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, PATH),
        visitor.ask::<Answer>(include_str!("../../queries/access.graphql"), variables),
    );
    let requests = match answer {
        Ok(answer) => answer.access_requests.unwrap_or_default(),
        // The page says that one must sign in.
        Err(_) if !chrome.is_known() => Requests::default(),
        Err(error) => return Err(error.into()),
    };
    Ok(render(&Page {
        chrome,
        requests,
        dataset: choices.one("dataset").unwrap_or_default().to_owned(),
        failed: failed.map(|error| error.to_string()),
    }))
}
