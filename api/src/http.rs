//! HTTP: addresses, GraphQL's transport, health, metrics, the playground, and what every answer has in common.

pub(crate) mod answer;
mod asset;
mod compression;
pub(crate) mod conditional;
mod cookie;
mod events;
pub(crate) mod graphql;
pub(crate) mod health;
mod identify;
mod index;
mod metrics;
pub(crate) mod negotiate;
pub(crate) mod origin;
pub(crate) mod pages;
pub(crate) mod parameters;
mod playground;
mod problem;
mod request_id;
mod sign_in;
mod watch;
mod websocket;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, any, get, post};
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use self::problem::Problem;
pub(crate) use self::request_id::RequestId;
use crate::export;
use crate::feeds;
use crate::graphql::error::ApiError;
use crate::odata;
use crate::rest;
use crate::state::ApiState;

/// Scripts, styles, frames: nothing, unless a page says what it needs.
const POLICY_OF_DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Every address of the API.
pub fn router(state: ApiState) -> Router {
    let body_bytes_max = state.options().limits.body_bytes_max;
    let graphql = get(graphql::get)
        .post(graphql::post)
        .fallback(async || only("GET, POST"));
    let fixed = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .route("/", reading(get(index::index)))
        .route("/graphql", graphql)
        .route("/graphql/schema.graphql", reading(get(graphql::sdl)))
        .route("/graphql/playground/{file}", reading(get(playground::asset)))
        .route("/sensors", reading(get(with_slash)))
        .route("/sensors/", reading(get(rest::sensors::list)))
        .route("/sensors/aggregates", reading(get(rest::aggregates::last)))
        .route("/sensors/aggregates/", reading(get(rest::aggregates::last)))
        .route("/sensors/aggregated10", reading(get(with_slash)))
        .route("/sensors/aggregated10/", reading(get(rest::aggregates::last_ten)))
        .route("/odata/v4", reading(get(odata::read)))
        .route("/odata/v4/", reading(get(odata::read)))
        .route("/odata/v4/$batch", any(odata::batch))
        .route("/odata/v4/{*path}", reading(get(odata::read)))
        .route("/export/{file}", reading(get(export::file)))
        .route("/catalogue", reading(get(feeds::negotiated)))
        .route("/catalogue.jsonld", reading(get(feeds::json_ld)))
        .route("/catalogue.ttl", reading(get(feeds::turtle)))
        .route("/catalogue.atom", reading(get(feeds::changes)))
        .route("/datasets/{slug}", reading(get(feeds::dataset)))
        .route("/datasets/{slug}/{file}", reading(get(feeds::of_dataset)))
        // Without a fallback of its own: the page with the form comes from elsewhere.
        .route("/sign-in", post(sign_in::with_key))
        .route("/sign-in/oidc", reading(get(sign_in::at_issuer)))
        .route("/sign-in/callback", reading(get(sign_in::callback)))
        .route("/sign-out", post(sign_in::out).fallback(async || only("POST")))
        .route("/healthz", reading(get(health::alive)))
        .route("/readyz", reading(get(health::ready)))
        .route("/metrics", reading(get(metrics::metrics)))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(state.clone(), pages::over_data))
        .layer(middleware::from_fn_with_state(state.clone(), identify::identify))
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(compression::layer())
        .layer(middleware::map_response(conditional::weaken))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            POLICY_OF_DATA,
        ))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        // Others learn nothing of it. With `no-referrer` forms of our own pages would say `Origin: null` (Fetch Standard, "append
        // a request Origin header"), and over plain http nothing else says whose they are.
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(header::CACHE_CONTROL, "no-store"))
        .layer(middleware::from_fn_with_state(state.clone(), watch::watch))
        .with_state(state)
}

/// An address that is only read.
fn reading(handlers: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
    handlers.fallback(async || only("GET, HEAD"))
}

/// The answer to a method that an address does not have.
fn only(methods: &'static str) -> Response {
    let error = ApiError::BadRequest {
        message: format!("this address answers to {methods} only"),
    };
    let mut response = Problem::new(error).with_status(405).into_response();
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

async fn not_found(uri: Uri) -> Problem {
    Problem::new(ApiError::NotFound {
        argument: "path",
        message: format!("there is nothing at {}", uri.path()),
    })
}

/// `/sensors?x` is `/sensors/?x`.
async fn with_slash(uri: Uri) -> Redirect {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::permanent(&format!("{}/{query}", uri.path()))
}
