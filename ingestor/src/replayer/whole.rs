//! The whole payloads of messages of which the database keeps the beginning: from S3, or from the journal where they are not
//! there yet.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use archive::StoreError;
use entity::load::WaitingMessage;

use super::Replayer;
use crate::decode::Rejection;
use crate::events;
use crate::message::Record;

/// A message's payload, or what becomes of the message without it.
#[derive(Debug)]
pub(super) enum Payload<'a> {
    /// All of it.
    Whole(Cow<'a, [u8]>),
    /// It is not needed, or lost for good: the message stays where it is, for this reason.
    Refused(Rejection),
    /// It can't be read at this moment.
    NotNow,
}

/// What was read of each object, by position.
type Read = HashMap<String, Result<HashMap<i64, Vec<u8>>, Missing>>;

#[derive(Debug, Clone)]
enum Missing {
    Lost(String),
    NotNow,
}

impl Replayer {
    /// The payload of each of these messages, in their order.
    pub(super) async fn payloads<'a>(&self, messages: &'a [WaitingMessage]) -> Vec<Payload<'a>> {
        let read = self.read_objects(messages).await;
        let mut payloads = Vec::with_capacity(messages.len());
        for message in messages {
            payloads.push(self.payload(message, &read).await);
        }
        payloads
    }

    async fn payload<'a>(&self, message: &'a WaitingMessage, read: &Read) -> Payload<'a> {
        let size = usize::try_from(message.payload_size).unwrap_or(usize::MAX);
        let limit = self.loader.bounds.payload_bytes_max;
        if size > limit {
            return Payload::Refused(Rejection::TooLarge { bytes: size, limit });
        }
        if !self.is_whole_needed(message) {
            return Payload::Whole(Cow::Borrowed(&message.payload));
        }
        let found = match &message.object_key {
            Some(key) => match read.get(key) {
                Some(Ok(payloads)) => payloads
                    .get(&message.place.seq)
                    .cloned()
                    .ok_or_else(|| Missing::Lost(format!("the object {key} has no such message"))),
                Some(Err(missing)) => Err(missing.clone()),
                None => Err(Missing::NotNow),
            },
            None => self.journaled(message).await.ok_or(Missing::NotNow),
        };
        match found {
            Ok(payload) if payload.len() == size => Payload::Whole(Cow::Owned(payload)),
            Ok(payload) => Payload::Refused(Rejection::PayloadLost {
                detail: format!("what is there has {} bytes instead of {size}", payload.len()),
            }),
            Err(Missing::Lost(detail)) => Payload::Refused(Rejection::PayloadLost { detail }),
            Err(Missing::NotNow) => Payload::NotNow,
        }
    }

    async fn read_objects(&self, messages: &[WaitingMessage]) -> Read {
        let mut wanted: BTreeMap<&str, (Vec<u64>, u64)> = BTreeMap::new();
        for message in messages.iter().filter(|message| self.is_whole_needed(message)) {
            if let Some(key) = &message.object_key {
                let (seqs, bytes) = wanted.entry(key).or_default();
                seqs.push(message.place.seq.cast_unsigned());
                *bytes = bytes.saturating_add(message.payload_size.unsigned_abs());
            }
        }
        let mut read = Read::new();
        for (key, (seqs, bytes_max)) in wanted {
            let found = match self.store.read_messages(key, &seqs, bytes_max).await {
                Ok(lines) => {
                    let payloads = lines
                        .into_iter()
                        .map(|line| (line.seq.cast_signed(), line.payload));
                    Ok(payloads.collect())
                }
                Err(error) => Err(missing(&error)),
            };
            read.insert(key.to_owned(), found);
        }
        read
    }

    /// From this ingestor's own journal, which has it until it is archived. Others' are waited for.
    async fn journaled(&self, message: &WaitingMessage) -> Option<Vec<u8>> {
        if message.journal != self.journal.id() {
            return None;
        }
        let seq = message.place.seq.cast_unsigned();
        let mut reader = self.journal.reader(seq.checked_sub(1)?).ok()?;
        let batch = reader.next(1, 1).await.ok()?;
        let record = batch.records.first().filter(|record| record.seq == seq)?;
        Some(Record::decode(&record.body).ok()?.payload.to_vec())
    }
}

/// Whether asking again may help: a damaged or missing object stays so, all else passes or is mended.
fn missing(error: &StoreError) -> Missing {
    match error {
        StoreError::NotFound { .. }
        | StoreError::NoSuchSeq { .. }
        | StoreError::Corrupt { .. }
        | StoreError::TooLarge { .. } => Missing::Lost(crate::chain(error)),
        other => {
            events::replay_without_store(other);
            Missing::NotNow
        }
    }
}
