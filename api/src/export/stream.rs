//! From rows to a body: one task reads, one writes, and the body holds both, so that they end with it.
//!
//! Only a body whose last piece was handed over ends; one whose tasks failed, or are gone, breaks off with an error, and with
//! it the connection. Whoever reads is waited for, up to the patience of an answer for each piece.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::query::readings::{ReadingFilter, Scan, ScanOf, TimeRange};
use entity::query::sensors::SensorFilter;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::buckets::{Buckets, Next};
use super::encode::Encoder;
use super::parameters::{Parameters, Table};
use super::readings::Readings;
use super::rows::{Rows, Shape};
use super::sensors::SensorTable;
use crate::access::Access;
use crate::ask::buckets::BucketArguments;
use crate::ask::range;
use crate::buckets::BucketsIn;
use crate::graphql::error::ApiError;
use crate::http::RequestId;
use crate::state::ApiState;

/// How long the first rows are waited for before the answer begins: until then, a failure has a status and a text.
const FIRST_WITHIN: Duration = Duration::from_secs(5);

/// Bytes that are handed over at once; compressing more would hold up others.
const PIECE: usize = 256 * 1024;

/// How long a bucket is when the question does not say.
const BUCKET: &str = "PT1H";

/// Where rows come from.
#[derive(Debug)]
pub(super) enum Source {
    Readings(Readings),
    Buckets(Box<Buckets>),
}

impl Source {
    /// Checks a question, and reads its sensors; gives its range, too.
    pub(super) async fn prepare(
        state: &ApiState,
        access: &Access,
        parameters: &Parameters,
        now: DateTime<Utc>,
    ) -> Result<(Self, TimeRange), ApiError> {
        let scope = access.data()?;
        let options = state.options();
        let (db, limits) = (state.db(), &options.limits);
        match parameters.table {
            Table::Readings => {
                let range = range::of_rows(parameters.from, parameters.to, now)?;
                let filter = parameters.filter(db, scope, limits).await?;
                let sensors =
                    SensorTable::read(db, scope, &filter, &parameters.label_columns, limits).await?;
                let of = ScanOf {
                    sensors: (filter != SensorFilter::default()).then(|| sensors.ids()),
                    range,
                    filter: ReadingFilter {
                        flags: parameters.flags.clone(),
                        ..ReadingFilter::default()
                    },
                };
                let readings = Readings {
                    shape: Arc::new(Readings::shape(sensors)),
                    scan: Scan::new(db, scope, of),
                };
                Ok((Self::Readings(readings), range))
            }
            Table::Buckets => {
                let range = range::of_buckets(parameters.from, parameters.to, now)?;
                let arguments = BucketArguments {
                    bucket: parameters.bucket.as_deref().unwrap_or(BUCKET),
                    time_zone: ("time_zone", parameters.time_zone.as_deref()),
                };
                let bucketing = arguments.check(options.time_zone)?;
                let filter = parameters.filter(db, scope, limits).await?;
                let sensors =
                    SensorTable::read(db, scope, &filter, &parameters.label_columns, limits).await?;
                let buckets = Buckets {
                    shape: Arc::new(Buckets::shape(sensors, bucketing.zone)),
                    state: state.clone(),
                    access: access.clone(),
                    scope: scope.clone(),
                    of: BucketsIn {
                        sensors: filter,
                        bucketing,
                        range,
                    },
                    at: now,
                    next: Next::First,
                };
                Ok((Self::Buckets(Box::new(buckets)), range))
            }
        }
    }

    /// What its rows look like.
    pub(super) fn shape(&self) -> Arc<Shape> {
        Arc::clone(match self {
            Self::Readings(readings) => &readings.shape,
            Self::Buckets(buckets) => &buckets.shape,
        })
    }

    async fn next(&mut self) -> Result<Option<Rows>, ApiError> {
        match self {
            Self::Readings(readings) => Ok(readings.next().await?),
            Self::Buckets(buckets) => buckets.next().await,
        }
    }
}

/// What a reader says: rows, or that there are no more.
type Read = Result<Option<Rows>, ApiError>;

