//! A GraphQL answer as an HTTP answer.

use std::collections::BTreeMap;

use async_graphql::{Response as Answer, ServerError, Value};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::RequestId;
use super::negotiate::MediaType;
use super::parameters::Refusal;
use crate::graphql::error::{self, ApiError, ErrorCode};

/// What is written: errors first, and no `data` when nothing was run.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

/// The answer to a request that GraphQL took up. One that was refused before it ran has errors without a path; its
/// status is 400, or 200 for clients of `application/json`.
pub(crate) fn of_graphql(mut answer: Answer, media_type: MediaType, request: &RequestId) -> Response {
    let ran = answer.errors.is_empty()
        || answer.data != Value::Null
        || answer.errors.iter().any(|error| !error.path.is_empty());
    error::finish(&mut answer.errors, request);
    let status = if ran || media_type == MediaType::Json {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let data = ran.then_some(&answer.data);
    write(
        status,
        media_type,
        &Body {
            errors: &answer.errors,
            data,
            extensions: &answer.extensions,
        },
    )
}

/// The answer to a request that never became one of GraphQL, or that was given up as a whole.
pub(crate) fn of_refusal(refusal: Refusal, media_type: MediaType, request: &RequestId) -> Response {
    let Refusal { status, error } = refusal;
    let unauthenticated = error.code() == ErrorCode::Unauthenticated;
    let mut errors = [error.into_server_error()];
    error::finish(&mut errors, request);
    let mut response = write(
        status,
        media_type,
        &Body {
            errors: &errors,
            data: None,
            extensions: &BTreeMap::new(),
        },
    );
    if unauthenticated {
        let scheme = HeaderValue::from_static("Bearer realm=\"fieldbook\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

/// The refusal of `error` with the status of its code.
pub(crate) fn refusal(error: ApiError) -> Refusal {
    let status = StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Refusal { status, error }
}

fn write(status: StatusCode, media_type: MediaType, body: &Body<'_>) -> Response {
    match serde_json::to_vec(body) {
        Ok(json) => {
            let content_type = HeaderValue::from_static(media_type.as_header());
            (status, [(header::CONTENT_TYPE, content_type)], json).into_response()
        }
        Err(error) => super::Problem::new(ApiError::Internal(std::sync::Arc::new(error))).into_response(),
    }
}
