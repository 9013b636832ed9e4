//! From rows to a body: one task reads, one writes, and the body holds both, so that they end with it.
//!
//! Only a body whose last piece was handed over ends; one whose tasks failed, or are gone, breaks off with an error, and with
//! it the connection. Whoever reads is waited for, up to the patience of an answer for each piece.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::encode::Encoder;
use super::rows::Rows;
use super::source::Source;
use crate::graphql::error::ApiError;
use crate::http::RequestId;

/// How long the first rows are waited for before the answer begins: until then, a failure has a status and a text.
const FIRST_WITHIN: Duration = Duration::from_secs(5);

/// Bytes that are handed over at once; compressing more would hold up others.
const PIECE: usize = 256 * 1024;

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
