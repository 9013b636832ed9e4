//! Questions that are too large.

use std::time::Duration;

use api::Limits;
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, aliases, open, with_limits};

const INTROSPECTION: &str = include_str!("introspection.graphql");

#[tokio::test]
async fn the_standard_introspection_query_is_within_the_limits() {
    let world = World::without_database(open()).await;
    let data = world.data(INTROSPECTION).await;
    assert_eq!(data["__schema"]["queryType"]["name"], "Query");
}

#[tokio::test]
async fn documents_over_a_limit_are_refused_with_both_numbers() {
    let world = World::without_database(open()).await;
    let laughs = "{ ...A } fragment A on Query { ...B ...B ...B ...B ...B ...B ...B ...B } \
         fragment B on Query { ...C ...C ...C ...C ...C ...C ...C ...C } \
         fragment C on Query { ...D ...D ...D ...D ...D ...D ...D ...D } \
         fragment D on Query { ...E ...E ...E ...E ...E ...E ...E ...E } fragment E on Query { __typename }";
    for (query, limit) in [
        (aliases(61, "__typename"), 60),
        (laughs.to_owned(), 250),
        (
            "{ sensors(first: 10000) { nodes { readings(first: 10000) { nodes { value } } } } }".to_owned(),
            500_000,
        ),
        (format!("{}x{}", "{a".repeat(200), "}".repeat(200)), 64),
        (
            format!(
                "{{ sensors(filter: {}) {{ nodes {{ name }} }} }}",
                "[".repeat(100)
            ),
            64,
        ),
        (format!("{{ __typename }} #{}", "x".repeat(100_000)), 32 * 1024),
    ] {
        let error = world.error(&query).await;
        assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{error}");
        assert_eq!(error["extensions"]["limit"], limit, "{error}");
        assert!(error["extensions"]["asked"].as_u64().unwrap() > limit);
    }
}

#[tokio::test]
async fn more_sensors_than_the_limit_are_refused() {
    let limits = Limits {
        sensors_max: 2,
        series_sensors_max: 1,
        text_chars_max: 10,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    world.sensors(&["a", "b", "c"]).await;
    let range = "from: \"2026-01-01\", to: \"2026-01-02\"";
    for (query, limit) in [
        ("{ latest { value } }".to_owned(), 2),
        (
            "{ latest(sensors: [\"a\", \"b\", \"c\"]) { value } }".to_owned(),
            2,
        ),
        (
            format!("{{ series(sensors: [\"a\", \"b\"], {range}) {{ values }} }}"),
            1,
        ),
        (
            "{ readings(filter: { sensors: {} }) { nodes { value } } }".to_owned(),
            2,
        ),
        (
            "{ sensors(filter: { names: [\"a\", \"b\", \"c\"] }) { nodes { name } } }".to_owned(),
            2,
        ),
        ("{ sensor(name: \"a very long name\") { name } }".to_owned(), 10),
    ] {
        let error = world.error(&query).await;
        assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{query}: {error}");
        assert_eq!(error["extensions"]["limit"], limit, "{query}");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let limits = Limits {
        request_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    // Whoever reads waits for a lock that this transaction never gives back.
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE sensor")
        .await
        .unwrap();
    let (status, body) = world
        .post(json!({ "query": "{ sensors { nodes { name } } }" }))
        .await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(body["errors"][0]["extensions"]["code"], "TIMEOUT");
    let (status, body) = world.get("/sensors/").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::GATEWAY_TIMEOUT, &json!("TIMEOUT"))
    );
    drop(locked);
}

#[tokio::test]
async fn a_statement_that_the_server_cancels_is_a_timeout() {
    let world = World::new().await;
    let mut options = sea_orm::ConnectOptions::new(world.database_url());
    options.map_sqlx_postgres_opts(|options| options.options([("statement_timeout", "1ms")]));
    #[expect(
        clippy::disallowed_methods,
        reason = "a pool with a timeout that no production pool has"
    )]
    let hasty = sea_orm::Database::connect(options).await.unwrap();
    let locked = sea_orm::TransactionTrait::begin(&world.db).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&locked, "LOCK TABLE sensor")
        .await
        .unwrap();
    let hasty = World::over(hasty, open(), Vec::new()).await;
    let error = hasty.error("{ sensors { nodes { name } } }").await;
    assert_eq!(error["extensions"], json!({ "code": "TIMEOUT" }));
    drop(locked);
}