/// What a writer says.
enum Written {
    Piece(Bytes),
    /// The file is whole.
    End,
}

/// Why a body breaks off; the log has the cause.
#[derive(Debug, thiserror::Error)]
#[error("the export could not be finished")]
struct Broken;

/// The body of an answer. What fails before the first rows is an error of the answer.
pub(super) async fn body(
    source: Source,
    encoder: Box<dyn Encoder>,
    patience: Duration,
    place: OwnedSemaphorePermit,
    request: RequestId,
) -> Result<Body, ApiError> {
    let (rows, mut read) = mpsc::channel(1);
    let reader = AbortOnDropHandle::new(tokio::spawn(read_all(source, rows)));
    let first = match timeout(FIRST_WITHIN, read.recv()).await {
        Ok(first) => Some(Ok(first.unwrap_or_else(|| Err(gone()))?)),
        Err(_) => None,
    };
    let (pieces, written) = mpsc::channel(1);
    let writer = Writer {
        encoder,
        pieces,
        patience,
    };
    let writer = AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(error) = writer.write_all(first, read, place).await {
            error.log(&request);
        }
    }));
    let pieces = Pieces {
        written,
        rest: Bytes::new(),
        is_over: false,
        _tasks: [reader, writer],
    };
    // What compresses a body asks once more behind its end.
    Ok(Body::from_stream(stream::unfold(pieces, Pieces::next).fuse()))
}

/// A task ended without saying why: it panicked.
fn gone() -> ApiError {
    ApiError::Internal(Arc::new(Broken))
}

async fn read_all(mut source: Source, rows: mpsc::Sender<Read>) {
    loop {
        let next = source.next().await;
        let is_last = !matches!(next, Ok(Some(_)));
        if rows.send(next).await.is_err() || is_last {
            return;
        }
    }
}

struct Writer {
    encoder: Box<dyn Encoder>,
    pieces: mpsc::Sender<Written>,
    patience: Duration,
}

impl Writer {
    async fn write_all(
        mut self,
        mut first: Option<Read>,
        mut read: mpsc::Receiver<Read>,
        place: OwnedSemaphorePermit,
    ) -> Result<(), ApiError> {
        let head = self.encoder.begin()?;
        self.send(Written::Piece(head.into())).await?;
        loop {
            let next = match first.take() {
                Some(first) => first,
                None => read.recv().await.unwrap_or_else(|| Err(gone())),
            };
            let Some(rows) = next? else { break };
            let mut encoder = self.encoder;
            let encoded = spawn_blocking(move || (encoder.write(rows), encoder)).await;
            let (piece, encoder) = encoded.map_err(|error| ApiError::Internal(Arc::new(error)))?;
            self.encoder = encoder;
            self.send(Written::Piece(piece?.into())).await?;
        }
        let tail = self.encoder.finish()?;
        self.send(Written::Piece(tail.into())).await?;
        // Whoever has the whole file may ask for the next one.
        drop(place);
        self.send(Written::End).await
    }

    /// Hands over a piece; a client that takes none for too long is given up.
    async fn send(&mut self, written: Written) -> Result<(), ApiError> {
        match timeout(self.patience, self.pieces.send(written)).await {
            // Nobody reads any more: then this task is aborted, too.
            Ok(_) => Ok(()),
            Err(_) => Err(ApiError::Timeout),
        }
    }
}

/// The pieces of a body.
struct Pieces {
    written: mpsc::Receiver<Written>,
    /// What is left of the last piece.
    rest: Bytes,
    is_over: bool,
    _tasks: [AbortOnDropHandle<()>; 2],
}

impl Pieces {
    async fn next(mut self) -> Option<(Result<Bytes, Broken>, Self)> {
        if self.is_over {
            return None;
        }
        while self.rest.is_empty() {
            match self.written.recv().await {
                Some(Written::Piece(piece)) => self.rest = piece,
                Some(Written::End) => return None,
                None => {
                    self.is_over = true;
                    return Some((Err(Broken), self));
                }
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        Some((Ok(piece), self))
    }
}
