//! An empty database of its own for each test.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

pub(crate) struct Db {
    pub(crate) db: DatabaseConnection,
    _child: Option<tokio::process::Child>,
}

pub(crate) async fn postgres() -> Db {
    Db { db: testbed::postgres_empty().await.connect().await, _child: None }
}

pub(crate) async fn timescale() -> Db {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = tokio::process::Command::new("node")
        .arg("/tmp/fbe/lite/serve.mjs")
        .arg(port.to_string())
        .kill_on_drop(true)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let mut options = sea_orm::ConnectOptions::new(format!("postgres://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable"));
    options.max_connections(1).sqlx_logging(false);
    Db { db: sea_orm::Database::connect(options).await.unwrap(), _child: Some(child) }
}

/// The first column of a query's rows.
pub(crate) async fn words(db: &DatabaseConnection, select: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, select)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
