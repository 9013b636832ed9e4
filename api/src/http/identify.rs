//! Who asks: decided once, before anything of the request is answered.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{Problem, RequestId, answer, negotiate};
use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// Who asked, for the log.
#[derive(Debug, Clone)]
pub(crate) struct AskedBy(pub(crate) String);

/// Addresses that say nothing of the data: probes must get through whatever they show, and however often they ask.
const FOR_EVERYBODY: &[&str] = &["/healthz", "/metrics", "/readyz"];

/// Puts the asker's [`Access`] into the request's extensions, where handlers take it from; refuses whose credential is
/// wrong, or who asks too often.
pub(crate) async fn identify(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let access = if FOR_EVERYBODY.contains(&request.uri().path()) {
        Access::anonymous(state.options().anonymous)
    } else {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let address = peer.map(|peer| peer.0.ip());
        match state.authenticate(request.headers(), address).await {
            Ok(access) => access,
            Err(error) => return refuse(error, &request),
        }
    };
    let asker = AskedBy(access.asker().to_string());
    request.extensions_mut().insert(access);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(asker);
    response
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
