//! Following the log: batches of durable records, in order, from any position that is kept.

mod buffers;
mod walk;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::catalog::{Lookup, Segment};
use crate::format::FormatError;
use crate::shared::{Ended, Shared, State};

pub(crate) use self::buffers::Buffers;
pub(crate) use self::walk::{Step, Walk};

/// The least and the most that is read from the disk at once, unless one record is larger.
const CHUNK_BYTES_MIN: usize = 64 << 10;
const CHUNK_BYTES_MAX: usize = 4 << 20;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its position.
    pub seq: u64,
    /// Its bytes, a part of what was read together with it: whoever keeps one for long copies it.
    pub body: Bytes,
}

/// Consecutive records of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// At least one.
    pub records: Vec<Record>,
    /// The first position of their segment.
    pub segment_first_seq: u64,
    /// Whether the last record is the last of its segment, as far as that is known yet: a segment may be sealed after
    /// its last record was read. The next batch is then of another segment.
    pub ends_segment: bool,
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What should be read was deleted, because all consumers had passed it.
    #[error(
        "seq {asked} was deleted here after all consumers had passed it, the oldest kept is {first_retained}; read it from the archive"
    )]
    Retired {
        /// The position that should be read next.
        asked: u64,
        /// The oldest position kept.
        first_retained: u64,
    },
    /// The reader should begin behind the end.
    #[error(
        "read after seq {after_seq}, but the journal's durable end is {durable_seq}: the position is of another journal, or this one has lost its end"
    )]
    Ahead {
        /// The position given.
        after_seq: u64,
        /// The durable position.
        durable_seq: u64,
    },
    /// A file's bytes are not what was written.
    #[error("{} is damaged at offset {offset}; restore it from a copy, or replay what was archived", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        #[source]
        source: FormatError,
    },
    /// The disk failed.
    #[error("read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// Everything durable was read and nothing will follow.
    #[error("wait for records")]
    Ended(#[source] Ended),
}

/// Reads behind the writer; as many as wanted, each at its own pace.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    state: watch::Receiver<State>,
    position: u64,
    walk: Option<Walk>,
    buffers: Buffers,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, after_seq: u64) -> Result<Self, ReadError> {
        let state = shared.subscribe();
        let durable_seq = state.borrow().durable_seq;
        if after_seq > durable_seq {
            return Err(ReadError::Ahead {
                after_seq,
                durable_seq,
            });
        }
        if let Lookup::Retired { first_retained } = shared.catalog.find(after_seq + 1) {
            return Err(ReadError::Retired {
                asked: after_seq + 1,
                first_retained,
            });
        }
        Ok(Self {
            shared,
            state,
            position: after_seq,
            walk: None,
            buffers: Buffers::default(),
        })
    }

    /// The last position that was read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Waits for durable records and returns some: at most `max_records` and, unless a single record is larger,
    /// `max_bytes` of bodies. Dropping the future loses nothing. To be called on a Tokio runtime.
    pub async fn next(&mut self, max_records: usize, max_bytes: usize) -> Result<Batch, ReadError> {
        loop {
            // First the state, then the catalogue: what the state has told is in the catalogue.
            let ended = self.state.borrow_and_update().ended();
            match self.shared.catalog.find(self.position + 1) {
                Lookup::Retired { first_retained } => {
                    return Err(ReadError::Retired {
                        asked: self.position + 1,
                        first_retained,
                    });
                }
                Lookup::In(segment) => {
                    if self.enter(segment).await? {
                        return self.read(segment, max_records, max_bytes).await;
                    }
                }
                Lookup::NotYet => {
                    if let Some(ended) = ended {
                        return Err(ReadError::Ended(ended));
                    }
                    self.let_go();
                    // The sender lives in what this reader shares.
                    let _ = self.state.changed().await;
                }
            }
        }
    }

    /// Closes the segment when it is sealed and read through. Once deleted, a file that is still open keeps its room on the
    /// disk, which a full journal may be waiting for while this reader waits for its next record.
    fn let_go(&mut self) {
        if self.state.borrow().sealed_seq >= self.position {
            self.walk = None;
        }
    }

    /// Opens a segment unless it is open. Returns `false` when it was deleted meanwhile.
    async fn enter(&mut self, segment: Segment) -> Result<bool, ReadError> {
        if self
            .walk
            .as_ref()
            .is_some_and(|walk| walk.first_seq() == segment.first_seq)
        {
            return Ok(true);
        }
        self.walk = None;
        let shared = Arc::clone(&self.shared);
        let opened = blocking(move || Walk::open(&*shared.storage, shared.id, segment.first_seq)).await;
        match opened {
            Ok(walk) => {
                self.walk = Some(walk);
                Ok(true)
            }
            Err(ReadError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound
                    && matches!(
                        self.shared.catalog.find(self.position + 1),
                        Lookup::Retired { .. }
                    ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn read(
        &mut self,
        segment: Segment,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Batch, ReadError> {
        let walk = self.walk.as_mut().expect("entered before");
        let mut records = Vec::new();
        let mut bytes = 0;
        while records.len() < max_records.max(1) {
            match walk.peek(segment.frames_end)? {
                Step::Record(record) if record.seq <= self.position => walk.advance(),
                Step::Record(record) => {
                    bytes += record.body.len();
                    if bytes > max_bytes && !records.is_empty() {
                        break;
                    }
                    records.push(record);
                    walk.advance();
                }
                Step::Need(_) | Step::End if !records.is_empty() => break,
                Step::Need(needed) => {
                    let chunk = max_bytes.clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX).max(needed);
                    let load = walk.load(segment.frames_end, chunk, &mut self.buffers);
                    let loaded = blocking(load).await?;
                    walk.fill(loaded, &mut self.buffers);
                }
                Step::End => return Err(walk.corrupt(FormatError::NoFrame)),
            }
        }
        let last_seq = records.last().map_or(self.position, |record| record.seq);
        self.position = last_seq;
        let ends_segment = segment.seal.is_some_and(|seal| seal.last_seq == last_seq);
        if ends_segment {
            self.walk = None;
        }
        Ok(Batch {
            records,
            segment_first_seq: segment.first_seq,
            ends_segment,
        })
    }
}

/// Reads files off the runtime's own threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down and has not begun the work.
            Err(_) => Err(ReadError::Ended(Ended::Closed)),
        },
    }
}
