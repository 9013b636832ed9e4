//! One connection: who asks, its operations, its pulse.
//!
//! All of it runs in one task. While a message is on its way to the peer nothing else happens on the connection: the
//! operations wait, and what waits for them is bounded by the hub. So a peer that reads slowly costs what its queues
//! hold, and one that does not read at all is given up.

use std::collections::HashMap;
use std::ops::ControlFlow;

use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{AbortHandle, Abortable, BoxStream, SelectAll, StreamExt as _, once};
use metrics::gauge;
use tokio::time::{Instant, sleep_until, timeout};

use super::close::Close;
use super::message::{self, Said};
use crate::graphql::error::{self, ApiError};
use crate::http::RequestId;
use crate::http::answer::{self, Payload};
use crate::live::asker::Asker;
use crate::live::operation::{self, Came};
use crate::state::ApiState;

/// A connection until its end.
struct Connection {
    socket: WebSocket,
    state: ApiState,
    asker: Asker,
    request: RequestId,
    is_acknowledged: bool,
    operations: SelectAll<BoxStream<'static, (u64, Step)>>,
    /// The operations that run, by the id that the client gave each.
    by_id: HashMap<String, Running>,
    /// The ids of operations, by our own number: a client may use an id again.
    ids: HashMap<u64, String>,
    number: u64,
    /// When the peer was heard last.
    heard: Instant,
}

struct Running {
    number: u64,
    abort: AbortHandle,
}

/// What comes of an operation.
enum Step {
    Payload(Payload),
    End,
}

/// Why there is nothing more to do.
enum End {
    /// We close it.
    Close(Close),
    /// The peer closes it.
    Closed,
    /// The peer has gone.
    Gone,
}

type Flow = ControlFlow<End>;

/// Speaks with a peer until one of both has enough.
pub(super) async fn run(socket: WebSocket, state: ApiState, asker: Asker, request: RequestId, speaks: bool) {
    gauge!("fieldbook_live_websockets").increment(1.0);
    let mut connection = Connection {
        socket,
        state,
        asker,
        request,
        is_acknowledged: false,
        operations: SelectAll::new(),
        by_id: HashMap::new(),
        ids: HashMap::new(),
        number: 0,
        heard: Instant::now(),
    };
    let end = if speaks {
        connection.speak().await
    } else {
        End::Close(Close::Subprotocol)
    };
    connection.finish(end).await;
    gauge!("fieldbook_live_websockets").decrement(1.0);
}

impl Connection {
    async fn speak(&mut self) -> End {
        let limits = self.state.live().limits.clone();
        let closing = self.state.live().closing.clone();
        let init_until = Instant::now() + limits.init_timeout;
        let mut ping_at = Instant::now() + limits.ping_interval;
        loop {
            let flow = tokio::select! {
                () = closing.cancelled() => Flow::Break(End::Close(Close::Stopping)),
                () = sleep_until(init_until), if !self.is_acknowledged => Flow::Break(End::Close(Close::InitTimeout)),
                () = sleep_until(ping_at) => {
                    ping_at = Instant::now() + limits.ping_interval;
                    self.ping().await
                }
                received = self.socket.recv() => {
                    self.heard = Instant::now();
                    self.receive(received).await
                }
                Some((number, step)) = self.operations.next(), if !self.operations.is_empty() => {
                    self.step(number, step).await
                }
            };
            if let Flow::Break(end) = flow {
                return end;
            }
        }
    }

    /// Asks whether the peer is there, unless it has been silent for too long.
    async fn ping(&mut self) -> Flow {
        if self.heard.elapsed() > self.state.live().limits.ping_interval * 2 {
            return Flow::Break(End::Gone);
        }
        self.send(Message::Ping(Vec::new().into())).await
    }

    async fn receive(&mut self, received: Option<Result<Message, axum::Error>>) -> Flow {
        let limit = self.state.options().limits.body_bytes_max;
        let text = match received {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Flow::Continue(()),
            Some(Ok(Message::Binary(_))) => return refuse(Close::BadMessage("it is not text".to_owned())),
            Some(Ok(Message::Close(_))) => return Flow::Break(End::Closed),
            // Only the text of the library's error tells, as far as axum shows it.
            Some(Err(error)) if error::chain(&error).contains("Space limit exceeded") => {
                return refuse(Close::TooLarge { limit });
            }
            Some(Err(_)) | None => return Flow::Break(End::Gone),
        };
        match message::read(&text) {
            Ok(said) => self.hear(said).await,
            Err(why) => refuse(Close::BadMessage(why)),
        }
    }

