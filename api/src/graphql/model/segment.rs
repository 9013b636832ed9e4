//! A piece of the raw archive, and its books.

use async_graphql::{ID, SimpleObject};
use entity::lineage::Segment as Row;

use crate::graphql::scalar::DateTime;

/// A piece of a journal: an object on S3, and what became of its messages. Messages are those decoded and those
/// quarantined; readings of understood messages are new, duplicate, conflicting or refused.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Segment {
    /// The journal that it is a piece of.
    journal: ID,
    /// Position of its first message in the journal.
    first_seq: f64,
    /// Position of its last message in the journal.
    last_seq: f64,
    /// Messages in it.
    messages: f64,
    /// Messages that were understood.
    decoded: f64,
    /// Messages that were not understood.
    quarantined: f64,
    /// Readings stored for the first time.
    readings_new: f64,
    /// Readings whose value for the same sensor and time was known already.
    readings_duplicate: f64,
    /// Readings that brought another value for a sensor and time known already.
    readings_conflicting: f64,
    /// Readings of understood messages that could not be stored.
    readings_refused: f64,
    /// Sensor lists among the understood messages; they bring no readings.
    sensor_lists: f64,
    /// Whether each message became something; null while not all of them are loaded.
    balanced: Option<bool>,
    /// The key of its object.
    object_key: String,
    /// Bytes of its lines.
    bytes: f64,
    /// Bytes of its object.
    bytes_compressed: f64,
    /// When its first message was received.
    first_received_at: DateTime,
    /// When its last message was received.
    last_received_at: DateTime,
    /// When its object was found whole on S3.
    archived_at: DateTime,
}

impl From<Row> for Segment {
    fn from(row: Row) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "positions and sizes stay below 2^53 for centuries"
        )]
        let number = |number: i64| number as f64;
        Self {
            journal: row.journal.into(),
            first_seq: number(row.first_seq),
            last_seq: number(row.last_seq),
            messages: number(row.messages),
            decoded: number(row.decoded),
            quarantined: number(row.quarantined),
            readings_new: number(row.readings_new),
            readings_duplicate: number(row.readings_duplicate),
            readings_conflicting: number(row.readings_conflicting),
            readings_refused: number(row.readings_refused),
            sensor_lists: number(row.lists),
            balanced: row.balanced,
            object_key: row.object_key,
            bytes: number(row.bytes),
            bytes_compressed: number(row.bytes_compressed),
            first_received_at: DateTime(row.first_received_at),
            last_received_at: DateTime(row.last_received_at),
            archived_at: DateTime(row.archived_at),
        }
    }
}
