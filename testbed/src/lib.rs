//! Real servers for tests: PostgreSQL, TimescaleDB, Mosquitto and S3, each private to the test process.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let database = testbed::postgres_empty().await;
//! let connection = database.connect().await;
//! # drop(connection);
//! # }
//! ```
//!
//! Functions here panic with the whole chain of causes when a server does not start: a test can do nothing better.
//! Whatever way a test process ends, SIGKILL included, its servers end and its directories go: a watchdog outside the
//! process sees to it (`src/watchdog.rs`).

mod both;
mod broker;
pub mod clients;
mod database;
mod guarded;
pub mod npm;
mod object_store;
mod pip;
mod room;
mod schema;
mod server;
mod timescale;
pub mod validators;
mod watchdog;

pub use crate::broker::{TestBroker, broker};
pub use crate::database::TestDatabase;
pub use crate::guarded::{GuardedBroker, PASSWORD, USER, guarded_broker};
pub use crate::object_store::{TestObjectStore, object_store};
pub use crate::server::{postgres, postgres_empty};
pub use crate::timescale::{timescale, timescale_empty};

/// Panics with the error and all its sources.
#[track_caller]
fn give_up(doing: &str, error: &(dyn std::error::Error + 'static)) -> ! {
    let mut message = format!("{doing}: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    panic!("{message}");
}

/// Unwraps a result, or gives up.
trait OrGiveUp<T> {
    #[track_caller]
    fn or_give_up(self, doing: &str) -> T;
}

impl<T, E: std::error::Error + 'static> OrGiveUp<T> for Result<T, E> {
    #[track_caller]
    fn or_give_up(self, doing: &str) -> T {
        match self {
            Ok(value) => value,
            Err(error) => give_up(doing, &error),
        }
    }
}
