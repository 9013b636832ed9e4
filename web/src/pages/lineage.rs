//! `/lineage`: the whole way, from the broker to the API.

use askama::Template;
use axum::response::Response;

use super::{View, render};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::lineage::Lineage;

/// The dataset in the middle of the way: everything leads to it or comes from it.
const READINGS: &str = "readings";

#[derive(Template)]
#[template(path = "lineage.html")]
struct Page {
    chrome: Chrome,
    lineage: Option<Lineage>,
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let visitor = &view.visitor;
    let (chrome, lineage) = tokio::join!(Chrome::of(visitor, view.path()), Lineage::of(visitor, READINGS));
    Ok(render(&Page {
        chrome,
        lineage: lineage?,
    }))
}
