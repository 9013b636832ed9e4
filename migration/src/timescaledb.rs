//! Whether TimescaleDB is there, and how to get it: used where it is, never required.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, TransactionTrait};

/// The TimescaleDB of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timescaledb {
    /// Such as `2.28.3`.
    pub version: String,
    /// `timescale`, or `apache`, which lacks compression and policies.
    pub license: String,
}

impl Timescaledb {
    /// Whether its licence has compression and policies.
    pub fn compresses(&self) -> bool {
        self.license == "timescale"
    }
}

/// What came of the wish to use TimescaleDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in use.
    Used(Timescaledb),
    /// The server does not have it: ordinary tables.
    NotAvailable,
    /// The server has it but does not let us use it: ordinary tables.
    Refused {
        /// What the server said, such as a missing right or a missing preload.
        reason: String,
    },
}

/// The extension as installed in this database.
pub async fn installed<C: ConnectionTrait>(db: &C) -> Result<Option<Timescaledb>, DbErr> {
    let select = "SELECT extversion, coalesce(current_setting('timescaledb.license', true), 'apache') \
                  FROM pg_extension WHERE extname = 'timescaledb'";
    let Some(row) = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), select))
        .await?
    else {
        return Ok(None);
    };
    Ok(Some(Timescaledb {
        version: row.try_get_by_index(0)?,
        license: row.try_get_by_index(1)?,
    }))
}

/// Installs the extension in this database where the server has it.
///
/// A refusal is an outcome, not an error. It has a transaction of its own, because a server that does not preload the
/// library ends the session that asks for it.
pub(crate) async fn install(db: &DatabaseConnection) -> Result<Outcome, DbErr> {
    if let Some(timescaledb) = installed(db).await? {
        return Ok(Outcome::Used(timescaledb));
    }
    let select = "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'";
    if db
        .query_one_raw(Statement::from_string(db.get_database_backend(), select))
        .await?
        .is_none()
    {
        return Ok(Outcome::NotAvailable);
    }
    if let Err(refusal) = create(db).await {
        return Ok(Outcome::Refused {
            reason: refusal.to_string(),
        });
    }
    Ok(installed(db).await?.map_or_else(
        || Outcome::Refused {
            reason: "the extension was created but is not there".to_owned(),
        },
        Outcome::Used,
    ))
}

/// Under the migrations' lock: `IF NOT EXISTS` alone lets two sessions collide.
async fn create(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    transaction.execute_unprepared(include_str!("lock.sql")).await?;
    transaction
        .execute_unprepared("CREATE EXTENSION IF NOT EXISTS timescaledb")
        .await?;
    transaction.commit().await
}
