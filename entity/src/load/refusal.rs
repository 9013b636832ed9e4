//! What the table of sensors would refuse, said before it does, in words for people.

use super::{DeclaredSensor, SENSOR_NAME_BYTES_MAX};
use crate::sql::is_storable;

impl DeclaredSensor {
    /// Why the database would refuse this sensor; `None` when it would not. A list with such a sensor is to be refused
    /// before it is applied: refused by the database, it would halt the loader.
    pub fn refusal(&self) -> Option<String> {
        if self.name.is_empty() {
            return Some("its name is empty".to_owned());
        }
        if self.name.len() > SENSOR_NAME_BYTES_MAX {
            return Some(format!("its name is longer than {SENSOR_NAME_BYTES_MAX} bytes"));
        }
        let declared = [
            Some(&self.name),
            self.kind.as_ref(),
            self.unit.as_ref(),
            self.description.as_ref(),
        ];
        let labels = self.labels.iter().flat_map(|(key, value)| [key, value]);
        if !declared
            .into_iter()
            .flatten()
            .chain(labels)
            .all(|text| is_storable(text))
        {
            return Some("a text has a NUL character".to_owned());
        }
        if self.lat.is_some_and(|lat| !(-90.0..=90.0).contains(&lat)) {
            return Some("lat is not between -90 and 90 degrees".to_owned());
        }
        if self.lng.is_some_and(|lng| !(-180.0..=180.0).contains(&lng)) {
            return Some("lng is not between -180 and 180 degrees".to_owned());
        }
        if [self.range_min, self.range_max]
            .into_iter()
            .flatten()
            .any(|bound| !bound.is_finite())
        {
            return Some("range has a bound that is no finite number".to_owned());
        }
        if self
            .range_min
            .zip(self.range_max)
            .is_some_and(|(min, max)| min > max)
        {
            return Some("range begins above its end".to_owned());
        }
        if self
            .expected_interval_seconds
            .is_some_and(|seconds| !(seconds > 0.0 && seconds.is_finite()))
        {
            return Some("the expected interval is not a positive number of seconds".to_owned());
        }
        None
    }
}
