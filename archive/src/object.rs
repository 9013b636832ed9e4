//! Building the object of one segment, message by message. It is pure computation: run it on a thread that may be busy.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zstd::bulk::Compressor;

use crate::clock;
use crate::facts::ObjectFacts;
use crate::index::{FrameEntry, Index};
use crate::key::SegmentKey;
use crate::line::{Line, LineError, MAX_LINE_BYTES};

/// The most bytes of lines in one frame, unless a single line is longer.
pub const FRAME_BYTES: usize = 1_000_000;

/// The most bytes of lines in one object. A sealed segment has 64 MB; escaping makes at most six times as much of it.
pub const MAX_OBJECT_BYTES: u64 = 1 << 30;

/// Of 52 MB of telemetry, 3 makes an eighth in 0.16 s; 19 makes a fourteenth in 63 s.
const LEVEL: i32 = 3;

/// The most memory that is kept for the next object: a segment of 64 MB becomes 8 MB, seldom more than 16.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// An object ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    index: Index,
    body: Bytes,
}

impl Object {
    /// Its key, relative to the archive's prefix.
    pub fn key(&self) -> SegmentKey {
        self.index.facts().key()
    }

    /// What it holds.
    pub fn facts(&self) -> &ObjectFacts {
        self.index.facts()
    }

    /// Where its frames lie.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Its bytes.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Its memory for [`ObjectBuilder::with_memory`]; none where others still have its bytes, or where it is unusually large.
    pub fn into_memory(self) -> Vec<u8> {
        match self.body.try_into_mut() {
            Ok(body) if body.capacity() <= KEPT_BYTES_MAX => body.into(),
            _ => Vec::new(),
        }
    }
}

/// Builds one object. It holds the compressed frames so far and one frame's lines.
pub struct ObjectBuilder {
    journal: Uuid,
    /// Set by the first message.
    started: Option<Started>,
    /// The lines of the frame that is open.
    lines: Vec<u8>,
    /// How many they are.
    line_count: u32,
    hash: Sha256,
    compressor: Compressor<'static>,
    /// Where a frame is compressed to, kept for its memory.
    compressed: Vec<u8>,
    uncompressed_bytes: u64,
    frames: Vec<FrameEntry>,
    body: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Started {
    first_seq: u64,
    count: u64,
    first_received_at: DateTime<Utc>,
    min_received_at: DateTime<Utc>,
    max_received_at: DateTime<Utc>,
}

impl ObjectBuilder {
    /// Begins an object of a journal's messages.
    #[expect(clippy::missing_panics_doc, reason = "constants that zstd knows can't fail")]
    pub fn new(journal: Uuid) -> Self {
        let mut compressor = Compressor::new(LEVEL).expect("zstd has its own default level");
        compressor
            .include_checksum(true)
            .expect("zstd has its checksum flag");
        Self {
            journal,
            started: None,
            lines: Vec::new(),
            line_count: 0,
            hash: Sha256::new(),
            compressor,
            compressed: Vec::new(),
            uncompressed_bytes: 0,
            frames: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Builds in the memory of an object before. Megabytes that are allocated on one thread and freed on another one come back
    /// late.
    #[must_use]
    pub fn with_memory(mut self, mut memory: Vec<u8>) -> Self {
        memory.clear();
        self.body = memory;
        self
    }

    /// Takes the next message. On an error it was not taken.
    pub fn push(&mut self, line: &Line<'_>) -> Result<(), BuildError> {
        let received_at = clock::microseconds(line.received_at).ok_or(BuildError::Line {
            seq: line.seq,
            source: LineError::Time,
        })?;
        let started = match self.started {
            None => Started {
                first_seq: line.seq,
                count: 1,
                first_received_at: received_at,
                min_received_at: received_at,
                max_received_at: received_at,
            },
            Some(started) => {
                let expected = started.first_seq.checked_add(started.count);
                if expected != Some(line.seq) {
                    return Err(BuildError::Gap {
                        expected,
                        found: line.seq,
                    });
                }
                Started {
                    count: started.count + 1,
                    min_received_at: started.min_received_at.min(received_at),
                    max_received_at: started.max_received_at.max(received_at),
                    ..started
                }
            }
        };
        let frame_end = self.lines.len();
        line.write(&mut self.lines).map_err(|source| BuildError::Line {
            seq: line.seq,
            source,
        })?;
        if self.uncompressed_bytes + self.lines.len() as u64 > MAX_OBJECT_BYTES {
            self.lines.truncate(frame_end);
            return Err(BuildError::ObjectFull { seq: line.seq });
        }
        if self.lines.len() > FRAME_BYTES && frame_end > 0 {
            self.close_frame(frame_end)
                .inspect_err(|_| self.lines.truncate(frame_end))?;
        }
        self.line_count += 1;
        self.started = Some(started);
        Ok(())
    }

    /// How many bytes of lines it has.
    pub fn uncompressed_bytes(&self) -> u64 {
        self.uncompressed_bytes + self.lines.len() as u64
    }

    /// Closes the last frame and adds the index.
    #[expect(
        clippy::missing_panics_doc,
        reason = "it would be a bug of the index's writer"
    )]
    pub fn finish(mut self) -> Result<Object, BuildError> {
        let started = self.started.ok_or(BuildError::Empty)?;
        self.close_frame(self.lines.len())?;
        let facts = ObjectFacts {
            journal: self.journal,
            first_seq: started.first_seq,
            count: started.count,
            first_received_at: started.first_received_at,
            min_received_at: started.min_received_at,
            max_received_at: started.max_received_at,
            uncompressed_bytes: self.uncompressed_bytes,
            sha256: self.hash.finalize().into(),
            object_bytes: 0,
        };
        let index = Index::new(facts, self.frames);
        index.write(&mut self.body);
        assert_eq!(
            index.facts().object_bytes,
            self.body.len() as u64,
            "the index knows the object's size"
        );
        Ok(Object {
            index,
            body: self.body.into(),
        })
    }

