//! `/connect`: how to get a dataset with the tool at hand.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::{View, render};
use crate::address::Choices;
use crate::chrome::Chrome;
use crate::connect::{Snippet, playground, snippets};
use crate::error::Problem;

/// What is filled in where no dataset is chosen.
const DEFAULT: &str = "readings";

#[derive(Deserialize)]
struct Answer {
    datasets: Option<Datasets>,
}

#[derive(Deserialize)]
struct Datasets {
    nodes: Vec<Dataset>,
}

#[derive(Deserialize)]
struct Dataset {
    slug: String,
    title: String,
}

#[derive(Template)]
#[template(path = "connect.html")]
struct Page {
    chrome: Chrome,
    datasets: Vec<Dataset>,
    slug: String,
    snippets: Vec<Snippet>,
    playground: String,
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let choices = Choices::of(view.uri.query(), &["dataset"]);
    let visitor = &view.visitor;
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/connect.graphql"), Value::Null),
    );
    let datasets = answer?
        .datasets
        .map(|datasets| datasets.nodes)
        .unwrap_or_default();
    let slug = choices.one("dataset").unwrap_or(DEFAULT);
    if !datasets.is_empty() && datasets.iter().all(|dataset| dataset.slug != slug) {
        return Err(Problem::not_found(format!(
            "There is no dataset “{slug}” here, or not for you."
        )));
    }
    Ok(render(&Page {
        playground: playground(slug),
        snippets: snippets(slug, visitor.0.base(), chrome.needs_key()),
        slug: slug.to_owned(),
        chrome,
        datasets,
    }))
}
