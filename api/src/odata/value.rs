//! Values of properties and literals: their types, their order, and how JSON shows them.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::ask::time;

/// The type of a property, in OData's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edm {
    Boolean,
    Int64,
    Double,
    String,
    DateTimeOffset,
    Guid,
}

impl Edm {
    /// Its name without the namespace `Edm`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Int64 => "Int64",
            Self::Double => "Double",
            Self::String => "String",
            Self::DateTimeOffset => "DateTimeOffset",
            Self::Guid => "Guid",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Boolean => Kind::Bool,
            Self::Int64 | Self::Double => Kind::Number,
            Self::String => Kind::Text,
            Self::DateTimeOffset => Kind::Time,
            Self::Guid => Kind::Guid,
        }
    }
}

/// What can be compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Number,
    Text,
    Time,
    Guid,
}

impl Kind {
    /// For messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Time => "a time",
            Self::Guid => "a GUID",
        }
    }

    /// How a value of it is written in a filter.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Bool => "true",
            Self::Number => "17.5",
            Self::Text => "'Sensor 1'",
            Self::Time => "2026-11-23T10:00:00Z",
            Self::Guid => "6f1c1f0a-9a52-5c0e-8f27-2f6b9d3d7c11",
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    Time(DateTime<Utc>),
    Guid(Uuid),
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    pub(crate) fn double(number: Option<f64>) -> Self {
        number.map_or(Self::Null, Self::Double)
    }

    pub(crate) fn count(count: u64) -> Self {
        Self::Int(count.cast_signed())
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Null => None,
            Self::Bool(_) => Some(Kind::Bool),
            Self::Int(_) | Self::Double(_) => Some(Kind::Number),
            Self::Text(_) => Some(Kind::Text),
            Self::Time(_) => Some(Kind::Time),
            Self::Guid(_) => Some(Kind::Guid),
        }
    }

    /// The same, borrowed from this one.
    pub(crate) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Time(value) => Value::Time(*value),
            Self::Guid(value) => Value::Guid(*value),
        }
    }

    /// A number as a double, which holds every count of readings exactly.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// How two values of one kind compare; `None` for nulls, NaN and different kinds. Texts compare by code points.
    pub(crate) fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Value::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Self::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            (Self::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    /// Whether the operator `eq` takes them for the same: null equals null and nothing else.
    pub(crate) fn equals(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// The order of `$orderby`: nulls are lowest, as OData has it.
    pub(crate) fn sort(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Null, Value::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }

    /// As JSON shows it; 64-bit integers as texts for clients whose numbers are all doubles.
    pub(crate) fn json(&self, int64_as_text: bool) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) if int64_as_text => Json::String(value.to_string()),
            Self::Int(value) => Json::from(*value),
            Self::Double(value) if value.is_nan() => Json::from("NaN"),
            Self::Double(value) if value.is_infinite() => {
                Json::from(if *value > 0.0 { "INF" } else { "-INF" })
            }
            Self::Double(value) => Json::from(*value),
            Self::Text(text) => Json::from(text.as_ref()),
            Self::Time(value) => Json::from(time::format(*value)),
            Self::Guid(value) => Json::from(value.to_string()),
        }
    }

    /// As `/$value` shows it; null has no such form.
    pub(crate) fn raw(&self) -> Option<String> {
        match self.json(false) {
            Json::Null => None,
            Json::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    /// As a literal of an address.
    pub(crate) fn literal(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            other => other.raw().unwrap_or_default(),
        }
    }
}
