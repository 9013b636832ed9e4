//! Who asks: decided once, before anything of the request is answered.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::cookie::Cookie;
use super::{Problem, RequestId, answer, negotiate, origin, sign_in};
use crate::access::{Access, ShownCookie};
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// Who asked, for the log.
#[derive(Debug, Clone)]
pub(crate) struct AskedBy(pub(crate) String);

/// Addresses that say nothing of the data: probes must get through whatever they show, and however often they ask.
const FOR_EVERYBODY: &[&str] = &["/healthz", "/metrics", "/readyz"];

/// Puts the asker's [`Access`] into the request's extensions, where handlers take it from; refuses whose credential is
/// wrong, or who asks too often. A browser whose session is over is told to forget it.
pub(crate) async fn identify(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    if FOR_EVERYBODY.contains(&request.uri().path()) {
        let access = Access::anonymous(state.options().anonymous);
        return answer_to(access, request, next).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|peer| peer.0.ip());
    let cookie = shown_cookie(&state, &request);
    let identified = state.authenticate(request.headers(), cookie, address).await;
    let forget = if identified.is_over {
        Cookie::Session.forget(state.options(), request.headers())
    } else {
        None
    };
    let mut response = match identified.access {
        Ok(access) => answer_to(access, request, next).await,
        Err(error) => refuse(error, &request),
    };
    // Whoever signs in meanwhile has a new one.
    if let Some(forget) = forget
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        response.headers_mut().append(header::SET_COOKIE, forget);
    }
    response
}

async fn answer_to(access: Access, mut request: Request, next: Next) -> Response {
    let asker = AskedBy(access.asker().to_string());
    request.extensions_mut().insert(access);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(asker);
    response
}

/// The cookie of a session, where the request shows one.
fn shown_cookie<'a>(state: &ApiState, request: &'a Request) -> Option<ShownCookie<'a>> {
    let (method, headers): (&Method, &HeaderMap) = (request.method(), request.headers());
    let text = Cookie::Session.shown(state.options(), headers)?;
    let refusal = if origin::is_delicate(method, headers) {
        origin::check_same(state.options(), headers).err()
    } else {
        None
    };
    Some(ShownCookie {
        text,
        refusal,
        forgives: matches!(*method, Method::GET | Method::HEAD) || sign_in::is_sign_in(request.uri().path()),
    })
}

/// A refusal in the form that the address speaks.
fn refuse(error: ApiError, request: &Request) -> Response {
    match request.extensions().get::<RequestId>() {
        Some(id) if request.uri().path() == "/graphql" => {
            answer::of_refusal(answer::refusal(error), negotiate::graphql(request.headers()), id)
        }
        _ => Problem::new(error).into_response(),
    }
}
