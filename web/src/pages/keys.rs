//! `/keys`: who is signed in makes keys for programs, and revokes them.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Filled, View, render};
use crate::api::{AskError, Visitor};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::words::State;

const PATH: &str = "/keys";

#[derive(Deserialize)]
struct Answer {
    keys: Option<Vec<Key>>,
    service: Service,
}

#[derive(Deserialize)]
struct Service {
    asker: Asker,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asker {
    has_own_keys: bool,
    ends_at: Option<DateTime<Utc>>,
    role: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    id: String,
    prefix: String,
    name: String,
    datasets: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    is_good: bool,
}

impl Key {
    fn state(&self) -> State {
        State::key(self.is_good, self.revoked_at.is_some())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatedAnswer {
    create_key: Created,
}

#[derive(Deserialize)]
struct Created {
    secret: String,
    key: CreatedKey,
}

#[derive(Deserialize)]
struct CreatedKey {
    name: String,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    chrome: Chrome,
    keys: Vec<Key>,
    asker: Asker,
    created: Option<Created>,
    failed: Option<String>,
}

/// What the form for a new key says.
#[derive(Deserialize)]
pub(crate) struct New {
    name: String,
    /// Days until it is over; empty for as long as its owner is good.
    #[serde(default)]
    days: String,
    /// Slugs with spaces between them; empty for all.
    #[serde(default)]
    datasets: String,
}

#[derive(Deserialize)]
pub(crate) struct Revoked {
    id: String,
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    show(&view.visitor, None, None).await
}

/// `POST /forms/keys`: the key is in the answer, and nowhere after it.
pub(crate) async fn create(view: View, Filled(new): Filled<New>) -> Result<Response, Problem> {
    let document = include_str!("../../queries/create_key.graphql");
    let input = input(&new, Utc::now())?;
    match view
        .visitor
        .ask::<CreatedAnswer>(document, json!({ "input": input }))
        .await
    {
        Ok(answer) => show(&view.visitor, Some(answer.create_key), None).await,
        Err(error) => show(&view.visitor, None, Some(error)).await,
    }
}

/// `POST /forms/keys/revoke`
pub(crate) async fn revoke(view: View, Filled(revoked): Filled<Revoked>) -> Result<Response, Problem> {
    let document = include_str!("../../queries/revoke_key.graphql");
    match view.visitor.change(document, json!({ "id": revoked.id })).await {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(error) => show(&view.visitor, None, Some(error)).await,
    }
}

fn input(new: &New, now: DateTime<Utc>) -> Result<Value, Problem> {
    let mut input = json!({ "name": new.name.trim() });
    if !new.days.is_empty() {
        let days = new.days.parse().ok().and_then(TimeDelta::try_days);
        let days = days.ok_or_else(|| Problem::invalid("a key lasts for a number of days".to_owned()))?;
        input["expiresAt"] = json!(now + days);
    }
    let datasets: Vec<&str> = new.datasets.split_whitespace().collect();
    if !datasets.is_empty() {
        input["datasets"] = json!(datasets);
    }
    Ok(input)
}

async fn show(
    visitor: &Visitor,
    created: Option<Created>,
    failed: Option<AskError>,
) -> Result<Response, Problem> {
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, PATH),
        visitor.ask::<Answer>(include_str!("../../queries/keys.graphql"), Value::Null),
    );
    let Answer { keys, service } = answer?;
    Ok(render(&Page {
        chrome,
        keys: keys.unwrap_or_default(),
        asker: service.asker,
        created,
        failed: failed.map(|error| error.to_string()),
    }))
}
