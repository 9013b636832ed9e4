//! OData 4.0, read-only: the one protocol that Excel, Power BI and Tableau speak without code. `docs/reference/odata.md`
//! describes it.
//!
//! An address names a set, a row or a value (`path`); options say which rows, in which order and in which form (`options`,
//! `filter`, `order`, `form`). `feed` reads rows through `entity` and lets the filter decide about each; `answer` writes
//! them. `model` has the properties of every set, from which all of these and `$metadata` are made.

mod answer;
mod feed;
mod filter;
mod form;
mod limits;
mod metadata;
mod model;
mod options;
mod order;
mod path;
mod refusal;
mod row;
mod token;
mod value;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use entity::Scope;
use tokio::time::timeout;

pub use self::limits::ODataLimits;

pub(crate) use self::answer::VERSION;
use self::answer::Writer;
use self::feed::{PageAsked, Question};
use self::filter::Expr;
use self::form::Form;
use self::model::{EntitySet, Holds};
use self::options::Written;
pub(crate) use self::path::ROOT;
use self::path::Resource;
use self::row::Found;
use self::token::Token;
use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::http::Problem;
use crate::state::ApiState;

/// Answers an address at or below the root.
pub(crate) async fn read(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    access.catalogue()?;
    let asked = Asked::new(Utc::now(), access);
    let request = Request {
        state: &state,
        asked: &asked,
        uri: &uri,
        headers: &headers,
    };
    let answer = timeout(state.options().limits.request_timeout, request.answer()).await;
    answer.unwrap_or_else(|_| Err(ApiError::Timeout.into()))
}

/// Refuses several requests in one.
pub(crate) async fn batch() -> Problem {
    refusal::absent(
        "path",
        "this service takes no $batch",
        "each request by itself, with GET",
    )
}

/// Whether the options of an address are a question about any of the sets; for fuzzing.
pub(crate) fn understands(uri: &Uri) -> bool {
    let limits = ODataLimits::default();
    let Ok(written) = Written::of(uri, &limits) else {
        return false;
    };
    let now = chrono::DateTime::UNIX_EPOCH;
    let read = model::SETS.iter().map(|set| written.read(set, now, &limits));
    read.flatten().count() > 0
}

struct Request<'a> {
    state: &'a ApiState,
    asked: &'a Asked,
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

impl Request<'_> {
    async fn answer(&self) -> Result<Response, Problem> {
        let limits = &self.state.options().limits.odata;
        form::check_version(self.headers)?;
        let written = Written::of(self.uri, limits)?;
        let format = written.get("$format");
        let resource = Resource::of(self.uri, self.asked.at, limits)?;
        if let Resource::Metadata = resource {
            written.only(&["$format"])?;
            form::check_metadata(format)?;
            return Ok(described());
        }
        if let Resource::Count(set) = resource {
            self.scope(set)?;
            written.only(&["$filter"])?;
            let options = written.read(set, self.asked.at, limits)?;
            let question = self.question(set, options.filter.as_ref(), &[])?;
            return Ok(answer::plain(question.count(set).await?.to_string()));
        }
        let writer = Writer::new(Form::of(format, self.headers)?, self.headers);
        match resource {
            Resource::Set(set) => self.rows(set, &written, &writer).await,
            Resource::Entity(set, key) => {
                written.only(&["$select", "$format"])?;
                let options = written.read(set, self.asked.at, limits)?;
                let found = self.one(set, &key).await?;
                Ok(writer.entity(set, options.select.as_deref(), &found))
            }
            Resource::Property {
                set,
                key,
                property,
                raw,
            } => {
                written.only(&["$format"])?;
                let found = self.one(set, &key).await?;
                Ok(writer.property(set, property, &found, raw))
            }
            Resource::Service | Resource::Metadata | Resource::Count(_) => {
                written.only(&["$format"])?;
                Ok(writer.service())
            }
        }
    }

    async fn rows(
        &self,
        set: &'static EntitySet,
        written: &Written,
        writer: &Writer,
    ) -> Result<Response, Problem> {
        self.scope(set)?;
        let limits = &self.state.options().limits.odata;
        let options = written.read(set, self.asked.at, limits)?;
        let question = self.question(set, options.filter.as_ref(), &options.order)?;
        let of_token = token::Question::of(set, written);
        let token = options
            .token
            .as_deref()
            .map(|text| Token::read(text, of_token))
            .transpose()?;
        let count = if options.count {
            // What is counted is read apart from what is shown, with a budget of its own.
            let asked = Asked::new(self.asked.at, self.asked.access.clone());
            let counted = Question {
                asked: &asked,
                ..question
            };
            Some(counted.count(set).await?)
        } else {
            None
        };
        let preferred = form::preferred_page(self.headers).map(|rows| rows.min(limits.page_max));
        let size = u64::from(preferred.unwrap_or(limits.page_max)).min(options.top.unwrap_or(u64::MAX));
        let mut next = None;
        let mut rows = Vec::new();
        if size > 0 {
            let asked = PageAsked {
                skip: options.skip,
                rows: usize::try_from(size).unwrap_or(usize::MAX),
                token,
            };
            let page = question.page(set, asked).await?;
            let left = options.top.map(|top| top - page.rows.len() as u64);
            next = page.next.filter(|_| left != Some(0)).map(|token| {
                let mut pages = vec![("$skiptoken", token.write(of_token))];
                pages.extend(left.map(|left| ("$top", left.to_string())));
                pages.extend((page.skip > 0).then(|| ("$skip", page.skip.to_string())));
                written.with_pages(&pages)
            });
            rows = page.rows;
        }
        let mut response = writer.rows(set, options.select.as_deref(), &rows, count, next.as_deref());
        if let Some(rows) = preferred
            && let Ok(applied) = HeaderValue::from_str(&format!("odata.maxpagesize={rows}"))
        {
            let name = HeaderName::from_static("preference-applied");
            response.headers_mut().insert(name, applied);
        }
        Ok(response)
    }

    /// The row of a key.
    async fn one(&self, set: &'static EntitySet, key: &Expr) -> Result<Found, Problem> {
        let question = self.question(set, Some(key), &[])?;
        let asked = PageAsked {
            skip: 0,
            rows: 1,
            token: None,
        };
        let mut page = question.page(set, asked).await?;
        page.rows.pop().ok_or_else(|| {
            ApiError::NotFound {
                argument: "key",
                message: format!("there is no such {}", set.entity),
            }
            .into()
        })
    }

    /// What the asker may see of a set, or a refusal.
    fn scope(&self, set: &EntitySet) -> Result<&Scope, ApiError> {
        match set.holds {
            Holds::Sensors => self.asked.access.sensors(),
            Holds::Readings | Holds::Buckets => self.asked.access.data(),
        }
    }

    fn question<'q>(
        &'q self,
        set: &EntitySet,
        filter: Option<&'q Expr>,
        order: &'q [options::Key],
    ) -> Result<Question<'q>, Problem> {
        Ok(Question {
            state: self.state,
            asked: self.asked,
            scope: self.scope(set)?,
            filter,
            order,
        })
    }
}

fn described() -> Response {
    let content_type = HeaderValue::from_static("application/xml;charset=utf-8");
    let headers = [VERSION, (header::CONTENT_TYPE, content_type)];
    (headers, metadata::DOCUMENT.as_str()).into_response()
}
