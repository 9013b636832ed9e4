//! `/metrics`: what Prometheus reads.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::state::ApiState;

/// Every metric of the process, in Prometheus' text format.
pub(crate) async fn metrics(State(state): State<ApiState>) -> Response {
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    (
        [(header::CONTENT_TYPE, content_type)],
        state.parts().metrics.render(),
    )
        .into_response()
}
