//! `sensor_version`: how each declared sensor was described over time.

use sea_orm::entity::prelude::*;

/// A row of `sensor_version`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sensor_version")]
pub struct Model {
    /// The sensor (`sensor.id`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub sensor_id: i32,
    /// From when the description was in force: the receipt of the sensor list that brought it (UTC).
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: DateTimeUtc,
    /// Until when it was in force, that instant excluded (UTC); empty while it is in force.
    pub valid_to: Option<DateTimeUtc>,
    /// The description as a JSON object: the columns of sensor that a sensor list declares, under their
    /// names.
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
