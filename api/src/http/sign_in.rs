//! Signing in with a key or at the issuer, and out: a form each, and redirects, so that it works without scripts.
//!
//! | address | does |
//! |---|---|
//! | `POST /sign-in` | takes a key from a form |
//! | `GET /sign-in/oidc` | sends the browser to the issuer |
//! | `GET /sign-in/callback` | takes it back from there |
//! | `POST /sign-out` | ends the session |
//!
//! The page with the form is not here: what goes wrong is said to it by a word in its address, `/sign-in?error=…&next=…`.

mod next;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use url::form_urlencoded;

use self::next::local;
use super::cookie::Cookie;
use super::{Problem, RequestId, origin};
use crate::access::Access;
use crate::access::sign_in::{Begun, PENDING_FOR, Pending};
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// Bytes of a form at most: a key has 55 characters, and a place to go on 2,000.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// Why somebody was not signed in, as the page is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The key is none that is good.
    WrongKey,
    /// Too many wrong keys from there, or too many requests of the key.
    TooMany,
    /// They did not sign in at the issuer.
    Denied,
    /// They took too long there, or began in another browser.
    Expired,
    /// What the issuer says of them does not hold.
    Refused,
    /// The issuer gives them no role.
    NoRole,
    /// The database or the issuer does not answer.
    Unavailable,
}

impl Failure {
    fn as_str(self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_key",
            Self::TooMany => "too_many",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::NoRole => "no_role",
            Self::Unavailable => "unavailable",
        }
    }

    /// What an error means for whoever signs in; `refused` is the word for a credential that is not taken.
    fn of(error: &ApiError, refused: Self) -> Option<Self> {
        Some(match error {
            ApiError::BadCredential(_) => refused,
            ApiError::RateLimited { .. } => Self::TooMany,
            ApiError::Forbidden { .. } => Self::NoRole,
            ApiError::Unavailable(_) | ApiError::Timeout => Self::Unavailable,
            _ => return None,
        })
    }
}

/// Whether an address is one of those that sign in or out.
pub(super) fn is_sign_in(path: &str) -> bool {
    path == "/sign-out" || path == "/sign-in" || path.starts_with("/sign-in/")
}

/// A form with `key` and `next`.
pub(super) async fn with_key(
    State(state): State<ApiState>,
    Extension(id): Extension<RequestId>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    // Or a page of somebody else could sign a visitor in as somebody whom it knows, and read what they do.
    origin::check_same(state.options(), &headers)?;
    let form = form(&headers, body).await?;
    let next = local(first(&form, "next"));
    let signed = state
        .sign_in_with_key(first(&form, "key"), access.address())
        .await;
    match signed {
        Ok(begun) => Ok(signed_in(&state, &headers, &id, begun, next).await),
        Err(error) => failed(&error, Failure::WrongKey, next, &id),
    }
}

/// Sends a browser to the issuer.
pub(super) async fn at_issuer(
    State(state): State<ApiState>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = query(&uri);
    let next = local(first(&query, "next"));
    let pending =
        Pending::new(next, Utc::now()).map_err(|error| ApiError::Internal(std::sync::Arc::new(error)))?;
    let redirect_uri = redirect_uri(&state, &headers)?;
    match state.authorization_url(&pending, &redirect_uri).await {
        Ok(url) => {
            let cookie = Cookie::Pending.keep(state.options(), &headers, &pending.to_text(), PENDING_FOR);
            Ok(redirect(&url, cookie))
        }
        Err(error) => failed(&error, Failure::Refused, next, &id),
    }
}

