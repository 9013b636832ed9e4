//! `/`: what is where.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::negotiate;
use crate::state::ApiState;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// The addresses, with what each of them is for.
const ADDRESSES: &[(&str, &str)] = &[
    (
        "/graphql",
        "GraphQL: POST, GET for queries; a browser gets the playground",
    ),
    (
        "/graphql/schema.graphql",
        "the schema, every part of it described",
    ),
    ("/sensors/", "sensors and their latest readings as JSON"),
    (
        "/sensors/aggregates",
        "the last complete buckets of each sensor as JSON",
    ),
    (
        "/sensors/aggregated10/",
        "the last ten means of a minute of each sensor as JSON",
    ),
    (
        "/export/readings.csv",
        "all readings of a range as a file, and /export/buckets.csv; .ndjson, .parquet and .arrow, too",
    ),
    ("/odata/v4/", "OData for Excel, Power BI and Tableau"),
    ("/healthz", "is the process alive"),
    ("/readyz", "can it answer"),
    ("/metrics", "metrics for Prometheus"),
];

/// A page for a browser, text for everybody else.
pub(crate) async fn index(State(_): State<ApiState>, headers: HeaderMap) -> Response {
    if !negotiate::prefers_html(&headers) {
        let lines: Vec<_> = ADDRESSES
            .iter()
            .map(|(path, what)| format!("{path}\n    {what}\n"))
            .collect();
        let lines = lines.concat();
        return format!("Fieldbook {}\n\n{lines}", env!("CARGO_PKG_VERSION")).into_response();
    }
    let row = |(path, what): &(&str, &str)| format!("<dt><a href=\"{path}\">{path}</a></dt><dd>{what}</dd>");
    let rows = ADDRESSES.iter().map(row).collect::<Vec<_>>().concat();
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Fieldbook</title>\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;\
         margin:3rem auto;padding:0 1rem}}dt{{font-weight:600;margin-top:1rem}}dd{{margin:0}}</style>\
         <h1>Fieldbook {}</h1><dl>{rows}</dl></html>",
        env!("CARGO_PKG_VERSION"),
    );
    (
        [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))],
        Html(page),
    )
        .into_response()
}
