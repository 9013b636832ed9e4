//! Alive and ready.

use std::sync::Arc;

use api::ReadyCheck;
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, open};

struct NotYet;

#[async_trait::async_trait]
impl ReadyCheck for NotYet {
    fn name(&self) -> &'static str {
        "schema"
    }

    async fn check(&self) -> Result<(), String> {
        Err("run fieldbook migrate".to_owned())
    }
}

#[tokio::test]
async fn ready_when_the_database_answers() {
    let world = World::new().await;
    let (status, body) = world.get("/readyz").await;
    assert_eq!(
        (status, body),
        (
            StatusCode::OK,
            json!({ "ready": true, "parts": [{ "part": "database", "ready": true }] })
        )
    );
}

#[tokio::test]
async fn without_the_database_alive_but_not_ready_and_it_says_why() {
    let world = World::without_database(open()).await;
    assert_eq!(world.get("/healthz").await.0, StatusCode::OK);
    let (status, body) = world.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["parts"][0]["part"], "database");
    assert!(
        body["parts"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("does not answer"),
        "{body}"
    );
}

#[tokio::test]
async fn what_else_must_hold_is_said_by_name() {
    let database = testbed::postgres().await;
    let world = World::over(database.connect().await, open(), vec![Arc::new(NotYet)]).await;
    let (status, body) = world.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["parts"][0]["ready"], true);
    assert_eq!(
        body["parts"][1],
        json!({ "part": "schema", "ready": false, "reason": "run fieldbook migrate" })
    );
}

#[tokio::test]
async fn questions_without_a_database_are_unavailable_and_show_no_details() {
    let world = World::without_database(open()).await;
    let error = world.error("{ sensors { nodes { name } } }").await;
    assert_eq!(error["extensions"], json!({ "code": "UNAVAILABLE" }));
    let (status, body) = world.get("/sensors/").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE"))
    );
}
