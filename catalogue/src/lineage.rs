//! Lineage with counts, and the mass balance: whether all that was received is where it should be.
//!
//! ```text
//! tracker.rs    asks again when it is time, and remembers
//! graph.rs      datasets and sums ──► the way from broker to API
//! balance.rs    sums ──► what does not add up                      (both are pure)
//! measure.rs    sums of a day ──► figures of consistency and conformity
//! events.rs     metrics
//! ```
//!
//! docs/reference/lineage.md has the equations for people.

mod balance;
mod events;
mod graph;
mod measure;
mod tracker;

use chrono::{DateTime, TimeDelta, Utc};
use entity::lineage::{Journal, Messages, Readings, Since};
use entity::rollup::Level;

pub use self::balance::findings;
pub use self::graph::draw;
pub use self::measure::measured;
pub use self::tracker::Tracker;

/// An hour of messages is closed so long after its end: they are sealed a minute after they came, and should be on S3 and
/// in the database.
pub const CLOSED_AFTER: TimeDelta = TimeDelta::minutes(15);

/// An hour that does not balance is told of for so long.
pub const TOLD_FOR: TimeDelta = TimeDelta::days(30);

/// Figures of quality are about the closed hours of so long.
pub const MEASURED_OVER: TimeDelta = TimeDelta::hours(24);

/// What was counted, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What became of all messages.
    pub messages: Messages,
    /// When they were counted.
    pub messages_at: DateTime<Utc>,
    /// Where every reading is counted; `None` until the first time that not too much waits to be computed.
    pub readings: Option<CountedReadings>,
}

/// Where every reading is counted, and when that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedReadings {
    /// The sums.
    pub sums: Readings,
    /// When they were counted.
    pub at: DateTime<Utc>,
    /// Since when they have not added up; `None` when they do.
    pub unbalanced_since: Option<DateTime<Utc>>,
}

impl Counted {
    /// Whether anything came in by a loader: what was put into tables by other hands has nothing to be held against.
    fn is_loaded(&self) -> bool {
        self.messages
            .journals
            .iter()
            .any(|journal| journal.received() > 0)
    }

    /// Since when at least a journal's messages wait for S3, where their hour is closed.
    fn overdue(&self, journal: &Journal) -> Option<DateTime<Utc>> {
        let closed_before = windows(self.messages_at).closed_before;
        journal
            .waiting_received_at
            .filter(|received_at| *received_at < closed_before)
    }
}

/// The windows that are looked at now.
fn windows(now: DateTime<Utc>) -> Since {
    let closed_before = Level::Hour.floor(now - CLOSED_AFTER);
    Since {
        windows: Level::Hour.floor(now - TOLD_FOR),
        all_windows: closed_before - MEASURED_OVER,
        closed_before,
    }
}
