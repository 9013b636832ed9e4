//! Writing once: HEAD, PUT on condition that nothing is there, HEAD again. The crate's docs say why.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

use super::{Operation, Store, StoreError};
use crate::facts::ObjectFacts;
use crate::index::TAIL_BYTES;
use crate::line::MAX_PAYLOAD_BYTES;
use crate::object::Object;
use crate::sensor_list::SensorList;

/// An object that lies on S3, seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its whole key, prefix included.
    pub key: String,
    /// Whether it was there before.
    pub already: bool,
    /// Its bytes on S3. An earlier version of zstd may have made another number of the same lines.
    pub object_bytes: u64,
}

/// Something to be stored once.
struct Writing<'a> {
    key: String,
    body: Bytes,
    content_type: &'static str,
    metadata: HashMap<String, String>,
    original: Original<'a>,
}

/// What is being stored, for the comparison with an object that has lost its metadata.
enum Original<'a> {
    Segment(&'a ObjectFacts),
    SensorList(&'a Bytes),
}

enum Condition {
    NothingThere,
    None,
}

impl Store {
    /// Stores a segment's object, once. The same lines under the same key are a success; others are refused.
    pub async fn put_once(&self, object: &Object) -> Result<Stored, StoreError> {
        let writing = Writing {
            key: self.prefix.join(&object.key()),
            body: object.body().clone(),
            content_type: "application/zstd",
            metadata: object.facts().metadata(),
            original: Original::Segment(object.facts()),
        };
        self.write_once(&writing).await
    }

    /// Stores a sensor list as received, once.
    pub async fn put_sensor_list(&self, list: &SensorList) -> Result<Stored, StoreError> {
        let key = self.prefix.join(&list.key());
        if list.body.len() > MAX_PAYLOAD_BYTES {
            let (bytes, limit) = (list.body.len() as u64, MAX_PAYLOAD_BYTES as u64);
            return Err(StoreError::TooLarge {
                operation: Operation::PutObject,
                key,
                bytes,
                limit,
            });
        }
        let writing = Writing {
            key,
            body: list.body.clone(),
            content_type: "application/json",
            metadata: list.metadata(),
            original: Original::SensorList(&list.body),
        };
        self.write_once(&writing).await
    }

    async fn write_once(&self, writing: &Writing<'_>) -> Result<Stored, StoreError> {
        self.bucket_seen().await?;
        let there = match self.look(&writing.key).await? {
            Some(there) => there,
            None => match self.send(writing, Condition::NothingThere).await {
                Ok(()) => return self.verify(writing).await,
                // Some servers know no conditions. The HEAD above has seen that nothing is there.
                Err(error) if error.status() == Some(501) => {
                    self.send(writing, Condition::None).await?;
                    return self.verify(writing).await;
                }
                // It came to be since the HEAD: an earlier try of ours whose answer was lost, or another writer.
                // If it is gone again, the caller's next try looks anew.
                Err(error) if error.status() == Some(412) => self.look(&writing.key).await?.ok_or(error)?,
                Err(error) => return Err(error),
            },
        };
        if writing.is(&there) {
            return Ok(writing.stored(true, &there));
        }
        if has_lost_metadata(&there) && self.is_same_by_content(writing, &there).await? {
            tracing::warn!(s3.key = %writing.key, "object {} had lost its metadata; storing it again with it", writing.key);
            self.send(writing, Condition::None).await?;
            return self.verify(writing).await.map(|stored| Stored {
                already: true,
                ..stored
            });
        }
        Err(writing.different(&there))
    }

    async fn look(&self, key: &str) -> Result<Option<HeadObjectOutput>, StoreError> {
        match self.head_object(key).await {
            Ok(there) => Ok(Some(there)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn head_object(&self, key: &str) -> Result<HeadObjectOutput, StoreError> {
        let request = self.client.head_object().bucket(&*self.bucket).key(key);
        request
            .send()
            .await
            .map_err(|error| self.error(Operation::HeadObject, key, error))
    }

    async fn send(&self, writing: &Writing<'_>, condition: Condition) -> Result<(), StoreError> {
        let checksum = crc32c::crc32c(&writing.body).to_be_bytes();
        let request = self
            .client
            .put_object()
            .bucket(&*self.bucket)
            .key(&writing.key)
            .content_type(writing.content_type)
            .set_metadata(Some(writing.metadata.clone()))
            .checksum_crc32_c(BASE64.encode(checksum))
            .body(ByteStream::from(writing.body.clone()));
        let request = match condition {
            Condition::NothingThere => request.if_none_match("*"),
            Condition::None => request,
        };
        request
            .send()
            .await
            .map(|_| ())
            .map_err(|error| self.error(Operation::PutObject, &writing.key, error))
    }

    async fn verify(&self, writing: &Writing<'_>) -> Result<Stored, StoreError> {
        let there = self.head_object(&writing.key).await?;
        if writing.is(&there) && size(&there) == writing.body.len() as u64 {
            Ok(writing.stored(false, &there))
        } else if writing.is(&there) || has_lost_metadata(&there) {
            Err(StoreError::NotKept {
                key: writing.key.clone(),
            })
        } else {
            // A server that ignores the condition let another writer in after us.
            Err(writing.different(&there))
        }
    }

    async fn is_same_by_content(
        &self,
        writing: &Writing<'_>,
        there: &HeadObjectOutput,
    ) -> Result<bool, StoreError> {
        let same = match writing.original {
            // No segment's object is as short, and s3s-fs fails on a suffix longer than the object.
            Original::Segment(_) if size(there) < TAIL_BYTES as u64 => return Ok(false),
            Original::Segment(facts) => self
                .read_index(&writing.key)
                .await
                .map(|index| index.facts().same_content(facts)),
            Original::SensorList(body) => self
                .read_sensor_list(&writing.key)
                .await
                .map(|there| there == *body),
        };
        match same {
            // Nothing of ours, or a file of no bytes, of which no range can be given.
            Err(StoreError::Corrupt { .. } | StoreError::TooLarge { .. } | StoreError::Refused { .. }) => {
                Ok(false)
            }
            same => same,
        }
    }
}

impl Writing<'_> {
    /// The metadata that makes two objects the same.
    fn identity(&self) -> &'static [&'static str] {
        match self.original {
            Original::Segment(_) => &["sha256", "count"],
            Original::SensorList(_) => &["sha256"],
        }
    }

    fn is(&self, there: &HeadObjectOutput) -> bool {
        there.metadata().is_some_and(|theirs| {
            self.identity()
                .iter()
                .all(|name| theirs.get(*name) == self.metadata.get(*name))
        })
    }

    fn stored(&self, already: bool, there: &HeadObjectOutput) -> Stored {
        Stored {
            key: self.key.clone(),
            already,
            object_bytes: size(there),
        }
    }

    fn different(&self, there: &HeadObjectOutput) -> StoreError {
        let describe = |metadata: Option<&HashMap<String, String>>, bytes| {
            let facts = self.identity().iter().map(|name| {
                let value = metadata
                    .and_then(|metadata| metadata.get(*name))
                    .map_or("unknown", String::as_str);
                format!("{name} {value}, ")
            });
            format!("{}{bytes} bytes", facts.collect::<String>())
        };
        StoreError::DifferentObject {
            key: self.key.clone(),
            ours: describe(Some(&self.metadata), self.body.len() as u64),
            theirs: describe(there.metadata(), size(there)),
        }
    }
}

fn has_lost_metadata(there: &HeadObjectOutput) -> bool {
    there
        .metadata()
        .is_none_or(|metadata| !metadata.contains_key("sha256"))
}

/// An object's size by its HEAD; a server that says none, or a negative one, has said nothing that could be ours.
pub(super) fn size(there: &HeadObjectOutput) -> u64 {
    there
        .content_length()
        .and_then(|length| u64::try_from(length).ok())
        .unwrap_or(0)
}
