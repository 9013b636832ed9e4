//! The pages over the API: `web` asks, `api` answers, and neither knows the other.

use std::sync::Arc;

use api::{Asking, Pages};
use async_trait::async_trait;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use tower_service::Service as _;
use web::api::{Api, Visitor};
use web::{NoSuchPage, Problem};

/// The pages of the crate `web`.
pub(crate) struct WebPages(Router);

impl WebPages {
    pub(crate) fn new() -> Self {
        Self(web::router())
    }
}

#[async_trait]
impl Pages for WebPages {
    async fn page(&self, mut request: Request, asking: Asking) -> Option<Response> {
        request.extensions_mut().insert(visitor(asking));
        // A router is always ready, and never fails.
        let Ok(response) = self.0.clone().call(request).await;
        let is_page = response.extensions().get::<NoSuchPage>().is_none();
        is_page.then_some(response)
    }

    async fn problem(
        &self,
        status: StatusCode,
        detail: &str,
        path: &str,
        asking: Option<Asking>,
    ) -> Response {
        let problem = Problem {
            status,
            detail: detail.to_owned(),
        };
        web::problem(&problem, path, asking.map(visitor).as_ref()).await
    }
}

fn visitor(asking: Asking) -> Visitor {
    Visitor(Arc::new(Asks(asking)))
}

/// A visitor's questions.
struct Asks(Asking);

#[async_trait]
impl Api for Asks {
    async fn ask(&self, document: &'static str, variables: Value) -> Vec<u8> {
        self.0.graphql(document, variables).await
    }

    async fn schema_org(&self, dataset: &str) -> Option<Value> {
        self.0.schema_org(dataset).await
    }

    fn issuer(&self) -> Option<&str> {
        self.0.sign_in_issuer()
    }

    fn base(&self) -> &str {
        self.0.base()
    }
}
