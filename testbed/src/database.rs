//! A database of a test's own.

use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection};

use crate::OrGiveUp;

/// How long a test waits for a connection of its pool.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(30);

/// One test's database. The server behind it lives as long as the test process needs it.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    connections_max: u32,
}

impl TestDatabase {
    pub(crate) fn new(url: String, connections_max: u32) -> Self {
        Self { url, connections_max }
    }

    /// `postgres://…`, for whatever connects by itself.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connections at most, for whoever opens a pool by itself: the TimescaleDB of tests takes a single one.
    pub fn connections_max(&self) -> u32 {
        self.connections_max
    }

    /// A pool of connections.
    #[expect(
        clippy::disallowed_methods,
        reason = "the crate with the production pool is itself tested on this one"
    )]
    pub async fn connect(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options
            .max_connections(self.connections_max)
            .acquire_timeout(ACQUIRE_WITHIN)
            .sqlx_logging(false);
        sea_orm::Database::connect(options)
            .await
            .or_give_up("connect to the test's database")
    }
}
