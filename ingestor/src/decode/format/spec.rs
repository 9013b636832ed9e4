//! A format as people write it, in the file of sources.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::epoch::TimeFormat;
use super::place::{Place, PlaceError, Pointer};
use super::template::Template;

/// Where in a message its readings lie. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatSpec {
    /// What payloads are; JSON by default.
    #[serde(default)]
    pub payload: PayloadKind,
    /// A pointer to the array of readings; without it, the message is one.
    pub(super) records: Option<Records>,
    /// The name of the sensor, for all values that have none of their own.
    pub sensor: Option<Template>,
    /// When it was measured.
    pub time: TimeSource,
    /// How the time is written; RFC 3339 by default.
    #[serde(default)]
    pub time_format: TimeFormat,
    /// What was measured.
    pub values: Vec<ValueSpec>,
}

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayloadKind {
    /// JSON.
    #[default]
    Json,
    /// One value as text, such as 23.5 or ON.
    Text,
}

/// Where the array of readings is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Records(pub(super) Pointer);

impl TryFrom<String> for Records {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        Pointer::parse(&text).map(Self)
    }
}

/// Where a time comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TimeSource {
    /// It is when the message was received.
    Receipt,
    /// The message says it.
    Place(Place),
}

impl TryFrom<String> for TimeSource {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        if text == "receipt" {
            return Ok(Self::Receipt);
        }
        text.parse().map(Self::Place)
    }
}

/// A value of a message, or of each of its records.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueSpec {
    /// Where it stands.
    pub at: Place,
    /// The name of its sensor, where the values of a message are of several.
    pub sensor: Option<Template>,
    /// Messages without it, or with null in its place, are in order.
    #[serde(default)]
    pub optional: bool,
    /// true is 1 and false is 0.
    #[serde(default)]
    pub booleans: bool,
    /// A text that is a number is that number.
    #[serde(default)]
    pub text_numbers: bool,
    /// What texts mean, such as ON = 1 and OFF = 0.
    #[serde(default)]
    pub words: BTreeMap<String, f64>,
}
