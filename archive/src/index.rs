//! The index at an object's end: where each frame lies and what the object holds. The crate's docs draw its bytes.
//!
//! Invariant: an [`Index`] that [`Index::parse`] gave adds up. Frames, lines and bytes sum to the facts, every size is within
//! its limit, and no position overflows.

use std::ops::Range;

use uuid::Uuid;

use crate::clock;
use crate::facts::ObjectFacts;
use crate::line::{LineError, MAX_LINE_BYTES};
use crate::object::{FRAME_BYTES, MAX_OBJECT_BYTES};

/// The shortest index, and therefore a suffix that every object has.
///
/// A suffix longer than the object is lawful (RFC 9110, section 14.1.2), but s3s-fs answers it with an error.
pub const TAIL_BYTES: usize = 2048;

/// The most frames of an object.
pub const MAX_FRAMES: usize = 4096;

/// Two neighbours hold more than [`FRAME_BYTES`] together, or they would be one.
const _: () = assert!(MAX_FRAMES as u64 / 2 * FRAME_BYTES as u64 > MAX_OBJECT_BYTES);

/// zstd skips frames whose magic is `0x184D2A50` to `0x184D2A5F`; `…50` is pzstd's and `…5E` the seekable format's.
const SKIPPABLE: u32 = 0x184D_2A5B;
const MAGIC: [u8; 8] = *b"FBKINDEX";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 104;
const ENTRY_BYTES: usize = 12;
const FOOTER_BYTES: usize = 24;

/// The longest index.
const MAX_INDEX_BYTES: usize = HEAD_BYTES + MAX_FRAMES * ENTRY_BYTES + FOOTER_BYTES;

/// The frame of the longest line. zstd makes incompressible bytes longer by less than a 128th (`ZSTD_COMPRESSBOUND`).
const MAX_COMPRESSED_BYTES: usize = MAX_LINE_BYTES + MAX_LINE_BYTES / 128;

/// One frame of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameEntry {
    /// Position of its first message.
    pub first_seq: u64,
    /// Its lines.
    pub lines: u32,
    /// Where it begins in the object.
    pub offset: u64,
    /// Its bytes in the object.
    pub compressed_bytes: u32,
    /// The bytes of its lines.
    pub uncompressed_bytes: u32,
}

impl FrameEntry {
    /// Its bytes in the object.
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset + u64::from(self.compressed_bytes)
    }
}

/// The index of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    facts: ObjectFacts,
    frames: Vec<FrameEntry>,
}

impl Index {
    /// An index of frames that the builder has counted. `facts.object_bytes` is set here.
    pub(crate) fn new(mut facts: ObjectFacts, frames: Vec<FrameEntry>) -> Self {
        let frames_end = frames.last().map_or(0, |frame| frame.range().end);
        facts.object_bytes = frames_end + index_bytes(frames.len()) as u64;
        Self { facts, frames }
    }

    /// What the object holds.
    pub fn facts(&self) -> &ObjectFacts {
        &self.facts
    }

    /// Its frames in order; never empty.
    pub fn frames(&self) -> &[FrameEntry] {
        &self.frames
    }

    /// The frame that holds a position; `None` for one that is not in the object.
    pub fn frame_of(&self, seq: u64) -> Option<&FrameEntry> {
        if seq > self.facts.last_seq() {
            return None;
        }
        let behind = self.frames.partition_point(|frame| frame.first_seq <= seq);
        behind.checked_sub(1).map(|at| &self.frames[at])
    }

