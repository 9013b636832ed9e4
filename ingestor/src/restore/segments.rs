//! Segments: what the books don't count is loaded as the loader would have; what they count is looked through for what is
//! missing of it.

use std::collections::{HashMap, VecDeque};

use archive::{ListedSegment, ObjectFacts, StoreError, TAIL_BYTES};
use entity::load::{self, LoadError, LoadTransaction, RangeHistory};
use uuid::Uuid;

use super::{Lack, Restore, RestoreError, Restored, Survey};
use crate::archived::{Archived, Piece, patiently};
use crate::loader::{BatchError, Copying, KnownSensors, Loading, Mark};
use crate::manifest::manifest_row;

/// What is known between two segments.
struct Restoring<'a> {
    survey: &'a Survey,
    replay: i64,
    loading: Loading,
    journals: HashMap<Uuid, i16>,
    restored: Restored,
}

/// What came of an object.
enum Outcome {
    /// It is in the database.
    Loaded,
    /// None of its messages was asked for.
    Outside,
    /// The archive lacks it, or a part of it.
    Lacks(Lack),
}

impl Restore {
    pub(super) async fn load_segments(
        &self,
        survey: &Survey,
        replay: i64,
        transactions: i64,
        behind: &str,
    ) -> Result<Restored, RestoreError> {
        let sensors = self.insist(async || load::known_sensors(&self.db).await).await?;
        let ranges = self.insist(async || RangeHistory::load(&self.db).await).await?;
        let mut restoring = Restoring {
            survey,
            replay,
            loading: Loading {
                journal_id: 0,
                sensors: KnownSensors::new(sensors),
                ranges: Some(ranges),
                segment: 0,
                counted: 0,
                mark: Mark::Replay {
                    id: replay,
                    transactions,
                },
                copying: Copying::default(),
            },
            journals: HashMap::new(),
            restored: Restored::default(),
        };
        restoring.restored.skipped = survey.lacks().to_vec();
        let mut listing = self.listing().behind(behind);
        let mut waiting: VecDeque<ListedSegment> = VecDeque::new();
        // The one behind is read while this one is loaded.
        let mut reading: VecDeque<(ListedSegment, Archived)> = VecDeque::new();
        loop {
            self.is_stopped()?;
            while reading.len() < 2 {
                if let Some(listed) = waiting.pop_front() {
                    if !survey.is_overlap(&listed.key) {
                        let archived = Archived::read(&self.store, &listed.key, self.patience());
                        reading.push_back((listed, archived));
                    }
                } else {
                    match patiently(self.patience(), async || listing.next_page().await).await? {
                        Some(page) => waiting.extend(page.segments),
                        None => break,
                    }
                }
            }
            let Some((listed, archived)) = reading.pop_front() else {
                return Ok(restoring.restored);
            };
            let outcome = self.load_segment(&mut restoring, &listed, archived).await?;
            self.conclude(&mut restoring, &listed, outcome).await?;
        }
    }

    /// Notes that an object is done with, and lets the checkpoint of its journal follow.
    async fn conclude(
        &self,
        restoring: &mut Restoring<'_>,
        listed: &ListedSegment,
        outcome: Outcome,
    ) -> Result<(), RestoreError> {
        let segment = &listed.segment;
        let last = segment
            .first_seq()
            .saturating_add(segment.count().saturating_sub(1));
        let mut hole = None;
        match outcome {
            Outcome::Outside => {
                self.progress.send_modify(|progress| {
                    progress.segments += 1;
                    progress.messages += segment.count();
                });
                return Ok(());
            }
            Outcome::Loaded => restoring.restored.segments += 1,
            Outcome::Lacks(lack) if self.options.skip_damaged => {
                tracing::warn!("going on without it: {lack}");
                restoring.restored.skipped.push(lack);
                hole = Some((segment.first_seq(), last));
            }
            Outcome::Lacks(lack) => return Err(RestoreError::Lacks(lack)),
        }
        let journal_id = self.journal_id(restoring, segment.journal()).await?;
        self.step_through(restoring, journal_id, &listed.key).await?;
        let gaps = restoring
            .survey
            .gaps_of(segment.journal())
            .map(|gap| (gap.first, gap.last));
        for (first, last) in gaps.chain(hole) {
            self.insist(async || {
                load::advance_checkpoint(&self.db, journal_id).await?;
                let reached = load::checkpoint(&self.db, journal_id).await?.cast_unsigned();
                if (first..=last).contains(&(reached + 1)) {
                    load::pass_checkpoint(&self.db, journal_id, last.cast_signed()).await?;
                }
                Ok(())
            })
            .await?;
        }
        self.insist(async || load::advance_checkpoint(&self.db, journal_id).await)
            .await?;
        self.progress.send_modify(|progress| progress.segments += 1);
        Ok(())
    }

