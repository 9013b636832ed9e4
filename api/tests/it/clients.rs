//! Clients that nobody here wrote.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testbed::clients::{node, npm_program, python, run};

use crate::world::{World, open};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

/// A sensor with ten readings, a minute apart.
async fn ten_readings() -> World {
    let world = World::new().await;
    let a = world.sensors(&["a", "b", "c"]).await[0];
    world.readings(a, "2026-01-01T00:00:00Z", "1 minute", 10).await;
    world
}

#[tokio::test]
async fn the_audits_of_graphql_over_http_pass_whole() {
    let world = World::without_database(open()).await;
    let mut audits = node(&script("audits.mjs")).await;
    audits.arg(world.url("/graphql"));
    let said = run(audits).await;
    assert!(said.contains("audits ok"), "{said}");
}

#[tokio::test]
async fn apollo_client_pages_through_readings() {
    let world = ten_readings().await;
    let mut apollo = node(&script("apollo.mjs")).await;
    apollo.arg(world.url("/graphql"));
    run(apollo).await;
}

#[tokio::test]
async fn gql_checks_questions_against_the_schema_and_asks_them() {
    let world = ten_readings().await;
    let mut gql = python().await;
    gql.arg(script("gql_client.py")).arg(world.url("/graphql"));
    run(gql).await;
}

#[tokio::test]
async fn relay_compiles_connections_and_the_service_answers_what_it_compiled() {
    let room = tempfile::tempdir().unwrap();
    let source = room.path().join("src");
    std::fs::create_dir(&source).unwrap();
    std::fs::copy(script("relay.js"), source.join("relay.js")).unwrap();
    std::fs::write(room.path().join("schema.graphql"), api::sdl()).unwrap();
    let config = json!({
        "root": ".",
        "sources": { "src": "app" },
        "projects": {
            "app": {
                "language": "javascript",
                "schema": "schema.graphql",
                "output": "artifacts",
                "persist": { "file": "queries.json" },
            },
        },
    });
    // Where it writes what it would have a service know beforehand; it wants the file to be there.
    std::fs::write(room.path().join("queries.json"), "{}").unwrap();
    std::fs::write(room.path().join("relay.config.json"), config.to_string()).unwrap();
    let mut compiler = npm_program("relay-compiler").await;
    compiler.current_dir(room.path()).arg("relay.config.json");
    run(compiler).await;

    // Its own texts, with the cursors and the page info that it adds.
    let queries = std::fs::read_to_string(room.path().join("queries.json")).unwrap();
    let queries: std::collections::BTreeMap<String, String> = serde_json::from_str(&queries).unwrap();
    assert_eq!(queries.len(), 2);
    let readings = queries
        .values()
        .find(|text| text.contains("relayReadingsQuery"))
        .unwrap();
    assert!(readings.contains("pageInfo"), "{readings}");

    let world = ten_readings().await;
    let mut cursor = Value::Null;
    let mut values = Vec::new();
    loop {
        let variables =
            json!({ "sensor": "a", "from": "2026-01-01", "to": "2026-01-02", "count": 4, "cursor": cursor });
        let (_, body) = world
            .post(json!({ "query": readings, "variables": variables }))
            .await;
        let page = &body["data"]["readings"];
        let edges = page["edges"].as_array().unwrap_or_else(|| panic!("{body}"));
        values.extend(edges.iter().map(|edge| edge["node"]["value"].as_f64().unwrap()));
        cursor = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(values, (0..10).map(f64::from).collect::<Vec<_>>());
}
