//! What the database says of itself.

use entity::query::service::{backend, ping};

use crate::support::{postgres, timescale};

#[tokio::test]
async fn plain_postgresql_is_called_so() {
    let server = postgres().await;
    ping(&server.db).await.unwrap();
    let backend = backend(&server.db).await.unwrap();
    assert!(
        backend.server.starts_with("PostgreSQL ") && !backend.server.contains('('),
        "{}",
        backend.server
    );
    assert_eq!((backend.timescaledb, backend.timescaledb_license), (None, None));
    assert_eq!(backend.schema_version, migration::known().last().cloned());
}

#[tokio::test]
async fn timescaledb_is_named_with_its_licence() {
    let server = timescale().await;
    ping(&server.db).await.unwrap();
    let backend = backend(&server.db).await.unwrap();
    assert!(backend.timescaledb.unwrap().starts_with("2."));
    assert_eq!(backend.timescaledb_license.as_deref(), Some("timescale"));
}
