//! Errors outside GraphQL: `application/problem+json` (RFC 9457) with the code and the details that GraphQL has too; below
//! OData's root in the form of that standard.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::RequestId;
use super::pages::Pages;
use crate::graphql::error::{ApiError, BASIC, BEARER};
use crate::odata;

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

    #[cfg(test)]
    pub(crate) fn error(&self) -> &ApiError {
        &self.error
    }

    /// The same with a status that says more than its code does.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Logs the error, unless it is the client's doing, and writes it down as the address wants it.
    pub(crate) fn finish(&self, path: &str, mut response: Response, request: &RequestId) -> Response {
        self.error.log(request);
        let of_odata = path.starts_with(odata::ROOT);
        let (content_type, body) = if of_odata {
            (
                "application/json;odata.metadata=minimal;charset=utf-8",
                self.odata_body(request),
            )
        } else {
            ("application/problem+json", self.body(request))
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.remove(header::CONTENT_LENGTH);
        if of_odata {
            let (name, version) = odata::VERSION;
            headers.insert(name, version);
            if self.status == StatusCode::UNAUTHORIZED.as_u16() {
                // Excel and Power BI ask for a user and a password when this is the first offer.
                headers.insert(header::WWW_AUTHENTICATE, BASIC);
                headers.append(header::WWW_AUTHENTICATE, BEARER);
            }
        }
        *response.body_mut() = body.to_string().into();
        response
    }

    /// The same as a page, for a browser.
    pub(crate) async fn finish_as_page(
        &self,
        pages: &dyn Pages,
        path: &str,
        response: Response,
        request: &RequestId,
    ) -> Response {
        self.error.log(request);
        let mut page = pages
            .problem(response.status(), &self.error.to_string(), path, None)
            .await;
        let own = page.headers().clone();
        let is_of_body = |name| {
            [
                header::CONTENT_TYPE,
                header::CONTENT_LENGTH,
                header::CONTENT_ENCODING,
            ]
            .contains(name)
        };
        // Such as when to try again.
        for (name, value) in response.headers() {
            if !is_of_body(name) && !own.contains_key(name) {
                page.headers_mut().append(name, value.clone());
            }
        }
        *page.extensions_mut() = response.extensions().clone();
        page
    }

    fn body(&self, request: &RequestId) -> Value {
        let mut body = Map::new();
        body.insert("title".into(), title(self.status).into());
        body.insert("status".into(), self.status.into());
        body.insert("detail".into(), self.error.to_string().into());
        body.insert("code".into(), self.error.code().as_str().into());
        for (name, value) in self.error.details(request) {
            body.insert(snake_case(name).into(), value);
        }
        Value::Object(body)
    }

    /// The form that the OData standard gives errors; `target` is the argument, and what else there is to tell is in
    /// `innererror`.
    fn odata_body(&self, request: &RequestId) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.error.code().as_str().into());
        error.insert("message".into(), self.error.to_string().into());
        let mut inner = Map::new();
        for (name, value) in self.error.details(request) {
            if name == "argument" {
                error.insert("target".into(), value);
            } else {
                inner.insert(name.into(), value);
            }
        }
        if !inner.is_empty() {
            error.insert("innererror".into(), inner.into());
        }
        json!({ "error": error })
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
