//! Clients that nobody here wrote: the npm package `graphql-ws`, and `gql` of the Python Package Index.

use std::path::Path;

use serde_json::{Value, json};

use super::socket::Socket;
use super::{Loader, in_time};
use crate::world::World;

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

/// An API with three readings behind a cursor.
async fn filled() -> (World, String) {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let cursor = socket.stream("1", "").await;
    loader.load_some(sensors[0], 3).await;
    socket.batch("1").await;
    (world, cursor)
}

#[tokio::test]
async fn graphql_ws_of_npm_subscribes_resumes_and_asks() {
    let (world, cursor) = filled().await;
    let mut node = testbed::clients::node(&script("graphql_ws.mjs")).await;
    node.arg(world.url("/graphql").replace("http", "ws")).arg(cursor);
    let said: Value = serde_json::from_str(&in_time(testbed::clients::run(node)).await).unwrap();
    assert_eq!(
        said,
        json!({
            "values": [1, 2, 3],
            "query": "Fieldbook",
            "error": "BAD_REQUEST",
            "resumed": [3],
        })
    );
}

#[tokio::test]
async fn gql_of_python_subscribes_and_resumes() {
    let (world, cursor) = filled().await;
    let mut python = testbed::clients::python().await;
    python
        .arg(script("gql_subscribe.py"))
        .arg(world.url("/graphql").replace("http", "ws"))
        .arg(cursor);
    let said: Value = serde_json::from_str(&in_time(testbed::clients::run(python)).await).unwrap();
    assert_eq!(said, json!([1.0, 2.0, 3.0]));
}