    async fn hear(&mut self, said: Said) -> Flow {
        match said {
            Said::Init { .. } if self.is_acknowledged => refuse(Close::InitTwice),
            Said::Init { payload } => {
                match self.asker.clone().introduce(&self.state, &payload).await {
                    Ok(asker) => self.asker = asker,
                    Err(error) => return self.turn_away(&error),
                }
                self.is_acknowledged = true;
                self.say(message::acknowledged()).await
            }
            Said::Ping { payload } => self.say(message::pong(payload)).await,
            Said::Pong => Flow::Continue(()),
            Said::Subscribe { .. } if !self.is_acknowledged => refuse(Close::Unauthorized),
            Said::Subscribe { id, .. } if self.by_id.contains_key(&id) => refuse(Close::Duplicate(id)),
            Said::Subscribe { id, parameters } => {
                let max = self.state.live().limits.operations_max;
                let operation = match parameters {
                    Ok(_) if self.by_id.len() >= max => self.refusal(ApiError::LimitExceeded {
                        argument: None,
                        limit: max as u64,
                        asked: None,
                        advice: "so many operations run on this connection: complete one, subscribe to several sensors at \
                                 once, or open another connection"
                            .to_owned(),
                    }),
                    Ok(parameters) => operation::payloads(
                        self.state.clone(),
                        self.asker.clone(),
                        Came::OverConnection,
                        parameters,
                        self.request,
                    ),
                    Err(refusal) => self.refusal(refusal.error),
                };
                self.start(id, operation);
                Flow::Continue(())
            }
            Said::Complete { id } => {
                if let Some(Running { number, abort }) = self.by_id.remove(&id) {
                    self.ids.remove(&number);
                    abort.abort();
                }
                Flow::Continue(())
            }
        }
    }

    /// Does not let somebody in.
    fn turn_away(&self, error: &ApiError) -> Flow {
        error.log(&self.request);
        let code = error.code().as_str();
        tracing::info!(http.request_id = %self.request, code, error = %error, "turn a WebSocket away");
        refuse(Close::of_asker(error))
    }

    /// An operation that is refused at once.
    fn refusal(&self, error: ApiError) -> BoxStream<'static, Payload> {
        let mut errors = [error.into_server_error()];
        error::finish(&mut errors, &self.request);
        let refused = answer::refused(&errors);
        once(std::future::ready(refused)).boxed()
    }

    fn start(&mut self, id: String, payloads: BoxStream<'static, Payload>) {
        let number = self.number;
        self.number += 1;
        let (abort, registration) = AbortHandle::new_pair();
        let end = once(std::future::ready((number, Step::End)));
        let steps = payloads
            .map(move |payload| (number, Step::Payload(payload)))
            .chain(end);
        self.operations.push(Abortable::new(steps, registration).boxed());
        self.ids.insert(number, id.clone());
        self.by_id.insert(id, Running { number, abort });
    }

    async fn step(&mut self, number: u64, step: Step) -> Flow {
        // Nothing more is said of an operation that the client has completed.
        let Some(id) = self.ids.get(&number) else {
            return Flow::Continue(());
        };
        let (text, is_over) = match step {
            Step::Payload(Payload::Response(json)) => (message::next(id, &json), false),
            Step::Payload(Payload::Refused(errors)) => (message::error(id, &errors), true),
            // The operation ends with the service, and the connection says so.
            Step::End if self.state.live().closing.is_cancelled() => return Flow::Continue(()),
            Step::End => (message::complete(id), true),
        };
        if is_over
            && let Some(id) = self.ids.remove(&number)
            && let Some(running) = self.by_id.remove(&id)
        {
            running.abort.abort();
        }
        self.say(text).await
    }

    async fn say(&mut self, text: String) -> Flow {
        self.send(Message::Text(text.into())).await
    }

    /// Sends a message; a peer that does not take it in time is given up.
    async fn send(&mut self, message: Message) -> Flow {
        let within = self.state.live().limits.send_timeout;
        match timeout(within, self.socket.send(message)).await {
            Ok(Ok(())) => Flow::Continue(()),
            Ok(Err(_)) => Flow::Break(End::Gone),
            Err(_) => {
                tracing::info!(http.request_id = %self.request, "gave up on a WebSocket that does not read");
                Flow::Break(End::Gone)
            }
        }
    }

    /// Ends the operations, then closes the connection, or agrees that it is closed, and waits a moment for the peer.
    async fn finish(mut self, end: End) {
        self.operations = SelectAll::new();
        let close = match end {
            End::Close(close) => Some(close),
            End::Closed => None,
            End::Gone => return,
        };
        let code = close.as_ref().map(Close::code);
        tracing::debug!(http.request_id = %self.request, websocket.code = code, "close a WebSocket");
        let within = self.state.live().limits.send_timeout.min(CLOSE_TIMEOUT);
        let agreed = async {
            if let Some(close) = close {
                self.socket.send(close.message()).await?;
            }
            // The library answers what the peer says to this while it reads.
            while let Some(received) = self.socket.recv().await {
                received?;
            }
            Ok::<_, axum::Error>(())
        };
        // Whether the peer agreed or not, it is over.
        let _ = timeout(within, agreed).await;
    }
}

/// How long a peer may take to agree that a connection is closed.
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

fn refuse(close: Close) -> Flow {
    Flow::Break(End::Close(close))
}
