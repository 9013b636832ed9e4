//! From a batch to one transaction: what the loader and a replay of the archive have in common.
//!
//! The books of a segment, [`Loading::counted`], are how far it is loaded, and move with the rows. Two that load the same
//! segment find each other out by them: the second one's transaction fails and leaves nothing.

use entity::DatabaseConnection;
use entity::load::{
    self, BulkTransaction, Counts, KnownSensor, LoadError, LoadTransaction, NewSensor, NewSensorList,
    RangeHistory, ReplayStep,
};

use super::batch::{Batch, Step};
use super::known::KnownSensors;
use super::{LoaderOptions, balance};
use crate::decode::Rejection;
use crate::events;
use crate::message::RecordError;
use crate::receiver::Manners;

/// Why a batch did not go in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    /// The database refuses the work.
    #[error("write a batch")]
    Database(#[source] LoadError),
    /// A record is of another version.
    #[error("read record {seq}")]
    Record {
        /// Its position.
        seq: u64,
        /// Why.
        #[source]
        source: RecordError,
    },
}

/// Writes batches into a database.
#[derive(Debug)]
pub(crate) struct Committer {
    pub(crate) options: LoaderOptions,
    pub(crate) manners: Manners,
    pub(crate) db: DatabaseConnection,
}

/// What is known of a journal while it is loaded, between two failures.
#[derive(Debug)]
pub(crate) struct Loading {
    pub(crate) journal_id: i16,
    pub(crate) sensors: KnownSensors,
    /// By which ranges readings are flagged, where not by those that the sensors have now.
    pub(crate) ranges: Option<RangeHistory>,
    /// The first position of the segment that is loaded now; 0 before the first.
    pub(crate) segment: u64,
    /// How many of its messages the books count.
    pub(crate) counted: u64,
    pub(crate) mark: Mark,
    pub(crate) copying: Copying,
}

/// What moves with each transaction.
#[derive(Debug)]
pub(crate) enum Mark {
    /// The loader's checkpoint, which is at this position.
    Checkpoint(u64),
    /// A replay of the archive, by its number and how many transactions it has committed.
    Replay { id: i64, transactions: i64 },
}

/// Whether batches are copied in: less and less often where they turn out not to be new.
#[derive(Debug, Default)]
pub(crate) struct Copying {
    /// Batches to be written otherwise before the next try.
    pause: u32,
    /// The length of the next pause.
    next_pause: u32,
}

impl Copying {
    const PAUSE_MAX: u32 = 64;

    fn is_due(&mut self) -> bool {
        if self.pause == 0 {
            return true;
        }
        self.pause -= 1;
        false
    }

    fn worked(&mut self) {
        self.next_pause = 0;
    }

    fn failed(&mut self) {
        self.pause = self.next_pause;
        self.next_pause = (self.next_pause * 2 + 1).min(Self::PAUSE_MAX);
    }
}

/// What a transaction has written.
#[derive(Debug)]
struct Written {
    counts: Counts,
    registered: Vec<KnownSensor>,
    /// Why, of each message that was set aside.
    quarantined: Vec<&'static str>,
}

/// What came of a transaction.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// Messages and sensor lists.
    pub(crate) messages: i64,
    pub(crate) counts: Counts,
    pub(crate) registered: usize,
}

impl Loading {
    /// Begins with the segment that starts at `first_seq`, where its books end.
    pub(crate) async fn enter(
        &mut self,
        db: &DatabaseConnection,
        first_seq: u64,
    ) -> Result<load::Books, LoadError> {
        let books = load::books(db, self.journal_id, first_seq.cast_signed()).await?;
        self.segment = first_seq;
        self.counted = books.counted.cast_unsigned();
        Ok(books)
    }

    /// The first position of the segment that the books don't count yet.
    pub(crate) fn next_seq(&self) -> u64 {
        self.segment + self.counted
    }

    /// The checkpoint, where that is what moves.
    pub(crate) fn checkpoint(&self) -> u64 {
        match self.mark {
            Mark::Checkpoint(seq) => seq,
            Mark::Replay { .. } => 0,
        }
    }

    /// Notes that a step was taken.
    pub(crate) fn stepped(&mut self) {
        self.moved(0);
    }

