//! Sensors: lists by filter, lookups by key.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr};
use uuid::Uuid;

use super::{Page, PageRequest};
use crate::Scope;

/// A sensor as the API shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// Internal key; never shown.
    pub id: i32,
    /// Public key: `UUIDv5` of source and name.
    pub uuid: Uuid,
    /// The source whose messages name this sensor.
    pub source: String,
    /// The name in the messages, verbatim.
    pub name: String,
    /// What it measures, such as `temperature`.
    pub kind: Option<String>,
    /// The unit and its mappings.
    pub unit: Option<Unit>,
    /// Where it stands or what it watches, in the operator's words.
    pub description: Option<String>,
    /// Degrees north and east, as declared.
    pub location: Option<Location>,
    /// The declared range of sound values, in the declared unit.
    pub range: Range,
    /// Site, plant, customer, …; sorted by key.
    pub labels: Vec<(String, String)>,
    /// Whether a sensor list declares it; otherwise its messages registered it.
    pub declared: bool,
    /// The time of its earliest known reading or declaration.
    pub active_since: Option<DateTime<Utc>>,
    /// Seconds between readings, declared or learnt.
    pub expected_interval_seconds: Option<f64>,
}

/// A unit of measurement: as declared, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Verbatim from the sensor list.
    pub declared: String,
    /// UCUM code, such as `Cel`; none when the declared unit is not understood.
    pub ucum: Option<String>,
    /// QUDT unit IRI.
    pub qudt: Option<String>,
    /// QUDT quantity kind, such as `Temperature`.
    pub quantity_kind: Option<String>,
    /// How people write it, such as `°C`.
    pub symbol: Option<String>,
}

/// A point in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
}

/// Bounds of sound values, either of which may be open.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Range {
    /// Lowest sound value.
    pub min: Option<f64>,
    /// Highest sound value.
    pub max: Option<f64>,
}

/// Which sensors; empty lists and `None` do not restrict, and all that is given must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorFilter {
    /// Public keys.
    pub uuids: Option<Vec<Uuid>>,
    /// Names, verbatim.
    pub names: Option<Vec<String>>,
    /// Sources.
    pub sources: Option<Vec<String>>,
    /// Types.
    pub kinds: Option<Vec<String>>,
    /// Units as declared or as UCUM codes.
    pub units: Option<Vec<String>>,
    /// Labels that must be there; a `None` value accepts any.
    pub labels: Vec<(String, Option<String>)>,
    /// Words that must occur in name, description, type or a label's value, in any case.
    pub text: Option<String>,
    /// Inside this box.
    pub within: Option<BoundingBox>,
    /// Within a distance of a point.
    pub near: Option<Near>,
    /// Declared by a list, or registered by messages.
    pub declared: Option<bool>,
}

/// A box in degrees; `west` may be greater than `east` when it spans the date line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Southern edge.
    pub south: f64,
    /// Western edge.
    pub west: f64,
    /// Northern edge.
    pub north: f64,
    /// Eastern edge.
    pub east: f64,
}

/// A circle on the globe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Its centre.
    pub centre: Location,
    /// Its radius in metres, by the haversine formula on a sphere of 6,371,008.8 m.
    pub metres: f64,
}

/// The order of a list of sensors; the internal key breaks ties, and nulls come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SensorOrder {
    /// By name, then source.
    #[default]
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

/// Where a page of sensors starts: the sort column's text of the last row seen, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorKey {
    /// The sort column as text; `None` where it is null.
    pub sort: Option<String>,
    /// The name, second in each order.
    pub name: String,
    /// The internal key.
    pub id: i32,
}

impl Sensor {
    /// The key of this sensor in `order`.
    pub fn key(&self, order: SensorOrder) -> SensorKey {
        let _ = order;
        unimplemented!()
    }
}

/// A page of the sensors that match.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    filter: &SensorFilter,
    order: SensorOrder,
    request: &PageRequest<SensorKey>,
) -> Result<Page<Sensor>, DbErr> {
    let _ = (db, scope, filter, order, request);
    unimplemented!()
}

/// How many sensors match.
pub async fn count(db: &DatabaseConnection, scope: &Scope, filter: &SensorFilter) -> Result<u64, DbErr> {
    let _ = (db, scope, filter);
    unimplemented!()
}

/// Sensors by internal key, in no order; those out of scope are absent.
pub async fn by_ids(db: &DatabaseConnection, scope: &Scope, ids: &[i32]) -> Result<Vec<Sensor>, DbErr> {
    let _ = (db, scope, ids);
    unimplemented!()
}

/// Sensors by name, or by public key written as text, in no order; a name used in several sources gives each of them.
pub async fn by_names(
    db: &DatabaseConnection,
    scope: &Scope,
    names: &[String],
) -> Result<Vec<Sensor>, DbErr> {
    let _ = (db, scope, names);
    unimplemented!()
}
