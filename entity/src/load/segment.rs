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

impl LoadTransaction {
    /// Adds to the counts of the segment that starts at `first_seq`.
    pub async fn add_counts(&mut self, first_seq: i64, counts: Counts) -> Result<(), LoadError> {
        let values: [Value; 10] = [
            self.journal_id.into(),
            first_seq.into(),
            counts.decoded.into(),
            counts.quarantined.into(),
            counts.readings_new.into(),
            counts.readings_duplicate.into(),
            counts.readings_conflicting.into(),
            counts.readings_refused.into(),
            time(counts.time_min_us)?.into(),
            time(counts.time_max_us)?.into(),
        ];
        sql::execute(&self.transaction, include_str!("add_counts.sql"), values).await?;
        Ok(())
    }
}

fn time(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, DbErr> {
    let Some(micros) = micros else { return Ok(None) };
    let time = DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| DbErr::Type(format!("{micros} microseconds since 1970 are no time")))?;
    Ok(Some(time))
}
