//! Sensors grouped by what they have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Enum, InputObject};
use entity::query::aggregates::Member;
use entity::query::sensors::Sensor;
use entity::unit::Conversion;

use crate::ask::sensors::check_text;
use crate::ask::units::{self, Shown};
use crate::graphql::error::ApiError;
use crate::graphql::model::sensor::Label;
use crate::options::Limits;

/// Keys of one `groupBy`.
const KEYS_MAX: usize = 8;
/// The size of a cell of places where none is named, some 11 km from south to north.
const DEGREES: f64 = 0.1;
const DEGREES_MIN: f64 = 1e-6;
const DEGREES_MAX: f64 = 180.0;
/// Of what a sensor does not say.
const NONE: &str = "(none)";

/// What sensors that are shown together have in common: exactly one of `by` and `label`.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct GroupKey {
    /// Something that every sensor may have.
    by: Option<GroupBy>,
    /// What the label with this key says, such as `site`.
    label: Option<String>,
    /// With `by: PLACE` the size of a cell in degrees, over 0 and up to 180. Default: 0.1.
    degrees: Option<f64>,
}

/// What sensors can be grouped by, besides labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum GroupBy {
    /// What they measure, such as `temperature`.
    Type,
    /// Their own unit, by its UCUM code, or as declared when its meaning is not known.
    Unit,
    /// The source whose messages name them.
    Source,
    /// Where they are: cells of `degrees` from the equator and the prime meridian on, named by the degrees north and east
    /// of their south-west corner, such as `47.3,8.5`.
    Place,
}

/// The keys of a question, checked.
#[derive(Debug)]
pub(crate) struct Grouping(Vec<Key>);

#[derive(Debug, PartialEq)]
enum Key {
    Type,
    Unit,
    Source,
    Place { degrees: f64 },
    Label(String),
}

/// Sensors that are shown together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) labels: Vec<Label>,
    pub(crate) sensors: Vec<Arc<Sensor>>,
    /// The unit that each of them is converted into before they are merged, in their order.
    pub(crate) conversions: Vec<Conversion>,
    /// How the merged values are shown.
    pub(crate) shown: Shown,
}

impl GroupKey {
    fn check(self, limits: &Limits) -> Result<Key, ApiError> {
        let refused = |message: &str, accepted: &str| {
            Err(ApiError::InvalidArgument {
                argument: "groupBy".to_owned(),
                message: message.to_owned(),
                accepted: accepted.to_owned(),
            })
        };
        if self.degrees.is_some() && self.by != Some(GroupBy::Place) {
            return refused(
                "only places have cells of so many degrees",
                "degrees with by: PLACE",
            );
        }
        match (self.by, self.label) {
            (Some(GroupBy::Type), None) => Ok(Key::Type),
            (Some(GroupBy::Unit), None) => Ok(Key::Unit),
            (Some(GroupBy::Source), None) => Ok(Key::Source),
            (Some(GroupBy::Place), None) => {
                let degrees = self.degrees.unwrap_or(DEGREES);
                if (DEGREES_MIN..=DEGREES_MAX).contains(&degrees) {
                    Ok(Key::Place { degrees })
                } else {
                    refused("no such cells cover the globe", "degrees from 0.000001 to 180")
                }
            }
            (None, Some(label)) => {
                check_text("groupBy", &label, limits)?;
                Ok(Key::Label(label))
            }
            (Some(_), Some(_)) | (None, None) => refused(
                "a key is one thing that sensors have in common",
                "exactly one of by and label in each key, such as {by: TYPE} or {label: \"site\"}",
            ),
        }
    }
}

impl Grouping {
    /// The keys as they come; `None` without any.
    pub(crate) fn check(keys: Option<Vec<GroupKey>>, limits: &Limits) -> Result<Option<Self>, ApiError> {
        let asked = keys.unwrap_or_default();
        if asked.len() > KEYS_MAX {
            return Err(ApiError::LimitExceeded {
                argument: Some("groupBy"),
                limit: KEYS_MAX as u64,
                asked: Some(asked.len() as u64),
                advice: "group by fewer keys".to_owned(),
            });
        }
        let mut keys = Vec::with_capacity(asked.len());
        for key in asked {
            let key = key.check(limits)?;
            if keys.contains(&key) {
                return Err(ApiError::InvalidArgument {
                    argument: "groupBy".to_owned(),
                    message: "it names a key twice".to_owned(),
                    accepted: "each key once".to_owned(),
                });
            }
            keys.push(key);
        }
        Ok((!keys.is_empty()).then_some(Self(keys)))
    }

    /// The groups of these sensors, in the order of what they have in common, those that lack it last; each in the unit
    /// that is asked for, or in one that all of its sensors can be converted into.
    pub(crate) fn groups(
        &self,
        sensors: Vec<Arc<Sensor>>,
        unit: Option<&str>,
        limits: &Limits,
    ) -> Result<Vec<Group>, ApiError> {
        let mut groups: BTreeMap<Vec<Value>, Vec<Arc<Sensor>>> = BTreeMap::new();
        for sensor in sensors {
            let values = self.0.iter().map(|key| key.value(&sensor)).collect();
            groups.entry(values).or_default().push(sensor);
        }
        groups
            .into_iter()
            .map(|(values, sensors)| self.group(&values, sensors, unit, limits))
            .collect()
    }

