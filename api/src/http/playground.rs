//! The playground: GraphiQL, embedded, so that it works where there is no internet. `assets/graphiql` says how its
//! files are made.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::Problem;
use super::asset::Asset;
use crate::graphql::error::ApiError;

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// The page's own files only. The editor writes its colours into style elements and attributes, hence the one
/// exception; scripts have none.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

macro_rules! asset {
    ($name:literal, $content_type:literal) => {
        Asset {
            name: $name,
            content_type: $content_type,
            gzip: include_bytes!(concat!("../../assets/graphiql/dist/", $name, ".gz")),
        }
    };
}

const ASSETS: &[Asset] = &[
    asset!("playground.js", "text/javascript; charset=utf-8"),
    asset!("playground.css", "text/css; charset=utf-8"),
    asset!("editor.worker.js", "text/javascript; charset=utf-8"),
    asset!("json.worker.js", "text/javascript; charset=utf-8"),
    asset!("graphql.worker.js", "text/javascript; charset=utf-8"),
    asset!("codicon.ttf", "font/ttf"),
];

/// The page.
pub(crate) fn page() -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::VARY, HeaderValue::from_static("accept")),
    ];
    (headers, Html(PAGE)).into_response()
}

/// A file of the page.
pub(crate) async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == file);
    let missing = || ApiError::NotFound {
        argument: "path",
        message: format!("there is no file {file:?}"),
    };
    asset.map(Asset::respond).ok_or_else(|| missing().into())
}
