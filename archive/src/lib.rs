//! The raw archive on S3: every message, as it was received, for years, in files that ordinary tools read.
//!
//! This crate knows S3 and the format, and nothing of MQTT, the journal or SQL. One sealed segment of a journal becomes
//! one object; one message of it can be read back with two range requests. What follows is the format's specification,
//! version 1. It is frozen: an object of each version lies in `tests/fixtures/` and is read by a test.
//!
//! # Keys
//!
//! ```text
//! {prefix/}raw/dt=2026-11-23/hour=10/0198c2b4-7f6e-7d3a-9c51-2f4be5a60d18-00000000000000004711-1200.jsonl.zst
//!              └── day and hour (UTC) of the first   └── journal's UUID                   │       └── messages
//!                  message's receipt                                    seq of the first ─┘
//! {prefix/}sensors/dt=2026-11-23/0198c2b4-7f6e-7d3a-9c51-2f4be5a60d18-00000000000000004711.json
//! ```
//!
//! The journal's UUID is random and made with its data directory, so a new or restored disk that counts from 0 again
//! never meets the keys of the old one. A key has one spelling: parsing accepts what formatting gives and nothing else.
//! Objects are partitioned by receipt, never by a time inside a payload: the archive decodes nothing. Keys sort by day
//! and hour, then by journal, then by seq.
//!
//! # Lines
//!
//! An object under `raw/` holds one JSON object a line, each ended by `\n`, seq rising by exactly one from line to line:
//!
//! ```json
//! {"seq":4711,"source":"plant","topic":"sensors","received_at":"2026-11-23T10:00:00.123456Z","qos":1,"retain":false,"dup":false,"payload":"{\"id\": \"Sensor 1\", \"value\": 17}"}
//! ```
//!
//! | field | meaning |
//! | --- | --- |
//! | `seq` | position in the journal |
//! | `source` | which configured source it came from |
//! | `topic`, or `topic_base64` | the MQTT topic; base64 (RFC 4648 section 4, padded) where its bytes are not UTF-8 |
//! | `received_at` | our clock at receipt, RFC 3339 in UTC with six digits and `Z`; finer fractions are cut |
//! | `qos`, `retain`, `dup` | as in the PUBLISH packet: 0, 1 or 2; flags |
//! | `kind` | absent for a message; `"sensors"` for a sensor list; `"import"` for a row of an imported file |
//! | `payload`, or `payload_base64` | the bytes; base64 where they are not UTF-8, or where escaping would make the line too long |
//!
//! Bytes come back exactly as they went in. Readers ignore fields they don't know and refuse a `kind` they don't know.
//!
//! # Objects
//!
//! ```text
//! ┌───────────────┬───────────────┬─ … ─┬───────────────┬──────────────────────────────────────────────┐
//! │ zstd frame    │ zstd frame    │     │ zstd frame    │ index, in a zstd skippable frame (≥ 2048 B)  │
//! └───────────────┴───────────────┴─ … ─┴───────────────┴──────────────────────────────────────────────┘
//! ```
//!
//! Each frame is independent, has zstd's content checksum, begins with a whole line and ends with one, and holds at most
//! [`FRAME_BYTES`] of lines; a single longer line has a frame of its own. Decoders skip the index (RFC 8878 section
//! 3.1.2), so `zstdcat` gives the lines and only the lines. The index, all integers little-endian:
//!
//! ```text
//! offset  size
//!      0     4  0x184D2A5B: a zstd skippable frame
//!      4     4  bytes of this frame after this field
//!      8    16  the journal's UUID
//!     24     8  seq of the first message
//!     32     8  messages
//!     40     8  bytes of all lines, uncompressed
//!     48     8  receipt of the first message, µs since 1970 (signed); names the key's day and hour
//!     56     8  earliest receipt, µs
//!     64     8  latest receipt, µs (a clock may step back)
//!     72    32  SHA-256 of all lines, uncompressed
//!    104  12·n  per frame: compressed bytes, uncompressed bytes, lines, 4 bytes each
//!           …   zeros, until the whole index is 2048 bytes, if it is shorter
//!    −24     4  format version, 1
//!    −20     4  n, the number of frames
//!    −16     4  bytes of the whole index, from the skippable frame's magic to the end of the object
//!    −12     4  CRC-32C of the index from its first byte up to here
//!     −8     8  "FBKINDEX"
//! ```
//!
//! A frame's offset and first seq are the sums before it, so they can't contradict each other. The index is never
//! shorter than [`TAIL_BYTES`], so a reader may ask any server for that suffix of any object; that finds the index of up to
//! 160 frames (about 160 MB of lines), and a longer one is asked for by its size.
//!
//! # Metadata
//!
//! An object under `raw/` says in its user metadata what its index says (`x-amz-meta-` before each):
//! `format` = `fieldbook-raw/1`, `journal`, `first-seq`, `last-seq`, `count`, `first-received-at`, `min-received-at`,
//! `max-received-at`, `uncompressed-bytes`, `sha256` (hexadecimal, of the uncompressed lines).
//!
//! An object under `sensors/` holds a sensor list's bytes as received, and says `format` = `fieldbook-sensors/1`,
//! `journal`, `seq`, `source-base64`, `received-at`, `sha256`.
//!
//! # Writing once
//!
//! zstd's output differs between its versions, so "the same object" means: the same SHA-256 of the uncompressed lines and
//! the same count. Writing the same object again succeeds and changes nothing. A different object under the same key is
//! refused and the one that is there stays. Not every server honours `If-None-Match: *` (some ignore it), so the order is:
//! HEAD, then PUT with that condition, then HEAD again; an object counts as stored when the last HEAD shows its size and
//! hash. What identity rests on is the key; the condition is a guard on top. An object whose metadata is lost (a server that
//! was killed between the two writes, a copying tool) is known by its index, and gets its metadata back.
//!
//! # Limits
//!
//! | limit | value | at the limit |
//! | --- | --- | --- |
//! | payload that always fits | [`MAX_PAYLOAD_BYTES`] | [`BuildError::Line`] when the line is too long |
//! | line | [`MAX_LINE_BYTES`] | a text payload is written as base64; then as above; reading refuses |
//! | frame | [`FRAME_BYTES`], or one line | a new frame |
//! | object, uncompressed | [`MAX_OBJECT_BYTES`] | [`BuildError::ObjectFull`]; reading refuses |
//! | frames | [`MAX_FRAMES`] | can't be reached by writing; reading refuses |
//! | receipt | years 0000 to 9999 | [`LineError::Time`] |
//!
//! Reading takes nothing on trust: sizes are checked against these limits before memory is taken for them, and what
//! contradicts itself is a [`CorruptObject`], never a panic.

mod clock;
mod facts;
mod frame;
mod index;
mod key;
pub mod lifecycle;
mod line;
mod object;
mod sensor_list;
mod store;

pub use facts::{MetadataError, ObjectFacts};
pub use frame::Frame;
pub use index::{CorruptObject, FrameEntry, Index, MAX_FRAMES, TAIL_BYTES};
pub use key::{KeyError, Prefix, SegmentKey, SensorListKey};
pub use line::{Kind, Line, LineError, MAX_LINE_BYTES, MAX_PAYLOAD_BYTES, OwnedLine, Qos};
pub use object::{BuildError, FRAME_BYTES, MAX_OBJECT_BYTES, Object, ObjectBuilder};
pub use sensor_list::SensorList;
pub use store::{
    Answer, Config, ConfigError, Disposition, Lines, ListedSegment, Listing, Operation, Page, Probed, Secret,
    SensorListListing, Store, StoreError, Stored,
};
