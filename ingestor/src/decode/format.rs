//! How the messages of a source are read: the plain format, or one that the source's configuration describes.
//!
//! A described format says where in a message its readings lie, by JSON pointers (RFC 6901) and levels of the topic. It is
//! compiled once, into a tree of the members that matter (`plan.rs`); a payload is then walked once, and only those members
//! are looked at (`walk.rs`). What was found becomes readings, each by itself (`readings.rs`).
//!
//! The same message, configuration and receipt give the same readings in the same order, whenever they are read: a replay
//! needs nothing but the source's configuration.

mod epoch;
mod place;
mod plan;
mod readings;
mod spec;
mod template;
mod walk;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Bounds, Decoded, Rejected};

pub use epoch::TimeFormat;
pub use place::{Place, PlaceError};
pub use plan::FormatError;
pub use spec::{FormatSpec, PayloadKind, TimeSource, ValueSpec};
pub use template::{Template, TemplateError};

/// A message as it was received, as far as decoding looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its topic.
    pub topic: &'a [u8],
    /// Its payload.
    pub payload: &'a [u8],
    /// The broker had kept it.
    pub retain: bool,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// How a source's messages are read.
#[derive(Debug, Clone, Default)]
pub enum Format {
    /// `{"id": "Sensor 1", "dt": "2026-11-23T10:00:00.123456", "value": 17}`.
    #[default]
    Plain,
    /// As a configuration describes.
    Described(Arc<Described>),
}

/// A described format, ready to read messages.
#[derive(Debug)]
pub struct Described {
    plan: plan::Plan,
}

/// The readings of a message that was understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Readings<'a> {
    /// The only one, of a message that says one.
    One(Decoded<'a>),
    /// Some of several, at least one of which is a reading.
    Several(Vec<Part<'a>>),
}

/// One of several readings of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'a> {
    /// Which one of the message, from 1.
    pub item: i16,
    /// What it says, or why it can't be used.
    pub said: Result<Decoded<'a>, Rejected>,
}

impl Format {
    /// The format that a configuration describes.
    pub fn described(spec: &FormatSpec) -> Result<Self, FormatError> {
        let plan = plan::Plan::new(spec)?;
        Ok(Self::Described(Arc::new(Described { plan })))
    }

    /// Whether readings take the time of their receipt, so that a message which the broker had kept has none.
    pub fn is_timed_by_receipt(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Described(described) => described.plan.is_timed_by_receipt(),
        }
    }

    /// Reads a message. One of which no reading can be used is refused as a whole, with the reason of the first.
    pub fn read<'a>(&'a self, message: &Message<'a>, bounds: &Bounds) -> Result<Readings<'a>, Rejected> {
        match self {
            Self::Plain => super::decode(message.payload, message.received_at, bounds).map(Readings::One),
            Self::Described(described) => readings::read(&described.plan, message, bounds),
        }
    }
}

impl<'a> Readings<'a> {
    /// The reading of a number: 0 is the only one, others are counted from 1.
    pub fn take(self, item: i16) -> Option<Result<Decoded<'a>, Rejected>> {
        match self {
            Self::One(decoded) => (item == 0).then_some(Ok(decoded)),
            Self::Several(parts) => parts
                .into_iter()
                .find(|part| part.item == item)
                .map(|part| part.said),
        }
    }
}

#[cfg(test)]
mod tests;