    fn moved(&mut self, to: u64) {
        match &mut self.mark {
            Mark::Checkpoint(seq) => *seq = to,
            Mark::Replay { transactions, .. } => *transactions += 1,
        }
    }

    /// The step of a replay that goes through so many messages; `None` for a loader.
    pub(crate) fn step<'a>(&self, messages: i64, through: Option<&'a str>) -> Option<ReplayStep<'a>> {
        match self.mark {
            Mark::Checkpoint(_) => None,
            Mark::Replay { id, transactions } => Some(ReplayStep {
                id,
                transactions,
                messages,
                through,
            }),
        }
    }
}

impl Committer {
    /// Takes records of one segment, none of which the books count yet, and writes what they amount to, cut at sensor lists.
    /// After each transaction, `committed` is told.
    pub(crate) async fn load(
        &self,
        loading: &mut Loading,
        records: &[journal::Record],
        mut committed: impl FnMut(u64, &Committed),
    ) -> Result<(), BatchError> {
        let mut batch = self.batch();
        for record in records {
            let step = batch.push(record.seq, &record.body, loading)?;
            if step.is_none() && !batch.is_full() {
                continue;
            }
            let before = std::mem::replace(&mut batch, self.batch());
            self.commit(loading, before, &mut committed).await?;
            if let Some(step) = step {
                self.commit_list(loading, step, &mut committed).await?;
            }
        }
        self.commit(loading, batch, &mut committed).await
    }

