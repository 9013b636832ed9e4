//! Answers that a client may keep and ask about again: `ETag`, `If-None-Match`, 304.
//!
//! Only what loading alone can change has a tag (`graphql/document/settled.rs`; in REST, the readings of a range that is
//! over). The tag is a hash of the body, so it is another as soon as a late reading makes the answer another. What was
//! answered is remembered with how far loading had come before: while nothing loaded since touches the range, a client
//! that has the answer gets its 304 for one tiny statement, without the query (ADR 0010).
//!
//! Nothing is served from here but "unchanged": no body is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::Scope;
use entity::query::settled::{Loaded, loaded, touched_since};
use sha2::{Digest as _, Sha256};

use super::Problem;
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// A remembered answer is asked for anew after so long: what others than loaders changed is seen then.
const REMEMBERED: Duration = Duration::from_mins(5);

/// Remembered answers at most, some 300 bytes each; then all are forgotten.
const ANSWERS_MAX: usize = 10_000;

/// Whoever keeps an answer asks before using it again, and keeps it for one asker.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What an answer depends on besides its address. What compresses it adds `Accept-Encoding`.
const VARY: HeaderValue = HeaderValue::from_static("authorization, x-api-key, cookie, accept");

/// A question whose answer only loading can change.
#[derive(Debug)]
pub(crate) struct Settled<'a> {
    /// Its address, and whatever else makes another body of it.
    pub(crate) question: [&'a str; 2],
    /// What its asker may see.
    pub(crate) scope: &'a Scope,
    /// The end of all that it asks about.
    pub(crate) until: DateTime<Utc>,
}

/// What was answered lately.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<[u8; 32], Remembered>>);

#[derive(Debug, Clone)]
struct Remembered {
    tag: String,
    loaded: Arc<Loaded>,
    at: Instant,
}

impl Memory {
    fn get(&self, key: &[u8; 32]) -> Option<Remembered> {
        let remembered = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()?;
        (remembered.at.elapsed() < REMEMBERED).then_some(remembered)
    }

    fn put(&self, key: [u8; 32], remembered: Remembered) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= ANSWERS_MAX && !answers.contains_key(&key) {
            answers.clear();
        }
        answers.insert(key, remembered);
    }
}

/// Answers a settled question: with 304 where the client has the answer and it still stands, else with `answer`, tagged.
/// What is no whole answer is an `Err` of it, and has no tag.
pub(crate) async fn answer(
    state: &ApiState,
    settled: &Settled<'_>,
    headers: &HeaderMap,
    answer: impl Future<Output = Result<Response, Response>>,
) -> Response {
    let key = settled.key();
    if let Some(remembered) = state.answers().get(&key)
        && names(headers, &remembered.tag)
        && let Ok(false) = touched_since(state.db(), &remembered.loaded, settled.until).await
    {
        return unchanged(&remembered.tag);
    }
    // Before the query: what is committed while it runs counts as loaded since.
    let loaded = loaded(state.db()).await;
    let response = match answer.await {
        Ok(whole) => whole,
        Err(other) => return other,
    };
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return Problem::new(ApiError::Internal(Arc::new(error))).into_response(),
    };
    let tag = tag_of(&body);
    if let Ok(loaded) = loaded {
        let remembered = Remembered {
            tag: tag.clone(),
            loaded: Arc::new(loaded),
            at: Instant::now(),
        };
        state.answers().put(key, remembered);
    }
    if names(headers, &tag) {
        return unchanged(&tag);
    }
    tagged(&mut parts.headers, &tag);
    Response::from_parts(parts, Body::from(body))
}

/// Answers with a document that is at hand, or with 304 where the client has it.
pub(crate) fn document(headers: &HeaderMap, media_type: &'static str, body: String) -> Response {
    let tag = tag_of(body.as_bytes());
    if names(headers, &tag) {
        return unchanged(&tag);
    }
    let mut response = ([(header::CONTENT_TYPE, media_type)], body).into_response();
    tagged(response.headers_mut(), &tag);
    response
}

fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(body)[..16]))
}

impl Settled<'_> {
    /// The question and who may see what: askers who see different things have an answer each, and a fingerprint takes no
    /// more room for somebody who sees many sensors.
    fn key(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in self.question {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        self.scope.spell(|bytes| hash.update(bytes));
        hash.finalize().into()
    }
}

fn unchanged(tag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    tagged(response.headers_mut(), tag);
    response
}

fn tagged(headers: &mut HeaderMap, tag: &str) {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.append(header::VARY, VARY);
}

/// Whether `If-None-Match` names the tag. It is compared weakly (RFC 9110, section 13.1.2): a compressed answer's tag says
/// the same with `W/` before it.
fn names(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}

/// A compressed body has other bytes than the plain one, and different compressions differ: there the tag is a weak one.
pub(crate) async fn weaken(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(header::ETAG, weak);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_named_strong_or_weak_alone_or_among_others() {
        let named = |value: &str| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            names(&headers, "\"a\"")
        };
        for value in ["\"a\"", "W/\"a\"", "\"b\", W/\"a\"", "*"] {
            assert!(named(value), "{value}");
        }
        for value in ["\"b\"", "a", "W/\"b\"", ""] {
            assert!(!named(value), "{value}");
        }
    }
}
