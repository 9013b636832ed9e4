//! Pages for browsers, made elsewhere: mounted over the addresses of data, for who would rather have a page.
//!
//! The API knows no HTML, and pages know no database: they ask GraphQL within the process, as whoever looks at them may
//! (docs/adr/0016).

use std::fmt;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request as GraphqlRequest, Variables};
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use catalogue::feeds::schema_org;
use serde_json::Value;
use tokio::time::timeout;

use super::negotiate::{self, MediaType};
use super::{RequestId, answer, graphql};
use crate::access::Access;
use crate::feeds;
use crate::graphql::document;
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// What begins so belongs to the pages alone, whatever is accepted: their files, and the targets of their forms.
const OF_PAGES: &[&str] = &["/assets/", "/forms/"];

/// Addresses with a page of their own here.
const OF_API: &[&str] = &["/graphql"];

/// Makes pages.
#[async_trait]
pub trait Pages: Send + Sync {
    /// The page at the request's address; nothing where there is none.
    async fn page(&self, request: Request, asking: Asking) -> Option<Response>;

    /// What is wrong, as a page: the detail is a sentence.
    async fn problem(&self, status: StatusCode, detail: &str, path: &str, asking: Option<Asking>)
    -> Response;
}

/// Whoever looks at a page, with the answers to its questions.
#[derive(Clone)]
pub struct Asking {
    state: ApiState,
    access: Access,
    id: RequestId,
    base: Arc<str>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Asking")
            .field("asker", self.access.asker())
            .finish_non_exhaustive()
    }
}

impl Asking {
    fn of(state: &ApiState, request: &Request) -> Option<Self> {
        let base = feeds::base(state, request.headers());
        Some(Self {
            state: state.clone(),
            access: request.extensions().get::<Access>()?.clone(),
            id: *request.extensions().get::<RequestId>()?,
            base: base.into(),
        })
    }

    /// The address by which they reach this service, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The name of the issuer at which they may sign in; told to everybody.
    pub fn sign_in_issuer(&self) -> Option<&str> {
        self.state.sign_in_issuer()
    }

    /// The body of the answer to a GraphQL request, within the limits of any other.
    pub async fn graphql(&self, document: &str, variables: Value) -> Vec<u8> {
        let response = self.answered(document, variables).await;
        match to_bytes(response.into_body(), usize::MAX).await {
            Ok(body) => body.into(),
            // The body is in memory already.
            Err(_) => Vec::new(),
        }
    }

    async fn answered(&self, document: &str, variables: Value) -> Response {
        if let Err(error) = self.access.catalogue() {
            return self.refused(error);
        }
        let limits = &self.state.options().limits;
        let variables = Variables::from_json(variables);
        let checked = match document::check(self.state.parsed(), document, None, &variables, limits) {
            Ok(checked) => checked,
            Err(error) => {
                let refused = async_graphql::Response::from_errors(vec![error]);
                return answer::of_graphql(refused, MediaType::Json, &self.id);
            }
        };
        if checked.operation == OperationType::Subscription {
            let message = "a page asks no subscription".to_owned();
            return self.refused(ApiError::BadRequest { message });
        }
        let request = GraphqlRequest::new(document).variables(variables);
        let run = Box::pin(graphql::run(&self.state, self.access.clone(), request, checked));
        match timeout(limits.request_timeout, run).await {
            Ok(answered) => answer::of_graphql(answered, MediaType::Json, &self.id),
            Err(_) => self.refused(ApiError::Timeout),
        }
    }

    fn refused(&self, error: ApiError) -> Response {
        answer::of_refusal(answer::refusal(error), MediaType::Json, &self.id)
    }

    /// A dataset as schema.org describes it; nothing where there is none for them.
    pub async fn schema_org(&self, slug: &str) -> Option<Value> {
        let (catalogue, address) = feeds::seen(&self.state, &self.access, &self.base).await.ok()?;
        let dataset = catalogue.dataset(slug)?;
        Some(schema_org::dataset(&catalogue, dataset, &address))
    }
}

/// Answers with a page where there is one and the client would rather have it, and with what `next` says elsewhere.
pub(crate) async fn over_data(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let Some(pages) = state.parts().pages.clone() else {
        return next.run(request).await;
    };
    let path = request.uri().path();
    let is_of_pages = OF_PAGES.iter().any(|prefix| path.starts_with(prefix));
    if !is_of_pages && (OF_API.contains(&path) || !wants_page(request.method(), request.headers())) {
        return next.run(request).await;
    }
    let Some(asking) = Asking::of(&state, &request) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    if is_of_pages {
        let path = parts.uri.path().to_owned();
        let page = pages.page(anew(&parts, body), asking.clone()).await;
        if let Some(page) = page {
            return page;
        }
        let detail = format!("there is nothing at {path}");
        return pages
            .problem(StatusCode::NOT_FOUND, &detail, &path, Some(asking))
            .await;
    }
    match pages.page(anew(&parts, Body::empty()), asking).await {
        Some(page) => page,
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

/// A request without what our router found in its address: that of the pages finds its own.
fn anew(parts: &Parts, body: Body) -> Request {
    let mut request = Request::new(body);
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    request
}

/// Whether a client would rather have a page.
pub(crate) fn wants_page(method: &Method, headers: &HeaderMap) -> bool {
    matches!(*method, Method::GET | Method::HEAD) && negotiate::prefers_html(headers)
}
