//! `ingest_checkpoint`: how far each consumer of a journal has come.

use sea_orm::entity::prelude::*;

/// A row of `ingest_checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ingest_checkpoint")]
pub struct Model {
    /// The last position whose effects are in this database; 0 before the first.
    pub seq: i64,
    /// How many times the checkpoint has moved.
    pub epoch: i64,
    /// When it moved last (UTC, the database's clock).
    pub updated_at: DateTimeUtc,
    /// The journal (`journal.id`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub journal_id: i16,
    /// Who reads the journal, such as loader.
    #[sea_orm(primary_key, auto_increment = false)]
    pub consumer: String,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
