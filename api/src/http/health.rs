//! `/healthz` and `/readyz`.

use std::time::Duration;

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use entity::query::service;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::timeout;

use crate::state::ApiState;

/// How long one part may take to say that it is ready.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Something that must hold before the service takes requests.
#[async_trait]
pub trait ReadyCheck: Send + Sync {
    /// The part's name, such as `schema`.
    fn name(&self) -> &'static str;

    /// Says what is missing and what to do, in one line without secrets.
    async fn check(&self) -> Result<(), String>;
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    #[serde(rename = "part")]
    name: &'static str,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Part {
    fn new(name: &'static str, answer: Result<(), String>) -> Self {
        Self {
            name,
            ready: answer.is_ok(),
            reason: answer.err(),
        }
    }
}

/// The process is alive: it answers.
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// Whether every part is ready; if not, which one is not and why.
pub(crate) async fn ready(State(state): State<ApiState>) -> Response {
    let mut parts = vec![database(&state).await];
    parts.extend(
        join_all(state.parts().ready.iter().map(|check| async move {
            let answer = timeout(CHECK_TIMEOUT, check.check()).await;
            Part::new(check.name(), answer.unwrap_or_else(|_| Err(slow())))
        }))
        .await,
    );
    let ready = parts.iter().all(|part| part.ready);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Readiness { ready, parts })).into_response()
}

/// Errors of the driver may hold addresses and names of users; they stay in the log.
async fn database(state: &ApiState) -> Part {
    let answer = match timeout(CHECK_TIMEOUT, service::ping(state.db())).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "ask the database whether it is ready");
            Err("the database does not answer: see whether it runs and whether its URL is right".to_owned())
        }
        Err(_) => Err(slow()),
    };
    Part::new("database", answer)
}

fn slow() -> String {
    format!("no answer within {} s", CHECK_TIMEOUT.as_secs())
}
