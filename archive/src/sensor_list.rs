//! A sensor list as received, kept beside the messages so that each version can be found without reading them.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::clock;
use crate::facts::{MetadataError, field, hex};
use crate::key::SensorListKey;

/// A sensor list as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorList {
    /// The journal that holds its record.
    pub journal: Uuid,
    /// Its position there.
    pub seq: u64,
    /// The source whose sensors it declares.
    pub source: String,
    /// Our clock at its receipt.
    pub received_at: DateTime<Utc>,
    /// Its bytes, at most [`crate::MAX_PAYLOAD_BYTES`].
    pub body: Bytes,
}

/// The metadata's word for version 1 of a sensor list.
const FORMAT: &str = "fieldbook-sensors/1";

impl SensorList {
    /// Its key, relative to the archive's prefix.
    pub fn key(&self) -> SensorListKey {
        SensorListKey::new(self.journal, self.seq, self.received_at)
    }

    /// Reads a list by its object's metadata, and compares its bytes with their hash.
    pub(crate) fn from_object(
        metadata: &HashMap<String, String>,
        body: Bytes,
    ) -> Result<Self, MetadataError> {
        let format = field(metadata, "format", |value| Some(value.to_owned()))?;
        if format != FORMAT {
            return Err(MetadataError::Format { format });
        }
        let hash = hex(&Sha256::digest(&body));
        field(metadata, "sha256", |value| (value == hash).then_some(()))?;
        Ok(Self {
            journal: field(metadata, "journal", |value| value.parse().ok())?,
            seq: field(metadata, "seq", |value| value.parse().ok())?,
            source: field(metadata, "source-base64", |value| {
                String::from_utf8(BASE64.decode(value).ok()?).ok()
            })?,
            received_at: field(metadata, "received-at", clock::parse)?,
            body,
        })
    }

    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        // A receipt beyond the year 9999 has no spelling; the list itself is worth keeping without it.
        let received_at = clock::microseconds(self.received_at)
            .map(clock::text)
            .unwrap_or_default();
        [
            ("format", FORMAT.to_owned()),
            ("journal", self.journal.to_string()),
            ("seq", self.seq.to_string()),
            // A header takes ASCII alone, and a source's name may be in any script.
            ("source-base64", BASE64.encode(&self.source)),
            ("received-at", received_at),
            ("sha256", hex(&Sha256::digest(&self.body))),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_known_by_its_metadata_and_a_changed_one_is_not() {
        let list = SensorList {
            journal: Uuid::from_u128(7),
            seq: 4711,
            source: "Werk Süd".to_owned(),
            received_at: clock::parse("2026-11-23T10:00:00.000002Z").unwrap(),
            body: Bytes::from_static(b"{}"),
        };
        let metadata = list.metadata();
        assert_eq!(
            SensorList::from_object(&metadata, list.body.clone()),
            Ok(list.clone())
        );
        assert_eq!(
            SensorList::from_object(&metadata, Bytes::from_static(b"[]")),
            Err(MetadataError::Malformed { name: "sha256" })
        );
        for name in metadata.keys() {
            let mut less = metadata.clone();
            less.remove(name);
            let error = SensorList::from_object(&less, list.body.clone()).unwrap_err();
            assert!(error.to_string().contains(name.as_str()), "{name}: {error}");
        }
    }
}
