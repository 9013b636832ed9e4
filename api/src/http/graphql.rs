//! GraphQL over HTTP, as <https://graphql.github.io/graphql-over-http/draft/> says; and the ways from here to WebSockets
//! and to event streams.

use std::sync::Arc;

use async_graphql::Request;
use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use tokio::time::timeout;

use super::conditional::{self, Settled};
use super::negotiate::{self, MediaType};
use super::parameters::{self, Parameters, Refusal};
use super::watch::Operation;
use super::{RequestId, answer, events, playground, websocket};
use crate::access::Access;
use crate::graphql::batch::{self, Queue};
use crate::graphql::document::{self, Checked};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::live::operation::Came;
use crate::state::ApiState;

/// What is said of a mutation that comes with a GET, which any page can have a visitor's browser send.
pub(crate) const MUTATION_BY_GET: &str = "a GET may only query: send mutations with POST";

/// A POST of JSON.
pub(crate) async fn post(
    State(state): State<ApiState>,
    Extension(id): Extension<RequestId>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let media_type = negotiate::graphql(&headers);
    if let Err(error) = access.catalogue() {
        return answer::of_refusal(answer::refusal(error), media_type, &id);
    }
    let parameters = parameters::of_body(&headers, body, &state.options().limits).await;
    if negotiate::is_event_stream(&headers) {
        return events::stream(&state, access, Came::ByPost, parameters, &id);
    }
    respond(&state, access, Method::Post, parameters, media_type, &id).await
}

/// A query in the address; or the playground, for a browser that asks nothing yet.
pub(crate) async fn get(
    State(state): State<ApiState>,
    Extension(id): Extension<RequestId>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if websocket::is_asked_for(&headers) {
        return websocket::upgrade(&state, access, id, &headers, upgrade);
    }
    if negotiate::prefers_html(&headers) && !parameters::has_query(&uri) {
        return playground::page();
    }
    let media_type = negotiate::graphql(&headers);
    if let Err(error) = access.catalogue() {
        return answer::of_refusal(answer::refusal(error), media_type, &id);
    }
    let parameters = parameters::of_uri(&uri);
    if negotiate::is_event_stream(&headers) {
        return events::stream(&state, access, Came::ByGet, parameters, &id);
    }
    respond(
        &state,
        access,
        Method::Get(&uri, &headers),
        parameters,
        media_type,
        &id,
    )
    .await
}

/// The schema in the schema definition language.
pub(crate) async fn sdl(Extension(access): Extension<Access>) -> Result<Response, super::Problem> {
    access.catalogue()?;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, content_type)], crate::graphql::sdl()).into_response())
}

#[derive(Debug, Clone, Copy)]
enum Method<'a> {
    /// With what a conditional one depends on.
    Get(&'a Uri, &'a HeaderMap),
    Post,
}

async fn respond(
    state: &ApiState,
    access: Access,
    method: Method<'_>,
    parameters: Result<Parameters, Refusal>,
    media_type: MediaType,
    id: &RequestId,
) -> Response {
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(refusal) => return answer::of_refusal(refusal, media_type, id),
    };
    let Parameters {
        query,
        operation_name,
        variables,
    } = parameters;
    let limits = &state.options().limits;
    let checked = match document::check(
        state.parsed(),
        &query,
        operation_name.as_deref(),
        &variables,
        limits,
    ) {
        Ok(checked) => checked,
        Err(error) => {
            let refused = async_graphql::Response::from_errors(vec![error]);
            return answer::of_graphql(refused, media_type, id);
        }
    };
    if checked.operation == OperationType::Subscription {
        return subscription(media_type, id);
    }
    if matches!(method, Method::Get(..)) && checked.operation != OperationType::Query {
        return mutation_by_get(media_type, id);
    }
    let mut request = Request::new(query).variables(variables);
    request.operation_name = checked.operation_name.clone();
    let operation = checked.operation_name.clone();
    let settled_until = checked.settled_until;
    let scope = access.data().cloned();
    let answered = Box::pin(async {
        match timeout(limits.request_timeout, run(state, access, request, checked)).await {
            Ok(answered) if answered.errors.is_empty() => Ok(answer::of_graphql(answered, media_type, id)),
            Ok(answered) => Err(answer::of_graphql(answered, media_type, id)),
            Err(_) => Err(answer::of_refusal(
                answer::refusal(ApiError::Timeout),
                media_type,
                id,
            )),
        }
    });
    let mut response = match (method, settled_until, &scope) {
        (Method::Get(uri, headers), Some(until), Ok(scope)) => {
            let question = [uri.query().unwrap_or_default(), media_type.as_header()];
            let settled = Settled {
                question,
                scope,
                until,
            };
            conditional::answer(state, &settled, headers, answered).await
        }
        _ => answered.await.unwrap_or_else(|other| other),
    };
    if let Some(operation) = operation {
        response.extensions_mut().insert(Operation(operation));
    }
    response
}

/// The answer to a GET that asks for more than a query.
fn mutation_by_get(media_type: MediaType, id: &RequestId) -> Response {
    let message = MUTATION_BY_GET.to_owned();
    let refusal = Refusal {
        status: StatusCode::METHOD_NOT_ALLOWED,
        error: ApiError::BadRequest { message },
    };
    let mut response = answer::of_refusal(refusal, media_type, id);
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The answer to a subscription that is asked as if it were answered at once.
fn subscription(media_type: MediaType, id: &RequestId) -> Response {
    let message =
        "a subscription is not answered at once: use a WebSocket (graphql-transport-ws) at this address, or \
                   server-sent events (Accept: text/event-stream)"
            .to_owned();
    let error = ApiError::BadRequest { message }.into_server_error();
    answer::of_graphql(async_graphql::Response::from_errors(vec![error]), media_type, id)
}

/// Runs a request with its batches, within its own task.
pub(crate) async fn run(
    state: &ApiState,
    access: Access,
    mut request: Request,
    checked: Checked,
) -> async_graphql::Response {
    let asked = Arc::new(Asked::new(Utc::now(), access));
    let queue = Queue::default();
    let loaders = batch::loaders(&queue, state, Arc::clone(&asked));
    request.set_parsed_query(checked.document);
    let request = request.data(state.clone()).data(asked).data(loaders);
    batch::drive(&queue, state.schema().execute(request))
        .await
        .extension("cost", checked.cost.to_value())
}
