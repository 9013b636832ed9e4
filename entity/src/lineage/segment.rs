//! Segments with their books, one by one.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

use crate::sql::{self, Row};

/// A segment on S3, and what became of its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The journal that it is a piece of.
    pub journal: Uuid,
    /// Position of its first message.
    pub first_seq: i64,
    /// Position of its last message.
    pub last_seq: i64,
    /// Messages in its object.
    pub messages: i64,
    /// Messages that were understood.
    pub decoded: i64,
    /// Messages that were not.
    pub quarantined: i64,
    /// Readings stored for the first time.
    pub readings_new: i64,
    /// Readings stored before with the same value.
    pub readings_duplicate: i64,
    /// Readings stored before with another value.
    pub readings_conflicting: i64,
    /// Readings that could not be stored.
    pub readings_refused: i64,
    /// Sensor lists among the messages.
    pub lists: i64,
    /// Whether each message became something; `None` while not all of them are loaded.
    pub balanced: Option<bool>,
    /// The object's key.
    pub object_key: String,
    /// Bytes of its lines.
    pub bytes: i64,
    /// Bytes of the object.
    pub bytes_compressed: i64,
    /// When its first message was received.
    pub first_received_at: DateTime<Utc>,
    /// When its last message was received.
    pub last_received_at: DateTime<Utc>,
    /// When the object was found whole on S3.
    pub archived_at: DateTime<Utc>,
}

/// Which segments are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFilter {
    /// Those whose first message was received at this instant or later.
    pub from: DateTime<Utc>,
    /// Those whose first message was received before this instant.
    pub to: DateTime<Utc>,
    /// Those alone that do not add up.
    pub unbalanced: bool,
}

/// Segments of a time, the newest first, so many at most.
pub async fn segments(
    db: &DatabaseConnection,
    filter: &SegmentFilter,
    limit: u64,
) -> Result<Vec<Segment>, DbErr> {
    let values: [Value; 4] = [
        filter.from.into(),
        filter.to.into(),
        filter.unbalanced.into(),
        limit.cast_signed().into(),
    ];
    sql::query(db, include_str!("select_segments.sql"), values, read).await
}

fn read(row: &Row<'_>) -> Result<Segment, DbErr> {
    Ok(Segment {
        journal: row.get(0)?,
        first_seq: row.get(1)?,
        last_seq: row.get(2)?,
        messages: row.get(3)?,
        decoded: row.get(4)?,
        quarantined: row.get(5)?,
        readings_new: row.get(6)?,
        readings_duplicate: row.get(7)?,
        readings_conflicting: row.get(8)?,
        readings_refused: row.get(9)?,
        lists: row.get(10)?,
        balanced: row.get(11)?,
        object_key: row.get(12)?,
        bytes: row.get(13)?,
        bytes_compressed: row.get(14)?,
        first_received_at: row.get(15)?,
        last_received_at: row.get(16)?,
        archived_at: row.get(17)?,
    })
}
