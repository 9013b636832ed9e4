//! What a stream of readings says.

use async_graphql::SimpleObject;

use super::Reading;
use crate::live::feed::{Event, Missed as MissedRow};
use crate::live::subscriber::Fresh;
use crate::options;

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

/// The limits of subscriptions.
#[derive(Debug, SimpleObject)]
pub(crate) struct LiveLimits {
    /// WebSockets and event streams open at a time.
    connections: f64,
    /// Operations running on one WebSocket at a time.
    operations: f64,
    /// Subscriptions of all connections together.
    subscribers: f64,
    /// Readings that wait for one subscriber; one that falls further behind is told so.
    queue_readings: f64,
    /// Messages that a subscription catches up with from the database, after a cursor or when it has fallen behind.
    catch_up: f64,
}

#[expect(clippy::cast_precision_loss, reason = "limits stay far below 2^53")]
impl From<&options::LiveLimits> for LiveLimits {
    fn from(limits: &options::LiveLimits) -> Self {
        Self {
            connections: limits.connections_max as f64,
            operations: limits.operations_max as f64,
            subscribers: limits.subscribers_max as f64,
            queue_readings: limits.queue_readings_max as f64,
            catch_up: limits.catch_up_max as f64,
        }
    }
}

impl From<Fresh> for Reading {
    fn from(Fresh { row, sensor }: Fresh) -> Self {
        Self {
            row: row.into(),
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