    async fn step_through(
        &self,
        restoring: &mut Restoring<'_>,
        journal_id: i16,
        key: &str,
    ) -> Result<(), RestoreError> {
        let mut backoff = self.options.loader.backoff_min;
        loop {
            let stepped = async {
                let mut transaction = LoadTransaction::begin(&self.db, journal_id).await?;
                if let Some(step) = restoring.loading.step(0, Some(key)) {
                    transaction.step(&step).await?;
                }
                transaction.commit().await
            };
            match stepped.await {
                Ok(()) => {
                    restoring.loading.stepped();
                    return Ok(());
                }
                Err(LoadError::Retry(cause)) => {
                    self.pause(&cause, &mut backoff).await?;
                    self.look_where_it_is(restoring).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn load_segment(
        &self,
        restoring: &mut Restoring<'_>,
        listed: &ListedSegment,
        mut archived: Archived,
    ) -> Result<Outcome, RestoreError> {
        // Some servers fail on a range of it, again and again.
        if listed.object_bytes < TAIL_BYTES as u64 {
            return Ok(Outcome::Lacks(Lack::Damaged {
                key: listed.key.clone(),
                why: format!(
                    "it has {} bytes, and no object of an archive has fewer than {TAIL_BYTES}",
                    listed.object_bytes
                ),
            }));
        }
        let facts = match archived.next().await {
            Some(Piece::Facts(facts)) => facts,
            Some(Piece::Failed(error)) => return lack(listed, error),
            _ => return Err(RestoreError::Stopped),
        };
        if facts.key() != listed.segment {
            return Ok(Outcome::Lacks(Lack::Misplaced {
                key: listed.key.clone(),
                found: facts.key().to_string(),
            }));
        }
        let is_before = self.options.from.is_some_and(|from| facts.max_received_at < from);
        let is_behind = self.options.to.is_some_and(|to| facts.min_received_at >= to);
        if is_before || is_behind {
            return Ok(Outcome::Outside);
        }
        restoring.loading.journal_id = self.journal_id(restoring, facts.journal).await?;
        self.enter(restoring, &listed.key, &facts).await?;
        let mut batch: Vec<journal::Record> = Vec::new();
        let mut bytes = 0;
        loop {
            self.is_stopped()?;
            match archived.next().await {
                Some(Piece::Records(records)) => {
                    bytes += records.iter().map(|record| record.body.len()).sum::<usize>();
                    batch.extend(records);
                    let options = &self.options.loader;
                    if batch.len() >= options.batch_records_max || bytes >= options.batch_bytes_max {
                        self.load_batch(restoring, &batch).await?;
                        batch.clear();
                        bytes = 0;
                    }
                }
                Some(Piece::End) => {
                    self.load_batch(restoring, &batch).await?;
                    return Ok(Outcome::Loaded);
                }
                Some(Piece::Failed(error)) => {
                    // What could be read is not thrown away where the rest is gone on without.
                    if self.options.skip_damaged {
                        self.load_batch(restoring, &batch).await?;
                    }
                    return lack(listed, error);
                }
                Some(Piece::Facts(_)) | None => return Err(RestoreError::Stopped),
            }
        }
    }

    /// Reads the books of a segment, and writes its row where there is none.
    async fn enter(
        &self,
        restoring: &mut Restoring<'_>,
        key: &str,
        facts: &ObjectFacts,
    ) -> Result<(), RestoreError> {
        let mut backoff = self.options.loader.backoff_min;
        loop {
            let entered = async {
                let books = restoring.loading.enter(&self.db, facts.first_seq).await?;
                if books.archived {
                    return Ok(());
                }
                let row = manifest_row(key, facts, self.clock.now());
                load::record_archived(&self.db, restoring.loading.journal_id, &row).await
            };
            match entered.await {
                Err(LoadError::Retry(cause)) => self.pause(&cause, &mut backoff).await?,
                entered => return Ok(entered?),
            }
        }
    }

    /// Loads records of the segment that was entered, however often that takes.
    async fn load_batch(
        &self,
        restoring: &mut Restoring<'_>,
        records: &[journal::Record],
    ) -> Result<(), RestoreError> {
        let mut backoff = self.options.loader.backoff_min;
        let (mut done, begin) = (0, restoring.restored.messages);
        while done < records.len() {
            match self.load_some(restoring, &records[done..]).await {
                Ok(taken) => done += taken,
                Err(BatchError::Database(LoadError::Retry(cause))) => {
                    self.pause(&cause, &mut backoff).await?;
                    let segment = restoring.loading.segment;
                    self.look_where_it_is(restoring).await?;
                    // Whether a commit whose answer was lost has happened, the books tell.
                    while let Err(error) = restoring.loading.enter(&self.db, segment).await {
                        let LoadError::Retry(cause) = error else {
                            return Err(error.into());
                        };
                        self.pause(&cause, &mut backoff).await?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        restoring.restored.messages = begin + records.len() as u64;
        Ok(())
    }

    /// Takes those of these records that the books count already, or all that they don't.
    async fn load_some(
        &self,
        restoring: &mut Restoring<'_>,
        records: &[journal::Record],
    ) -> Result<usize, BatchError> {
        let Restoring {
            loading, restored, ..
        } = restoring;
        let next_seq = loading.next_seq();
        let counted = records.partition_point(|record| record.seq < next_seq);
        if counted > 0 {
            let mended = self.committer.load_again(loading, &records[..counted]).await?;
            restored.known += counted as u64;
            restored.mended += mended;
            self.progress
                .send_modify(|progress| progress.messages += counted as u64);
            return Ok(counted);
        }
        self.committer
            .load(loading, records, |_, committed| {
                let counts = &committed.counts;
                let messages = (counts.decoded + counts.quarantined).unsigned_abs();
                restored.decoded += counts.decoded.unsigned_abs();
                restored.quarantined += counts.quarantined.unsigned_abs();
                restored.readings_new += counts.readings_new.unsigned_abs();
                restored.readings_duplicate += counts.readings_duplicate.unsigned_abs();
                restored.readings_conflicting += counts.readings_conflicting.unsigned_abs();
                restored.readings_refused += counts.readings_refused.unsigned_abs();
                self.progress
                    .send_modify(|progress| progress.messages += messages);
            })
            .await?;
        Ok(records.len())
    }

    async fn look_where_it_is(&self, restoring: &mut Restoring<'_>) -> Result<(), RestoreError> {
        let id = restoring.replay;
        let transactions = self
            .insist(async || load::replay_transactions(&self.db, id).await)
            .await?;
        restoring.loading.mark = Mark::Replay { id, transactions };
        Ok(())
    }

    async fn journal_id(&self, restoring: &mut Restoring<'_>, journal: Uuid) -> Result<i16, RestoreError> {
        if let Some(id) = restoring.journals.get(&journal) {
            return Ok(*id);
        }
        let now = self.clock.now();
        let id = self
            .insist(async || load::journal_id(&self.db, journal, now).await)
            .await?;
        restoring.journals.insert(journal, id);
        Ok(id)
    }
}

/// What an error says of the object: that it is not there or damaged, or nothing.
fn lack(listed: &ListedSegment, error: StoreError) -> Result<Outcome, RestoreError> {
    let is_object_s = match &error {
        StoreError::Corrupt { .. } | StoreError::NotFound { .. } | StoreError::TooLarge { .. } => true,
        // A range of it that there is not.
        StoreError::Refused { answer, .. } => answer.status == 416,
        _ => false,
    };
    if is_object_s {
        Ok(Outcome::Lacks(Lack::Damaged {
            key: listed.key.clone(),
            why: crate::chain(&error),
        }))
    } else {
        Err(error.into())
    }
}
