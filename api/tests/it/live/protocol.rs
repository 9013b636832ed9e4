//! `graphql-transport-ws`: every code, every message.

use std::time::Duration;

use api::{Anonymous, Limits, LiveLimits, Options};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::Loader;
use super::socket::Socket;
use crate::world::{World, open};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

#[tokio::test]
async fn each_breach_of_the_protocol_closes_with_its_code() {
    let world = World::without_database(open()).await;
    for text in [
        "",
        "[]",
        "{}",
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe","id":"1"}"#,
    ] {
        let mut socket = Socket::ready(&world).await;
        socket.send(Message::Text(text.into())).await;
        assert_eq!(socket.code().await, 4400, "{text}");
    }
    let mut socket = Socket::ready(&world).await;
    socket.send(Message::Binary(b"{}".to_vec().into())).await;
    assert_eq!(socket.code().await, 4400);

    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "{ __typename }").await;
    assert_eq!(socket.code().await, 4401);

    let mut socket = Socket::ready(&world).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.code().await, 4429);

    // A client that offers another protocol alone learns so from the upgrade, and ends by itself.
    let mut socket = Socket::with(&world, &[]).await.unwrap();
    assert_eq!(socket.code().await, 4406);
}

#[tokio::test]
async fn an_id_that_runs_is_not_given_twice_and_may_be_used_again_afterwards() {
    let world = World::new().await;
    let mut socket = Socket::ready(&world).await;
    socket.stream("1", "").await;
    socket.say(json!({ "id": "1", "type": "complete" })).await;
    socket.stream("1", "").await;
    socket.subscribe("1", "{ __typename }").await;
    assert_eq!(socket.code().await, 4409);
}

