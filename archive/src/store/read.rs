//! Reading by range: one message in two requests, or a whole object in pieces of bounded size.

use std::collections::BTreeSet;
use std::ops::Range;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::put::size;
use super::{Operation, Store, StoreError, client};
use crate::facts::ObjectFacts;
use crate::frame::Frame;
use crate::index::{CorruptObject, Index, TAIL_BYTES};
use crate::line::{MAX_PAYLOAD_BYTES, OwnedLine};
use crate::sensor_list::SensorList;

/// How many compressed bytes one request of [`Lines`] asks for, unless one frame is longer: about forty frames of telemetry.
const PIECE_BYTES: u64 = 4 << 20;

impl Store {
    /// What is known of a segment's object, from its metadata.
    pub async fn head(&self, key: &str) -> Result<ObjectFacts, StoreError> {
        let there = self.head_object(key).await?;
        let none = std::collections::HashMap::new();
        ObjectFacts::from_metadata(there.metadata().unwrap_or(&none), size(&there)).map_err(|source| {
            StoreError::Metadata {
                key: key.to_owned(),
                source,
            }
        })
    }

    /// A segment's index: one request, two for an object of more than 160 frames.
    pub async fn read_index(&self, key: &str) -> Result<Index, StoreError> {
        let corrupt = |source| StoreError::Corrupt {
            key: key.to_owned(),
            source,
        };
        let mut tail = self.read_tail(key, TAIL_BYTES).await?;
        let length = Index::length(&tail.bytes).map_err(corrupt)?;
        if length > tail.bytes.len() {
            tail = self.read_tail(key, length).await?;
        }
        let index = Index::parse(&tail.bytes).map_err(corrupt)?;
        if tail
            .object_bytes
            .is_some_and(|bytes| bytes != index.facts().object_bytes)
        {
            return Err(corrupt(CorruptObject::Contradiction {
                what: "the object's size and its index",
            }));
        }
        Ok(index)
    }

    /// One message by its position: the index, then its frame.
    #[expect(clippy::missing_panics_doc, reason = "it gave an error, or the message")]
    pub async fn read_message(&self, key: &str, seq: u64) -> Result<OwnedLine, StoreError> {
        let mut messages = self.read_messages(key, &[seq], u64::MAX).await?;
        Ok(messages.pop().expect("each position gives a message or an error"))
    }

    /// Some messages of a segment by their positions, each once and in order: the index, then each frame that holds one of
    /// them. Payloads of more than `bytes_max` bytes in all are refused.
    pub async fn read_messages(
        &self,
        key: &str,
        seqs: &[u64],
        bytes_max: u64,
    ) -> Result<Vec<OwnedLine>, StoreError> {
        let index = self.read_index(key).await?;
        let corrupt = |source| StoreError::Corrupt {
            key: key.to_owned(),
            source,
        };
        let wanted: BTreeSet<u64> = seqs.iter().copied().collect();
        let mut frame: Option<Frame> = None;
        let mut messages = Vec::with_capacity(wanted.len());
        let mut bytes = 0_u64;
        for seq in wanted {
            let no_such_seq = || StoreError::NoSuchSeq {
                key: key.to_owned(),
                seq,
                first_seq: index.facts().first_seq,
                last_seq: index.facts().last_seq(),
            };
            let entry = *index.frame_of(seq).ok_or_else(no_such_seq)?;
            // Positions ascend, so the frame at hand is the only one that may be needed again.
            let at_hand = frame.take().filter(|frame| *frame.entry() == entry);
            let decoded = if let Some(frame) = at_hand {
                frame
            } else {
                let compressed = self.read_range(key, entry.range()).await?;
                Frame::decode(entry, &compressed).map_err(corrupt)?
            };
            let message = decoded.message(seq).map_err(corrupt)?.ok_or_else(no_such_seq)?;
            frame = Some(decoded);
            bytes = bytes.saturating_add(message.payload.len() as u64);
            if bytes > bytes_max {
                return Err(StoreError::TooLarge {
                    operation: Operation::GetObject,
                    key: key.to_owned(),
                    bytes,
                    limit: bytes_max,
                });
            }
            messages.push(message);
        }
        Ok(messages)
    }

    /// All messages of a segment, frame by frame.
    pub async fn lines(&self, key: &str) -> Result<Lines, StoreError> {
        let index = self.read_index(key).await?;
        Ok(Lines {
            store: self.clone(),
            key: key.to_owned(),
            index,
            next_frame: 0,
            piece: Bytes::new(),
            hash: Some(Sha256::new()),
        })
    }

    /// A sensor list's bytes as received.
    pub async fn read_sensor_list(&self, key: &str) -> Result<Bytes, StoreError> {
        let output = self.get(key, None).await?;
        self.body(key, output, MAX_PAYLOAD_BYTES).await
    }

    /// A sensor list as received, with what its metadata says of it.
    pub async fn sensor_list(&self, key: &str) -> Result<SensorList, StoreError> {
        let output = self.get(key, None).await?;
        let metadata = output.metadata().cloned().unwrap_or_default();
        let body = self.body(key, output, MAX_PAYLOAD_BYTES).await?;
        SensorList::from_object(&metadata, body).map_err(|source| StoreError::Metadata {
            key: key.to_owned(),
            source,
        })
    }

