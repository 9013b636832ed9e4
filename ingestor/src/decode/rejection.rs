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
    /// The word of a sensor list that can't be used.
    pub(crate) const SENSOR_LIST_CODE: &'static str = "sensor_list_invalid";

    /// The stable word: in `quarantined_message.code`, in metrics and in the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::NotAnObject { .. } | Self::Shape { .. } => "wrong_shape",
            Self::SensorMissing => "sensor_missing",
            Self::SensorNotText { .. } => "sensor_not_text",
            Self::SensorEmpty => "sensor_empty",
            Self::SensorTooLong { .. } => "sensor_too_long",
            Self::SensorNul => "sensor_invalid",
            Self::TimeMissing => "time_missing",
            Self::TimeNotText { .. } => "time_not_text",
            Self::TimeMalformed { .. } => "time_malformed",
            Self::TimeTooOld { .. } => "time_too_old",
            Self::TimeTooNew { .. } => "time_too_new",
            Self::ValueMissing => "value_missing",
            Self::ValueNotNumber { .. } => "value_not_number",
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