#[tokio::test]
async fn who_may_see_nothing_or_says_nothing_is_sent_away() {
    let closed = World::without_database(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    let mut socket = Socket::open(&closed).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.code().await, 4403);

    let world = World::without_database(Options {
        live: LiveLimits {
            init_timeout: Duration::from_millis(20),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let mut socket = Socket::open(&world).await;
    assert_eq!(socket.code().await, 4408);
}

#[tokio::test]
async fn a_message_larger_than_a_body_may_be_closes() {
    let limits = Limits {
        body_bytes_max: 1_000,
        ..Limits::default()
    };
    let world = World::without_database(Options { limits, ..open() }).await;
    let mut socket = Socket::ready(&world).await;
    socket.send(Message::Text("x".repeat(1_001).into())).await;
    assert_eq!(socket.code().await, 1009);
}

#[tokio::test]
async fn pages_of_other_hosts_open_no_socket() {
    let world = World::without_database(open()).await;
    let ours = world.base.clone();
    for (origin, accepted) in [
        (ours.as_str(), true),
        ("http://example.org", false),
        ("null", false),
        ("https://127.0.0.1.example.org", false),
    ] {
        let socket = Socket::with(&world, &[PROTOCOL, ("origin", origin)]).await;
        match socket {
            Ok(_) => assert!(accepted, "{origin}"),
            Err(status) => {
                assert!(!accepted && status == StatusCode::FORBIDDEN, "{origin}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn queries_are_answered_once_and_errors_are_errors() {
    let world = World::without_database(open()).await;
    let mut socket = Socket::ready(&world).await;
    socket.subscribe("q", "{ service { name } }").await;
    assert_eq!(
        socket.event("q").await,
        json!({ "data": { "service": { "name": "Fieldbook" } } })
    );
    assert_eq!(socket.hear().await, json!({ "id": "q", "type": "complete" }));

    for (query, code) in [
        ("{ nothing }", "BAD_REQUEST"),
        ("{", "BAD_REQUEST"),
        ("subscription { nothing }", "BAD_REQUEST"),
        ("subscription { __typename }", "BAD_REQUEST"),
        (
            "subscription { a: readingAdded { time } b: readingAdded { time } }",
            "BAD_REQUEST",
        ),
        (
            "subscription { readingStream(first: 0) { cursor } }",
            "INVALID_ARGUMENT",
        ),
        (
            "subscription { readingStream(first: 10001) { cursor } }",
            "LIMIT_EXCEEDED",
        ),
        (
            "subscription { readingStream(sensors: [], filter: {}) { cursor } }",
            "INVALID_ARGUMENT",
        ),
        (
            "subscription { readingAdded(sensors: 1) { time } }",
            "INVALID_ARGUMENT",
        ),
        (
            "subscription { readingAdded { sensor { readings(first: 10000) { nodes { time } } } } }",
            "LIMIT_EXCEEDED",
        ),
    ] {
        socket.subscribe("e", query).await;
        assert_eq!(socket.error("e").await["extensions"]["code"], code, "{query}");
    }
    socket.say(json!({ "id": "e", "type": "subscribe", "payload": { "query": "{ __typename }", "variables": 1 } })).await;
    assert_eq!(socket.error("e").await["extensions"]["code"], "BAD_REQUEST");
    // The database of this world is away.
    socket
        .subscribe("e", "subscription { readingStream { cursor } }")
        .await;
    assert_eq!(socket.error("e").await["extensions"]["code"], "UNAVAILABLE");
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_brought() {
    let world = World::without_database(open()).await;
    let mut socket = Socket::open(&world).await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    socket.say(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(
        socket.hear().await,
        json!({ "type": "pong", "payload": { "a": 1 } })
    );
    socket.say(json!({ "type": "pong" })).await;
    socket.say(json!({ "type": "complete", "id": "nobody's" })).await;
    socket
        .say(json!({ "type": "connection_init", "payload": {} }))
        .await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
}

#[tokio::test]
async fn connections_operations_and_subscribers_have_their_limits() {
    let world = World::with(Options {
        live: LiveLimits {
            connections_max: 2,
            operations_max: 2,
            subscribers_max: 3,
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let mut one = Socket::ready(&world).await;
    one.stream("1", "").await;
    one.stream("2", "").await;
    one.subscribe("3", "{ __typename }").await;
    let error = one.error("3").await;
    assert_eq!(
        (&error["extensions"]["code"], &error["extensions"]["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(2))
    );
    let mut two = Socket::ready(&world).await;
    two.stream("1", "").await;
    two.subscribe("2", "subscription { readingAdded { time } }").await;
    let error = two.error("2").await;
    assert_eq!(
        (&error["extensions"]["code"], &error["extensions"]["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(3))
    );
    let third = Socket::with(&world, &[PROTOCOL]).await;
    assert_eq!(third.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    one.say(json!({ "id": "1", "type": "complete" })).await;
    one.stream("3", "").await;
}

#[tokio::test]
async fn a_service_that_stops_says_so_and_waits_for_nobody() {
    let mut world = World::new().await;
    let mut socket = Socket::ready(&world).await;
    socket.stream("1", "").await;
    let server = world.stop();
    assert_eq!(socket.code().await, 1001);
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_given_up() {
    let world = World::with(Options {
        live: LiveLimits {
            ping_interval: Duration::from_millis(20),
            connections_max: 1,
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    // It does not read, so it answers no ping.
    let _silent = Socket::ready(&world).await;
    let again = async {
        while Socket::with(&world, &[PROTOCOL]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    Box::pin(super::in_time(again)).await;
}

#[tokio::test]
async fn over_plain_http_a_subscription_is_told_where_to_go() {
    let world = World::without_database(open()).await;
    let query = "subscription { readingAdded { time } }";
    let (status, body) = world.post(json!({ "query": query })).await;
    assert_eq!(status, StatusCode::OK);
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("WebSocket") && message.contains("text/event-stream"),
        "{message}"
    );
    let (status, body) = world.get("/graphql?query=subscription{readingAdded{time}}").await;
    assert_eq!(
        (status, &body["errors"][0]["extensions"]["code"]),
        (StatusCode::OK, &json!("BAD_REQUEST"))
    );
    // Who names the newer media type gets the status, too.
    let asked = world
        .client
        .post(world.url("/graphql"))
        .json(&json!({ "query": query }));
    let answer = asked
        .header("accept", "application/graphql-response+json")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn each_event_is_an_execution_of_its_own() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let cursor = socket.stream("s", "").await;
    let query = "subscription ($after: String, $deep: Boolean!) { \
         ...f @include(if: $deep) } \
         fragment f on Subscription { added: readingAdded(after: $after) { __typename value sensor { latest { value } } } }";
    let payload = json!({ "query": query, "variables": { "after": cursor, "deep": true } });
    socket
        .say(json!({ "id": "1", "type": "subscribe", "payload": payload }))
        .await;
    socket.complete("s").await;
    for round in 1..=3_i32 {
        loader.load_some(sensors[0], 1).await;
        let event = socket.event("1").await;
        let expected = json!([{ "__typename": "Reading", "value": f64::from(round), "sensor": { "latest": { "value": f64::from(round) } } }]);
        assert_eq!(event["data"]["added"], expected);
        assert!(matches!(event["extensions"]["cursor"], Value::String(_)));
    }
}
