//! GraphQL over server-sent events, in the "distinct connections mode" of
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>: one request is one operation, its answers are
//! `next` events, and `complete` ends it.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, Stream, StreamExt as _};

use super::answer::{self, Payload};
use super::negotiate::MediaType;
use super::parameters::{Parameters, Refusal};
use super::{Problem, RequestId};
use crate::access::Access;
use crate::live::asker::Asker;
use crate::live::operation::{self, Came};
use crate::state::ApiState;

/// A comment this often, so that proxies see that the connection lives.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// The answer to a request for a stream of events.
pub(crate) fn stream(
    state: &ApiState,
    access: Access,
    came: Came,
    parameters: Result<Parameters, Refusal>,
    id: &RequestId,
) -> Response {
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(refusal) => return answer::of_refusal(refusal, MediaType::Json, id),
    };
    let room = match state.live().connect() {
        Ok(room) => room,
        Err(error) => return Problem::new(error).with_status(503).into_response(),
    };
    let asker = Asker::of_request(access);
    let payloads = operation::payloads(state.clone(), asker, came, parameters, *id);
    let complete = stream::iter([Event::default().event("complete").data("")]);
    let events = payloads.map(event).chain(complete).map(move |event| {
        // The room is kept as long as the stream.
        let _ = &room;
        Ok::<_, Infallible>(event)
    });
    sse(events)
}

fn sse(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

/// Refusals are answers with errors alone: the connection's status is said already.
fn event(payload: Payload) -> Event {
    let json = match payload {
        Payload::Response(json) => json,
        Payload::Refused(errors) => format!("{{\"errors\":{errors}}}"),
    };
    Event::default().event("next").data(json)
}
