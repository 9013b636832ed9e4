//! What a visitor sees where there is no page: what is wrong, and where to go from here.

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::{AskError, Code, Visitor};
use crate::chrome::Chrome;
use crate::pages::render;

/// Why there is no page.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is wrong and what would be right, in a sentence.
    pub detail: String,
}

impl Problem {
    pub(crate) fn not_found(detail: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            detail,
        }
    }

    pub(crate) fn invalid(detail: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            detail,
        }
    }

    fn title(&self) -> &'static str {
        match self.status {
            StatusCode::NOT_FOUND => "There is nothing here",
            StatusCode::UNAUTHORIZED => "Sign in to see this",
            StatusCode::FORBIDDEN => "This is not open to you",
            StatusCode::BAD_REQUEST => "This address makes no sense",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => "Not available just now",
            _ => "Something went wrong",
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let status = match error.code() {
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Invalid => StatusCode::BAD_REQUEST,
            Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            detail: error.to_string(),
        }
    }
}

/// Drawn by `draw_problems`, which knows who looks at the page.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    chrome: Chrome,
    problem: &'a Problem,
}

/// A problem as a page, for a visitor who is known as far as `visitor` knows them.
pub async fn problem(problem: &Problem, path: &str, visitor: Option<&Visitor>) -> Response {
    let chrome = match visitor {
        Some(visitor) => Chrome::of(visitor, path).await,
        None => Chrome::bare(path),
    };
    let mut response = render(&Page { chrome, problem });
    *response.status_mut() = problem.status;
    response
}

/// Draws the pages of those problems that handlers answer with.
pub(crate) async fn draw_problems(request: Request, next: Next) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(found) => problem(&found, &path, visitor.as_ref()).await,
        None => response,
    }
}
