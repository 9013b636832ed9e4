//! `reading`: what the sensors measured: one value for each sensor and time.

use sea_orm::entity::prelude::*;

/// A row of `reading`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reading")]
pub struct Model {
    /// When the sensor measured the value (UTC, to the microsecond), as its message says.
    #[sea_orm(primary_key, auto_increment = false)]
    pub time: DateTimeUtc,
    /// The measured value, in the unit that the sensor declares (`sensor.unit`), unchanged.
    pub value: f64,
    /// When Fieldbook received the message (UTC, the ingestor's clock).
    pub received_at: DateTimeUtc,
    /// The message's position in its journal; with `journal_id` it leads to the raw message on S3, through
    /// segment.
    pub seq: i64,
    /// The sensor (`sensor.id`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub sensor_id: i32,
    /// Verdict on the value when it came in, after QARTOD: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9
    /// missing. It never changes.
    pub flag: i16,
    /// The journal that holds the message (`journal.id`).
    pub journal_id: i16,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