/// Takes a browser back from the issuer.
pub(super) async fn callback(
    State(state): State<ApiState>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = query(&uri);
    let options = state.options();
    let pending = Cookie::Pending
        .shown(options, &headers)
        .and_then(|text| Pending::of_text(text, Utc::now()))
        .filter(|pending| pending.fits(first(&query, "state")));
    // Used up, whatever comes of it.
    let used_up = Cookie::Pending.forget(options, &headers);
    let Some(pending) = pending else {
        return Ok(redirect(&place_of(Failure::Expired, "/"), used_up));
    };
    let next = local(&pending.next);
    let issuer = first(&query, "iss");
    let failure = match first(&query, "error") {
        "" if !issuer.is_empty() && !state.is_of_issuer(issuer) => Some(Failure::Refused),
        "" => None,
        "access_denied" | "login_required" | "interaction_required" | "consent_required" => {
            Some(Failure::Denied)
        }
        "temporarily_unavailable" | "server_error" => Some(Failure::Unavailable),
        _ => Some(Failure::Refused),
    };
    if let Some(failure) = failure {
        let word: String = first(&query, "error").chars().take(100).collect();
        tracing::info!(http.request_id = %id, error = ?word, "the issuer signs nobody in");
        return Ok(redirect(&place_of(failure, next), used_up));
    }
    let redirect_uri = redirect_uri(&state, &headers)?;
    let code = first(&query, "code");
    let mut response = match state.sign_in_with_code(&pending, code, &redirect_uri).await {
        Ok(begun) => signed_in(&state, &headers, &id, begun, next).await,
        Err(error) => failed(&error, Failure::Refused, next, &id)?,
    };
    if let Some(used_up) = used_up {
        response.headers_mut().append(header::SET_COOKIE, used_up);
    }
    Ok(response)
}

/// Ends the session of the cookie.
pub(super) async fn out(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, Problem> {
    origin::check_same(state.options(), &headers)?;
    if let Some(cookie) = Cookie::Session.shown(state.options(), &headers) {
        state.end_session(cookie).await?;
    }
    Ok(redirect("/", Cookie::Session.forget(state.options(), &headers)))
}

/// Goes on where they wanted to, signed in; the session of before is over.
async fn signed_in(
    state: &ApiState,
    headers: &HeaderMap,
    id: &RequestId,
    begun: Begun,
    next: &str,
) -> Response {
    if let Some(before) = Cookie::Session.shown(state.options(), headers)
        && let Err(error) = state.end_session(before).await
    {
        tracing::warn!(http.request_id = %id, %error, "end the session of before; it ends by itself");
    }
    tracing::info!(http.request_id = %id, asker = %begun.asker, "signed in");
    let lasts = begun.expires_at - Utc::now();
    let cookie = Cookie::Session.keep(state.options(), headers, begun.token.reveal(), lasts);
    redirect(next, cookie)
}

fn failed(error: &ApiError, refused: Failure, next: &str, id: &RequestId) -> Result<Response, Problem> {
    let Some(failure) = Failure::of(error, refused) else {
        return Err(error.clone().into());
    };
    error.log(id);
    tracing::info!(http.request_id = %id, %error, "not signed in");
    Ok(redirect(&place_of(failure, next), None))
}

/// The page, told what went wrong.
fn place_of(failure: Failure, next: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", failure.as_str());
    query.append_pair("next", next);
    format!("/sign-in?{}", query.finish())
}

/// 303: whatever was sent, the browser gets the place.
fn redirect(place: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let Ok(place) = HeaderValue::from_str(place) {
        headers.insert(header::LOCATION, place);
    }
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// Where the issuer sends a browser back to.
fn redirect_uri(state: &ApiState, headers: &HeaderMap) -> Result<String, Problem> {
    let ours = origin::ours(state.options(), headers).ok_or_else(|| ApiError::BadRequest {
        message: "the request has no sound header Host, so nobody would find back here".to_owned(),
    })?;
    Ok(format!("{ours}/sign-in/callback"))
}

fn query(uri: &Uri) -> Vec<(String, String)> {
    pairs(uri.query().unwrap_or_default().as_bytes())
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let found = pairs.iter().find(|(field, _)| field == name);
    found.map_or("", |(_, value)| value)
}

/// The fields of a form.
async fn form(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, Problem> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media_type| {
        media_type
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }) {
        let message =
            "the body must be a form: application/x-www-form-urlencoded with key and next".to_owned();
        return Err(Problem::new(ApiError::BadRequest { message })
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16()));
    }
    match to_bytes(body, FORM_BYTES_MAX).await {
        Ok(bytes) => Ok(pairs(&bytes)),
        Err(_) => Err(Problem::new(ApiError::LimitExceeded {
            argument: None,
            limit: FORM_BYTES_MAX as u64,
            asked: None,
            advice: "send a key and a place to go on, and nothing else; it is counted in bytes".to_owned(),
        })
        .with_status(StatusCode::PAYLOAD_TOO_LARGE.as_u16())),
    }
}