    /// The index as the object's last bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let length = index_bytes(self.frames.len());
        let small = |number: usize| u32::try_from(number).expect("an index is far below 4 GB");
        out.extend_from_slice(&SKIPPABLE.to_le_bytes());
        out.extend_from_slice(&small(length - 8).to_le_bytes());
        let facts = &self.facts;
        out.extend_from_slice(facts.journal.as_bytes());
        out.extend_from_slice(&facts.first_seq.to_le_bytes());
        out.extend_from_slice(&facts.count.to_le_bytes());
        out.extend_from_slice(&facts.uncompressed_bytes.to_le_bytes());
        for time in [
            facts.first_received_at,
            facts.min_received_at,
            facts.max_received_at,
        ] {
            out.extend_from_slice(&time.timestamp_micros().to_le_bytes());
        }
        out.extend_from_slice(&facts.sha256);
        for frame in &self.frames {
            out.extend_from_slice(&frame.compressed_bytes.to_le_bytes());
            out.extend_from_slice(&frame.uncompressed_bytes.to_le_bytes());
            out.extend_from_slice(&frame.lines.to_le_bytes());
        }
        out.resize(start + length - FOOTER_BYTES, 0);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&small(self.frames.len()).to_le_bytes());
        out.extend_from_slice(&small(length).to_le_bytes());
        let crc = crc32c::crc32c(&out[start..]);
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&MAGIC);
    }

    /// How many bytes the index takes, from an object's last bytes (24 are enough).
    pub fn length(tail: &[u8]) -> Result<usize, CorruptObject> {
        let (_, footer) = tail
            .split_last_chunk::<FOOTER_BYTES>()
            .ok_or(CorruptObject::NoIndex)?;
        let mut footer = Bytes(footer);
        let [version, frames, length, _crc] = std::array::from_fn(|_| footer.u32());
        if footer.0 != MAGIC {
            return Err(CorruptObject::NoIndex);
        }
        if version != VERSION {
            return Err(CorruptObject::Version { version });
        }
        let length = usize::try_from(length)
            .ok()
            .filter(|length| (TAIL_BYTES..=MAX_INDEX_BYTES).contains(length));
        let frames = usize::try_from(frames)
            .ok()
            .filter(|frames| (1..=MAX_FRAMES).contains(frames));
        match (length, frames) {
            (Some(length), Some(frames)) if length == index_bytes(frames) => Ok(length),
            _ => Err(CorruptObject::Contradiction {
                what: "the index's length and its number of frames",
            }),
        }
    }

    /// Reads an index from an object's last bytes, at least [`Self::length`] of them. Bytes before it are left alone.
    pub fn parse(tail: &[u8]) -> Result<Self, CorruptObject> {
        let length = Self::length(tail)?;
        let start = tail.len().checked_sub(length).ok_or(CorruptObject::NoIndex)?;
        let (checked, end) = tail[start..].split_at(length - 12);
        let mut footer = Bytes(&checked[checked.len() - 12..]);
        let [_version, frame_count, _length] = std::array::from_fn(|_| footer.u32());
        if Bytes(end).u32() != crc32c::crc32c(checked) {
            return Err(CorruptObject::IndexChecksum);
        }
        let mut bytes = Bytes(checked);
        if bytes.u32() != SKIPPABLE || bytes.u32() as usize != length - 8 {
            return Err(CorruptObject::Contradiction {
                what: "the index's skippable frame and its length",
            });
        }
        let journal = Uuid::from_bytes(bytes.take());
        let [first_seq, count, uncompressed_bytes] = std::array::from_fn(|_| bytes.u64());
        let times: [_; 3] =
            std::array::from_fn(|_| clock::from_microseconds(i64::from_le_bytes(bytes.take())));
        let [
            Some(first_received_at),
            Some(min_received_at),
            Some(max_received_at),
        ] = times
        else {
            return Err(CorruptObject::Contradiction {
                what: "a receipt and the years 0000 to 9999",
            });
        };
        if !(min_received_at..=max_received_at).contains(&first_received_at) {
            return Err(CorruptObject::Contradiction {
                what: "the first receipt, the earliest and the latest",
            });
        }
        let sha256 = bytes.take();
        if count
            .checked_sub(1)
            .and_then(|more| first_seq.checked_add(more))
            .is_none()
        {
            return Err(CorruptObject::Contradiction {
                what: "the first position and the number of messages",
            });
        }
        let frames = read_frames(&mut bytes, frame_count, first_seq)?;
        let lines: u64 = frames.iter().map(|frame| u64::from(frame.lines)).sum();
        let summed: u64 = frames
            .iter()
            .map(|frame| u64::from(frame.uncompressed_bytes))
            .sum();
        if lines != count || summed != uncompressed_bytes || summed > MAX_OBJECT_BYTES {
            return Err(CorruptObject::Contradiction {
                what: "the object's totals and the sums of its frames",
            });
        }
        let facts = ObjectFacts {
            journal,
            first_seq,
            count,
            first_received_at,
            min_received_at,
            max_received_at,
            uncompressed_bytes,
            sha256,
            object_bytes: 0,
        };
        Ok(Self::new(facts, frames))
    }
}

