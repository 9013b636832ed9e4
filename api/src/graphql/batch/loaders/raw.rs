//! Raw messages from S3, for many readings at once: the positions of one object cost its index and the frames that hold them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use archive::{OwnedLine, Store, StoreError};
use async_graphql::dataloader::Loader;
use entity::Scope;
use entity::query::raw::{self, MessageKey, MessageObject, MessagePlace};
use futures_util::stream::{self, StreamExt as _};
use tokio::time::timeout;

use super::Batches;
use crate::graphql::error::{ApiError, chain};

/// Objects that are read at the same time.
const OBJECTS_AT_ONCE: usize = 4;

/// How long the object store may take for one answer; the rest of the answer does not wait longer for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is known of a raw message.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    /// The journal and the position in it.
    pub(crate) position: String,
    /// The object that holds it, once there is one.
    pub(crate) object_key: Option<String>,
    /// The message, or why it is not there.
    pub(crate) message: Result<Arc<OwnedLine>, &'static str>,
}

const NOT_YET: &str = "the message is not in the object store yet: its segment is uploaded after a minute at most, or as soon \
     as the object store answers again; until then the ingestor's journal has it";
const NO_STORE: &str = "this service was started without an object store, so it can't fetch the message; objectKey says \
     where it lies";
const NO_ANSWER: &str = "the object store does not answer: try again in a moment";
const REFUSED: &str = "the object store does not give the message; the service's log says why";
const WITHHELD: &str = "raw messages are not open to you: they may hold readings of any sensor";

impl Loader<MessageKey> for Batches {
    type Value = Arc<Raw>;
    type Error = ApiError;

    async fn load(&self, keys: &[MessageKey]) -> Result<HashMap<MessageKey, Arc<Raw>>, ApiError> {
        self.asked.take_raw_messages(keys.len() as u64, &self.limits)?;
        let scope = self
            .asked
            .access
            .dataset("raw-messages")
            .unwrap_or(&Scope::Nothing);
        let places = raw::places(&self.db, scope, keys).await?;
        let mut objects: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for place in &places {
            if let (MessageObject::At(object), Some(seq)) = (&place.object, seq(place)) {
                objects.entry(object.clone()).or_default().push(seq);
            }
        }
        let read = match &self.archive {
            Some(store) => self.read(store, objects).await?,
            None => HashMap::new(),
        };
        Ok(places
            .into_iter()
            .map(|place| (place.key, Arc::new(self.raw(place, &read))))
            .collect())
    }
}

/// What the object store has of each object.
type ReadObjects = HashMap<String, Result<HashMap<u64, Arc<OwnedLine>>, &'static str>>;

impl Batches {
    async fn read(
        &self,
        store: &Store,
        objects: BTreeMap<String, Vec<u64>>,
    ) -> Result<ReadObjects, ApiError> {
        let bytes_max = self.limits.raw_bytes_max;
        let each = objects.into_iter().map(|(object, seqs)| async move {
            let answer = timeout(PATIENCE, store.read_messages(&object, &seqs, bytes_max)).await;
            (object, answer)
        });
        let mut reading = stream::iter(each).buffer_unordered(OBJECTS_AT_ONCE);
        let mut read = HashMap::new();
        while let Some((object, answer)) = reading.next().await {
            let messages = match answer {
                Ok(Ok(messages)) => {
                    let bytes = messages.iter().map(|message| message.payload.len() as u64).sum();
                    self.asked.take_raw_bytes(bytes, &self.limits)?;
                    Ok(messages
                        .into_iter()
                        .map(|message| (message.seq, Arc::new(message)))
                        .collect())
                }
                // What it would be in all is not known; that it is too much is.
                Ok(Err(StoreError::TooLarge { bytes, limit, .. })) if limit == bytes_max => {
                    self.asked.take_raw_bytes(bytes, &self.limits)?;
                    Err(REFUSED)
                }
                Ok(Err(error)) => {
                    let error_text = chain(&error);
                    if error.retryable() {
                        tracing::warn!(archive.object = object, error = error_text, "read raw messages");
                        Err(NO_ANSWER)
                    } else {
                        tracing::error!(archive.object = object, error = error_text, "read raw messages");
                        Err(REFUSED)
                    }
                }
                Err(_) => {
                    tracing::warn!(archive.object = object, "give up on a slow object store");
                    Err(NO_ANSWER)
                }
            };
            read.insert(object, messages);
        }
        Ok(read)
    }

    fn raw(&self, place: MessagePlace, read: &ReadObjects) -> Raw {
        let position = format!("{}/{}", place.journal, place.key.seq);
        let seq = seq(&place);
        let (object_key, message) = match place.object {
            MessageObject::NotYet => (None, Err(NOT_YET)),
            MessageObject::Withheld => (None, Err(WITHHELD)),
            MessageObject::At(object) if self.archive.is_none() => (Some(object), Err(NO_STORE)),
            MessageObject::At(object) => {
                let message = match (read.get(&object), seq) {
                    (Some(Ok(messages)), Some(seq)) => messages.get(&seq).cloned().ok_or(REFUSED),
                    (Some(Err(reason)), _) => Err(*reason),
                    _ => Err(REFUSED),
                };
                (Some(object), message)
            }
        };
        Raw {
            position,
            object_key,
            message,
        }
    }
}

fn seq(place: &MessagePlace) -> Option<u64> {
    u64::try_from(place.key.seq).ok()
}
