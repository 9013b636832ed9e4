//! How a source's messages become readings: its configuration, as far as loader and replayer need it.
//!
//! It is found by the source's name alone, so that a replay from the journal or from S3 reads a message as the loader did.

use chrono::TimeDelta;
use entity::load::OnConflict;

use super::Source;
use crate::decode::{Bounds, Format};

/// How messages become readings.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// What they look like.
    pub format: Format,
    /// Which of two values for the same `(sensor, time)` is served.
    pub on_conflict: OnConflict,
    /// How long before its receipt a reading may have been taken, where the source says another time than all.
    pub time_past_max: Option<TimeDelta>,
    /// How far a sensor's clock may run ahead of ours, where the source says another time than all.
    pub time_future_max: Option<TimeDelta>,
}

/// For messages of a source that is not configured (any more): the plain format, and the first value stays.
static PLAIN: Manner = Manner {
    format: Format::Plain,
    on_conflict: OnConflict::First,
    time_past_max: None,
    time_future_max: None,
};

impl Manner {
    /// That of the source of this name.
    pub(crate) fn of<'s>(sources: &'s [Source], name: &str) -> &'s Self {
        let source = sources.iter().find(|source| source.name == name);
        source.map_or(&PLAIN, |source| &source.manner)
    }

    /// What is accepted of this source, where `general` is of all.
    pub(crate) fn bounds(&self, general: &Bounds) -> Bounds {
        Bounds {
            time_past_max: self.time_past_max.unwrap_or(general.time_past_max),
            time_future_max: self.time_future_max.unwrap_or(general.time_future_max),
            ..*general
        }
    }
}
