//! Sealed segments: the unit of archiving, the same at each retry.

use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

use crate::catalog::{Lookup, Segment};
use crate::clock::from_micros;
use crate::format::{FormatError, Seal, SealReason};
use crate::reader::{Buffers, ReadError, Record, Step, Walk};
use crate::shared::Shared;

/// How much is read from the disk at once, unless one record is larger.
const CHUNK_BYTES: usize = 1 << 20;

/// A segment that will never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSegment {
    /// Its journal.
    pub journal: Uuid,
    /// Position of its first record.
    pub first_seq: u64,
    /// Position of its last record.
    pub last_seq: u64,
    /// How many records it has; at least one.
    pub count: u64,
    /// Sum of the records' lengths.
    pub bytes: u64,
    /// When its file was made, at or before the first record's arrival.
    pub created: SystemTime,
    /// When it was sealed.
    pub sealed: SystemTime,
    /// Why it was sealed.
    pub reason: SealReason,
}

impl SealedSegment {
    pub(crate) fn new(journal: Uuid, segment: &Segment, seal: &Seal) -> Self {
        Self {
            journal,
            first_seq: segment.first_seq,
            last_seq: seal.last_seq,
            count: seal.count,
            bytes: seal.body_bytes,
            created: from_micros(segment.created_micros),
            sealed: from_micros(seal.sealed_micros),
            reason: seal.reason,
        }
    }
}

/// The records of a sealed segment, in order. Blocks, and holds about 1 MiB or one larger record in memory.
///
/// The last step compares what was read with the seal. After an error it ends.
#[derive(Debug)]
pub struct SealedRecords {
    walk: Walk,
    buffers: Buffers,
    frames_end: u64,
    seal: Seal,
    count: u64,
    body_bytes: u64,
    ended: bool,
}

impl SealedRecords {
    pub(crate) fn open(shared: &Arc<Shared>, segment: &SealedSegment) -> Result<Self, ReadError> {
        let found = match shared.catalog.find(segment.first_seq) {
            Lookup::In(found) => found,
            Lookup::Retired { first_retained } => {
                return Err(ReadError::Retired {
                    asked: segment.first_seq,
                    first_retained,
                });
            }
            Lookup::NotYet => {
                let durable_seq = shared.durable_seq();
                return Err(ReadError::Ahead {
                    after_seq: segment.first_seq - 1,
                    durable_seq,
                });
            }
        };
        let walk = match Walk::open(&*shared.storage, shared.id, found.first_seq) {
            Ok(walk) => walk,
            Err(error) => {
                // It may have been deleted since it was found.
                if let Lookup::Retired { first_retained } = shared.catalog.find(segment.first_seq) {
                    return Err(ReadError::Retired {
                        asked: segment.first_seq,
                        first_retained,
                    });
                }
                return Err(error);
            }
        };
        let seal = found.seal.filter(|seal| seal.last_seq == segment.last_seq);
        let Some(seal) = seal.filter(|_| segment.journal == shared.id) else {
            // Only a description of another journal's segment can differ.
            return Err(walk.corrupt(FormatError::ForeignJournal {
                found: segment.journal,
            }));
        };
        Ok(Self {
            walk,
            buffers: Buffers::default(),
            frames_end: found.frames_end,
            seal,
            count: 0,
            body_bytes: 0,
            ended: false,
        })
    }

    fn step(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            match self.walk.peek(self.frames_end)? {
                Step::Record(record) => {
                    self.walk.advance();
                    self.count += 1;
                    self.body_bytes += record.body.len() as u64;
                    return Ok(Some(record));
                }
                Step::Need(needed) => {
                    let most = CHUNK_BYTES.max(needed);
                    let load = self.walk.load(self.frames_end, most, &mut self.buffers);
                    let chunk = load()?;
                    self.walk.fill(chunk, &mut self.buffers);
                }
                Step::End => {
                    self.check_seal()?;
                    return Ok(None);
                }
            }
        }
    }

    fn check_seal(&self) -> Result<(), ReadError> {
        if self.count != self.seal.count {
            let source = FormatError::SealCount {
                sealed: self.seal.count,
                found: self.count,
            };
            return Err(self.walk.corrupt(source));
        }
        if self.body_bytes != self.seal.body_bytes {
            let source = FormatError::SealBytes {
                sealed: self.seal.body_bytes,
                found: self.body_bytes,
            };
            return Err(self.walk.corrupt(source));
        }
        Ok(())
    }
}

impl Iterator for SealedRecords {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step().transpose();
        self.ended = !matches!(step, Some(Ok(_)));
        step
    }
}
