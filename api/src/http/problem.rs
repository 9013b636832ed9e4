//! Errors outside GraphQL: `application/problem+json` (RFC 9457) with the code and the details that GraphQL has too.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::RequestId;
use crate::graphql::error::ApiError;

/// An error as an HTTP answer. What watches the request knows its id; it logs the error and writes the body.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    error: ApiError,
    status: u16,
}

impl Problem {
    pub(crate) fn new(error: ApiError) -> Self {
        let status = error.code().status();
        Self { error, status }
    }

    /// The same with a status that says more than its code does.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Logs the error, unless it is the client's doing, and writes it down.
    pub(crate) fn finish(&self, mut response: Response, request: &RequestId) -> Response {
        self.error.log(request);
        let mut body = Map::new();
        body.insert("title".into(), title(self.status).into());
        body.insert("status".into(), self.status.into());
        body.insert("detail".into(), self.error.to_string().into());
        body.insert("code".into(), self.error.code().as_str().into());
        for (name, value) in self.error.details(request) {
            body.insert(snake_case(name).into(), value);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.remove(header::CONTENT_LENGTH);
        *response.body_mut() = Value::Object(body).to_string().into();
        response
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self::new(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        for (name, value) in self.error.headers() {
            response.headers_mut().append(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

fn title(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}

/// Fields of GraphQL are in camel case, those of REST in snake case.
fn snake_case(name: &str) -> &str {
    match name {
        "requestId" => "request_id",
        "retryAfterSeconds" => "retry_after_seconds",
        other => other,
    }
}
