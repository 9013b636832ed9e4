//! GraphQL over WebSocket: the protocol `graphql-transport-ws`, as
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md> says it.
//!
//! | file | owns |
//! |---|---|
//! | `message` | what is said, as text |
//! | `close` | why a connection ends: the protocol's codes |
//! | `connection` | one connection: who asks, its operations, its pulse |

mod close;
mod connection;
mod message;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};

use super::{Problem, RequestId};
use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::live::asker::Asker;
use crate::state::ApiState;

const PROTOCOL: &str = "graphql-transport-ws";

/// Whether a request wants to become a WebSocket.
pub(crate) fn is_asked_for(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// Becomes a WebSocket.
pub(crate) fn upgrade(
    state: &ApiState,
    access: Access,
    id: RequestId,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let message = format!("this is no request for a WebSocket: {rejection}");
            return Problem::new(ApiError::BadRequest { message }).into_response();
        }
    };
    if let Err(problem) = check_origin(headers) {
        return problem.into_response();
    }
    let room = match state.live().connect() {
        Ok(room) => room,
        Err(error) => return Problem::new(error).with_status(503).into_response(),
    };
    let bytes_max = state.options().limits.body_bytes_max;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(bytes_max)
        .max_frame_size(bytes_max)
        // One message at a time is sent, and waited for: nothing gathers.
        .write_buffer_size(0);
    let speaks = upgrade.selected_protocol().is_some();
    let state = state.clone();
    upgrade.on_upgrade(move |socket| {
        let tasks = state.live().tasks.clone();
        tasks.track_future(async move {
            let _room = room;
            connection::run(socket, state, Asker::of_request(access), id, speaks).await;
        })
    })
}

/// Browsers let any page open a WebSocket to any address, and send its cookies and its place in the network with it; all
/// that they do for the address is to name the page's origin. So pages of other hosts are refused: where anonymous access
/// is open on a private network, they could read everything in a visitor's name. Programs send no origin.
fn check_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let is_ours = origin
        .zip(host)
        .is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host));
    if is_ours {
        return Ok(());
    }
    let message =
        "a page of another host may not open a WebSocket here: the header Origin must name the host of this \
                   address"
            .to_owned();
    Err(Problem::new(ApiError::BadRequest { message }).with_status(403))
}
