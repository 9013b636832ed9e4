//! Going through one segment's frames with a chunk of it in memory, checking each.
//!
//! The walk itself does no I/O but to open: it says what it needs, so that a caller may read on another thread and drop
//! the read without losing its place.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use uuid::Uuid;

use super::{Buffers, ReadError, Record};
use crate::catalog::segment_name;
use crate::format::{
    FRAME_BYTES, FormatError, FrameHead, FrameKind, HEADER_BYTES, Place, SEGMENT_HEADER_BYTES,
    check_segment_header,
};
use crate::storage::{Storage, StorageFile};

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// A record; [`Walk::advance`] goes past it.
    Record(Record),
    /// At least so many bytes must be loaded.
    Need(usize),
    /// There is no record before the given end.
    End,
}

#[derive(Debug)]
pub(crate) struct Walk {
    journal: Uuid,
    first_seq: u64,
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    next_seq: u64,
    /// Where the next frame is, and the bytes from there on as far as they are loaded.
    offset: u64,
    chunk: Bytes,
    /// Length of the frame that was peeked at.
    peeked: usize,
}

impl Walk {
    /// Opens a segment and checks its header.
    pub(crate) fn open(storage: &dyn Storage, journal: Uuid, first_seq: u64) -> Result<Self, ReadError> {
        let name = segment_name(first_seq);
        let path = storage.path(&name);
        let io = |source| ReadError::Io {
            path: path.clone(),
            source,
        };
        let file = storage.open(&name).map_err(io)?;
        let mut header = [0; HEADER_BYTES];
        let filled = file.read_at(&mut header, 0).map_err(io)?;
        check_segment_header(&header[..filled], journal, first_seq).map_err(|source| ReadError::Corrupt {
            path: path.clone(),
            offset: 0,
            source,
        })?;
        Ok(Self {
            journal,
            first_seq,
            path,
            file,
            next_seq: first_seq,
            offset: SEGMENT_HEADER_BYTES,
            chunk: Bytes::new(),
            peeked: 0,
        })
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// What comes next before `end`.
    pub(crate) fn peek(&mut self, end: u64) -> Result<Step, ReadError> {
        let left = end - self.offset;
        if left == 0 {
            return Ok(Step::End);
        }
        if self.chunk.len() < FRAME_BYTES {
            if left < FRAME_BYTES as u64 {
                return Err(self.corrupt(FormatError::Truncated {
                    missing: FRAME_BYTES as u64 - left,
                }));
            }
            return Ok(Step::Need(FRAME_BYTES));
        }
        let head = FrameHead::decode(&self.chunk).map_err(|source| self.corrupt(source))?;
        let whole = head.frame_bytes();
        if whole > left {
            return Err(self.corrupt(FormatError::Truncated {
                missing: whole - left,
            }));
        }
        let whole = usize::try_from(whole).expect("a frame's length fits memory, its body's does");
        if self.chunk.len() < whole {
            return Ok(Step::Need(whole));
        }
        let place = Place {
            journal: self.journal,
            offset: self.offset,
        };
        let body = head
            .body(place, &self.chunk)
            .map_err(|source| self.corrupt(source))?;
        if head.kind != FrameKind::Record {
            // Seals stand behind the end that readers are given.
            return Err(self.corrupt(FormatError::NoFrame));
        }
        if head.seq != self.next_seq {
            let error = FormatError::FrameSeq {
                expected: self.next_seq,
                found: head.seq,
            };
            return Err(self.corrupt(error));
        }
        self.peeked = whole;
        Ok(Step::Record(Record {
            seq: head.seq,
            body: self.chunk.slice_ref(body),
        }))
    }

    /// Goes past the record that was peeked at.
    pub(crate) fn advance(&mut self) {
        let peeked = std::mem::take(&mut self.peeked);
        assert!(peeked > 0, "only what was peeked at is passed");
        self.chunk.advance(peeked);
        self.offset += peeked as u64;
        self.next_seq += 1;
    }

    /// A read of up to `most` bytes from here, to be done wherever blocking is allowed.
    pub(crate) fn load(
        &mut self,
        end: u64,
        most: usize,
        buffers: &mut Buffers,
    ) -> impl FnOnce() -> Result<Bytes, ReadError> + Send + 'static {
        // What is left of the chunk before is read once more.
        self.chunk = Bytes::new();
        let file = Arc::clone(&self.file);
        let path = self.path.clone();
        let offset = self.offset;
        let length = usize::try_from(end - offset).map_or(most, |left| left.min(most));
        let mut chunk = buffers.take(length);
        move || {
            let filled = file.read_at(&mut chunk, offset).map_err(|source| ReadError::Io {
                path: path.clone(),
                source,
            })?;
            if filled < length {
                let source = FormatError::Truncated {
                    missing: (length - filled) as u64,
                };
                return Err(ReadError::Corrupt {
                    path,
                    offset: offset + filled as u64,
                    source,
                });
            }
            Ok(chunk.freeze())
        }
    }

    /// Takes what a [`Walk::load`] of this place has read.
    pub(crate) fn fill(&mut self, chunk: Bytes, buffers: &mut Buffers) {
        buffers.keep(&chunk);
        self.chunk = chunk;
    }

    /// Damage at this place.
    pub(crate) fn corrupt(&self, source: FormatError) -> ReadError {
        ReadError::Corrupt {
            path: self.path.clone(),
            offset: self.offset,
            source,
        }
    }
}
