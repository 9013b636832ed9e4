//! The units of an export's sensors: worked out once for sensors that declare the same.

use std::collections::HashMap;

use entity::query::sensors::Sensor;

use crate::ask::units::Shown;
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// How values of each sensor are shown.
#[derive(Debug, Default)]
pub(super) struct Units {
    shown: Vec<Shown>,
    /// By the sensor's place: where in `shown`.
    of: Vec<usize>,
    known: HashMap<Declared, usize>,
}

/// All that the meaning of a unit depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Declared {
    unit: Option<String>,
    ucum: Option<String>,
    kind: Option<String>,
}

impl Units {
    /// Adds a sensor at the next place; its values can't be shown in a unit that its own is not converted into.
    pub(super) fn add(
        &mut self,
        sensor: &Sensor,
        asked: Option<&str>,
        limits: &Limits,
    ) -> Result<&Shown, ApiError> {
        let unit = sensor.unit.as_ref();
        let declared = Declared {
            unit: unit.map(|unit| unit.declared.clone()),
            ucum: unit.and_then(|unit| unit.ucum.clone()),
            kind: sensor.kind.clone(),
        };
        let at = if let Some(at) = self.known.get(&declared) {
            *at
        } else {
            self.shown.push(Shown::of(sensor, asked, limits)?);
            self.known.insert(declared, self.shown.len() - 1);
            self.shown.len() - 1
        };
        self.of.push(at);
        Ok(&self.shown[at])
    }

    pub(super) fn at(&self, place: usize) -> &Shown {
        &self.shown[self.of[place]]
    }
}
