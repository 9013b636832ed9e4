//! Opening the pool: timeouts, the application's name, UTC.

use std::time::Duration;

use sea_orm::DatabaseConnection;

/// How to reach the database, and the bounds of its pool.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `postgres://…`; the password in it never shows in `Debug`.
    pub url: String,
    /// Shown in `pg_stat_activity`, such as `fieldbook-loader`.
    pub application_name: &'static str,
    /// Connections at most.
    pub connections_max: u32,
    /// A statement that takes longer is cancelled by the server; `None` sets no limit.
    pub statement_timeout: Option<Duration>,
}

/// Why there is no pool.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not one of PostgreSQL.
    #[error("read the database's URL: it should look like postgres://user:password@host/name")]
    Url(#[source] sea_orm::DbErr),
    /// The server does not answer, or refuses.
    #[error("connect to the database")]
    Connect(#[source] sea_orm::DbErr),
}

/// Opens a pool; every session of it speaks UTC and has the timeouts of `options`.
pub async fn connect(options: &ConnectOptions) -> Result<DatabaseConnection, ConnectError> {
    let _ = options;
    unimplemented!()
}
