//! The archiver: one sealed segment becomes one object on S3, and a row of the manifest.
//!
//! A segment's checkpoint moves only when the object was verified there; until then the journal keeps the segment. The seal
//! is durable, so a retry builds the same records into the same key, and the same object written twice is harmless. A
//! different object under that key is never overwritten: that stops the archiver, and a person must look.
//!
//! The manifest (table `segment`) follows on its own, from what the object itself says: with the database away, segments
//! are archived all the same, and with S3 away, readings are loaded all the same.

use std::time::Duration;

use archive::{Kind as LineKind, Line, Object, ObjectBuilder, Qos, SegmentKey, SensorList, Store};
use bytes::Bytes;
use entity::load::LoadError;
use journal::{Journal, SealedSegment};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::message::{Kind, Record, RecordError};
use crate::{CONSUMER_ARCHIVER, events};

/// The archiver's patience.
#[derive(Debug, Clone)]
pub struct ArchiverOptions {
    /// Before the first new try after a failure, 500 ms by default; doubles up to `backoff_max`.
    pub backoff_min: Duration,
    /// 30 s by default.
    pub backoff_max: Duration,
}

impl Default for ArchiverOptions {
    fn default() -> Self {
        Self {
            backoff_min: Duration::from_millis(500),
            backoff_max: Duration::from_secs(30),
        }
    }
}

