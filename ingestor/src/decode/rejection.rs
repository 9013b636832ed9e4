//! Why a message, or a reading of it, is quarantined: a stable word for programs and a sentence for people.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// Why there is no reading. `Display` is the sentence that people read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// Nothing in it.
    #[error("the payload is empty: a JSON object with id, dt and value is expected")]
    Empty,
    /// Too many bytes.
    #[error("the payload has {bytes} bytes, at most {limit} are decoded")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// Not text.
    #[error("the payload is not UTF-8: the first bad byte is at offset {offset}")]
    NotUtf8 {
        /// Where.
        offset: usize,
    },
    /// Not JSON, or a number that no float can hold.
    #[error("the payload is not JSON: {detail}")]
    NotJson {
        /// What the parser said.
        detail: String,
    },
    /// JSON, but no object.
    #[error("the payload is {found}, a JSON object with id, dt and value is expected")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// An object that reads twice differently, such as with the same member twice.
    #[error("the payload is not a reading: {detail}")]
    Shape {
        /// What the parser said.
        detail: String,
    },
    /// No id.
    #[error("the member id is missing: the sensor's name is expected")]
    SensorMissing,
    /// An id that is not text.
    #[error("the member id is {found}, the sensor's name as text is expected")]
    SensorNotText {
        /// What it is.
        found: &'static str,
    },
    /// An id without a character.
    #[error("the member id is empty: the sensor's name is expected")]
    SensorEmpty,
    /// An id too long for an index.
    #[error("the sensor's name has {bytes} bytes, at most {limit} are accepted")]
    SensorTooLong {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// An id that PostgreSQL cannot hold.
    #[error("the sensor's name holds the character NUL, which no name may")]
    SensorNul,
    /// No dt.
    #[error("the member dt is missing: the time of the value is expected, such as 2026-11-23T10:00:00Z")]
    TimeMissing,
    /// A dt that is not text.
    #[error("the member dt is {found}, a time as text is expected, such as 2026-11-23T10:00:00Z")]
    TimeNotText {
        /// What it is.
        found: &'static str,
    },
    /// A dt that is no time.
    #[error(
        "the time {text:?} is not understood: ISO 8601 is expected, such as 2026-11-23T10:00:00.123456Z; without an offset it is UTC"
    )]
    TimeMalformed {
        /// Its beginning.
        text: String,
    },
    /// A dt from long ago.
    #[error("the time {time} is before {earliest}, the earliest accepted: is the sensor's clock set?")]
    TimeTooOld {
        /// The time.
        time: DateTime<Utc>,
        /// The bound.
        earliest: DateTime<Utc>,
    },
    /// A dt from the future.
    #[error("the time {time} is after {latest}, the latest accepted: is the sensor's clock right?")]
    TimeTooNew {
        /// The time.
        time: DateTime<Utc>,
        /// The bound.
        latest: DateTime<Utc>,
    },
    /// No value.
    #[error("the member value is missing: a number is expected")]
    ValueMissing,
    /// A value that is no number.
    #[error("the member value is {found}, a number is expected")]
    ValueNotNumber {
        /// What it is.
        found: &'static str,
    },
    /// Nothing in it, of a source whose format is described.
    #[error("the payload is empty: what the source's message format describes is expected")]
    NoPayload,
    /// No array where the readings should be.
    #[error("{place} is {found}, an array of readings is expected")]
    NoRecords {
        /// Where.
        place: String,
        /// What it is.
        found: &'static str,
    },
    /// More readings than a message may have.
    #[error("the message has more than {limit} readings, the limit of one message")]
    TooManyReadings {
        /// The bound.
        limit: usize,
    },
    /// None of the values that it might have.
    #[error("the message has no reading: none of its values is there ({places})")]
    NoReading {
        /// Where values are looked for.
        places: String,
    },
    /// A message that the broker had kept, of a source whose readings take the time of their receipt.
    #[error(
        "the broker had kept this message, so it is not known when it was measured: the source takes the time of receipt"
    )]
    Retained,
    /// No text for the sensor's name.
    #[error("the sensor's name is {found} at {place}: a text is expected there")]
    SensorAbsent {
        /// Where.
        place: String,
        /// Missing or null.
        found: &'static str,
    },
    /// Something else than a text for the sensor's name.
    #[error("what the sensor's name is made of at {place} is {found}, a text or a whole number is expected")]
    SensorKind {
        /// Where.
        place: String,
        /// What it is.
        found: &'static str,
    },
    /// An empty text for the sensor's name.
    #[error("what the sensor's name is made of at {place} is empty")]
    SensorPieceEmpty {
        /// Where.
        place: String,
    },
    /// No time.
    #[error("the time is {found} at {place}")]
    TimeAbsent {
        /// Where.
        place: String,
        /// Missing or null.
        found: &'static str,
    },
    /// Something that is no time in the source's writing.
    #[error("the time at {place} is not understood: it is {found}, and {expected}")]
    TimeUnread {
        /// Where.
        place: String,
        /// What it is.
        found: String,
        /// What would have been understood.
        expected: &'static str,
    },
    /// No value.
    #[error("the value is {found} at {place}: a number is expected")]
    ValueAbsent {
        /// Where.
        place: String,
        /// Missing or null.
        found: &'static str,
    },
    /// Something that is no value.
    #[error("the value at {place} is {found}, and {expected} is expected")]
    ValueKind {
        /// Where.
        place: String,
        /// What it is.
        found: String,
        /// What would have been a value.
        expected: String,
    },
    /// A reading that is another one, or none, since the source's format has changed.
    #[error("the source's message format has changed since: {detail}")]
    Reconfigured {
        /// What is there now.
        detail: String,
    },
    /// One unknown sensor too many.
    #[error(
        "the sensor is not known, and {limit} sensors have registered themselves already, the limit: declare it in a sensor list, or raise --auto-sensors-max"
    )]
    SensorLimit {
        /// The bound.
        limit: usize,
    },
    /// The database said no.
    #[error("{detail}")]
    Refused {
        /// What it said.
        detail: String,
    },
    /// Too large to be kept beside the others, and not where the whole should be.
    #[error(
        "only the beginning of the payload was kept here, and the whole can't be read from the archive: {detail}"
    )]
    PayloadLost {
        /// What is wrong with the archive.
        detail: String,
    },
    /// A sensor list in the journal that can't be read.
    #[error("the sensor list cannot be used: {detail}")]
    SensorList {
        /// Why.
        detail: String,
    },
}

