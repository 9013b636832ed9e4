//! Who asks: decided once, before anything of the request is answered.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::ApiState;

/// Puts the asker's [`Access`](crate::access::Access) into the request's extensions, where handlers take it from.
pub(crate) async fn identify(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let access = state.access();
    request.extensions_mut().insert(access);
    next.run(request).await
}
