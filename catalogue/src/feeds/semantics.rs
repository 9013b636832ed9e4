//! What fields mean, in words that other programs know: SOSA, the W3C's vocabulary of sensors and observations.

use crate::model::{Dataset, Field, FieldUnit, Kind};

use super::units;

/// The property that a field's values are of; `None` where no vocabulary has it.
pub(super) fn property(dataset: &Dataset, field: &Field) -> Option<String> {
    let sosa = |name: &str| Some(format!("http://www.w3.org/ns/sosa/{name}"));
    match (dataset.kind, field.name.as_str()) {
        (Kind::Readings, "time") => sosa("phenomenonTime"),
        (Kind::Readings, "received_at") => sosa("resultTime"),
        (Kind::Readings, "value") => sosa("hasSimpleResult"),
        (Kind::Readings | Kind::Rollup, "sensor_id") => sosa("madeBySensor"),
        _ => match &field.unit {
            FieldUnit::Known { quantity_kind, .. } => Some(units::quantity_kind(quantity_kind)),
            _ => None,
        },
    }
}
