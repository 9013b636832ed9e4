//! Filters and orders, as questions say them.

use async_graphql::{Enum, ID, InputObject};
use entity::query::readings;
use entity::query::sensors;

use super::QualityFlag;
use crate::ask::sensors::{check_text, within_limit};
use crate::ask::{places, values};
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// Which sensors; all that is given must hold, and an empty list matches none.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct SensorFilter {
    /// One of these ids.
    ids: Option<Vec<ID>>,
    /// One of these names, exactly.
    names: Option<Vec<String>>,
    /// Of one of these sources.
    sources: Option<Vec<String>>,
    /// Of one of these types, such as `temperature`.
    types: Option<Vec<String>>,
    /// In one of these units, as declared or by its UCUM code.
    units: Option<Vec<String>>,
    /// With all of these labels.
    labels: Option<Vec<LabelFilter>>,
    /// With these words somewhere in name, description, type or a label, in any case.
    text: Option<String>,
    /// Inside this box.
    within: Option<BoundingBox>,
    /// Around a point.
    near: Option<Near>,
    /// Declared by a sensor list (true), or registered by their messages (false).
    declared: Option<bool>,
}

/// A label that must be there.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct LabelFilter {
    /// What it is about, such as `site`.
    key: String,
    /// What it says, exactly. Default: anything.
    value: Option<String>,
}

/// A box on the globe, its edges included.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct BoundingBox {
    /// The southern edge, in degrees north.
    south: f64,
    /// The western edge, in degrees east; greater than the eastern one where the box spans the date line.
    west: f64,
    /// The northern edge, in degrees north.
    north: f64,
    /// The eastern edge, in degrees east.
    east: f64,
}

/// A circle on the globe.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct Near {
    /// Its centre, in degrees north.
    lat: f64,
    /// Its centre, in degrees east.
    lng: f64,
    /// Its radius, in metres.
    metres: f64,
}

/// Which readings, besides their time; all that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct ReadingFilter {
    /// Of these sensors.
    sensors: Option<SensorFilter>,
    /// With one of these flags.
    flags: Option<Vec<QualityFlag>>,
    /// At least this value.
    value_min: Option<f64>,
    /// At most this value.
    value_max: Option<f64>,
}

/// The order of a list of sensors; nulls come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::query::sensors::SensorOrder")]
pub(crate) enum SensorOrder {
    /// By name, then source.
    NameAsc,
    /// By name, then source, from the end.
    NameDesc,
    /// By type, then name.
    TypeAsc,
    /// By type, then name, from the end.
    TypeDesc,
    /// The longest active first.
    ActiveSinceAsc,
    /// The newest first.
    ActiveSinceDesc,
}

impl SensorFilter {
    /// The filter as the database understands it; `argument` gave it.
    pub(crate) fn check(
        self,
        argument: &'static str,
        limits: &Limits,
    ) -> Result<sensors::SensorFilter, ApiError> {
        let texts = |texts: &Option<Vec<String>>| -> Result<(), ApiError> {
            let texts = texts.as_deref().unwrap_or_default();
            within_limit(argument, texts.len(), limits)?;
            texts
                .iter()
                .try_for_each(|text| check_text(argument, text, limits))
        };
        [&self.names, &self.sources, &self.types, &self.units]
            .into_iter()
            .try_for_each(texts)?;
        let labels = self.labels.unwrap_or_default();
        within_limit(argument, labels.len(), limits)?;
        for label in &labels {
            check_text(argument, &label.key, limits)?;
            check_text(argument, label.value.as_deref().unwrap_or_default(), limits)?;
        }
        check_text(argument, self.text.as_deref().unwrap_or_default(), limits)?;
        within_limit(argument, self.ids.as_deref().unwrap_or_default().len(), limits)?;
        Ok(sensors::SensorFilter {
            uuids: self.ids.as_deref().map(uuids),
            names: self.names,
            sources: self.sources,
            kinds: self.types,
            units: self.units,
            labels: labels.into_iter().map(|label| (label.key, label.value)).collect(),
            text: self.text.filter(|text| !text.trim().is_empty()),
            within: self.within.map(|within| within.check(argument)).transpose()?,
            near: self.near.map(|near| near.check(argument)).transpose()?,
            declared: self.declared,
        })
    }
}

/// The ids of sensors among `ids`; what is no UUID is the id of none.
fn uuids(ids: &[ID]) -> Vec<uuid::Uuid> {
    ids.iter()
        .filter_map(|id| uuid::Uuid::try_parse(id).ok())
        .collect()
}

impl BoundingBox {
    fn check(self, argument: &'static str) -> Result<sensors::BoundingBox, ApiError> {
        let Self {
            south,
            west,
            north,
            east,
        } = self;
        let bounds = sensors::BoundingBox {
            south,
            west,
            north,
            east,
        };
        places::within(&format!("{argument}.within"), bounds)
    }
}

impl Near {
    fn check(self, argument: &'static str) -> Result<sensors::Near, ApiError> {
        let Self { lat, lng, metres } = self;
        let circle = sensors::Near {
            centre: sensors::Location { lat, lng },
            metres,
        };
        places::near(&format!("{argument}.near"), circle)
    }
}

impl ReadingFilter {
    /// The filter as the database understands it, and that of its sensors; `argument` gave it.
    pub(crate) fn check(
        self,
        argument: &'static str,
        limits: &Limits,
    ) -> Result<(readings::ReadingFilter, Option<sensors::SensorFilter>), ApiError> {
        let min = format!("{argument}.valueMin");
        values::check_bounds((&min, self.value_min), ("valueMax", self.value_max))?;
        let of_sensors = self
            .sensors
            .map(|filter| filter.check("filter.sensors", limits))
            .transpose()?;
        let filter = readings::ReadingFilter {
            flags: self
                .flags
                .map(|flags| flags.into_iter().map(Into::into).collect()),
            value_min: self.value_min,
            value_max: self.value_max,
        };
        Ok((filter, of_sensors))
    }
}