    /// Compresses the first bytes of the open frame's lines and keeps the rest as the next one's.
    fn close_frame(&mut self, end: usize) -> Result<(), BuildError> {
        let lines = &self.lines[..end];
        self.compressed.clear();
        self.compressed
            .reserve(zstd::zstd_safe::compress_bound(lines.len()));
        self.compressor
            .compress_to_buffer(lines, &mut self.compressed)
            .map_err(|source| BuildError::Compress { source })?;
        self.hash.update(lines);
        let small = |number: usize| u32::try_from(number).expect("a frame is far below 4 GB");
        let (first_seq, offset) = self.frames.last().map_or_else(
            || (self.started.map_or(0, |started| started.first_seq), 0),
            |before| (before.first_seq + u64::from(before.lines), before.range().end),
        );
        self.frames.push(FrameEntry {
            first_seq,
            lines: self.line_count,
            offset,
            compressed_bytes: small(self.compressed.len()),
            uncompressed_bytes: small(end),
        });
        self.body.extend_from_slice(&self.compressed);
        self.uncompressed_bytes += end as u64;
        self.lines.drain(..end);
        self.line_count = 0;
        Ok(())
    }
}

const _: () = assert!(MAX_LINE_BYTES < u32::MAX as usize);

impl fmt::Debug for ObjectBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectBuilder")
            .field("journal", &self.journal)
            .field("started", &self.started)
            .field("frames", &self.frames.len())
            .finish_non_exhaustive()
    }
}

/// An object that can't be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A message is not the next one.
    #[error("archive position {found} here: {expected:?} is next in this segment")]
    Gap {
        /// The next position, if there is one.
        expected: Option<u64>,
        /// The message's.
        found: u64,
    },
    /// A message can't be a line.
    #[error("write position {seq} as a line")]
    Line {
        /// Its position.
        seq: u64,
        /// Why.
        #[source]
        source: LineError,
    },
    /// The object would be larger than [`MAX_OBJECT_BYTES`].
    #[error(
        "archive position {seq} in this object: it would exceed {MAX_OBJECT_BYTES} bytes; seal segments earlier"
    )]
    ObjectFull {
        /// The message's position.
        seq: u64,
    },
    /// No message was given.
    #[error("build an object of no messages")]
    Empty,
    /// zstd failed, which means that memory ran out.
    #[error("compress a frame")]
    Compress {
        /// What zstd says.
        #[source]
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests;
