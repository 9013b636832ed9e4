//! An empty database of its own for each test.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use testbed::TestDatabase;

pub(crate) struct Server {
    pub(crate) db: DatabaseConnection,
    /// The server behind it lives as long.
    _database: TestDatabase,
}

pub(crate) async fn postgres() -> Server {
    open(testbed::postgres_empty().await).await
}

pub(crate) async fn timescale() -> Server {
    open(testbed::timescale_empty().await).await
}

async fn open(database: TestDatabase) -> Server {
    Server {
        db: database.connect().await,
        _database: database,
    }
}

/// The first column of a query's rows.
pub(crate) async fn words(db: &DatabaseConnection, select: &str) -> Vec<String> {
    let rows = db
        .query_all_raw(Statement::from_string(DbBackend::Postgres, select))
        .await
        .unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
