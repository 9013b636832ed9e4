//! How a source's messages become readings: its configuration, as far as loader and replayer need it.
//!
//! It is found by the source's name alone, so that a replay from the journal or from S3 reads a message as the loader did.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::load::OnConflict;

use super::Source;
use crate::decode::{Bounds, Format, Message, Readings, Rejected, imported};
use crate::message::Kind;

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

/// Those of some sources, by name.
#[derive(Debug, Clone, Default)]
pub struct Manners(Arc<[(String, Manner)]>);

impl Manners {
    /// That of the source of this name.
    pub(crate) fn of(&self, name: &str) -> &Manner {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or(&PLAIN, |(_, manner)| manner)
    }

    /// The names of the sources.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl FromIterator<(String, Manner)> for Manners {
    fn from_iter<T: IntoIterator<Item = (String, Manner)>>(manners: T) -> Self {
        Self(manners.into_iter().collect())
    }
}

impl From<&[Source]> for Manners {
    fn from(sources: &[Source]) -> Self {
        let of = |source: &Source| (source.name.clone(), source.manner.clone());
        sources.iter().map(of).collect()
    }
}

impl Manner {
    /// Reads a record of this source: a message as its format says, a row of an imported file as all such rows are.
    pub(crate) fn read<'a>(
        &'a self,
        kind: Kind,
        message: &Message<'a>,
        general: &Bounds,
    ) -> Result<Readings<'a>, Rejected> {
        match kind {
            Kind::Imported => {
                imported::decode(message.payload, message.received_at, general).map(Readings::One)
            }
            Kind::Message | Kind::SensorList => self.format.read(message, &self.bounds(general)),
        }
    }

    /// What is accepted of this source, where `general` is of all.
    fn bounds(&self, general: &Bounds) -> Bounds {
        Bounds {
            time_past_max: self.time_past_max.unwrap_or(general.time_past_max),
            time_future_max: self.time_future_max.unwrap_or(general.time_future_max),
            ..*general
        }
    }
}
