//! An operation as a stream of payloads: a subscription has many, any other operation one.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Value, Variables};
use chrono::Utc;
use futures_util::FutureExt as _;
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use tokio::time::{Instant, timeout};

use super::asker::Asker;
use super::source::{Source, Subject, Told};
use crate::graphql::batch::{self, Queue};
use crate::graphql::document::{self, Checked};
use crate::graphql::error::{self, ApiError};
use crate::graphql::request::Asked;
use crate::graphql::subscription::{Asks, Call};
use crate::http::RequestId;
use crate::http::answer::{self, Payload};
use crate::http::graphql::{MUTATION_BY_GET, run};
use crate::http::parameters::Parameters;
use crate::state::ApiState;

/// How an operation is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// By a POST of its own, for which its asker was looked up, and which was counted.
    ByPost,
    /// By a GET of its own: it may query and subscribe, and change nothing.
    ByGet,
    /// Over a connection of many: it is looked up and counted as a request would be.
    OverConnection,
}

/// The payloads of an operation; the stream ends when the operation is complete, or behind a refusal.
///
/// It ends when the service stops, too.
pub(crate) fn payloads(
    state: ApiState,
    asker: Asker,
    came: Came,
    parameters: Parameters,
    id: RequestId,
) -> BoxStream<'static, Payload> {
    let closing = state.live().closing.clone();
    let operation = Operation {
        state,
        asker,
        came,
        id,
        stage: Stage::Asked(parameters),
    };
    let stream = unfold(operation, |mut operation| async move {
        let payload = AssertUnwindSafe(operation.next()).catch_unwind().await;
        let payload = payload.unwrap_or_else(|_| {
            let panic = std::io::Error::other("panic in an operation");
            operation.stage = Stage::Over;
            Some(operation.refused(ApiError::Internal(Arc::new(panic)), None))
        });
        payload.map(|payload| (payload, operation))
    });
    stream.take_until(closing.cancelled_owned()).boxed()
}

struct Operation {
    state: ApiState,
    asker: Asker,
    came: Came,
    id: RequestId,
    stage: Stage,
}

enum Stage {
    Asked(Parameters),
    Subscribed(Box<Subscribed>),
    Over,
}

/// An open subscription.
struct Subscribed {
    source: Source,
    document: ExecutableDocument,
    variables: Variables,
    /// When it is asked again what the asker may see.
    ask_again: Instant,
}

