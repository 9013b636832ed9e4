//! `/sign-in`: the form; who takes it is the API.

use askama::Template;
use axum::response::Response;

use super::{View, render};
use crate::address::Choices;
use crate::chrome::Chrome;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    chrome: Chrome,
    issuer: Option<String>,
    next: String,
    failed: Option<&'static str>,
}

/// Why somebody was not signed in, by the API's word for it.
fn failure(word: &str) -> &'static str {
    match word {
        "wrong_key" => "That is no key that is good here: it may be mistyped, revoked or over.",
        "too_many" => "There were too many attempts. Try again in a minute.",
        "denied" => "You did not sign in there. Try again, or use a key.",
        "expired" => "That took too long, or was begun in another browser. Try again.",
        "refused" => "What the issuer says of you is not taken here. Ask the operator.",
        "no_role" => "The issuer gives you no role here. Ask the operator.",
        _ => "Signing in does not work just now. Try again in a while.",
    }
}

pub(crate) async fn page(view: View) -> Response {
    let choices = Choices::of(view.uri.query(), &["next", "error"]);
    let visitor = &view.visitor;
    render(&Page {
        chrome: Chrome::of(visitor, view.path()).await,
        issuer: visitor.0.issuer().map(str::to_owned),
        next: choices.one("next").unwrap_or("/").to_owned(),
        failed: choices.one("error").map(failure),
    })
}
