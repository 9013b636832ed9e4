//! Readers that leave, and files that break off.

use std::time::Duration;

use api::Limits;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use super::{RANGE, fill, text};
use crate::leaving::{pool, wait_for_waiting};
use crate::world::{World, with_limits};

/// An API of one export at a time whose readings nobody can read, until the transaction is over.
async fn held(world: &World) -> (World, DatabaseTransaction) {
    let limits = Limits {
        exports_max: 1,
        ..Limits::default()
    };
    let exporting = World::over(pool(world).await, with_limits(limits), Vec::new()).await;
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    locked.execute_unprepared("LOCK TABLE reading").await.unwrap();
    (exporting, locked)
}

#[tokio::test]
async fn a_reader_that_leaves_ends_its_statement_and_makes_room() {
    let world = World::new().await;
    fill(&world).await;
    let (exporting, locked) = held(&world).await;
    let path = format!("/export/readings.csv?{RANGE}");
    // The answer has begun, and its rows are waited for.
    let mut response = exporting.client.get(exporting.url(&path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let head = response.chunk().await.unwrap().unwrap();
    assert!(head.starts_with(b"time,"), "{head:?}");
    wait_for_waiting(&world, 1).await;
    let refused = exporting.client.get(exporting.url(&path)).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "10");
    drop(response);
    wait_for_waiting(&world, 0).await;
    locked.rollback().await.unwrap();
    assert!(text(&exporting, &path).await.lines().count() > 1000);
}

#[tokio::test]
async fn a_file_that_can_not_be_finished_breaks_off() {
    let world = World::new().await;
    fill(&world).await;
    let (exporting, locked) = held(&world).await;
    for format in ["csv", "parquet"] {
        let url = exporting.url(&format!("/export/readings.{format}?{RANGE}"));
        let response = exporting.client.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        wait_for_waiting(&world, 1).await;
        world
            .run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE application_name = 'fieldbook-leaving' AND wait_event_type = 'Lock' \
                   AND datname = current_database()",
            )
            .await;
        let whole = tokio::time::timeout(Duration::from_secs(20), response.bytes())
            .await
            .unwrap();
        assert!(whole.is_err(), "{format}: {whole:?}");
    }
    locked.rollback().await.unwrap();
}
