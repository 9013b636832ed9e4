//! A database of a test's own.

use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection};

use crate::OrGiveUp;
use crate::timescale::Server;

/// How long a test waits for a connection of its pool.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(30);

/// One test's database: keep it as long as it is used, because a server of the test's own ends with it.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    connections_max: u32,
    /// Absent when the server is the test process's one.
    server: Option<Server>,
}

impl TestDatabase {
    pub(crate) fn new(url: String, connections_max: u32) -> Self {
        Self {
            url,
            connections_max,
            server: None,
        }
    }

    pub(crate) fn on(server: Server, url: String, connections_max: u32) -> Self {
        Self {
            url,
            connections_max,
            server: Some(server),
        }
    }

    pub(crate) fn into_server(self) -> Option<Server> {
        self.server
    }

    /// `postgres://…`, for whatever connects by itself.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connections at most, for whoever opens a pool by itself.
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
