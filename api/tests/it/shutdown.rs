//! Stopping: open requests end, and are not waited for beyond the deadline.

use std::time::Duration;

use api::{Options, ServeError};
use serde_json::json;

use crate::world::{World, open};

/// Waits until a statement of another session waits for a lock.
pub(crate) async fn somebody_waits(world: &World) {
    let waiting = "DO $$ BEGIN \
         FOR i IN 1..1000 LOOP \
             IF EXISTS (SELECT FROM pg_locks WHERE NOT granted \
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) \
             THEN RETURN; END IF; \
             PERFORM pg_sleep(0.01); \
         END LOOP; RAISE 'nobody waits'; END $$";
    world.run(waiting).await;
}

#[tokio::test]
async fn an_open_request_ends_before_the_server_does() {
    let mut world = World::new().await;
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE sensor")
        .await
        .unwrap();
    let request = tokio::spawn(world.post(json!({ "query": "{ sensors { nodes { name } } }" })));
    somebody_waits(&world).await;
    let server = world.stop();
    locked.rollback().await.unwrap();
    assert_eq!(
        request.await.unwrap().1,
        json!({ "data": { "sensors": { "nodes": [] } } })
    );
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_does_not_end_is_not_waited_for() {
    let mut world = World::with(Options {
        drain_timeout: Duration::from_millis(50),
        ..open()
    })
    .await;
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE sensor")
        .await
        .unwrap();
    let url = world.url("/sensors/");
    let request = tokio::spawn(world.client.get(url).send());
    somebody_waits(&world).await;
    let stopped = world.stop().await.unwrap();
    assert!(matches!(stopped, Err(ServeError::Drain { .. })), "{stopped:?}");
    drop(locked);
    drop(request);
}
