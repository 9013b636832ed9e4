//! What the database is and whether it can serve.

use sea_orm::{DatabaseConnection, DbErr};

/// The database behind this Fieldbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Such as `PostgreSQL 15.18`.
    pub server: String,
    /// TimescaleDB's version, where its extension is in use.
    pub timescaledb: Option<String>,
    /// `timescale` (compression, policies) or `apache`; none without the extension.
    pub timescaledb_license: Option<String>,
    /// The newest migration applied.
    pub schema_version: Option<String>,
}

/// Asks the database what it is.
pub async fn backend(db: &DatabaseConnection) -> Result<Backend, DbErr> {
    let _ = db;
    unimplemented!()
}

/// Answers when the database can: one round trip.
pub async fn ping(db: &DatabaseConnection) -> Result<(), DbErr> {
    let _ = db;
    unimplemented!()
}
