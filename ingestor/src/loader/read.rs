//! Where the loader reads: from the journal, or from S3 what the journal has let go.

use archive::ObjectFacts;
use entity::load;
use journal::{Batch, ReadError};

use super::{Loader, LoaderError, LoaderOptions, Loading};
use crate::archived::{Archived, Patience, Piece};
use crate::events;
use crate::manifest::manifest_row;
use crate::tier::Finder;

/// Where the loader reads.
pub(super) enum Reading {
    /// In the journal.
    Journal(Box<journal::Reader>),
    /// On S3.
    Archive(Box<ReadBack>),
}

/// What is read back from S3.
pub(super) struct ReadBack {
    finder: Finder,
    /// The position that is wanted next.
    next: u64,
    /// The journal has this position and those behind it.
    first_retained: u64,
    object: Option<Object>,
    patience: Patience,
    /// Of a batch.
    records_max: usize,
    bytes_max: usize,
}

/// An object that is being read.
struct Object {
    key: String,
    archived: Archived,
    first_seq: u64,
    last_seq: u64,
    records: Vec<journal::Record>,
}

/// What the loader is told.
pub(super) enum Read {
    /// Records of one segment.
    Records(Batch),
    /// What comes next is of this object.
    Object { key: String, facts: Box<ObjectFacts> },
    /// What comes next is elsewhere.
    Elsewhere,
}

impl Loader {
    /// Begins to read behind `checkpoint`, wherever that is.
    pub(super) async fn reading(&self, journal_id: i16, checkpoint: u64) -> Result<Reading, LoaderError> {
        let first_retained = match self.journal.reader(checkpoint) {
            Ok(reader) => return Ok(Reading::Journal(Box::new(reader))),
            Err(ReadError::Retired { first_retained, .. }) => first_retained,
            Err(ReadError::Ahead { durable_seq, .. }) => {
                return Err(LoaderError::Ahead {
                    journal: self.journal.id(),
                    checkpoint,
                    durable: durable_seq,
                });
            }
            Err(other) => return Err(LoaderError::Read(other)),
        };
        let hint = load::archived_before(&self.db, journal_id, checkpoint.cast_signed())
            .await
            .map_err(LoaderError::Database)?;
        tracing::info!(
            "reading positions {} to {} back from S3: the journal has them no longer",
            checkpoint + 1,
            first_retained - 1
        );
        let patience = self.patience();
        Ok(Reading::Archive(Box::new(ReadBack {
            finder: Finder::new(&self.store, self.journal.id(), patience, hint),
            patience,
            next: checkpoint + 1,
            first_retained,
            object: None,
            records_max: self.options.batch_records_max.max(1),
            bytes_max: self.options.batch_bytes_max,
        })))
    }

    fn patience(&self) -> Patience {
        Patience {
            backoff_min: self.options.backoff_min,
            backoff_max: self.options.backoff_max,
        }
    }

    /// Waits for what comes next. Cancel safe: what was read and not given is kept.
    pub(super) async fn next(&self, reading: &mut Reading) -> Result<Read, LoaderError> {
        match reading {
            Reading::Journal(reader) => {
                let LoaderOptions {
                    batch_records_max,
                    batch_bytes_max,
                    ..
                } = self.options;
                match reader.next(batch_records_max, batch_bytes_max).await {
                    Ok(batch) => Ok(Read::Records(batch)),
                    Err(ReadError::Retired { .. }) => Ok(Read::Elsewhere),
                    Err(error) => Err(LoaderError::Read(error)),
                }
            }
            Reading::Archive(back) => back.next(&self.store).await,
        }
    }

    /// Begins with the segment of an object, and sees to its row in the manifest.
    pub(super) async fn enter_object(
        &self,
        loading: &mut Loading,
        key: &str,
        facts: &ObjectFacts,
    ) -> Result<(), LoaderError> {
        let entered = async {
            let books = loading.enter(&self.db, facts.first_seq).await?;
            if !books.archived {
                let row = manifest_row(key, facts, self.clock.now());
                load::record_archived(&self.db, loading.journal_id, &row).await?;
            }
            Ok(())
        };
        entered.await.map_err(LoaderError::Database)
    }
}

impl ReadBack {
    async fn next(&mut self, store: &archive::Store) -> Result<Read, LoaderError> {
        loop {
            if let Some(object) = &mut self.object {
                if !object.records.is_empty() {
                    let (batch, last) = object.give(self.records_max, self.bytes_max);
                    self.next = last + 1;
                    return Ok(Read::Records(batch));
                }
                match object.archived.next().await {
                    Some(Piece::Facts(facts)) => {
                        object.first_seq = facts.first_seq;
                        object.last_seq = facts.last_seq();
                        return Ok(Read::Object {
                            key: object.key.clone(),
                            facts: Box::new(facts),
                        });
                    }
                    Some(Piece::Records(mut records)) => {
                        let next = self.next;
                        records.retain(|record| record.seq >= next);
                        events::read_back(records.len());
                        object.records = records;
                    }
                    Some(Piece::Failed(error)) => return Err(LoaderError::Archive(error)),
                    Some(Piece::End) | None => self.object = None,
                }
                continue;
            }
            if self.next >= self.first_retained {
                return Ok(Read::Elsewhere);
            }
            let found = self.finder.find(self.next).await.map_err(LoaderError::Archive)?;
            let Some(found) = found else {
                return Err(LoaderError::Behind {
                    checkpoint: self.next - 1,
                    first_retained: self.first_retained,
                });
            };
            self.object = Some(Object {
                archived: Archived::read(store, &found.key, self.patience),
                key: found.key,
                first_seq: found.segment.first_seq(),
                last_seq: found.segment.first_seq(),
                records: Vec::new(),
            });
        }
    }
}

impl Object {
    /// As many records as a batch takes, and the last position of them.
    fn give(&mut self, records_max: usize, bytes_max: usize) -> (Batch, u64) {
        let mut bytes = 0;
        let fitting = self.records.iter().take(records_max).take_while(|record| {
            bytes += record.body.len();
            bytes <= bytes_max
        });
        let count = fitting.count().clamp(1, self.records.len());
        let rest = self.records.split_off(count);
        let records = std::mem::replace(&mut self.records, rest);
        let last = records.last().map_or(self.last_seq, |record| record.seq);
        let batch = Batch {
            records,
            segment_first_seq: self.first_seq,
            ends_segment: last == self.last_seq,
        };
        (batch, last)
    }
}