/// A rejection, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Why.
    pub why: Rejection,
    /// The sensor's name, where it could be read.
    pub sensor: Option<String>,
}

impl From<Rejection> for Rejected {
    fn from(why: Rejection) -> Self {
        Self { why, sensor: None }
    }
}

impl Rejection {
    /// The word of a reading that the database refused: its message was understood.
    pub(crate) const REFUSED_CODE: &'static str = "refused_by_database";
    /// The word of a message without a time of its own that the broker had kept.
    pub(crate) const RETAINED_CODE: &'static str = "retained";
    /// The word of a sensor list that can't be used.
    pub(crate) const SENSOR_LIST_CODE: &'static str = "sensor_list_invalid";

    /// The stable word: in `quarantined_message.code`, in metrics and in the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoPayload => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::NotAnObject { .. } | Self::Shape { .. } | Self::NoRecords { .. } => "wrong_shape",
            Self::TooManyReadings { .. } => "too_many_readings",
            Self::Retained => Self::RETAINED_CODE,
            Self::Reconfigured { .. } => "reconfigured",
            Self::SensorMissing | Self::SensorAbsent { .. } => "sensor_missing",
            Self::SensorNotText { .. } | Self::SensorKind { .. } => "sensor_not_text",
            Self::SensorEmpty | Self::SensorPieceEmpty { .. } => "sensor_empty",
            Self::SensorTooLong { .. } => "sensor_too_long",
            Self::SensorNul => "sensor_invalid",
            Self::TimeMissing | Self::TimeAbsent { .. } => "time_missing",
            Self::TimeNotText { .. } => "time_not_text",
            Self::TimeMalformed { .. } | Self::TimeUnread { .. } => "time_malformed",
            Self::TimeTooOld { .. } => "time_too_old",
            Self::TimeTooNew { .. } => "time_too_new",
            Self::ValueMissing | Self::ValueAbsent { .. } | Self::NoReading { .. } => "value_missing",
            Self::ValueNotNumber { .. } | Self::ValueKind { .. } => "value_not_number",
            Self::SensorLimit { .. } => "sensor_limit",
            Self::Refused { .. } => Self::REFUSED_CODE,
            Self::PayloadLost { .. } => "payload_lost",
            Self::SensorList { .. } => Self::SENSOR_LIST_CODE,
        }
    }
}

/// What a JSON value is, in words that fit "the member is …".
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// How much a sentence repeats of a payload's text.
pub(crate) const TEXT_CHARS: usize = 60;
/// How much a sentence repeats of what a parser or a check said, which may repeat the payload in its turn.
pub(crate) const DETAIL_CHARS: usize = 300;

/// The beginning of a text, for a sentence.
pub(crate) fn excerpt(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
