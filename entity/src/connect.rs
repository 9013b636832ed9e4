//! Opening the pool: timeouts, the application's name, UTC, no compiled statements.

use std::fmt;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

/// A caller waits this long for a free connection, then gets an error to act on.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that nobody used for this long is closed.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);

/// A connection that was used within this time is taken at its word; an older one is asked for a sign of life first, which
/// takes as long as a small query.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

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

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The whole URL is left out: a password may stand in its middle or, as a parameter, at its end.
        f.debug_struct("ConnectOptions")
            .field("application_name", &self.application_name)
            .field("connections_max", &self.connections_max)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
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

/// Opens a pool; every session of it speaks UTC, compiles no statements and has the timeouts of `options`.
pub async fn connect(options: &ConnectOptions) -> Result<DatabaseConnection, ConnectError> {
    let server = server(options)?;
    let pool = pool(options)
        .connect_with(server)
        .await
        .map_err(|error| ConnectError::Connect(DbErr::Conn(RuntimeErr::SqlxError(error.into()))))?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Connects once and leaves again, so that the first refusal is told as it is: a pool goes on trying.
pub async fn reach(options: &ConnectOptions) -> Result<(), ConnectError> {
    let server = server(options)?;
    let late = || sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut));
    let connected = tokio::time::timeout(ACQUIRE_TIMEOUT, server.connect()).await;
    let connection = connected
        .unwrap_or_else(|_| Err(late()))
        .map_err(|error| ConnectError::Connect(DbErr::Conn(RuntimeErr::SqlxError(error.into()))))?;
    // It goes either way.
    let _ = connection.close().await;
    Ok(())
}

/// The same, but asks nothing of the server yet: for whoever can wait for one that is away.
pub fn connect_lazy(options: &ConnectOptions) -> Result<DatabaseConnection, ConnectError> {
    let pool = pool(options).connect_lazy_with(server(options)?);
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// A connection that is given back must be idle within this time, or it is closed.
///
/// Whoever drops a query while it runs gives the connection back with the statement still running on it, and the driver
/// would wait for its end. Nobody wants the answer any more, so the connection is closed instead, and the server, which
/// looks after its client every [`CLIENT_CHECK`], ends the statement. The driver knows no cancel request.
const IDLE_WITHIN: Duration = Duration::from_millis(250);

/// How often the server looks, during a statement, whether its client is still there.
const CLIENT_CHECK: Duration = Duration::from_millis(500);

fn pool(options: &ConnectOptions) -> PgPoolOptions {
    let session = session(options.statement_timeout);
    PgPoolOptions::new()
        .max_connections(options.connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move {
                sqlx::query(
                    // Statements with many probes look dear enough to be compiled first, which takes up to a second and longer
                    // than most of them do.
                    "SELECT set_config('TimeZone', 'UTC', false), set_config('statement_timeout', $1, false),
                            set_config('jit', 'off', false)",
                )
                .persistent(false)
                .bind(session)
                .execute(&mut *connection)
                .await?;
                // Some systems can't look after a client, and some servers don't know the word: there the statement's own
                // timeout ends it.
                let look = sqlx::query("SELECT set_config('client_connection_check_interval', $1, false)")
                    .persistent(false)
                    .bind(CLIENT_CHECK.as_millis().to_string())
                    .execute(connection)
                    .await;
                match look {
                    Err(sqlx::Error::Database(_)) => Ok(()),
                    other => other.map(drop),
                }
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                let idle = tokio::time::timeout(IDLE_WITHIN, connection.ping()).await;
                Ok(idle.is_ok_and(|answer| answer.is_ok()))
            })
        })
}

fn server(options: &ConnectOptions) -> Result<PgConnectOptions, ConnectError> {
    let wrong = |cause| ConnectError::Url(DbErr::Conn(cause));
    let url = &options.url;
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(wrong(RuntimeErr::Internal(
            "the URL begins with another scheme".to_owned(),
        )));
    }
    let server = url
        .parse::<PgConnectOptions>()
        .map_err(|error| wrong(RuntimeErr::SqlxError(error.into())))?;
    // Statements are counted and timed by their names where they are run, not logged one by one.
    Ok(server
        .application_name(options.application_name)
        .disable_statement_logging())
}

/// The server's setting: milliseconds, 0 for no limit.
fn session(statement_timeout: Option<Duration>) -> String {
    // A limit under a millisecond must not become none.
    statement_timeout
        .map_or(0, |limit| limit.as_millis().max(1))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_password() {
        let options = ConnectOptions {
            url: "postgres://user:hunter2@localhost/fieldbook?password=hunter2".to_owned(),
            application_name: "test",
            connections_max: 1,
            statement_timeout: None,
        };
        assert!(!format!("{options:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn another_scheme_is_refused_as_a_url() {
        for url in ["mysql://localhost/x", "localhost", ""] {
            let options = ConnectOptions {
                url: url.to_owned(),
                application_name: "test",
                connections_max: 1,
                statement_timeout: None,
            };
            assert!(
                matches!(connect(&options).await, Err(ConnectError::Url(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn a_limit_never_becomes_none() {
        assert_eq!(session(Some(Duration::from_nanos(1))), "1");
        assert_eq!(session(None), "0");
    }
}
