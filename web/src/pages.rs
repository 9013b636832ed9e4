//! The pages: a file each, with its address here.

mod access;
mod compare;
mod connect;
mod dataset;
mod datasets;
mod freshness;
mod glossary;
mod incidents;
mod keys;
mod lineage;
mod overview;
mod quality;
mod quarantine;
mod sensor;
mod sensors;
mod sign_in;

use askama::Template;
use axum::Form;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;

use crate::api::Visitor;
use crate::assets;
use crate::error::{Problem, draw_problems};

/// In the extensions of an answer: there is no such page, and whoever mounts the pages may have an answer of their own.
#[derive(Debug, Clone, Copy)]
pub struct NoSuchPage;

/// Own files alone; nothing written into a page is ever run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// All pages. Requests must carry their [`Visitor`] as an extension.
pub fn router() -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/datasets", get(datasets::page))
        .route("/datasets/{slug}", get(dataset::page))
        .route("/compare", get(compare::page))
        .route("/sensors/", get(sensors::page))
        .route("/sensors/{id}", get(sensor::page))
        .route("/quality", get(quality::page))
        .route("/freshness", get(freshness::page))
        .route("/incidents", get(incidents::page))
        .route("/lineage", get(lineage::page))
        .route("/glossary", get(glossary::page))
        .route("/connect", get(connect::page))
        .route("/sign-in", get(sign_in::page))
        .route("/keys", get(keys::page))
        .route("/access", get(access::page))
        .route("/quarantine", get(quarantine::page))
        .route("/forms/quarantine/replay", post(quarantine::replay))
        .route("/forms/keys", post(keys::create))
        .route("/forms/keys/revoke", post(keys::revoke))
        .route("/forms/access", post(access::request))
        .route("/forms/access/decide", post(access::decide))
        .route("/forms/access/withdraw", post(access::withdraw))
        .route("/assets/{digest}/{*file}", get(assets::file))
        .fallback(no_such_page)
        .layer(middleware::from_fn(draw_problems))
}

/// Whoever mounts the pages answers.
pub(crate) async fn no_such_page() -> Response {
    let mut response = StatusCode::NOT_FOUND.into_response();
    response.extensions_mut().insert(NoSuchPage);
    response
}

/// What every page is made with: who looks at it, and its address.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) visitor: Visitor,
    pub(crate) uri: Uri,
}

impl<S: Sync> FromRequestParts<S> for View {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        Ok(Self {
            visitor: visitor.ok_or_else(|| Problem {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                detail: "nobody answers this page's questions".to_owned(),
            })?,
            uri: parts.uri.clone(),
        })
    }
}

impl View {
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }
}

/// A form that was filled in; one that was not is a problem that says so.
#[derive(Debug)]
pub(crate) struct Filled<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Filled<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form = Form::from_request(request, state).await;
        let Form(filled) = form.map_err(|error: FormRejection| Problem::invalid(error.body_text()))?;
        Ok(Self(filled))
    }
}

/// A template as an answer.
pub(crate) fn render(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
                (header::VARY, HeaderValue::from_static("accept, cookie")),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "draw a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