    async fn read_tail(&self, key: &str, length: usize) -> Result<Tail, StoreError> {
        let output = self.get(key, Some(format!("bytes=-{length}"))).await?;
        // `bytes 100-2147/2148`; a server that leaves it out has only one check fewer.
        let object_bytes = output
            .content_range()
            .and_then(|range| range.rsplit_once('/'))
            .and_then(|(_, total)| total.parse().ok());
        let bytes = self.body(key, output, length).await?;
        Ok(Tail { bytes, object_bytes })
    }

    async fn read_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        let length = usize::try_from(range.end - range.start).expect("the index bounds a frame's size");
        let output = self
            .get(key, Some(format!("bytes={}-{}", range.start, range.end - 1)))
            .await?;
        let bytes = self.body(key, output, length).await?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            let source = CorruptObject::Contradiction {
                what: "a frame's size and what the server has of it",
            };
            Err(StoreError::Corrupt {
                key: key.to_owned(),
                source,
            })
        }
    }

    async fn get(&self, key: &str, range: Option<String>) -> Result<GetObjectOutput, StoreError> {
        let request = self
            .client
            .get_object()
            .bucket(&*self.bucket)
            .key(key)
            .set_range(range);
        request
            .send()
            .await
            .map_err(|error| self.error(Operation::GetObject, key, error))
    }

    /// Takes a body of at most so many bytes in, within the time of one attempt.
    async fn body(&self, key: &str, output: GetObjectOutput, limit: usize) -> Result<Bytes, StoreError> {
        let operation = Operation::GetObject;
        let declared = output
            .content_length()
            .and_then(|length| u64::try_from(length).ok());
        let too_large = |bytes| StoreError::TooLarge {
            operation,
            key: key.to_owned(),
            bytes,
            limit: limit as u64,
        };
        if let Some(bytes) = declared.filter(|bytes| *bytes > limit as u64) {
            return Err(too_large(bytes));
        }
        let unreachable = |source| StoreError::Unreachable {
            operation,
            target: key.to_owned(),
            source,
        };
        let mut body = output.body;
        let mut taken = Vec::with_capacity(
            declared
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(0),
        );
        let reading = async {
            while let Some(chunk) = body
                .try_next()
                .await
                .map_err(|source| unreachable(Box::new(source)))?
            {
                if taken.len() + chunk.len() > limit {
                    return Err(too_large((taken.len() + chunk.len()) as u64));
                }
                taken.extend_from_slice(&chunk);
            }
            Ok(())
        };
        tokio::time::timeout(client::ATTEMPT, reading)
            .await
            .map_err(|late| unreachable(Box::new(late)))??;
        Ok(taken.into())
    }

    /// Sorts the SDK's error of an operation on an object, which knows nothing of the bucket's name.
    pub(super) fn error<E>(
        &self,
        operation: Operation,
        key: &str,
        error: SdkError<E, HttpResponse>,
    ) -> StoreError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match StoreError::of(operation, key, error) {
            StoreError::NoSuchBucket {
                operation, target, ..
            } => StoreError::NoSuchBucket {
                operation,
                target,
                bucket: (*self.bucket).to_owned(),
            },
            error => error,
        }
    }
}

struct Tail {
    bytes: Bytes,
    object_bytes: Option<u64>,
}

/// The messages of one object in order. It holds one piece of the object and one frame, however large the object is.
#[derive(Debug)]
pub struct Lines {
    store: Store,
    key: String,
    index: Index,
    /// Which of the index's frames is next.
    next_frame: usize,
    /// The compressed frames that were read and not yet decoded.
    piece: Bytes,
    /// Taken at the end, when it is compared.
    hash: Option<Sha256>,
}

impl Lines {
    /// The object's index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The messages of the next frame; `None` behind the last, when all lines together have the hash that the index says.
    ///
    /// A frame of 1 MB takes some milliseconds to decode, between two waits for the network.
    pub async fn next_frame(&mut self) -> Result<Option<Vec<OwnedLine>>, StoreError> {
        let Some(entry) = self.index.frames().get(self.next_frame).copied() else {
            return self.finish().map(|()| None);
        };
        if self.piece.is_empty() {
            self.piece = self
                .store
                .read_range(&self.key, self.next_piece(entry.offset))
                .await?;
        }
        // A piece ends where a frame ends, so what is left of it begins with this one.
        let compressed = self.piece.split_to(entry.compressed_bytes as usize);
        let decoded = Frame::decode(entry, &compressed).and_then(|frame| Ok((frame.messages()?, frame)));
        let (messages, frame) = decoded.map_err(|source| self.corrupt(source))?;
        if let Some(hash) = &mut self.hash {
            hash.update(frame.bytes());
        }
        self.next_frame += 1;
        Ok(Some(messages))
    }

    /// As many whole frames from here on as one request should bring, and one at least.
    fn next_piece(&self, start: u64) -> Range<u64> {
        let frames = &self.index.frames()[self.next_frame..];
        let within = frames
            .iter()
            .map(|frame| frame.range().end)
            .take_while(|end| end - start <= PIECE_BYTES)
            .last();
        let end = within.unwrap_or_else(|| frames.first().map_or(start, |frame| frame.range().end));
        start..end
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        let Some(hash) = self.hash.take() else {
            return Ok(());
        };
        let hash: [u8; 32] = hash.finalize().into();
        if hash == self.index.facts().sha256 {
            Ok(())
        } else {
            Err(self.corrupt(CorruptObject::Sha256))
        }
    }

    fn corrupt(&self, source: CorruptObject) -> StoreError {
        StoreError::Corrupt {
            key: self.key.clone(),
            source,
        }
    }
}
