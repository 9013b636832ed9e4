//! A sensor list as received, kept beside the messages so that each version can be found without reading them.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::clock;
use crate::facts::hex;
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

impl SensorList {
    /// Its key, relative to the archive's prefix.
    pub fn key(&self) -> SensorListKey {
        SensorListKey::new(self.journal, self.seq, self.received_at)
    }

    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        // A receipt beyond the year 9999 has no spelling; the list itself is worth keeping without it.
        let received_at = clock::microseconds(self.received_at)
            .map(clock::text)
            .unwrap_or_default();
        [
            ("format", "fieldbook-sensors/1".to_owned()),
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
