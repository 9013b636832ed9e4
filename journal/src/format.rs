//! The bytes on disk, version 1: what the crate's page draws, encoded and decoded without any I/O.
//!
//! Decoders take bytes that may be anything. They never panic, and each way of being bad has its own [`FormatError`].

mod cursor;
mod frame;
mod header;
mod seal;

use uuid::Uuid;

pub(crate) use self::cursor::{CURSOR_FILE_BYTES, Slot, decode_slot, encode_slot, slot_offset};
pub(crate) use self::frame::{FRAME_BYTES, FrameHead, FrameKind, Place, encode_frame, frame_bytes};
pub(crate) use self::header::{
    HEADER_BYTES, Identity, SEGMENT_HEADER_BYTES, SegmentHeader, check_segment_header, decode_identity,
    encode_identity, encode_segment_header,
};
pub use self::seal::SealReason;
pub(crate) use self::seal::{SEAL_BODY_BYTES, SEAL_BYTES, Seal, decode_seal, encode_seal};

/// The version that is written.
pub(crate) const VERSION: u16 = 1;

/// The largest record that the format allows, in bytes.
pub const RECORD_BYTES_LIMIT: usize = 16 << 20;

/// A journal that claims to be beyond this position is not opened, so positions can be added to without overflow. At a
/// million records a second it is reached after 146,000 years.
pub const SEQ_LIMIT: u64 = 1 << 62;

const _: () = assert!(
    RECORD_BYTES_LIMIT < u32::MAX as usize,
    "a body's length is written in 32 bits"
);

/// What is wrong with bytes that should be the journal's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The file ends where more should be.
    #[error("the file ends {missing} bytes too early")]
    Truncated {
        /// How many bytes are missing at least.
        missing: u64,
    },
    /// The first bytes are of no file of this kind.
    #[error("the first eight bytes say that this is another kind of file")]
    Magic,
    /// A version that this program doesn't know.
    #[error("the format has version {found}, this program reads version {VERSION}")]
    Version {
        /// The version in the file.
        found: u16,
    },
    /// The checksum of a header, an identity or a checkpoint is wrong.
    #[error("the header's checksum doesn't fit its bytes")]
    HeaderChecksum,
    /// The file belongs to another journal.
    #[error("the file belongs to journal {found}")]
    ForeignJournal {
        /// The journal it belongs to.
        found: Uuid,
    },
    /// A segment's header names another first position than its file name.
    #[error("the header says that the segment begins at seq {found}")]
    FirstSeq {
        /// What the header says.
        found: u64,
    },
    /// Zeros or nothing where a frame should begin.
    #[error("there is no record here")]
    NoFrame,
    /// A kind of frame that version 1 doesn't have.
    #[error("frame kind {found} doesn't exist")]
    FrameKind {
        /// The byte in the file.
        found: u8,
    },
    /// A body longer than the format allows.
    #[error("the record claims {found} bytes, {RECORD_BYTES_LIMIT} are the most")]
    FrameLength {
        /// The length in the file.
        found: u32,
    },
    /// A position that no journal reaches.
    #[error("seq {found} is beyond {SEQ_LIMIT}, the last there can be")]
    SeqLimit {
        /// The position in the file.
        found: u64,
    },
    /// A checkpoint written more often than any can be.
    #[error("the checkpoint claims to be the {found}th of its consumer")]
    Generation {
        /// The count in the file.
        found: u64,
    },
    /// Bytes that must be zero are not.
    #[error("bytes that must be zero are not")]
    Padding,
    /// A frame's checksum doesn't fit its bytes.
    #[error("the record's checksum doesn't fit its bytes")]
    FrameChecksum,
    /// A sound frame of another position.
    #[error("seq {found} stands where {expected} should")]
    FrameSeq {
        /// The position that should be here.
        expected: u64,
        /// The position in the file.
        found: u64,
    },
    /// A sound frame that claims an impossible durable position.
    #[error("the record claims to be {found} positions ahead of a durable one")]
    FrameAhead {
        /// The distance in the file.
        found: u32,
    },
    /// A seal of the wrong size.
    #[error("the seal has {found} bytes instead of {SEAL_BODY_BYTES}")]
    SealLength {
        /// The length in the file.
        found: u32,
    },
    /// A seal with a reason that version 1 doesn't have.
    #[error("seal reason {found} doesn't exist")]
    SealReason {
        /// The byte in the file.
        found: u8,
    },
    /// A seal that doesn't fit the records before it.
    #[error("the seal counts {sealed} records, the segment holds {found}")]
    SealCount {
        /// What the seal says.
        sealed: u64,
        /// What is there.
        found: u64,
    },
    /// The seal's sum of bytes doesn't fit the records before it.
    #[error("the seal counts {sealed} bytes in records, the segment holds {found}")]
    SealBytes {
        /// What the seal says.
        sealed: u64,
        /// What is there.
        found: u64,
    },
    /// A segment with a successor has no seal at its end.
    #[error("the segment has a successor but no seal")]
    Unsealed,
    /// What is bad here was durable once: a later frame proves it.
    #[error("a later record, at offset {proof}, proves that sound bytes were here")]
    ProvenDamage {
        /// Where the later frame is.
        proof: u64,
    },
    /// There are too many lookalikes of frames behind bad bytes to tell a torn end from damage.
    #[error("what follows can't be told from records within reasonable work")]
    Undecidable,
}

/// A checksum over several pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Checksum(u32);

impl Checksum {
    pub(crate) fn add(self, bytes: &[u8]) -> Self {
        Self(crc32c::crc32c_append(self.0, bytes))
    }

    pub(crate) fn finish(self) -> u32 {
        self.0
    }
}

/// Reads `N` bytes at a constant offset of an array that is long enough.
pub(crate) fn bytes_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[offset..offset + N]);
    out
}
