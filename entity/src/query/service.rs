//! What the database is and whether it can serve.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr};

use crate::sql;

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
    let rows = sql::query(db, include_str!("service/select_backend.sql"), [], |row| {
        let timescaledb: Option<String> = row.get(1)?;
        let license: Option<String> = row.get(2)?;
        let version: String = row.get(0)?;
        // Distributions add their own version: "15.18 (Debian 15.18-0+deb12u1)".
        let version = version.split_whitespace().next().unwrap_or_default().to_owned();
        Ok(Backend {
            server: format!("PostgreSQL {version}"),
            timescaledb_license: timescaledb.as_ref().and(license),
            timescaledb,
            schema_version: None,
        })
    })
    .await?;
    let backend = rows
        .into_iter()
        .next()
        .ok_or_else(|| DbErr::RecordNotFound("the server's version".to_owned()))?;
    Ok(Backend {
        schema_version: schema_version(db).await?,
        ..backend
    })
}

/// Asked by itself: a statement that names a missing table fails as a whole.
async fn schema_version(db: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let exists = "SELECT to_regclass('seaql_migrations') IS NOT NULL";
    if !sql::query(db, exists, [], |row| row.get(0))
        .await?
        .contains(&true)
    {
        return Ok(None);
    }
    let versions = sql::query(db, "SELECT max(version)::text FROM seaql_migrations", [], |row| {
        row.get(0)
    })
    .await?;
    Ok(versions.into_iter().next().flatten())
}

/// What time it is there.
pub async fn now(db: &DatabaseConnection) -> Result<DateTime<Utc>, DbErr> {
    let rows = sql::query(db, "SELECT clock_timestamp()", [], |row| row.get(0)).await?;
    rows.into_iter()
        .next()
        .ok_or_else(|| DbErr::RecordNotFound("the server's time".to_owned()))
}

/// Answers when the database can: one round trip.
pub async fn ping(db: &DatabaseConnection) -> Result<(), DbErr> {
    sql::query(db, "SELECT 1", [], |_| Ok(())).await.map(drop)
}
