//! Records as the archive has them: an object of S3 read ahead, in the journal's own terms.
//!
//! A task reads and checks the object; what it has read waits in a short queue, so memory is bounded by a few frames
//! however large the object is. The last frame comes only when the hash of all lines was found right.

use std::time::Duration;

use archive::{Kind as LineKind, ObjectFacts, OwnedLine, Store, StoreError};
use bytes::Bytes;
use journal::Record as JournalRecord;
use tokio::sync::mpsc;

use crate::events;
use crate::message::{Kind, Record};

/// Frames that wait at most, some 6,000 messages of telemetry each.
const AHEAD: usize = 3;

/// A piece of an object.
#[derive(Debug)]
pub(crate) enum Piece {
    /// First: what the object says of itself.
    Facts(ObjectFacts),
    /// Then its records in order.
    Records(Vec<JournalRecord>),
    /// Last: it is whole.
    End,
    /// Or: it can't be read.
    Failed(StoreError),
}

/// How patiently the store is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Before the first new try; doubles up to `backoff_max`.
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
}

/// The pause before the next try.
#[derive(Debug)]
pub(crate) struct Pause {
    next: Duration,
    most: Duration,
}

impl Patience {
    pub(crate) fn begin(self) -> Pause {
        Pause {
            next: self.backoff_min,
            most: self.backoff_max,
        }
    }
}

impl Pause {
    /// Waits because of this error.
    pub(crate) async fn wait(&mut self, error: &StoreError) {
        events::retry("reader of the archive", error, self.next);
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.most);
    }
}

/// An object that is being read. Dropped, its reading ends.
#[derive(Debug)]
pub(crate) struct Archived {
    pieces: mpsc::Receiver<Piece>,
}

impl Archived {
    /// Begins to read the object under `key`.
    pub(crate) fn read(store: &Store, key: &str, patience: Patience) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let (store, key) = (store.clone(), key.to_owned());
        tokio::spawn(async move {
            if let Err(error) = read(&store, &key, patience, &sender).await {
                // Nobody listens any more, or this is the last word.
                let _ = sender.send(Piece::Failed(error)).await;
            }
        });
        Self { pieces }
    }

    /// The next piece; `None` behind the last.
    pub(crate) async fn next(&mut self) -> Option<Piece> {
        self.pieces.recv().await
    }
}

/// Sends the pieces, as far as there are any.
async fn read(
    store: &Store,
    key: &str,
    patience: Patience,
    pieces: &mpsc::Sender<Piece>,
) -> Result<(), StoreError> {
    let mut pause = patience.begin();
    let mut lines = loop {
        match store.lines(key).await {
            Err(error) if error.retryable() => pause.wait(&error).await,
            answer => break answer?,
        }
    };
    let facts = lines.index().facts().clone();
    if pieces.send(Piece::Facts(facts)).await.is_err() {
        return Ok(());
    }
    let mut held: Option<Vec<OwnedLine>> = None;
    loop {
        let mut pause = patience.begin();
        let next = loop {
            match lines.next_frame().await {
                Err(error) if error.retryable() => pause.wait(&error).await,
                answer => break answer?,
            }
        };
        let is_last = next.is_none();
        if let Some(frame) = std::mem::replace(&mut held, next)
            && pieces.send(Piece::Records(records(&frame))).await.is_err()
        {
            return Ok(());
        }
        if is_last {
            // Whoever left wants no end.
            let _ = pieces.send(Piece::End).await;
            return Ok(());
        }
    }
}

/// Tries until the store answers or refuses for good.
pub(crate) async fn patiently<T>(
    patience: Patience,
    mut ask: impl AsyncFnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut pause = patience.begin();
    loop {
        match ask().await {
            Err(error) if error.retryable() => pause.wait(&error).await,
            answer => return answer,
        }
    }
}

/// Lines as the records that they were made of.
fn records(lines: &[OwnedLine]) -> Vec<JournalRecord> {
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(lines.len());
    for line in lines {
        Record {
            kind: match line.kind {
                LineKind::Message => Kind::Message,
                LineKind::Sensors => Kind::SensorList,
                LineKind::Import => Kind::Imported,
            },
            qos: line.qos.number(),
            retain: line.retain,
            dup: line.dup,
            received_at_us: line.received_at.timestamp_micros(),
            source: &line.source,
            topic: &line.topic,
            payload: &line.payload,
        }
        .encode(&mut bytes);
        ends.push(bytes.len());
    }
    let mut rest = Bytes::from(bytes);
    let mut begin = 0;
    lines
        .iter()
        .zip(ends)
        .map(|(line, end)| {
            let body = rest.split_to(end - begin);
            begin = end;
            JournalRecord { seq: line.seq, body }
        })
        .collect()
}
