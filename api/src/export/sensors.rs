//! The sensors of an export: those that match when it begins, with what its rows say of them.
//!
//! They are kept as columns, each word of them once: a plant has many sensors but few sites, and the formats that know
//! dictionaries need all words before the first row.

mod column;
mod unit;

use std::collections::HashMap;

use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::sensors::{self, SensorFilter, SensorOrder};
use entity::{DatabaseConnection, Scope};

use self::column::Building;
use self::unit::Units;
use crate::ask::units::Shown;
use crate::graphql::error::ApiError;
use crate::options::Limits;

pub(super) use self::column::{Cells, Saying, SensorColumn};

/// Sensors that are read at once.
const PAGE: u64 = 10_000;

/// The sensors of an export.
#[derive(Debug)]
pub(super) struct SensorTable {
    places: HashMap<i32, usize>,
    pub(super) columns: Vec<SensorColumn>,
    units: Units,
}

/// Which sensors, and what is said of them.
#[derive(Debug)]
pub(super) struct SensorsOf<'a> {
    pub(super) filter: &'a SensorFilter,
    /// The columns, in their order.
    pub(super) sayings: Vec<Saying>,
    /// The unit that values are to be shown in; `None` for each sensor's own.
    pub(super) unit: Option<&'a str>,
}

impl SensorTable {
    /// Those that match.
    pub(super) async fn read(
        db: &DatabaseConnection,
        scope: &Scope,
        of: SensorsOf<'_>,
        limits: &Limits,
    ) -> Result<Self, ApiError> {
        let mut building: Vec<Building> = of.sayings.into_iter().map(Building::new).collect();
        let mut units = Units::default();
        let mut places = HashMap::new();
        let mut after = None;
        loop {
            let request = PageRequest {
                limit: PAGE,
                at: PageAt::First(after),
            };
            let page = sensors::page(db, scope, of.filter, SensorOrder::NameAsc, &request).await?;
            for sensor in &page.rows {
                places.insert(sensor.id, places.len());
                let shown = units.add(sensor, of.unit, limits)?;
                for column in &mut building {
                    column.push(sensor, shown);
                }
            }
            let max = limits.export_sensors_max;
            if places.len() as u64 > u64::from(max) {
                return Err(ApiError::LimitExceeded {
                    argument: None,
                    limit: max.into(),
                    asked: Some(sensors::count(db, scope, of.filter).await?),
                    advice: "one export is of that many sensors at most: choose some by sensor, source, type or label"
                        .to_owned(),
                });
            }
            after = page.rows.last().map(|sensor| sensor.key(SensorOrder::NameAsc));
            if !page.has_next {
                break;
            }
        }
        Ok(Self {
            places,
            columns: building.into_iter().map(Building::finish).collect(),
            units,
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Their internal keys.
    pub(super) fn ids(&self) -> Vec<i32> {
        self.places.keys().copied().collect()
    }

    /// The place of a sensor; `None` when it was not there yet when the export began.
    pub(super) fn place(&self, id: i32) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// How values of the sensor at `place` are shown.
    pub(super) fn shown(&self, place: usize) -> &Shown {
        self.units.at(place)
    }
}
