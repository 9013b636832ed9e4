//! A look at the object store: whether what is stored there can be read again, and what time it is there.

use std::collections::HashMap;

use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};

use super::{Operation, Store, StoreError};

/// Under the prefix; always the same one, so that no look leaves more than the one before.
const KEY: &str = "probe";

/// What the object store did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The whole key of the object that was stored. It stays: to delete is a right that the archive does not ask for.
    pub key: String,
    /// When it was stored by the server's clock, in whole seconds, where it says so.
    pub stored_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Stores a small object and reads it again.
    pub async fn probe(&self) -> Result<Probed, StoreError> {
        self.check().await?;
        let key = self.prefix.join(&KEY);
        let body = Utc::now().to_rfc3339();
        let checksum = crc32c::crc32c(body.as_bytes()).to_be_bytes();
        self.client
            .put_object()
            .bucket(&*self.bucket)
            .key(&key)
            .content_type("text/plain")
            .set_metadata(Some(HashMap::from([("probe".to_owned(), body.clone())])))
            .checksum_crc32_c(BASE64.encode(checksum))
            .body(ByteStream::from(body.clone().into_bytes()))
            .send()
            .await
            .map_err(|error| self.error(Operation::PutObject, &key, error))?;
        let there = self.head_object(&key).await?;
        let kept = there.metadata().and_then(|metadata| metadata.get("probe"));
        if kept != Some(&body) {
            return Err(StoreError::NotKept { key });
        }
        let read = self
            .client
            .get_object()
            .bucket(&*self.bucket)
            .key(&key)
            .send()
            .await
            .map_err(|error| self.error(Operation::GetObject, &key, error))?;
        let bytes = read
            .body
            .collect()
            .await
            .map_err(|error| StoreError::Unreachable {
                operation: Operation::GetObject,
                target: key.clone(),
                source: error.into(),
            })?;
        if bytes.into_bytes() != body.as_bytes() {
            return Err(StoreError::NotKept { key });
        }
        let stored_at = there
            .last_modified()
            .and_then(|time| DateTime::from_timestamp(time.secs(), 0));
        Ok(Probed { key, stored_at })
    }
}