    fn group(
        &self,
        values: &[Value],
        sensors: Vec<Arc<Sensor>>,
        unit: Option<&str>,
        limits: &Limits,
    ) -> Result<Group, ApiError> {
        let labels = self.0.iter().zip(values).map(|(key, value)| Label {
            key: key.name().to_owned(),
            value: value.text(),
        });
        let labels: Vec<Label> = labels.collect();
        let own = sensors.iter().map(|sensor| units::own(sensor));
        let own: Vec<Option<&str>> = own.collect();
        let (conversions, shown) = if own.iter().all(|unit| *unit == own[0]) {
            // Merged in their own unit, and converted once.
            let shown = Shown::of(&sensors[0], unit, limits)?;
            (vec![Conversion::IDENTITY; sensors.len()], shown)
        } else {
            let common = unit.or_else(|| own.iter().find_map(|unit| *unit));
            let into = |sensor: &Arc<Sensor>| {
                Shown::of(sensor, common, limits).map_err(|error| match unit {
                    Some(_) => error,
                    None => mixed(&labels, &own),
                })
            };
            let shown: Vec<Shown> = sensors.iter().map(into).collect::<Result<_, _>>()?;
            let conversions = shown.iter().map(|shown| shown.conversion).collect();
            let shown = shown[0].clone().arrived();
            (conversions, shown)
        };
        Ok(Group {
            labels,
            sensors,
            conversions,
            shown,
        })
    }
}

/// No unit is that of all.
fn mixed(labels: &[Label], own: &[Option<&str>]) -> ApiError {
    let mut units: Vec<&str> = own.iter().map(|unit| unit.unwrap_or("no unit")).collect();
    units.sort_unstable();
    units.dedup();
    let group: Vec<String> = labels
        .iter()
        .map(|label| format!("{} {:?}", label.key, label.value))
        .collect();
    ApiError::InvalidArgument {
        argument: "groupBy".to_owned(),
        message: format!(
            "the sensors of the group {} have values in {}, which don't go together",
            group.join(", "),
            units.join(", ")
        ),
        accepted: "{by: UNIT} among the keys, a unit that all can be converted into, or sensors of one kind"
            .to_owned(),
    }
}

impl Group {
    /// Its sensors for a statement that knows it by this number.
    pub(crate) fn members(&self, number: i32) -> impl Iterator<Item = Member> {
        let sensors = self.sensors.iter().zip(&self.conversions);
        sensors.map(move |(sensor, conversion)| Member {
            sensor: sensor.id,
            group: number,
            conversion: *conversion,
        })
    }
}

/// What a sensor says of a key; what is not said comes last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    /// The number of a cell from the south and the west, and where its corner is.
    Cell((i64, i64), String),
    None,
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Cell(_, text) => text.clone(),
            Self::None => NONE.to_owned(),
        }
    }
}

impl Key {
    fn name(&self) -> &str {
        match self {
            Self::Type => "type",
            Self::Unit => "unit",
            Self::Source => "source",
            Self::Place { .. } => "place",
            Self::Label(key) => key,
        }
    }

    fn value(&self, sensor: &Sensor) -> Value {
        let text = |text: Option<String>| text.map_or(Value::None, Value::Text);
        match self {
            Self::Type => text(sensor.kind.clone()),
            Self::Unit => text(units::own(sensor).map(str::to_owned)),
            Self::Source => text(Some(sensor.source.clone())),
            Self::Label(key) => text(sensor.label(key).map(str::to_owned)),
            Self::Place { degrees } => sensor.location.map_or(Value::None, |place| {
                let (south, west) = (cell(place.lat, *degrees), cell(place.lng, *degrees));
                let corner = format!("{},{}", edge(south, *degrees), edge(west, *degrees));
                Value::Cell((south, west), corner)
            }),
        }
    }
}

/// The number of the cell that a place lies in. A place on an edge, as people write it, lies in the cell that begins there,
/// whatever binary numbers make of it.
#[expect(clippy::cast_possible_truncation, reason = "180 by 1e-6 is far below 2^53")]
fn cell(place: f64, degrees: f64) -> i64 {
    let cells = place / degrees;
    let nearest = cells.round();
    if (cells - nearest).abs() < 1e-9 * cells.abs().max(1.0) {
        nearest as i64
    } else {
        cells.floor() as i64
    }
}

/// Where a cell begins, to a tenth of a millimetre.
#[expect(clippy::cast_precision_loss, reason = "180 by 1e-6 is far below 2^53")]
fn edge(cell: i64, degrees: f64) -> f64 {
    let edge = cell as f64 * degrees;
    // Zero has no sign.
    (edge * 1e9).round() / 1e9 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_in_the_cell_that_begins_south_west_of_them() {
        for (place, degrees, begins) in [
            (47.3, 0.1, 47.3),
            (47.379, 0.1, 47.3),
            (0.3, 0.1, 0.3),
            (-0.05, 0.1, -0.1),
            (-0.3, 0.1, -0.3),
            (0.0, 0.1, 0.0),
            (-180.0, 30.0, -180.0),
            (179.9, 180.0, 0.0),
            (8.123_456_7, 0.000_001, 8.123_456),
        ] {
            assert_eq!(
                edge(cell(place, degrees), degrees).to_string(),
                begins.to_string(),
                "{place} by {degrees}"
            );
        }
    }
}
