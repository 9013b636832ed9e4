//! Sensors: lists by filter, lookups by key.

mod filter;
mod order;
pub mod search;
mod versions;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    Condition, DatabaseConnection, DbBackend, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    QueryTrait as _, Value,
};
use uuid::Uuid;

use super::readings::{self, Reading};
use super::{Page, PageRequest};
use crate::Scope;
use crate::scope::Reach;
use crate::sql::{self, Row};
use crate::table::sensor;
use crate::unit::Known;

pub use self::versions::{SensorVersion, VersionsIn, versions_of_each};

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

impl Sensor {
    /// Its unit, where it is understood.
    pub fn known_unit(&self) -> Option<Known> {
        let unit = self.unit.as_ref()?;
        Known::of(&unit.declared, unit.ucum.as_deref(), self.kind.as_deref())
    }

    /// What its label `key` says.
    pub fn label(&self, key: &str) -> Option<&str> {
        let label = self.labels.iter().find(|(known, _)| known == key);
        label.map(|(_, value)| value.as_str())
    }
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

/// Where a page of sensors starts: what the last row seen is sorted by, and its key. Made by [`Sensor::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorKey {
    /// By name, the source; by type, the type; by activity, microseconds since 1970. `None` where it is null.
    pub sort: Option<String>,
    /// The name: first in the orders by name, second in the others.
    pub name: String,
    /// The internal key.
    pub id: i32,
}

/// A page of the sensors that match.
///
/// A key that [`SensorOrder::accepts`] not is an error.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    filter: &SensorFilter,
    order: SensorOrder,
    request: &PageRequest<SensorKey>,
) -> Result<Page<Sensor>, DbErr> {
    let Some(condition) = within(scope, filter::condition(filter)) else {
        return Ok(Page::empty());
    };
    let mut select = sensor::Entity::find()
        .filter(condition)
        .limit(request.rows_to_read());
    if let Some(key) = request.key() {
        select = select.filter(order.beyond(key, request.is_from_end())?);
    }
    let sorted = order.sort(select, request.is_from_end());
    let rows = sql::rows(db, sorted.build(DbBackend::Postgres), Sensor::read).await?;
    Ok(request.page(rows))
}

/// How many sensors match.
pub async fn count(db: &DatabaseConnection, scope: &Scope, filter: &SensorFilter) -> Result<u64, DbErr> {
    match within(scope, filter::condition(filter)) {
        Some(condition) => sensor::Entity::find().filter(condition).count(db).await,
        None => Ok(0),
    }
}

/// Sensors by internal key, in no order; those out of scope are absent.
pub async fn by_ids(db: &DatabaseConnection, scope: &Scope, ids: &[i32]) -> Result<Vec<Sensor>, DbErr> {
    let these = Expr::cust_with_values("\"sensor\".\"id\" = ANY($1)", [ids.to_vec()]);
    all(db, scope, Condition::all().add(these)).await
}

/// Sensors by name, or by public key written as text, in no order; a name used in several sources gives each of them.
pub async fn by_names(
    db: &DatabaseConnection,
    scope: &Scope,
    names: &[String],
) -> Result<Vec<Sensor>, DbErr> {
    named(db, scope, names, false, Sensor::read).await
}

/// The same in one statement with the latest reading of each, where it has one.
pub async fn by_names_with_latest(
    db: &DatabaseConnection,
    scope: &Scope,
    names: &[String],
) -> Result<Vec<(Sensor, Option<Reading>)>, DbErr> {
    named(db, scope, names, true, |row| {
        let has_reading = row.get::<Option<i32>>(LATEST)?.is_some();
        let latest = has_reading.then(|| readings::read_at(row, LATEST)).transpose()?;
        Ok((Sensor::read(row)?, latest))
    })
    .await
}

/// Where in the rows of `select_by_names.sql` the latest reading begins.
const LATEST: usize = 19;

async fn named<T>(
    db: &DatabaseConnection,
    scope: &Scope,
    names: &[String],
    with_latest: bool,
    read: impl Fn(&Row<'_>) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    // As a parameter: null for all of them.
    let visible: Option<Vec<i32>> = match scope.reach(None) {
        Reach::Nothing => return Ok(Vec::new()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    let uuids: Vec<Uuid> = names
        .iter()
        .filter_map(|name| Uuid::try_parse(name).ok())
        .collect();
    let names: Vec<String> = names
        .iter()
        .filter(|name| sql::is_storable(name))
        .cloned()
        .collect();
    let values: [Value; 4] = [names.into(), uuids.into(), visible.into(), with_latest.into()];
    sql::query(db, include_str!("sensors/select_by_names.sql"), values, read).await
}

async fn all(db: &DatabaseConnection, scope: &Scope, condition: Condition) -> Result<Vec<Sensor>, DbErr> {
    let Some(condition) = within(scope, condition) else {
        return Ok(Vec::new());
    };
    let select = sensor::Entity::find().filter(condition);
    sql::rows(db, select.build(DbBackend::Postgres), Sensor::read).await
}

/// The condition for an asker; `None` when no row can meet it.
fn within(scope: &Scope, condition: Condition) -> Option<Condition> {
    match scope.reach(None) {
        Reach::Nothing => None,
        Reach::Everything => Some(condition),
        Reach::Sensors(sensors) => {
            let these = Expr::cust_with_values("\"sensor\".\"id\" = ANY($1)", [sensors]);
            Some(Condition::all().add(these).add(condition))
        }
    }
}

impl Sensor {
    /// A row with the columns of [`sensor::Model`] in their order, as `select_by_names.sql` has them, too.
    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let model = sensor::Model {
            id: row.get(0)?,
            uuid: row.get(1)?,
            source: row.get(2)?,
            name: row.get(3)?,
            kind: row.get(4)?,
            unit: row.get(5)?,
            unit_ucum: row.get(6)?,
            unit_qudt: row.get(7)?,
            unit_quantity_kind: row.get(8)?,
            unit_symbol: row.get(9)?,
            description: row.get(10)?,
            lat: row.get(11)?,
            lng: row.get(12)?,
            range_min: row.get(13)?,
            range_max: row.get(14)?,
            labels: row.get(15)?,
            expected_interval_seconds: row.get(16)?,
            declared: row.get(17)?,
            active_since: row.get(18)?,
        };
        Ok(model.into())
    }
}

impl From<sensor::Model> for Sensor {
    fn from(row: sensor::Model) -> Self {
        let (ucum, qudt, quantity_kind, symbol) = (
            row.unit_ucum,
            row.unit_qudt,
            row.unit_quantity_kind,
            row.unit_symbol,
        );
        let unit = row.unit.map(|declared| Unit {
            declared,
            ucum,
            qudt,
            quantity_kind,
            symbol,
        });
        let location = row.lat.zip(row.lng).map(|(lat, lng)| Location { lat, lng });
        Self {
            id: row.id,
            uuid: row.uuid,
            source: row.source,
            name: row.name,
            kind: row.kind,
            unit,
            description: row.description,
            location,
            range: Range {
                min: row.range_min,
                max: row.range_max,
            },
            labels: labels(&row.labels),
            declared: row.declared,
            active_since: row.active_since,
            expected_interval_seconds: row.expected_interval_seconds,
        }
    }
}

/// The loader writes texts only; anything else that an operator may have put there shows as its JSON.
fn labels(labels: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut labels: Vec<(String, String)> = labels
        .as_object()
        .map(|labels| {
            labels
                .iter()
                .map(|(key, value)| (key.clone(), text(value)))
                .collect()
        })
        .unwrap_or_default();
    labels.sort();
    labels
}
