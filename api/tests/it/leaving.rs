//! Clients that leave take their statements with them.

use std::time::Duration;

use api::Limits;
use entity::ConnectOptions;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::world::{World, open, with_limits};

/// A pool as the service has it, but without a statement timeout: only leaving may end a statement.
pub(crate) async fn pool(world: &World) -> DatabaseConnection {
    let options = ConnectOptions {
        url: world.database_url().to_owned(),
        application_name: "fieldbook-leaving",
        connections_max: 2,
        statement_timeout: None,
    };
    entity::connect(&options).await.unwrap()
}

/// Waits until this many of the pool's statements wait for a lock.
pub(crate) async fn wait_for_waiting(world: &World, expected: i64) {
    let select = "SELECT count(*) FROM pg_stat_activity \
         WHERE application_name = 'fieldbook-leaving' AND state = 'active' AND wait_event_type = 'Lock' \
           AND datname = current_database()";
    let reached = async {
        loop {
            let statement = Statement::from_string(DbBackend::Postgres, select);
            let row = world.db.query_one_raw(statement).await.unwrap().unwrap();
            let waiting: i64 = row.try_get_by_index(0).unwrap();
            if waiting == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), reached).await;
    assert!(in_time.is_ok(), "never {expected} waiting statements");
}

async fn lock(world: &World) -> sea_orm::DatabaseTransaction {
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    locked.execute_unprepared("LOCK TABLE sensor").await.unwrap();
    locked
}

const REQUEST: &str = "GET /sensors/ HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn a_client_that_leaves_ends_its_statement_and_frees_its_connection() {
    let world = World::new().await;
    let leaving = World::over(pool(&world).await, open(), Vec::new()).await;
    let locked = lock(&world).await;
    let address = leaving.base.strip_prefix("http://").unwrap().to_owned();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = TcpStream::connect(&address).await.unwrap();
        client.write_all(REQUEST.as_bytes()).await.unwrap();
        clients.push(client);
    }
    wait_for_waiting(&world, 2).await;
    drop(clients);
    wait_for_waiting(&world, 0).await;
    // Both connections of the pool were taken; others get theirs.
    let (status, _) = leaving.get("/readyz").await;
    assert_eq!(status, reqwest::StatusCode::OK);
    locked.rollback().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_given_up_ends_its_statement() {
    let world = World::new().await;
    let limits = Limits {
        request_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let hasty = World::over(pool(&world).await, with_limits(limits), Vec::new()).await;
    let locked = lock(&world).await;
    let error = hasty.error("{ sensors { nodes { name } } }").await;
    assert_eq!(error["extensions"]["code"], "TIMEOUT");
    wait_for_waiting(&world, 0).await;
    locked.rollback().await.unwrap();
    hasty.data("{ sensors { nodes { name } } }").await;
}
