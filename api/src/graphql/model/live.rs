//! What a stream of readings says.

use async_graphql::SimpleObject;

use super::Reading;
use crate::live::feed::{Event, Missed as MissedRow};
use crate::live::subscriber::Fresh;

/// Readings that were loaded one after the other, and how far they go.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ReadingBatch {
    /// Up to where everything was given: a new stream goes on `after` it.
    cursor: String,
    /// The readings, those of one journal in the order of their messages; empty when only the cursor moved.
    readings: Vec<Reading>,
    /// What was left out because the subscriber fell too far behind; null when nothing was.
    missed: Option<Missed>,
}

/// Messages between two cursors whose readings a subscriber was not given.
#[derive(Debug, SimpleObject)]
pub(crate) struct Missed {
    /// How many messages lie between, of any sensors; some may have no reading for this stream.
    positions: f64,
    /// The cursor before them: the query `readings` has what was measured since then.
    from: String,
    /// The cursor behind them, where the stream goes on.
    to: String,
}

impl From<Fresh> for Reading {
    fn from(Fresh { row, sensor }: Fresh) -> Self {
        Self {
            row,
            sensor: Some(sensor),
        }
    }
}

impl From<&Event> for ReadingBatch {
    fn from(event: &Event) -> Self {
        Self {
            cursor: event.cursor.clone(),
            readings: event.readings.iter().cloned().map(Reading::from).collect(),
            missed: event.missed.as_ref().map(Into::into),
        }
    }
}

impl From<&MissedRow> for Missed {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn from(missed: &MissedRow) -> Self {
        Self {
            positions: missed.positions as f64,
            from: missed.from.clone(),
            to: missed.to.clone(),
        }
    }
}
