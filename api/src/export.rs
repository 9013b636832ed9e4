//! `/export/…`: whole tables of readings and buckets as files, however large, while they are read.
//!
//! ```text
//! readings, buckets          stream               csv, ndjson, arrow, parquet
//! a statement a window ──► rows in columns ──►    pieces of the file ──► body
//!          one task           one waits           another task, one waits
//! ```
//!
//! At any time a few windows are in memory, whatever the export's size; the next one is read while this one is written.
//! A file that could not be finished is recognizable: its body breaks off, it never just ends.

mod arrow;
mod buckets;
mod columns;
mod csv;
mod encode;
mod lines;
mod ndjson;
mod parameters;
mod parquet;
mod readings;
mod rows;
mod sensors;
mod source;
mod stream;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use entity::query::readings::TimeRange;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::encode::Format;
use self::parameters::{Parameters, Table};
use self::source::Source;
use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::http::{Problem, RequestId};
use crate::state::ApiState;

/// How long somebody should wait when as many exports run as may.
const RETRY_AFTER_SECONDS: u64 = 10;

/// The exports that run.
#[derive(Debug, Clone)]
pub(crate) struct Exports(Arc<Semaphore>);

impl Exports {
    /// At most so many at once.
    pub(crate) fn new(max: usize) -> Self {
        Self(Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))))
    }

    fn begin(&self) -> Result<tokio::sync::OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.0)
            .try_acquire_owned()
            .map_err(|_| ApiError::RateLimited {
                retry_after_seconds: RETRY_AFTER_SECONDS,
            })
    }
}

/// A table as a file.
pub(crate) async fn file(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    Extension(request): Extension<RequestId>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    access.data()?;
    let (table, format) = named(&name)?;
    let parameters = Parameters::of(&uri, table, &state.options().limits)?;
    let place = state.exports().begin()?;
    let now = Utc::now();
    let patience = state.options().limits.request_timeout;
    let prepared = timeout(patience, Source::prepare(&state, &access, parameters, now)).await;
    let (source, range) = prepared.unwrap_or(Err(ApiError::Timeout))?;
    let encoder = format.encoder(&source.shape()).map_err(ApiError::from)?;
    let body = stream::body(source, encoder, patience, place, request).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(format.content_type()),
        ),
        (header::CONTENT_DISPOSITION, attachment(table, format, range)?),
    ];
    Ok((headers, body).into_response())
}

/// The table and the format that a file's name says.
fn named(name: &str) -> Result<(Table, Format), ApiError> {
    let (table, format) = name.split_once('.').unwrap_or((name, ""));
    Table::named(table)
        .zip(Format::named(format))
        .ok_or_else(|| ApiError::NotFound {
            argument: "path",
            message: format!(
                "there is no export named {name:?}, but readings and buckets, each as .csv, .ndjson, .parquet and .arrow"
            ),
        })
}

/// A name for the file that says what is in it, for whoever saves it.
fn attachment(table: Table, format: Format, range: TimeRange) -> Result<HeaderValue, ApiError> {
    let stamp = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H%M%SZ").to_string();
    let text = format!(
        "attachment; filename=\"{}_{}_{}.{}\"",
        table.name(),
        stamp(range.from),
        stamp(range.to),
        format.name(),
    );
    HeaderValue::try_from(text).map_err(|error| ApiError::Internal(Arc::new(error)))
}
