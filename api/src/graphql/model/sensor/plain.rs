//! What of a sensor needs no resolver, for lists that are written in one piece.

use async_graphql::ID;

use super::{Label, Location, Range, Sensor, SensorEdge, Unit};
use crate::graphql::projection::{Plain, Projection, Write, instant, json, object, text};
use crate::graphql::selection::Selected;

impl Plain for Sensor {
    const TYPE_NAME: &'static str = "Sensor";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "id" => json(|sensor: &Self| ID::from(sensor.0.uuid)),
            "name" => text(|sensor: &Self| Some(&sensor.0.name)),
            "source" => text(|sensor: &Self| Some(&sensor.0.source)),
            "type" => text(|sensor: &Self| sensor.0.kind.as_deref()),
            "unit" => object(field, |sensor: &Self| sensor.declared_unit())?,
            "description" => text(|sensor: &Self| sensor.0.description.as_deref()),
            "location" => object(field, |sensor: &Self| sensor.declared_location())?,
            "range" => object(field, |sensor: &Self| sensor.declared_range())?,
            "labels" => {
                let labels = Projection::of(&field.below())?;
                Box::new(move |sensor: &Self, out| labels.write_list(sensor.declared_labels(), out))
            }
            "declared" => json(|sensor: &Self| sensor.0.declared),
            "activeSince" => instant(|sensor: &Self| sensor.0.active_since),
            "expectedIntervalSeconds" => json(|sensor: &Self| sensor.0.expected_interval_seconds),
            _ => return None,
        })
    }
}

impl Plain for SensorEdge {
    const TYPE_NAME: &'static str = "SensorEdge";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "cursor" => text(|edge: &Self| Some(&edge.cursor)),
            "node" => object(field, |edge: &Self| edge.node.clone())?,
            _ => return None,
        })
    }
}

impl Plain for Unit {
    const TYPE_NAME: &'static str = "Unit";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "declared" => text(|unit: &Self| Some(&unit.declared)),
            "symbol" => text(|unit: &Self| unit.symbol.as_deref()),
            "ucum" => text(|unit: &Self| unit.ucum.as_deref()),
            "qudt" => text(|unit: &Self| unit.qudt.as_deref()),
            "quantityKind" => text(|unit: &Self| unit.quantity_kind.as_deref()),
            "integral" => text(|unit: &Self| unit.integral.as_deref()),
            _ => return None,
        })
    }
}

impl Plain for Location {
    const TYPE_NAME: &'static str = "Location";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "lat" => json(|location: &Self| location.lat),
            "lng" => json(|location: &Self| location.lng),
            _ => return None,
        })
    }
}

impl Plain for Range {
    const TYPE_NAME: &'static str = "Range";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "min" => json(|range: &Self| range.min),
            "max" => json(|range: &Self| range.max),
            _ => return None,
        })
    }
}

impl Plain for Label {
    const TYPE_NAME: &'static str = "Label";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "key" => text(|label: &Self| Some(&label.key)),
            "value" => text(|label: &Self| Some(&label.value)),
            _ => return None,
        })
    }
}