/// Reads the frames' sizes and sums up where each begins.
fn read_frames(bytes: &mut Bytes<'_>, count: u32, first_seq: u64) -> Result<Vec<FrameEntry>, CorruptObject> {
    let mut offset = 0;
    let mut next_seq = Some(first_seq);
    let mut frames = Vec::new();
    for _ in 0..count {
        let [compressed_bytes, uncompressed_bytes, lines] = std::array::from_fn(|_| bytes.u32());
        let sound = compressed_bytes as usize <= MAX_COMPRESSED_BYTES
            && uncompressed_bytes as usize <= if lines == 1 { MAX_LINE_BYTES } else { FRAME_BYTES }
            && compressed_bytes > 0
            && uncompressed_bytes > 0
            && lines > 0;
        let (true, Some(first_seq)) = (sound, next_seq) else {
            return Err(CorruptObject::Contradiction {
                what: "a frame's size and the format's limits",
            });
        };
        frames.push(FrameEntry {
            first_seq,
            lines,
            offset,
            compressed_bytes,
            uncompressed_bytes,
        });
        offset += u64::from(compressed_bytes);
        // The last position may be the greatest there is: only a frame behind it would be wrong.
        next_seq = first_seq.checked_add(u64::from(lines));
    }
    Ok(frames)
}

/// An object that contradicts itself or the format: damage, or something else under an archive's key.
#[derive(Debug, thiserror::Error)]
pub enum CorruptObject {
    /// It doesn't end in an index.
    #[error("find the object's index: it is cut off, or no object of this archive")]
    NoIndex,
    /// A later format.
    #[error(
        "read the object's format version {version}: use the version of Fieldbook that wrote it, or a later one"
    )]
    Version {
        /// What it says.
        version: u32,
    },
    /// Its index is damaged.
    #[error("verify the checksum of the object's index")]
    IndexChecksum,
    /// Two things that it says can't both be true.
    #[error("bring together {what}")]
    Contradiction {
        /// Which.
        what: &'static str,
    },
    /// A frame can't be decompressed, or its checksum is wrong.
    #[error("decompress the frame of position {first_seq}")]
    Frame {
        /// Position of its first message.
        first_seq: u64,
        /// What zstd says.
        #[source]
        source: std::io::Error,
    },
    /// A line can't be read.
    #[error("read the line of position {seq}")]
    Line {
        /// The position it should have.
        seq: u64,
        /// Why.
        #[source]
        source: LineError,
    },
    /// A line has another position than its place says.
    #[error("find position {expected}: the line in its place says {found}")]
    Seq {
        /// By its place.
        expected: u64,
        /// By its own words.
        found: u64,
    },
    /// All lines together are others than were written.
    #[error("verify the SHA-256 of the object's lines")]
    Sha256,
}

/// The index's bytes for so many frames, padding included.
fn index_bytes(frames: usize) -> usize {
    (HEAD_BYTES + frames * ENTRY_BYTES + FOOTER_BYTES).max(TAIL_BYTES)
}

/// Takes integers off the front of bytes whose number was checked before.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self
            .0
            .split_first_chunk()
            .expect("the length was checked with the footer");
        self.0 = rest;
        *taken
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

#[cfg(test)]
mod tests;
