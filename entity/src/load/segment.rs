//! The manifest of segments, written by two: the loader its counts, the archiver the object.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use super::{ArchivedSegment, Counts, LoadError, LoadTransaction};
use crate::sql;

/// Writes what the archive holds of a segment into the manifest; the loader's counts in the same row stay.
pub async fn record_archived(
    db: &DatabaseConnection,
    journal_id: i16,
    segment: &ArchivedSegment,
) -> Result<(), LoadError> {
    let values: [Value; 11] = [
        journal_id.into(),
        segment.first_seq.into(),
        segment.last_seq.into(),
        segment.messages.into(),
        segment.bytes.into(),
        segment.bytes_compressed.into(),
        segment.first_received_at.into(),
        segment.last_received_at.into(),
        segment.archived_at.into(),
        segment.object_key.as_str().into(),
        segment.sha256.to_vec().into(),
    ];
    sql::execute(db, include_str!("upsert_archived_segment.sql"), values).await?;
    Ok(())
}

/// What the books of a segment say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Books {
    /// How many of its messages are counted, and thereby loaded: the first ones of it.
    pub counted: i64,
    /// Whether the manifest has its object.
    pub archived: bool,
}

/// The books of the segment that starts at `first_seq`; of one that nobody has begun, nothing.
pub async fn books(db: &DatabaseConnection, journal_id: i16, first_seq: i64) -> Result<Books, LoadError> {
    let select = "SELECT decoded + quarantined, object_key IS NOT NULL FROM segment \
                  WHERE journal_id = $1 AND first_seq = $2";
    let found = sql::query(db, select, [journal_id.into(), first_seq.into()], |row| {
        Ok(Books {
            counted: row.get(0)?,
            archived: row.get(1)?,
        })
    })
    .await?;
    Ok(found.first().copied().unwrap_or_default())
}

/// The first position of the first segment of a journal that the manifest has no object of, as far as one is begun.
pub async fn first_unarchived(db: &DatabaseConnection, journal_id: i16) -> Result<Option<i64>, LoadError> {
    let select = "SELECT min(first_seq) FROM segment WHERE journal_id = $1 AND object_key IS NULL";
    let rows = sql::query(db, select, [journal_id.into()], |row| row.get(0)).await?;
    Ok(rows.first().copied().flatten())
}

/// When the last message was received of the last archived segment of a journal that ends at `seq` or before it.
pub async fn archived_before(
    db: &DatabaseConnection,
    journal_id: i16,
    seq: i64,
) -> Result<Option<DateTime<Utc>>, LoadError> {
    let select = "SELECT last_received_at FROM segment WHERE journal_id = $1 AND first_seq <= $2 AND last_seq <= $2 \
                  ORDER BY first_seq DESC LIMIT 1";
    let rows = sql::query(db, select, [journal_id.into(), seq.into()], |row| row.get(0)).await?;
    Ok(rows.first().copied())
}

/// What segments add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SegmentSums {
    /// Messages that were understood.
    pub decoded: i64,
    /// Messages that were not.
    pub quarantined: i64,
    /// Readings stored for the first time.
    pub readings_new: i64,
    /// Readings whose value was known.
    pub readings_duplicate: i64,
    /// Readings that contradict another.
    pub readings_conflicting: i64,
    /// Readings that the database refused.
    pub readings_refused: i64,
}

/// What the segments of a journal that start at `first_seq` or behind it add up to.
pub async fn sums_behind(
    db: &DatabaseConnection,
    journal_id: i16,
    first_seq: i64,
) -> Result<SegmentSums, LoadError> {
    let values: [Value; 2] = [journal_id.into(), first_seq.into()];
    let sums = sql::query(db, include_str!("select_sums.sql"), values, |row| {
        Ok(SegmentSums {
            decoded: row.get(0)?,
            quarantined: row.get(1)?,
            readings_new: row.get(2)?,
            readings_duplicate: row.get(3)?,
            readings_conflicting: row.get(4)?,
            readings_refused: row.get(5)?,
        })
    })
    .await?;
    Ok(sums.first().copied().unwrap_or_default())
}

const ADD: &str = include_str!("add_counts.sql");

/// [`ADD`], but only where so many messages are counted so far: the books of a segment are how far it is loaded. No row where
/// somebody else has counted meanwhile.
pub(super) const COUNT: &str = concat!(
    include_str!("add_counts.sql"),
    "WHERE segment.decoded + segment.quarantined = $11"
);

/// The parameters of [`COUNT`].
pub(super) fn count_values(
    journal_id: i16,
    first_seq: i64,
    counted: i64,
    counts: Counts,
) -> Result<[Value; 11], DbErr> {
    let mut values = values(journal_id, first_seq, counts)?.into_iter();
    // The last one is the condition.
    Ok(std::array::from_fn(|_| {
        values.next().unwrap_or_else(|| counted.into())
    }))
}

/// What came of [`COUNT`].
pub(super) fn was_counted(rows: u64) -> Result<(), LoadError> {
    if rows == 1 {
        Ok(())
    } else {
        // Another loader, or a replay, has loaded the same meanwhile: to be looked at again.
        Err(LoadError::Retry(DbErr::RecordNotUpdated))
    }
}

fn values(journal_id: i16, first_seq: i64, counts: Counts) -> Result<[Value; 10], DbErr> {
    Ok([
        journal_id.into(),
        first_seq.into(),
        counts.decoded.into(),
        counts.quarantined.into(),
        counts.readings_new.into(),
        counts.readings_duplicate.into(),
        counts.readings_conflicting.into(),
        counts.readings_refused.into(),
        time(counts.time_min_us)?.into(),
        time(counts.time_max_us)?.into(),
    ])
}

impl LoadTransaction {
    /// Counts messages of the segment that starts at `first_seq`, of which so many are counted before. When somebody else has
    /// counted meanwhile, this fails, to be tried again behind that.
    pub async fn count(&mut self, first_seq: i64, counted: i64, counts: Counts) -> Result<(), LoadError> {
        let values = count_values(self.journal_id, first_seq, counted, counts)?;
        was_counted(sql::execute(&self.transaction, COUNT, values).await?)
    }

    /// Adds to the counts of the segment that starts at `first_seq`, however much is counted.
    pub async fn add_counts(&mut self, first_seq: i64, counts: Counts) -> Result<(), LoadError> {
        let values = values(self.journal_id, first_seq, counts)?;
        sql::execute(&self.transaction, ADD, values).await?;
        Ok(())
    }
}

fn time(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, DbErr> {
    let Some(micros) = micros else { return Ok(None) };
    let time = DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| DbErr::Type(format!("{micros} microseconds since 1970 are no time")))?;
    Ok(Some(time))
}
