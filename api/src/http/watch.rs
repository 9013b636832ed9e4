//! What happens around every request: its id, its log line, its metrics, and a net under panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;

use super::identify::AskedBy;
use super::{Problem, RequestId, pages};
use crate::graphql::error::ApiError;
use crate::state::ApiState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of the operation that a GraphQL request ran, for the log.
#[derive(Debug, Clone)]
pub(crate) struct Operation(pub(crate) String);

/// Characters of an operation's name that the log keeps.
const OPERATION_CHARS_MAX: usize = 64;

/// Runs `next` with an id, and tells log and metrics how it went.
pub(crate) async fn watch(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|route| route.as_str().to_owned());
    request.extensions_mut().insert(id);
    let wants_page = pages::wants_page(request.method(), request.headers());

    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Problem::new(ApiError::Internal(Arc::new(Panic::from(panic)))).into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = match &state.parts().pages {
            Some(pages) if wants_page => problem.finish_as_page(pages.as_ref(), &path, response, &id).await,
            _ => problem.finish(&path, response, &id),
        };
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let took = started.elapsed();
    count(
        &method,
        route.as_deref(),
        response.status().as_u16(),
        took.as_secs_f64(),
    );
    let operation = response
        .extensions()
        .get::<Operation>()
        .map(|operation| operation.0.as_str());
    let asker = response
        .extensions()
        .get::<AskedBy>()
        .map(|asker| asker.0.as_str());
    log(&Line {
        id,
        method: &method,
        path: &path,
        status: response.status().as_u16(),
        operation,
        asker,
        took,
    });
    response
}

struct Line<'a> {
    id: RequestId,
    method: &'a Method,
    path: &'a str,
    status: u16,
    operation: Option<&'a str>,
    asker: Option<&'a str>,
    took: std::time::Duration,
}

/// One line a request. Probes come every few seconds and say nothing: they are for debugging.
fn log(line: &Line<'_>) {
    let Line {
        id,
        method,
        path,
        status,
        asker,
        took,
        ..
    } = line;
    let duration_ms = took.as_secs_f64() * 1000.0;
    let operation: Option<String> = line
        .operation
        .map(|name| name.chars().take(OPERATION_CHARS_MAX).collect());
    let operation = operation.as_deref();
    if matches!(*path, "/healthz" | "/readyz" | "/metrics") {
        tracing::debug!(
            http.request_id = %id, http.method = %method, http.path = path, http.status = status,
            duration_ms, "{method} {path} {status}"
        );
    } else {
        tracing::info!(
            http.request_id = %id, http.method = %method, http.path = path, http.status = status,
            graphql.operation = operation, asker, duration_ms, "{method} {path} {status}"
        );
    }
}

/// Labels come from fixed sets, so that nobody fills the memory with addresses of their own.
fn count(method: &Method, route: Option<&str>, status: u16, seconds: f64) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let route = route.unwrap_or("none").to_owned();
    metrics::counter!(
        "fieldbook_http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!("fieldbook_http_request_duration_seconds", "route" => route).record(seconds);
}

/// What a panic said.
#[derive(Debug, thiserror::Error)]
#[error("panic: {0}")]
struct Panic(String);

impl From<Box<dyn std::any::Any + Send>> for Panic {
    fn from(panic: Box<dyn std::any::Any + Send>) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        Self(
            text.or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default(),
        )
    }
}
