//! `sensor_list`: every sensor list received.

use sea_orm::entity::prelude::*;

/// A row of `sensor_list`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sensor_list")]
pub struct Model {
    /// The journal that holds the list as received (`journal.id`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub journal_id: i16,
    /// The list's position in that journal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When the list was received (UTC, the ingestor's clock).
    pub received_at: DateTimeUtc,
    /// The configured source whose sensors the list declares.
    pub source: String,
    /// How many sensors the list declares.
    pub sensors: i32,
    /// SHA-256 of the list's bytes: equal fingerprints mean the same list.
    pub sha256: Vec<u8>,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
