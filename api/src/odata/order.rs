//! `$orderby` of readings and buckets: groups of sensors, and time within each.
//!
//! Rows are read by time. An order that begins with properties of the sensor sorts the sensors first; those that are equal
//! in it form a group, whose rows come together by time. Without such properties all sensors are one group.

use std::cmp::Ordering;
use std::sync::Arc;

use entity::query::readings::Direction;
use entity::query::sensors::Sensor;

use super::model::{Property, Role};
use super::options::Key;
use super::refusal::absent;
use super::row::Row;
use super::value::Value;
use crate::http::Problem;

/// What rows of readings and buckets can be sorted by.
pub(crate) const ACCEPTED: &str = "the time (Time of Readings, Start of Buckets) with asc or desc, or properties of the sensor \
     and the time behind them, such as Sensor,Time desc";

/// The order of rows that are read by time.
#[derive(Debug)]
pub(crate) struct ByTime {
    of_sensors: Vec<Key>,
    pub(crate) direction: Direction,
}

impl ByTime {
    pub(crate) fn of(keys: &[Key]) -> Result<Self, Problem> {
        let at = keys.iter().position(|key| key.property.role == Role::Time);
        let (of_sensors, time) = keys.split_at(at.unwrap_or(keys.len()));
        // Behind the time, rows of one sensor are in order already; rows of several would have to wait for each other.
        let is_alone = of_sensors.iter().any(|key| is_key(key.property));
        if time.len() > 1 && !is_alone {
            return Err(absent(
                "$orderby",
                "rows of the same time are not sorted further",
                ACCEPTED,
            ));
        }
        let descending = time.first().is_some_and(|key| key.descending);
        Ok(Self {
            of_sensors: of_sensors.to_vec(),
            direction: if descending {
                Direction::Desc
            } else {
                Direction::Asc
            },
        })
    }

    /// Whether the sensors must be known before any row is read.
    pub(crate) fn needs_sensors(&self) -> bool {
        !self.of_sensors.is_empty()
    }

    /// The groups, in order.
    pub(crate) fn groups(&self, mut sensors: Vec<Arc<Sensor>>) -> Vec<Vec<Arc<Sensor>>> {
        sensors.sort_by(|a, b| compare(&self.of_sensors, a, b).then(a.id.cmp(&b.id)));
        let mut groups: Vec<Vec<Arc<Sensor>>> = Vec::new();
        for sensor in sensors {
            match groups.last_mut() {
                Some(group) if compare(&self.of_sensors, &group[0], &sensor) == Ordering::Equal => {
                    group.push(sensor);
                }
                _ => groups.push(vec![sensor]),
            }
        }
        groups
    }
}

/// Whether no two sensors have it in common.
fn is_key(property: &Property) -> bool {
    matches!(property.name, "Id" | "SensorId")
}

/// How two sensors compare by these keys.
pub(crate) fn compare(keys: &[Key], a: &Sensor, b: &Sensor) -> Ordering {
    fn of(sensor: &Sensor) -> Row<'_> {
        Row {
            sensor: Some(sensor),
            ..Row::default()
        }
    }
    keys.iter().fold(Ordering::Equal, |so_far, key| {
        so_far.then_with(|| {
            let (a, b) = (key.property.get(&of(a)), key.property.get(&of(b)));
            let order = a.unwrap_or(Value::Null).sort(&b.unwrap_or(Value::Null));
            if key.descending { order.reverse() } else { order }
        })
    })
}
