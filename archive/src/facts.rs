//! What an object says of itself, in its index and again in its metadata, so that a HEAD answers most questions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::clock;
use crate::key::SegmentKey;

/// The metadata's word for version 1 of a raw segment.
pub(crate) const FORMAT: &str = "fieldbook-raw/1";

/// What is known of a raw segment's object without reading its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFacts {
    /// The journal it is a segment of.
    pub journal: Uuid,
    /// Position of its first message.
    pub first_seq: u64,
    /// Messages; at least one.
    pub count: u64,
    /// Receipt of its first message: the key's day and hour.
    pub first_received_at: DateTime<Utc>,
    /// The earliest receipt, which is another than the first's only when the clock stepped back.
    pub min_received_at: DateTime<Utc>,
    /// The latest receipt.
    pub max_received_at: DateTime<Utc>,
    /// Bytes of all lines.
    pub uncompressed_bytes: u64,
    /// SHA-256 of all lines.
    pub sha256: [u8; 32],
    /// Bytes of the object itself.
    pub object_bytes: u64,
}

impl ObjectFacts {
    /// Position of its last message.
    pub fn last_seq(&self) -> u64 {
        self.first_seq + (self.count - 1)
    }

    /// Its key, relative to the archive's prefix.
    pub fn key(&self) -> SegmentKey {
        SegmentKey::new(self.journal, self.first_seq, self.count, self.first_received_at)
    }

    /// Whether both hold the same lines. Compressed bytes may differ: zstd's output differs between its versions.
    pub fn same_content(&self, other: &Self) -> bool {
        self.sha256 == other.sha256 && self.count == other.count
    }

    /// The object's user metadata.
    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        [
            ("format", FORMAT.to_owned()),
            ("journal", self.journal.to_string()),
            ("first-seq", self.first_seq.to_string()),
            ("last-seq", self.last_seq().to_string()),
            ("count", self.count.to_string()),
            ("first-received-at", clock::text(self.first_received_at)),
            ("min-received-at", clock::text(self.min_received_at)),
            ("max-received-at", clock::text(self.max_received_at)),
            ("uncompressed-bytes", self.uncompressed_bytes.to_string()),
            ("sha256", hex(&self.sha256)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// Reads an object's user metadata.
    pub(crate) fn from_metadata(
        metadata: &HashMap<String, String>,
        object_bytes: u64,
    ) -> Result<Self, MetadataError> {
        let format = field(metadata, "format", |value| Some(value.to_owned()))?;
        if format != FORMAT {
            return Err(MetadataError::Format { format });
        }
        let number = |value: &str| value.parse().ok();
        let facts = Self {
            journal: field(metadata, "journal", |value| value.parse().ok())?,
            first_seq: field(metadata, "first-seq", number)?,
            count: field(metadata, "count", number)?,
            first_received_at: field(metadata, "first-received-at", clock::parse)?,
            min_received_at: field(metadata, "min-received-at", clock::parse)?,
            max_received_at: field(metadata, "max-received-at", clock::parse)?,
            uncompressed_bytes: field(metadata, "uncompressed-bytes", number)?,
            sha256: field(metadata, "sha256", unhex)?,
            object_bytes,
        };
        let last_seq: u64 = field(metadata, "last-seq", number)?;
        let counted = facts
            .count
            .checked_sub(1)
            .and_then(|more| facts.first_seq.checked_add(more));
        if counted != Some(last_seq) {
            return Err(MetadataError::Malformed { name: "last-seq" });
        }
        Ok(facts)
    }
}

/// Metadata that is not an archive object's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A field is absent.
    #[error("find {name} in the object's metadata")]
    Absent {
        /// Which.
        name: &'static str,
    },
    /// A field has another form than the format says, or contradicts another.
    #[error("use {name} of the object's metadata")]
    Malformed {
        /// Which.
        name: &'static str,
    },
    /// Another format, or a later version.
    #[error(
        "read the format {format:?}: this version reads {FORMAT:?}, and of sensor lists \"fieldbook-sensors/1\""
    )]
    Format {
        /// What it says.
        format: String,
    },
}

pub(crate) fn field<T>(
    metadata: &HashMap<String, String>,
    name: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, MetadataError> {
    let value = metadata.get(name).ok_or(MetadataError::Absent { name })?;
    read(value).ok_or(MetadataError::Malformed { name })
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts() -> ObjectFacts {
        let at = |text| clock::parse(text).unwrap();
        ObjectFacts {
            journal: Uuid::from_u128(7),
            first_seq: 4711,
            count: 3,
            first_received_at: at("2026-11-23T10:00:00.000002Z"),
            min_received_at: at("2026-11-23T10:00:00.000001Z"),
            max_received_at: at("2026-11-23T10:00:00.000003Z"),
            uncompressed_bytes: 600,
            sha256: std::array::from_fn(|at| u8::try_from(at * 7).unwrap()),
            object_bytes: 2500,
        }
    }

    #[test]
    fn metadata_says_all_facts() {
        let facts = facts();
        assert_eq!(facts.metadata()["last-seq"], "4713");
        assert_eq!(ObjectFacts::from_metadata(&facts.metadata(), 2500), Ok(facts));
    }

    #[test]
    fn each_field_is_needed() {
        for name in facts().metadata().into_keys() {
            let mut metadata = facts().metadata();
            metadata.remove(&name);
            let error = ObjectFacts::from_metadata(&metadata, 1).unwrap_err();
            assert!(error.to_string().contains(&name), "{name}: {error}");
        }
    }

    #[test]
    fn a_count_that_contradicts_the_positions_is_refused() {
        for count in ["0", "4", "18446744073709551615"] {
            let mut metadata = facts().metadata();
            metadata.insert("count".to_owned(), count.to_owned());
            assert_eq!(
                ObjectFacts::from_metadata(&metadata, 1),
                Err(MetadataError::Malformed { name: "last-seq" })
            );
        }
    }

    proptest! {
        #[test]
        fn any_metadata_is_read_or_refused(which: prop::sample::Index, value in "\\PC{0,70}") {
            let mut metadata = facts().metadata();
            let name = metadata.keys().nth(which.index(metadata.len())).unwrap().clone();
            metadata.insert(name, value);
            let _ = ObjectFacts::from_metadata(&metadata, 1);
        }
    }
}
