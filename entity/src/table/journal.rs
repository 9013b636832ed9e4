//! `journal`: the logs in which ingestors keep each message as received.

use sea_orm::entity::prelude::*;

/// A row of `journal`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    /// Short number of the journal, given by this database when it first meets the journal; other tables
    /// refer to it.
    #[sea_orm(primary_key)]
    pub id: i16,
    /// Lasting identity of the journal, made with its data directory; it stands in the keys of its objects on
    /// S3.
    pub uuid: Uuid,
    /// When this database first met the journal (UTC, the ingestor's clock).
    pub first_seen_at: DateTimeUtc,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