impl Operation {
    async fn next(&mut self) -> Option<Payload> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => None,
            Stage::Asked(parameters) => match self.begin(parameters).await {
                Ok(Begun::Answered(answer)) => Some(answer::payload(*answer, &self.id)),
                Ok(Begun::Subscribed(subscribed)) => self.event(subscribed).await,
                Err(mut errors) => {
                    error::finish(&mut errors, &self.id);
                    Some(answer::refused(&errors))
                }
            },
            Stage::Subscribed(subscribed) => self.event(subscribed).await,
        }
    }

    /// Answers, or opens a subscription.
    async fn begin(&mut self, parameters: Parameters) -> Result<Begun, Vec<ServerError>> {
        // Here, and not where it was heard: a connection does not wait for one of its operations.
        if self.came == Came::OverConnection {
            self.asker.next(&self.state).await.map_err(of)?;
        }
        let Parameters {
            query,
            operation_name,
            variables,
        } = parameters;
        let limits = &self.state.options().limits;
        let checked = document::check(
            self.state.parsed(),
            &query,
            operation_name.as_deref(),
            &variables,
            limits,
        )
        .map_err(|error| vec![error])?;
        if self.came == Came::ByGet && checked.operation == OperationType::Mutation {
            let message = MUTATION_BY_GET.to_owned();
            return Err(of(ApiError::BadRequest { message }));
        }
        let access = self.asker.access();
        if checked.operation != OperationType::Subscription {
            let mut request = Request::new(query).variables(variables);
            request.operation_name.clone_from(&checked.operation_name);
            let running = run(&self.state, access.clone(), request, checked);
            let answer = timeout(limits.request_timeout, running).await;
            return answer
                .map(|answer| Begun::Answered(Box::new(answer)))
                .map_err(|_| of(ApiError::Timeout));
        }
        let opened = timeout(limits.request_timeout, self.open(query, variables, checked)).await;
        let (subject, document, variables) = opened.map_err(|_| of(ApiError::Timeout))??;
        let live = self.state.live();
        let source = Source::open(&self.state, self.asker.access(), subject)
            .await
            .map_err(of)?;
        Ok(Begun::Subscribed(Box::new(Subscribed {
            source,
            document,
            variables,
            ask_again: Instant::now() + live.limits.access_interval,
        })))
    }

    /// Validates a subscription, and learns what it asks for.
    async fn open(
        &self,
        query: String,
        variables: Variables,
        checked: Checked,
    ) -> Result<(Subject, ExecutableDocument, Variables), Vec<ServerError>> {
        let mut request = Request::new(query).variables(variables.clone());
        request.operation_name.clone_from(&checked.operation_name);
        request.set_parsed_query(checked.document.clone());
        // It runs nothing of a subscription, but refuses what is not valid.
        let mut validated = self.state.schema().execute_stream(request);
        while let Some(answer) = validated.next().await {
            if answer.is_err() {
                return Err(answer.errors);
            }
        }
        let document = only(checked);
        let asks = Asks::default();
        let answer = self.execute(document.clone(), variables.clone(), Call::Open(asks.clone()));
        let answer = answer.await;
        if answer.is_err() {
            return Err(answer.errors);
        }
        let mut asks = asks.take();
        match (asks.pop(), asks.is_empty()) {
            (Some(subject), true) => Ok((subject, document, variables)),
            _ => Err(of(ApiError::BadRequest {
                message: "a subscription has one field, readingAdded, readingStream or catalogueChanged: send several as several \
                          operations"
                    .to_owned(),
            })),
        }
    }

    /// The next event of a subscription.
    async fn event(&mut self, mut subscribed: Box<Subscribed>) -> Option<Payload> {
        let event = loop {
            if Instant::now() >= subscribed.ask_again {
                let again = self.asker.again(&self.state).await;
                if let Err(error) = again.and_then(|access| subscribed.source.within(access)) {
                    return Some(self.refused(error, subscribed.source.cursor()));
                }
                subscribed.ask_again = Instant::now() + self.state.live().limits.access_interval;
            }
            match subscribed.source.next(subscribed.ask_again).await {
                Ok(Some(event)) => break event,
                Ok(None) => {}
                Err(error) => return Some(self.refused(error, subscribed.source.cursor())),
            }
        };
        let cursor = event.cursor();
        let (document, variables) = (subscribed.document.clone(), subscribed.variables.clone());
        let call = Call::Event(Arc::<Told>::new(event));
        let limit = self.state.options().limits.request_timeout;
        let Ok(mut answer) = timeout(limit, self.execute(document, variables, call)).await else {
            return Some(self.refused(ApiError::Timeout, None));
        };
        if let Some(cursor) = cursor {
            answer
                .extensions
                .insert("cursor".to_owned(), Value::String(cursor));
        }
        self.stage = Stage::Subscribed(subscribed);
        Some(answer::payload(answer, &self.id))
    }

    /// Executes a subscription's fields, with a clock, budgets and loaders of its own.
    async fn execute(&self, document: ExecutableDocument, variables: Variables, call: Call) -> Response {
        let asked = Arc::new(Asked::new(Utc::now(), self.asker.access().clone()));
        let queue = Queue::default();
        let loaders = batch::loaders(&queue, &self.state, Arc::clone(&asked));
        let mut request = Request::new(String::new()).variables(variables);
        request.set_parsed_query(document);
        let request = request
            .data(self.state.clone())
            .data(asked)
            .data(loaders)
            .data(call);
        batch::drive(&queue, self.state.event_schema().execute(request)).await
    }

    /// An error that ends the operation; with the cursor to go on behind, where there is one.
    fn refused(&self, error: ApiError, cursor: Option<String>) -> Payload {
        let mut errors = of(error);
        error::finish(&mut errors, &self.id);
        if let (Some(cursor), Some(extensions)) = (cursor, errors[0].extensions.as_mut()) {
            extensions.set("cursor", cursor);
        }
        answer::refused(&errors)
    }
}

enum Begun {
    Answered(Box<Response>),
    Subscribed(Box<Subscribed>),
}

fn of(error: ApiError) -> Vec<ServerError> {
    vec![error.into_server_error()]
}

/// The document with the subscription alone, as a query to the schema of events.
fn only(checked: Checked) -> ExecutableDocument {
    let Checked {
        mut document,
        operation_name,
        ..
    } = checked;
    let chosen = document
        .operations
        .iter()
        .find(|(name, _)| {
            operation_name.is_none() || name.map(async_graphql::Name::as_str) == operation_name.as_deref()
        })
        .map(|(_, operation)| operation.clone());
    if let Some(mut operation) = chosen {
        operation.node.ty = OperationType::Query;
        document.operations = DocumentOperations::Single(operation);
    }
    document
}
