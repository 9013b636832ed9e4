//! What a look finds, and what is kept.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A sensor, as a look finds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WatchedSensor {
    /// Internal key.
    pub id: i32,
    /// Whether a sensor list declares it.
    pub declared: bool,
    /// Seconds between two readings, as its sensor list says.
    pub declared_interval_seconds: Option<f64>,
    /// The same as its readings show.
    pub learnt_interval_seconds: Option<f64>,
    /// The time of its newest reading.
    pub time: Option<DateTime<Utc>>,
    /// When that was received.
    pub received_at: Option<DateTime<Utc>>,
}

/// When the newest of what is not a reading was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NewestReceived {
    /// The newest message that lies on S3.
    pub archived: Option<DateTime<Utc>>,
    /// The newest message, or reading, in quarantine.
    pub quarantined: Option<DateTime<Utc>>,
    /// The newest conflicting reading.
    pub conflicting: Option<DateTime<Utc>>,
    /// The newest sensor list.
    pub sensor_list: Option<DateTime<Utc>>,
    /// The newest sensor: since when it is known, by a list or by its first reading.
    pub sensor: Option<DateTime<Utc>>,
}

/// Since when the longest waiting bucket could have been computed, level by level; `None` where none waits.
///
/// A bucket can be computed once it is over and a change of it is noted. So a late reading makes no rollup old, and one
/// that nobody refreshes grows older every second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watermarks {
    /// Of `reading_1m`.
    pub minute: Option<DateTime<Utc>>,
    /// Of `reading_1h`, for itself.
    pub hour: Option<DateTime<Utc>>,
    /// Of `reading_1d`, for itself.
    pub day: Option<DateTime<Utc>>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Looked {
    /// Every sensor.
    pub sensors: Vec<WatchedSensor>,
    /// What is not kept by sensor.
    pub received: NewestReceived,
    /// Up to where rollups are computed.
    pub watermarks: Watermarks,
}

/// Of what.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A sensor, by internal key.
    Sensor(i32),
    /// A dataset as a whole, by slug.
    Dataset(String),
}

impl Subject {
    /// The sensor's key, 0 for a dataset: sensors are numbered from 1.
    pub(super) fn sensor_id(&self) -> i32 {
        match self {
            Self::Sensor(id) => *id,
            Self::Dataset(_) => 0,
        }
    }

    /// The dataset's slug, empty for a sensor.
    pub(super) fn dataset(&self) -> &str {
        match self {
            Self::Sensor(_) => "",
            Self::Dataset(slug) => slug,
        }
    }
}

/// A change of freshness to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewChange<'a> {
    /// Of what.
    pub subject: &'a Subject,
    /// Since when.
    pub changed_at: DateTime<Utc>,
    /// What it became, in the words of the catalogue.
    pub status: &'a str,
}

/// A change of freshness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub id: i64,
    /// Of what.
    pub subject: Subject,
    /// When, and what it became.
    pub change: Changed,
}

/// When something became how fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Since when.
    pub changed_at: DateTime<Utc>,
    /// What it became, in the words of the catalogue.
    pub status: String,
}

/// A time in which freshness was looked at without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Its number.
    pub id: i64,
    /// The first look.
    pub started_at: DateTime<Utc>,
    /// The last one so far.
    pub ended_at: DateTime<Utc>,
}

/// What a sensor is called outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorName {
    /// Public key.
    pub uuid: Uuid,
    /// The source whose messages name it.
    pub source: String,
    /// Its name in them.
    pub name: String,
}