/// Why the archiver ended by itself: somebody must look.
#[derive(Debug, thiserror::Error)]
pub enum ArchiverError {
    /// The journal can't be read.
    #[error("read segment {first_seq} of the journal")]
    Read {
        /// The segment.
        first_seq: u64,
        /// Why.
        #[source]
        source: journal::ReadError,
    },
    /// The journal's records are of another version.
    #[error("read record {seq} of the journal")]
    Record {
        /// Its position.
        seq: u64,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// The object can't be built.
    #[error("build the object of segment {first_seq}")]
    Build {
        /// The segment.
        first_seq: u64,
        /// Why.
        #[source]
        source: archive::BuildError,
    },
    /// S3 refuses, for good.
    #[error("archive segment {first_seq}")]
    Store {
        /// The segment.
        first_seq: u64,
        /// Why.
        #[source]
        source: archive::StoreError,
    },
    /// The journal has let a segment go that it had seen on S3, and it is there no longer.
    #[error("find the object with position {first_seq} on S3: it was archived, and is there no longer")]
    Gone {
        /// The position.
        first_seq: u64,
    },
    /// The journal can't keep the checkpoint.
    #[error("keep a checkpoint in the journal")]
    Checkpoint(#[source] journal::CommitError),
    /// The database refuses the manifest.
    #[error("write the manifest")]
    Manifest(#[source] LoadError),
}

/// Archives one journal.
#[derive(Debug)]
pub(crate) struct Archiver {
    pub(crate) options: ArchiverOptions,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    /// The last position verified on S3, for the manifest.
    pub(crate) archived: watch::Sender<u64>,
}

impl Archiver {
    /// Archives segment after segment until `shutdown`.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<(), ArchiverError> {
        let mut after = self.journal.checkpoint(CONSUMER_ARCHIVER).unwrap_or(0);
        let mut memory = Vec::new();
        events::archived_to(after);
        loop {
            let segment = tokio::select! {
                biased;
                segment = self.journal.next_sealed(after) => {
                    segment.map_err(|source| ArchiverError::Read { first_seq: after + 1, source })?
                }
                () = shutdown.cancelled() => return Ok(()),
            };
            tokio::select! {
                stored = self.archive(&segment, &mut memory) => stored?,
                // It is sealed and stays; the next run archives it.
                () = shutdown.cancelled() => return Ok(()),
            }
            self.journal
                .commit(CONSUMER_ARCHIVER, segment.last_seq)
                .await
                .map_err(ArchiverError::Checkpoint)?;
            after = segment.last_seq;
            self.archived.send_replace(after);
        }
    }

    async fn archive(&self, segment: &SealedSegment, memory: &mut Vec<u8>) -> Result<(), ArchiverError> {
        let first_seq = segment.first_seq;
        let journal = self.journal.clone();
        let sealed = segment.clone();
        let taken = std::mem::take(memory);
        // Compressing 64 MB takes a second: not on a thread that serves others.
        let built = tokio::task::spawn_blocking(move || build(&journal, &sealed, taken));
        let (object, lists) = built
            .await
            .unwrap_or_else(|join| std::panic::resume_unwind(join.into_panic()))?;
        let failed = |source| ArchiverError::Store { first_seq, source };
        for list in &lists {
            self.patiently(|| self.store.put_sensor_list(list))
                .await
                .map_err(failed)?;
        }
        let stored = self
            .patiently(|| self.store.put_once(&object))
            .await
            .map_err(failed)?;
        events::archived(
            &stored.key,
            object.facts().count,
            stored.object_bytes,
            segment.last_seq,
        );
        *memory = object.into_memory();
        Ok(())
    }

    /// Tries until S3 takes it or refuses it for good.
    async fn patiently<T, F: Future<Output = Result<T, archive::StoreError>>>(
        &self,
        mut put: impl FnMut() -> F,
    ) -> Result<T, archive::StoreError> {
        let mut backoff = self.options.backoff_min;
        loop {
            let error = match put().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if !error.retryable() {
                return Err(error);
            }
            events::retry("archiver", &error, backoff);
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(self.options.backoff_max);
        }
    }
}

/// The object of a segment, built in this memory, and the sensor lists in it. Blocks.
fn build(
    journal: &Journal,
    segment: &SealedSegment,
    memory: Vec<u8>,
) -> Result<(Object, Vec<SensorList>), ArchiverError> {
    let first_seq = segment.first_seq;
    let read = |source| ArchiverError::Read { first_seq, source };
    let wrong = |source| ArchiverError::Build { first_seq, source };
    let mut builder = ObjectBuilder::new(journal.id()).with_memory(memory);
    let mut lists = Vec::new();
    for record in journal.read_sealed(segment).map_err(read)? {
        let journal::Record { seq, body } = record.map_err(read)?;
        let record = Record::decode(&body).map_err(|source| ArchiverError::Record { seq, source })?;
        let kind = match record.kind {
            Kind::Message => LineKind::Message,
            Kind::Imported => LineKind::Import,
            Kind::SensorList => {
                lists.push(SensorList {
                    journal: journal.id(),
                    seq,
                    source: record.source.to_owned(),
                    received_at: record.received_at(),
                    body: Bytes::copy_from_slice(record.payload),
                });
                LineKind::Sensors
            }
        };
        let line = Line {
            seq,
            source: record.source,
            topic: record.topic,
            received_at: record.received_at(),
            qos: Qos::from_number(record.qos).unwrap_or_default(),
            retain: record.retain,
            dup: record.dup,
            kind,
            payload: record.payload,
        };
        builder.push(&line).map_err(wrong)?;
    }
    Ok((builder.finish().map_err(wrong)?, lists))
}

/// The whole key under which the archiver has put a segment. Blocks for a moment.
pub(crate) fn object_key(
    journal: &Journal,
    store: &Store,
    segment: &SealedSegment,
) -> Result<String, ArchiverError> {
    let first_seq = segment.first_seq;
    let read = |source| ArchiverError::Read { first_seq, source };
    let mut records = journal.read_sealed(segment).map_err(read)?;
    // A sealed segment has a record; without one its end is asked for the reason.
    let body = records
        .next()
        .transpose()
        .map_err(read)?
        .map(|record| record.body)
        .unwrap_or_default();
    let first = Record::decode(&body).map_err(|source| ArchiverError::Record {
        seq: first_seq,
        source,
    })?;
    let key = SegmentKey::new(journal.id(), first_seq, segment.count, first.received_at());
    Ok(store.prefix().join(&key))
}
