//! `segment`: the manifest of the archive and its balance.

use sea_orm::entity::prelude::*;

/// A row of `segment`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment")]
pub struct Model {
    /// Position of its first message in the journal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_seq: i64,
    /// Messages that were understood; with quarantined it is the number of messages loaded so far.
    pub decoded: i64,
    /// Messages that were not understood (`quarantined_message`).
    pub quarantined: i64,
    /// Readings stored for the first time.
    pub readings_new: i64,
    /// Readings whose value for the same sensor and time was known already.
    pub readings_duplicate: i64,
    /// Readings that brought another value for a sensor and time known already (`reading_conflict`).
    pub readings_conflicting: i64,
    /// Readings of understood messages that could not be stored (`quarantined_message`).
    pub readings_refused: i64,
    /// Earliest time of a reading in it (UTC); empty without readings.
    pub time_min: Option<DateTimeUtc>,
    /// Latest time of a reading in it (UTC); empty without readings.
    pub time_max: Option<DateTimeUtc>,
    /// Position of its last message in the journal; empty until archived.
    pub last_seq: Option<i64>,
    /// Messages in it; empty until archived.
    pub messages: Option<i64>,
    /// Size in bytes before compression; empty until archived.
    pub bytes: Option<i64>,
    /// Size of the object on S3 in bytes; empty until archived.
    pub bytes_compressed: Option<i64>,
    /// When its first message was received (UTC, the ingestor's clock); empty until archived.
    pub first_received_at: Option<DateTimeUtc>,
    /// When its last message was received (UTC, the ingestor's clock); empty until archived.
    pub last_received_at: Option<DateTimeUtc>,
    /// When the object was found whole on S3 (UTC, the ingestor's clock); empty until archived.
    pub archived_at: Option<DateTimeUtc>,
    /// The journal it is a piece of (`journal.id`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub journal_id: i16,
    /// Key of the object on S3; empty until archived.
    pub object_key: Option<String>,
    /// SHA-256 of its bytes before compression; empty until archived.
    pub sha256: Option<Vec<u8>>,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
