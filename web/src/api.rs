//! How pages ask: GraphQL within the process, as whoever looks at the page may.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::value::RawValue;

/// Answers a page's questions as the API would its visitor's.
#[async_trait]
pub trait Api: Send + Sync {
    /// The body of the answer to a GraphQL request: JSON with `data`, `errors` or both.
    async fn ask(&self, document: &'static str, variables: Value) -> Vec<u8>;

    /// A dataset as schema.org describes it, for search engines; nothing where the visitor may not see it.
    async fn schema_org(&self, dataset: &str) -> Option<Value>;

    /// The name of the issuer at which they may sign in, where there is one.
    fn issuer(&self) -> Option<&str>;

    /// The address under which the visitor reaches this service, without a slash at its end.
    fn base(&self) -> &str;
}

/// Whoever asks for a page, by the API.
#[derive(Clone)]
pub struct Visitor(pub Arc<dyn Api>);

impl fmt::Debug for Visitor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Visitor")
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskError {
    /// The API refused it, or could not answer it.
    #[error("{message}")]
    Refused { code: Code, message: String },
    /// The answer is not what the page expects: a defect.
    #[error("the answer of the API is not what this page expects")]
    Unexpected,
}

/// What the pages tell apart of the API's codes of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// Who asks must say who they are.
    Unauthenticated,
    /// It is not open to them.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The question is wrong.
    Invalid,
    /// They ask too often.
    TooMany,
    /// Too late, too much, or something is away.
    Unavailable,
}

impl AskError {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Refused { code, .. } => *code,
            Self::Unexpected => Code::Unavailable,
        }
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

#[derive(Debug, Deserialize)]
struct GraphqlError {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Debug, Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    code: String,
}

impl Visitor {
    /// Asks for all of `T`. Where a part of it has an error and is null, `T` says whether it can do without; but where it is
    /// only away, all of it is.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        document: &'static str,
        variables: Value,
    ) -> Result<T, AskError> {
        let body = self.0.ask(document, variables).await;
        read(&body)
    }

    /// Has something changed; what it is then, the page asks anew.
    pub(crate) async fn change(&self, document: &'static str, variables: Value) -> Result<(), AskError> {
        self.ask::<IgnoredAny>(document, variables).await.map(drop)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AskError> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| unexpected(&error))?;
    let mut refused = answer.errors.into_iter().map(|error| AskError::Refused {
        code: code(&error.extensions.code),
        message: error.message,
    });
    let first = refused.next();
    // What is away for a moment is not nothing: a page that did without it would say what is not so.
    let away = [first.clone()]
        .into_iter()
        .flatten()
        .chain(refused)
        .find(|error| error.code() == Code::Unavailable);
    if let Some(away) = away {
        return Err(away);
    }
    let data = answer.data.filter(|data| data.get() != "null");
    match (data, first) {
        (None, Some(refused)) => Err(refused),
        (None, None) => Err(AskError::Unexpected),
        // What an error left out may be what `T` needs: then the error says why.
        (Some(data), first) => {
            serde_json::from_str(data.get()).map_err(|error| first.unwrap_or_else(|| unexpected(&error)))
        }
    }
}

fn unexpected(error: &serde_json::Error) -> AskError {
    tracing::error!(%error, "read the API's answer to a page");
    AskError::Unexpected
}

fn code(word: &str) -> Code {
    match word {
        "UNAUTHENTICATED" => Code::Unauthenticated,
        "FORBIDDEN" => Code::Forbidden,
        "NOT_FOUND" => Code::NotFound,
        "RATE_LIMITED" => Code::TooMany,
        "INVALID_ARGUMENT" | "BAD_REQUEST" | "LIMIT_EXCEEDED" => Code::Invalid,
        _ => Code::Unavailable,
    }
}