    /// Writes again what the books count already: readings that are missing come back. Nothing is counted, what is set aside
    /// stays so, and what can't be read any more is left. Gives how many readings were missing.
    pub(crate) async fn load_again(
        &self,
        loading: &mut Loading,
        records: &[journal::Record],
    ) -> Result<u64, BatchError> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return Ok(0);
        };
        let journal_id = loading.journal_id;
        let aside = load::set_aside(
            &self.db,
            journal_id,
            first.seq.cast_signed(),
            last.seq.cast_signed(),
        )
        .await
        .map_err(BatchError::Database)?;
        let (mut batch, mut lists, mut missing, mut since) = (self.batch(), Vec::new(), 0, 0);
        for record in records {
            since += 1;
            if !aside.contains(&record.seq.cast_signed())
                && let Some(Step::List(list)) = batch.push(record.seq, &record.body, loading)?
            {
                lists.push(list);
            }
            if batch.is_full() || record.seq == last.seq {
                let again = std::mem::replace(&mut batch, self.batch());
                missing += self
                    .write_again(loading, &again, &std::mem::take(&mut lists), since)
                    .await
                    .map_err(BatchError::Database)?;
                since = 0;
            }
        }
        Ok(missing)
    }

    /// One transaction of [`load_again`](Self::load_again), with how many messages it is; gives how many readings were
    /// missing.
    async fn write_again(
        &self,
        loading: &mut Loading,
        batch: &Batch<'_>,
        lists: &[Box<NewSensorList>],
        messages: i64,
    ) -> Result<u64, LoadError> {
        let mut transaction = LoadTransaction::begin(&self.db, loading.journal_id).await?;
        for list in lists {
            transaction.apply_sensor_list(list).await?;
        }
        let registered = match batch.new_sensors() {
            [] => Vec::new(),
            sensors => transaction.register_sensors(sensors).await?,
        };
        let readings = batch.readings(&registered, loading);
        let written = transaction.write_readings(&readings).await?;
        transaction.forget_intake();
        if let Some(step) = loading.step(messages, None) {
            transaction.step(&step).await?;
        }
        transaction.commit().await?;
        loading.stepped();
        loading.sensors.extend(registered);
        Ok(written.new)
    }

    fn batch(&self) -> Batch<'_> {
        Batch::new(&self.options, &self.manners)
    }

    /// One transaction: what a batch holds.
    async fn commit(
        &self,
        loading: &mut Loading,
        batch: Batch<'_>,
        committed: &mut impl FnMut(u64, &Committed),
    ) -> Result<(), BatchError> {
        let Some(last) = batch.last_seq() else {
            return Ok(());
        };
        let database = BatchError::Database;
        let messages = batch.messages();
        let mut copied = None;
        if self.options.bulk && loading.copying.is_due() {
            copied = self.copy(loading, &batch, last).await.map_err(database)?;
            if copied.is_some() {
                loading.copying.worked();
            } else {
                loading.copying.failed();
            }
        }
        let written = match copied {
            Some(written) => written,
            None => self.write(loading, batch, last).await.map_err(database)?,
        };
        loading.moved(last);
        loading.counted += messages_of(&written.counts).unsigned_abs();
        for code in &written.quarantined {
            events::quarantined(code);
        }
        let done = Committed {
            messages,
            counts: written.counts,
            registered: written.registered.len(),
        };
        loading.sensors.extend(written.registered);
        committed(last, &done);
        Ok(())
    }

    /// Registers sensors ahead of the transaction that copies their readings.
    async fn register(&self, journal_id: i16, sensors: &[NewSensor]) -> Result<Vec<KnownSensor>, LoadError> {
        if sensors.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = LoadTransaction::begin(&self.db, journal_id).await?;
        let registered = transaction.register_sensors(sensors).await?;
        transaction.commit().await?;
        Ok(registered)
    }

    /// Copies the readings in; `None` when they are not all new, and nothing was written but new sensors.
    async fn copy(
        &self,
        loading: &Loading,
        batch: &Batch<'_>,
        last: u64,
    ) -> Result<Option<Written>, LoadError> {
        let registered = self.register(loading.journal_id, batch.new_sensors()).await?;
        let readings = batch.readings(&registered, loading);
        let mut transaction = BulkTransaction::begin(&self.db, loading.journal_id).await?;
        if !transaction.copy_readings(&readings).await? {
            return Ok(None);
        }
        let counts = Counts {
            readings_new: i64::try_from(readings.len()).unwrap_or(i64::MAX),
            ..batch.counts()
        };
        balance::check(
            batch.messages(),
            readings.len(),
            counts.readings_refused,
            &counts,
            last,
        );
        transaction.quarantine(batch.quarantined()).await?;
        transaction.count_refused(batch.refused().iter().copied());
        let (segment, counted) = (loading.segment.cast_signed(), loading.counted.cast_signed());
        transaction.count(segment, counted, counts).await?;
        match loading.step(messages_of(&counts), None) {
            None => {
                let from = loading.checkpoint().cast_signed();
                transaction.move_checkpoint(from, last.cast_signed()).await?;
            }
            Some(step) => transaction.step(&step).await?,
        }
        transaction.commit().await?;
        Ok(Some(Written {
            counts,
            registered,
            quarantined: batch.quarantined_codes(),
        }))
    }

    /// Writes the readings as they are, new or not.
    async fn write(&self, loading: &Loading, mut batch: Batch<'_>, last: u64) -> Result<Written, LoadError> {
        let mut transaction = LoadTransaction::begin(&self.db, loading.journal_id).await?;
        let registered = match batch.new_sensors() {
            [] => Vec::new(),
            sensors => transaction.register_sensors(sensors).await?,
        };
        let readings = batch.readings(&registered, loading);
        // Those of a message that could not be read while others of it could.
        let set_aside = batch.counts().readings_refused;
        let written = transaction.write_readings(&readings).await?;
        for refused in &written.refused {
            batch.refuse(
                refused.index,
                &readings[refused.index],
                &Rejection::Refused {
                    detail: refused.reason.clone(),
                },
            );
        }
        let counts = Counts {
            readings_new: written.new.cast_signed(),
            readings_duplicate: written.duplicate.cast_signed(),
            readings_conflicting: written.conflicting.cast_signed(),
            ..batch.counts()
        };
        balance::check(batch.messages(), readings.len(), set_aside, &counts, last);
        transaction.quarantine(batch.quarantined()).await?;
        transaction.count_refused(batch.refused().iter().copied());
        self.finish(loading, transaction, counts, last).await?;
        Ok(Written {
            counts,
            registered,
            quarantined: batch.quarantined_codes(),
        })
    }

    /// One transaction: a sensor list, or its place in the quarantine.
    async fn commit_list(
        &self,
        loading: &mut Loading,
        step: Step,
        committed: &mut impl FnMut(u64, &Committed),
    ) -> Result<(), BatchError> {
        let is_known = match (&step, &loading.ranges) {
            (Step::List(list), Some(ranges)) => ranges.has_list(loading.journal_id, &list.source, list.seq),
            (Step::List(_), None) => false,
            (Step::BadList(_), _) => true,
        };
        let (seq, declared, code) = self
            .write_list(loading, step)
            .await
            .map_err(BatchError::Database)?;
        if !is_known {
            self.look_at_ranges(loading, seq)
                .await
                .map_err(BatchError::Database)?;
        }
        loading.moved(seq);
        loading.counted += 1;
        code.into_iter().for_each(events::quarantined);
        let is_list = declared.is_some();
        let sensors = declared.unwrap_or_default();
        if !sensors.is_empty() {
            tracing::info!("declared {} sensors", sensors.len());
        }
        loading.sensors.extend(sensors);
        committed(
            seq,
            &Committed {
                messages: 1,
                counts: list_counts(is_list),
                registered: 0,
            },
        );
        Ok(())
    }

    /// After a list that was not known beforehand: ranges are those of their time while a replay is ahead with lists, or was.
    async fn look_at_ranges(&self, loading: &mut Loading, seq: u64) -> Result<(), LoadError> {
        let is_behind = loading.ranges.is_some()
            || load::has_lists_behind(&self.db, loading.journal_id, seq.cast_signed()).await?;
        if is_behind {
            loading.ranges = Some(RangeHistory::load(&self.db).await?);
        }
        Ok(())
    }

    /// The list's position, and the sensors that it declares; `None` when it can't be used, and why.
    async fn write_list(
        &self,
        loading: &Loading,
        step: Step,
    ) -> Result<(u64, Option<Vec<KnownSensor>>, Option<&'static str>), LoadError> {
        let mut transaction = LoadTransaction::begin(&self.db, loading.journal_id).await?;
        let (seq, declared, code) = match step {
            Step::List(list) => {
                let sensors = transaction.apply_sensor_list(&list).await?;
                (list.seq, Some(sensors), None)
            }
            Step::BadList(quarantined) => {
                let (seq, code) = (quarantined.seq, quarantined.code);
                transaction.quarantine(&[*quarantined]).await?;
                (seq, None, Some(code))
            }
        };
        let seq = seq.cast_unsigned();
        let counts = list_counts(declared.is_some());
        self.finish(loading, transaction, counts, seq).await?;
        Ok((seq, declared, code))
    }

    /// Counts, checkpoint or step, commit.
    async fn finish(
        &self,
        loading: &Loading,
        mut transaction: LoadTransaction,
        counts: Counts,
        last: u64,
    ) -> Result<(), LoadError> {
        let (segment, counted) = (loading.segment.cast_signed(), loading.counted.cast_signed());
        transaction.count(segment, counted, counts).await?;
        match loading.step(messages_of(&counts), None) {
            None => {
                let from = loading.checkpoint().cast_signed();
                transaction.move_checkpoint(from, last.cast_signed()).await?;
            }
            Some(step) => transaction.step(&step).await?,
        }
        transaction.commit().await
    }

    /// Moves the loader's checkpoint over what a replay has loaded already.
    pub(crate) async fn pass(&self, loading: &mut Loading, to: u64) -> Result<(), LoadError> {
        let from = loading.checkpoint();
        if to <= from {
            return Ok(());
        }
        let mut transaction = LoadTransaction::begin(&self.db, loading.journal_id).await?;
        transaction
            .move_checkpoint(from.cast_signed(), to.cast_signed())
            .await?;
        transaction.commit().await?;
        loading.moved(to);
        Ok(())
    }
}

fn messages_of(counts: &Counts) -> i64 {
    counts.decoded + counts.quarantined
}

fn list_counts(is_list: bool) -> Counts {
    Counts {
        decoded: i64::from(is_list),
        quarantined: i64::from(!is_list),
        ..Counts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copying_is_tried_less_and_less_where_it_fails_and_always_where_it_works() {
        let mut copying = Copying::default();
        let mut tries = Vec::new();
        for batch in 0..40 {
            if copying.is_due() {
                tries.push(batch);
                copying.failed();
            }
        }
        assert_eq!(tries, [0, 1, 3, 7, 15, 31]);
        while !copying.is_due() {}
        copying.worked();
        assert!(copying.is_due() && copying.is_due());
    }
}
