//! The sensors that the loader knows, so that a batch asks the database only for new ones.

use std::collections::HashMap;

use entity::load::KnownSensor;

/// Sensors by source and name.
#[derive(Debug, Default)]
pub(crate) struct KnownSensors {
    by_source: HashMap<String, HashMap<String, KnownSensor>>,
    auto_registered: usize,
}

impl KnownSensors {
    pub(crate) fn new(sensors: Vec<KnownSensor>) -> Self {
        let mut known = Self::default();
        known.extend(sensors);
        known
    }

    pub(crate) fn get(&self, source: &str, name: &str) -> Option<&KnownSensor> {
        self.by_source.get(source)?.get(name)
    }

    /// How many registered themselves by their messages.
    pub(crate) fn auto_registered(&self) -> usize {
        self.auto_registered
    }

    /// Adds sensors, or what has become of them.
    pub(crate) fn extend(&mut self, sensors: Vec<KnownSensor>) {
        for sensor in sensors {
            self.auto_registered += usize::from(!sensor.declared);
            let of_source = self.by_source.entry(sensor.source.clone()).or_default();
            if let Some(before) = of_source.insert(sensor.name.clone(), sensor) {
                self.auto_registered -= usize::from(!before.declared);
            }
        }
    }
}
