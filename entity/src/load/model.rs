//! What a loader hands in, and what it gets back.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Utc};

use crate::QualityFlag;

/// A reading on its way into the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewReading {
    /// Internal key of its sensor.
    pub sensor_id: i32,
    /// When the sensor measured it; microseconds.
    pub time: DateTime<Utc>,
    /// Finite.
    pub value: f64,
    /// The gross-range verdict.
    pub flag: QualityFlag,
    /// When its message was received.
    pub received_at: DateTime<Utc>,
    /// The position of its message.
    pub seq: i64,
    /// Which of two values for the same `(sensor, time)` is served.
    pub on_conflict: OnConflict,
}

impl NewReading {
    /// By which time it counts as refused when the database refuses it; a time that it can't hold may be the reason.
    pub fn refused_time(&self) -> DateTime<Utc> {
        let is_storable = (1..10_000).contains(&self.time.year());
        if is_storable { self.time } else { self.received_at }
    }
}

/// Which of two different values for the same `(sensor, time)` is served; the other is kept in `reading_conflict`.
/// First and latest mean the order of `(received_at, seq)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// The first received.
    #[default]
    First,
    /// The latest received.
    Latest,
}

/// A message, or one reading of it, that cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub struct NewQuarantined {
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Its position.
    pub seq: i64,
    /// Which reading of a message with several, from 1; 0 for a whole message, and for the reading of a message that says one.
    pub item: i16,
    /// Its source.
    pub source: String,
    /// Its topic.
    pub topic: String,
    /// A stable word for programs, such as `not_json`.
    pub code: &'static str,
    /// A sentence for people.
    pub reason: String,
    /// The sensor's name, where it could be read.
    pub sensor: Option<String>,
    /// The bytes, or their beginning.
    pub payload: Vec<u8>,
    /// How many bytes the whole payload has.
    pub payload_size: i64,
    /// Whether it is a row of an imported file.
    pub imported: bool,
    /// For which sensor and by which time it is counted as refused (`LoadTransaction::count_refused`); `None` where it is not.
    pub counted: Option<(i32, DateTime<Utc>)>,
}

/// A sensor seen for the first time in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSensor {
    /// Its source.
    pub source: String,
    /// Its name, verbatim.
    pub name: String,
    /// When its first message was received.
    pub registered_at: DateTime<Utc>,
}

/// A sensor as a sensor list declares it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeclaredSensor {
    /// Its name, verbatim.
    pub name: String,
    /// Type.
    pub kind: Option<String>,
    /// Unit, verbatim.
    pub unit: Option<String>,
    /// UCUM, QUDT, quantity kind and symbol of the unit, where it is understood.
    pub unit_meaning: Option<UnitMeaning>,
    /// Description.
    pub description: Option<String>,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lng: Option<f64>,
    /// Lowest sound value.
    pub range_min: Option<f64>,
    /// Highest sound value.
    pub range_max: Option<f64>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Seconds between readings.
    pub expected_interval_seconds: Option<f64>,
}

/// What a declared unit means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitMeaning {
    /// UCUM code.
    pub ucum: &'static str,
    /// QUDT unit IRI.
    pub qudt: &'static str,
    /// QUDT quantity kind.
    pub quantity_kind: &'static str,
    /// How people write it.
    pub symbol: &'static str,
}

/// A sensor list as received.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSensorList {
    /// The source whose sensors it declares.
    pub source: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Its position in the journal.
    pub seq: i64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// What it declares.
    pub sensors: Vec<DeclaredSensor>,
}

/// What the loader must know of a sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownSensor {
    /// Internal key.
    pub id: i32,
    /// Source.
    pub source: String,
    /// Name.
    pub name: String,
    /// Lowest sound value.
    pub range_min: Option<f64>,
    /// Highest sound value.
    pub range_max: Option<f64>,
    /// Declared by a list.
    pub declared: bool,
}

/// What became of a batch of readings: `new + duplicate + conflicting + refused.len()` is its size.
///
/// Over everything loaded, in whatever order, `new` is the number of rows of `reading` and `conflicting` of
/// `reading_conflict`, when the batches never failed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// Stored for the first time.
    pub new: u64,
    /// This value was known already for its `(sensor, time)`, served or kept as a conflict.
    pub duplicate: u64,
    /// The `(sensor, time)` was there already, but not with this value.
    pub conflicting: u64,
    /// Refused by the database.
    pub refused: Vec<Refused>,
}

/// A reading that the database refused, found by halving the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Index in the batch.
    pub index: usize,
    /// What the database said.
    pub reason: String,
}

/// What a part of a segment amounted to, added to its row in `segment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
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
    /// Readings of understood messages that were quarantined.
    pub readings_refused: i64,
    /// Earliest event time, microseconds since 1970, where there is one.
    pub time_min_us: Option<i64>,
    /// Latest event time, microseconds since 1970, where there is one.
    pub time_max_us: Option<i64>,
}

/// What the archive says of a segment that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedSegment {
    /// First position.
    pub first_seq: i64,
    /// Last position.
    pub last_seq: i64,
    /// Records in it.
    pub messages: i64,
    /// Key of the object.
    pub object_key: String,
    /// SHA-256 of the uncompressed bytes.
    pub sha256: [u8; 32],
    /// Uncompressed size.
    pub bytes: i64,
    /// Size of the object.
    pub bytes_compressed: i64,
    /// Receipt of its first record.
    pub first_received_at: DateTime<Utc>,
    /// Receipt of its last record.
    pub last_received_at: DateTime<Utc>,
    /// When the object was verified on S3.
    pub archived_at: DateTime<Utc>,
}
