//! Who asks on a connection: looked up for each operation, counted for each, and told why they are not let in.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{Anonymous, ApiKey, Limits, LiveLimits, Options};
use chrono::Utc;
use entity::keys;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::in_time;
use super::socket::Socket;
use crate::world::{World, open, thermometer};

const QUERY: &str = "{ service { name } }";

fn closed() -> Options {
    Options {
        anonymous: Anonymous::None,
        ..open()
    }
}

fn code(error: &Value) -> &str {
    error["extensions"]["code"].as_str().unwrap()
}

#[tokio::test]
async fn a_revoked_key_begins_no_further_operation() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let mut socket = Socket::ready_as(&world, key.reveal()).await;
    socket.ask(QUERY).await.unwrap();
    keys::revoke(&world.db, key.prefix(), Utc::now()).await.unwrap();
    let refused = async {
        loop {
            match socket.ask(QUERY).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => return error,
            }
        }
    };
    assert_eq!(code(&Box::pin(in_time(refused)).await), "UNAUTHENTICATED");
    let subscription = "subscription { readingStream { cursor } }";
    assert_eq!(
        code(&socket.ask(subscription).await.unwrap_err()),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn each_operation_sees_the_sensors_that_its_key_is_for_by_then() {
    let world = World::with(closed()).await;
    let key = world
        .key(|key| key.sensors.types = Some(vec!["temperature".to_owned()]))
        .await;
    let mut socket = Socket::ready_as(&world, key.reveal()).await;
    let query = "{ sensors { nodes { name } } }";
    let answer = socket.ask(query).await.unwrap();
    assert_eq!(answer["data"]["sensors"]["nodes"], json!([]));
    world.declare(vec![thermometer("a")]).await;
    let answer = socket.ask(query).await.unwrap();
    assert_eq!(answer["data"]["sensors"]["nodes"], json!([{ "name": "a" }]));
}

#[tokio::test]
async fn each_operation_counts_as_a_request_and_an_event_stream_as_the_one_that_it_is() {
    let world = World::with(closed()).await;
    // The next one is in half a minute.
    let two = world.key(|key| key.requests_per_minute = Some(2)).await;
    let mut socket = Socket::ready_as(&world, two.reveal()).await;
    socket.ask(QUERY).await.unwrap();
    let error = socket.ask(QUERY).await.unwrap_err();
    assert_eq!(code(&error), "RATE_LIMITED");
    let seconds = error["extensions"]["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    let (status, _, _) = world.ask_as(two.reveal(), QUERY).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);

    let one = world.key(|key| key.requests_per_minute = Some(1)).await;
    let events = world
        .client
        .post(world.url("/graphql"))
        .header(ACCEPT, "text/event-stream");
    let events = events.bearer_auth(one.reveal()).json(&json!({ "query": QUERY }));
    let text = events.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("\"name\":\"Fieldbook\""), "{text}");
}

#[tokio::test]
async fn without_a_key_operations_are_counted_by_address_beyond_loopback_alone() {
    let three = |http: &str| Options {
        http: http.parse().unwrap(),
        limits: Limits {
            requests_per_second_max: 1,
            requests_burst_max: 3,
            ..Limits::default()
        },
        ..open()
    };
    for (http, all_pass) in [("127.0.0.1:0", true), ("0.0.0.0:0", false)] {
        let world = World::with(three(http)).await;
        let mut socket = Socket::ready(&world).await;
        let mut passed = 0;
        for _ in 0..30 {
            match socket.ask(QUERY).await {
                Ok(_) => passed += 1,
                Err(error) => assert_eq!(code(&error), "RATE_LIMITED"),
            }
        }
        assert_eq!(passed == 30, all_pass, "{http}: {passed}");
        assert!(passed >= 2, "{http}: {passed}");
    }
}

#[tokio::test]
async fn a_subscription_whose_key_has_ended_shows_no_wrong_key() {
    let world = World::with(Options {
        limits: Limits {
            failures_per_minute_max: 1,
            ..Limits::default()
        },
        live: LiveLimits {
            access_interval: Duration::from_millis(20),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let key = world.key(|_| ()).await;
    let mut socket = Socket::ready_as(&world, key.reveal()).await;
    let mut running: BTreeSet<&str> = ["1", "2", "3"].into();
    for id in &running {
        socket.stream(id, "").await;
    }
    keys::revoke(&world.db, key.prefix(), Utc::now()).await.unwrap();
    while !running.is_empty() {
        let message = socket.hear().await;
        if message["type"] == "error" {
            assert_eq!(code(&message["payload"][0]), "UNAUTHENTICATED");
            assert!(running.remove(message["id"].as_str().unwrap()), "{message}");
        }
    }
    // So the address's first wrong key is this one.
    let invented = ApiKey::generate().unwrap();
    let (status, _, body) = world.ask_as(invented.reveal(), QUERY).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("api::")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Log {
    /// Whether one line has all of these.
    fn has(&self, parts: &[&str]) -> bool {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .any(|line| parts.iter().all(|part| line.contains(part)))
    }
}

/// The code that a connection is closed with whose first message shows this key.
async fn shown(world: &World, key: &ApiKey) -> u16 {
    let mut socket = Socket::open(world).await;
    let payload = json!({ "apiKey": key.reveal() });
    socket
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    socket.code().await
}

#[tokio::test]
async fn who_may_come_again_is_told_to_and_the_log_says_why_nobody_was_let_in() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let invented = ApiKey::generate().unwrap();

    let away = World::without_database(open()).await;
    assert_eq!(shown(&away, &invented).await, 1013);
    assert!(log.has(&["WARN", "http.request_id"]), "{:?}", log.0);
    assert!(
        log.has(&["INFO", "http.request_id", "UNAVAILABLE"]),
        "{:?}",
        log.0
    );

    let world = World::new().await;
    let slow = world.key(|key| key.requests_per_minute = Some(1)).await;
    world.ask_as(slow.reveal(), QUERY).await;
    assert_eq!(shown(&world, &slow).await, 1013);
    assert!(
        log.has(&["INFO", "http.request_id", "RATE_LIMITED"]),
        "{:?}",
        log.0
    );

    assert_eq!(shown(&world, &invented).await, 4403);
    assert!(
        log.has(&["INFO", "http.request_id", "UNAUTHENTICATED"]),
        "{:?}",
        log.0
    );
    assert!(
        !log.has(&[invented.reveal()]) && !log.has(&[slow.reveal()]),
        "{:?}",
        log.0
    );
}
