//! What windows are, and what is known of them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::QualityFlag;

/// How far the windows of a level are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The end of the last window that is due for all sensors.
    pub closed_until: DateTime<Utc>,
    /// The end of the last window that was computed of all sensors.
    pub measured_until: Option<DateTime<Utc>>,
    /// The end of the last window of which webhooks were told.
    pub told_until: Option<DateTime<Utc>>,
    /// Another number means that something was computed since.
    pub changes: i64,
}

/// A window of a sensor that is to be computed, as it is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which window.
    pub window: DueWindow,
    /// Not before this.
    pub due_at: DateTime<Utc>,
}

/// A window of a sensor that is to be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueWindow {
    /// The sensor, by internal key.
    pub sensor_id: i32,
    /// The window's first instant.
    pub start: DateTime<Utc>,
    /// Whether none of its own readings has changed: then it changes no other window.
    pub is_neighbour: bool,
}

/// What lies around a window of a sensor: which other windows look at its readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The sensor.
    pub sensor_id: i32,
    /// The window's first instant.
    pub start: DateTime<Utc>,
    /// The time of the last sound reading before it.
    pub before: Option<DateTime<Utc>>,
    /// When the first reading and the first sound reading from its beginning on were received: the later one.
    pub first_received_at: Option<DateTime<Utc>>,
    /// When the last window before it was computed.
    pub previous_computed_at: Option<DateTime<Utc>>,
    /// The beginning of the last window behind it that was computed.
    pub later: Option<DateTime<Utc>>,
    /// The time of the sound reading so many behind it; `None`: there are not as many, or no later window.
    pub behind: Option<DateTime<Utc>>,
}

/// What a sensor's readings are judged by, besides rules.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedSensor {
    /// Its internal key.
    pub id: i32,
    /// Its lasting identity.
    pub uuid: Uuid,
    /// Whose messages name it.
    pub source: String,
    /// Its name.
    pub name: String,
    /// What it measures.
    pub kind: Option<String>,
    /// Since when it is there.
    pub active_since: Option<DateTime<Utc>>,
    /// Seconds between two readings, as declared.
    pub declared_interval_seconds: Option<f64>,
    /// Seconds between two readings, as its readings show.
    pub learnt_interval_seconds: Option<f64>,
}

/// A reading that a test doubts or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// The sensor.
    pub sensor_id: i32,
    /// The reading's time.
    pub time: DateTime<Utc>,
    /// The test, such as `spike`.
    pub test: &'static str,
    /// Suspect or fail.
    pub flag: QualityFlag,
    /// The rules.
    pub rule_version: i64,
}

/// What some windows of a sensor amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensorSums {
    /// The sensor.
    pub sensor_id: i32,
    /// What they amount to.
    pub sums: Sums,
    /// The rules of the last of them.
    pub rule_version: i64,
}

/// What some windows of a sensor, or of many, amount to: of each dimension numerator and denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Readings.
    pub readings: u64,
    /// Readings present, of those expected.
    pub completeness: (u64, u64),
    /// Readings neither late nor from the future, of all.
    pub timeliness: (u64, u64),
    /// Readings within range, of those with one.
    pub validity: (u64, u64),
    /// New readings, of those that could be used.
    pub uniqueness: (u64, u64),
    /// Readings that could be used, of those received.
    pub conformity: (u64, u64),
    /// Plausible readings, of those that could be judged.
    pub plausibility: (u64, u64),
    /// Doubts about the completeness, a bit each.
    pub doubts: i16,
}
