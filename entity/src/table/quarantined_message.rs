//! `quarantined_message`: messages, or single readings of a message, that could not be used.

use sea_orm::entity::prelude::*;

/// A row of `quarantined_message`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantined_message")]
pub struct Model {
    /// When the message was received (UTC, the ingestor's clock).
    pub received_at: DateTimeUtc,
    /// The message's position in its journal; with `journal_id` it leads to the raw message on S3, through
    /// segment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Size of the whole payload in bytes.
    pub payload_size: i64,
    /// The journal that holds the message (`journal.id`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub journal_id: i16,
    /// Which reading of a message with several it is about, counted from 1; 0 for a whole message, and for the reading of a message that says one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub item: i16,
    /// The configured source that received the message.
    pub source: String,
    /// The topic on which the message came.
    pub topic: String,
    /// The kind of trouble as a stable word for programs, such as `not_json`.
    pub code: String,
    /// What is wrong, as a sentence for people.
    pub reason: String,
    /// The sensor's name in the message; empty where none could be read.
    pub sensor: Option<String>,
    /// The payload's bytes, or the beginning of a large one; the whole message lies on S3.
    pub payload: Vec<u8>,
    /// When it was replayed last, in vain (UTC, the ingestor's clock); empty when it never was.
    pub tried_at: Option<DateTimeUtc>,
    /// The hour in which `sensor_intake` counts it as refused (UTC); empty where it counts nowhere.
    pub counted_hour: Option<DateTimeUtc>,
    /// The request that it was replayed for last, in vain (`quarantine_replay.id`); empty when it never was.
    pub tried_by: Option<i64>,
    /// The sensor for which `sensor_intake` counts it as refused (`sensor.id`); empty where it counts nowhere.
    pub counted_sensor_id: Option<i32>,
    /// True for a row of an imported file, false for a message of a source.
    pub imported: bool,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
