//! `sensor`: the sensors as they are known now.

use sea_orm::entity::prelude::*;

/// A row of `sensor`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sensor")]
pub struct Model {
    /// Internal number of the sensor; readings refer to it. Not shown outside: use uuid, or source and name.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// Lasting identity of the sensor (UUID version 5 of its source and name): the same in every Fieldbook
    /// database.
    pub uuid: Uuid,
    /// The configured source whose messages name this sensor.
    pub source: String,
    /// The sensor's name exactly as in its messages; unique within its source.
    pub name: String,
    /// What the sensor measures, such as temperature, as the sensor list declares it.
    #[sea_orm(column_name = "type")]
    pub kind: Option<String>,
    /// The unit of the sensor's values exactly as the sensor list declares it, such as C.
    pub unit: Option<String>,
    /// The unit as a UCUM code, such as Cel; empty when the declared unit is not understood.
    pub unit_ucum: Option<String>,
    /// The unit as a QUDT address; empty when the declared unit is not understood.
    pub unit_qudt: Option<String>,
    /// The kind of quantity in QUDT's words, such as Temperature; empty when the declared unit is not
    /// understood.
    pub unit_quantity_kind: Option<String>,
    /// The unit as people write it, such as °C; empty when the declared unit is not understood.
    pub unit_symbol: Option<String>,
    /// Where the sensor stands or what it watches, in the words of the sensor list.
    pub description: Option<String>,
    /// Latitude in degrees north of the equator (WGS 84), from -90 to 90, as the sensor list declares it.
    pub lat: Option<f64>,
    /// Longitude in degrees east of Greenwich (WGS 84), from -180 to 180, as the sensor list declares it.
    pub lng: Option<f64>,
    /// Lowest value that the sensor can soundly report, in its declared unit; empty when open.
    pub range_min: Option<f64>,
    /// Highest value that the sensor can soundly report, in its declared unit; empty when open.
    pub range_max: Option<f64>,
    /// Free labels as a JSON object of texts, such as site, plant or customer, as the sensor list declares
    /// them.
    #[sea_orm(column_type = "JsonBinary")]
    pub labels: Json,
    /// Seconds expected between two readings, as declared or learnt; empty when not known.
    pub expected_interval_seconds: Option<f64>,
    /// True when a sensor list declares the sensor, false when only its messages made it known.
    pub declared: bool,
    /// The earliest of: the time of its first reading, the receipt of its first message or of the first list
    /// that declares it (UTC).
    pub active_since: Option<DateTimeUtc>,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
