//! A GraphQL answer as an HTTP answer.

use std::collections::BTreeMap;

use async_graphql::{Response as Answer, ServerError, Value};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::RequestId;
use super::negotiate::MediaType;
use super::parameters::Refusal;
use crate::graphql::error::{self, ApiError};
use crate::graphql::scalar;

/// What is written: errors first, and no `data` when nothing was run.
struct Body<'a> {
    errors: &'a [ServerError],
    data: Option<&'a Value>,
    extensions: &'a BTreeMap<String, Value>,
}

impl Body<'_> {
    fn write(&self) -> serde_json::Result<Vec<u8>> {
        let mut out = Vec::new();
        if !self.errors.is_empty() {
            out.extend_from_slice(b",\"errors\":");
            serde_json::to_writer(&mut out, self.errors)?;
        }
        if let Some(data) = self.data {
            out.extend_from_slice(b",\"data\":");
            write_value(&mut out, data)?;
        }
        if !self.extensions.is_empty() {
            out.extend_from_slice(b",\"extensions\":");
            serde_json::to_writer(&mut out, self.extensions)?;
        }
        match out.first_mut() {
            Some(comma) => *comma = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
        Ok(out)
    }
}

/// Writes a value. Serde would copy JSON in one piece, and read it again to be sure that it is JSON: of a large answer
/// that takes as long as writing it.
fn write_value(out: &mut Vec<u8>, value: &Value) -> serde_json::Result<()> {
    match value {
        Value::List(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(out, item)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            if let Some(json) = scalar::as_raw_json(fields) {
                out.extend_from_slice(json.as_bytes());
                return Ok(());
            }
            out.push(b'{');
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, key.as_str())?;
                out.push(b':');
                write_value(out, value)?;
            }
            out.push(b'}');
        }
        other => serde_json::to_writer(out, other)?,
    }
    Ok(())
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
    let headers = error.headers();
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
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// The refusal of `error` with the status of its code.
pub(crate) fn refusal(error: ApiError) -> Refusal {
    let status = StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Refusal { status, error }
}

fn write(status: StatusCode, media_type: MediaType, body: &Body<'_>) -> Response {
    match body.write() {
        Ok(json) => {
            let content_type = HeaderValue::from_static(media_type.as_header());
            (status, [(header::CONTENT_TYPE, content_type)], json).into_response()
        }
        Err(error) => super::Problem::new(ApiError::Internal(std::sync::Arc::new(error))).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_what_serde_would_write() {
        let data = json!({
            "text": "a \"quoted\" \u{1} ü", "none": null, "list": [1, -2.5, true, [], {}], "object": { "a": { "b": 1e300 } },
        });
        let value = Value::from_json(data.clone()).unwrap();
        let raw = scalar::raw_json(b"[{\"x\":1.5}]".to_vec()).unwrap();
        let nothing = BTreeMap::new();
        let some: BTreeMap<_, _> = [("cost".to_owned(), Value::from(3))].into();
        let error = [ServerError::new("no", None)];
        for (errors, value, extensions, expected) in [
            (&[][..], Some(&value), &nothing, json!({ "data": data })),
            (
                &[][..],
                Some(&raw),
                &some,
                json!({ "data": [{ "x": 1.5 }], "extensions": { "cost": 3 } }),
            ),
            (
                &error[..],
                None,
                &nothing,
                json!({ "errors": [{ "message": "no" }] }),
            ),
            (&[][..], None, &nothing, json!({})),
        ] {
            let body = Body {
                errors,
                data: value,
                extensions,
            };
            let written: serde_json::Value = serde_json::from_slice(&body.write().unwrap()).unwrap();
            assert_eq!(written, expected);
        }
    }
}
