//! Subscribers that take their time are told, and miss nothing that is bounded.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "positions of a test"
)]

use std::time::Duration;

use api::{LiveLimits, Options};
use entity::load::DeclaredSensor;
use serde_json::{Value, json};

use super::Loader;
use super::socket::{Socket, values};
use crate::world::{World, open, thermometer};

/// A sensor whose readings are 8 kB each in an answer, so that a socket is full after a few hundred.
async fn talker(world: &World) -> i32 {
    let sensor = DeclaredSensor {
        description: Some("x".repeat(8_000)),
        ..thermometer("talker")
    };
    world.declare(vec![sensor]).await[0]
}

fn narrow(catch_up_max: u64) -> Options {
    Options {
        live: LiveLimits {
            queue_readings_max: 100,
            catch_up_max,
            // A flood may take its time on a busy machine.
            send_timeout: Duration::from_mins(5),
            ..LiveLimits::default()
        },
        ..open()
    }
}

const READINGS: i64 = 4_000;

/// So many readings one by one bring a subscription to where it is given what is loaded: the first may have come while
/// it began, and the second while it caught up with that. Only behind them a full queue is its slowness.
const AT_FIRST: i64 = 3;

/// Loads far more than the socket and the queue hold, while the subscriber does not read.
///
/// Each piece is given to a second subscriber before the next is loaded: what is given at once is one delivery, however
/// large, and would not be too much for a queue.
async fn flood(world: &World, loader: &mut Loader, sensor: i32) {
    let mut swift = Socket::ready(world).await;
    swift.stream("swift", "").await;
    for _ in 0..READINGS / 50 {
        loader.load_some(sensor, 50).await;
        let loaded = loader.seq as f64;
        while values(&swift.batch("swift").await["readings"]).last() != Some(&loaded) {}
    }
}

fn stream(after: &str) -> String {
    format!(
        "subscription {{ readingStream(first: 50, after: \"{after}\") {{ cursor readings {{ value sensor {{ description }} }} \
         missed {{ positions from to }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_stream_catches_up_and_misses_nothing() {
    let world = World::with(narrow(1_000_000)).await;
    let sensor = talker(&world).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let cursor = socket.stream("0", "").await;
    socket.complete("0").await;
    socket.subscribe("1", &stream(&cursor)).await;
    flood(&world, &mut loader, sensor).await;
    let mut found = Vec::new();
    while found.len() < READINGS as usize {
        let batch = socket.batch("1").await;
        assert_eq!(batch["missed"], Value::Null);
        found.extend(values(&batch["readings"]));
    }
    let expected: Vec<f64> = (1..=READINGS).map(|seq| seq as f64).collect();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_too_far_behind_is_told_what_it_missed() {
    let world = World::with(narrow(200)).await;
    let sensor = talker(&world).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let cursor = socket.stream("0", "").await;
    socket.complete("0").await;
    socket.subscribe("1", &stream(&cursor)).await;
    let mut last = cursor;
    for _ in 0..AT_FIRST {
        loader.load_some(sensor, 1).await;
        let batch = socket.batch("1").await;
        assert_eq!(values(&batch["readings"]).len(), 1);
        batch["cursor"].as_str().unwrap().clone_into(&mut last);
    }
    flood(&world, &mut loader, sensor).await;
    let (mut given, mut missed) = (0.0, 0.0);
    while given + missed < READINGS as f64 {
        let batch = socket.batch("1").await;
        given += values(&batch["readings"]).len() as f64;
        if batch["missed"] != Value::Null {
            assert_eq!(batch["missed"]["from"], last);
            assert_eq!(batch["missed"]["to"], batch["cursor"]);
            missed += batch["missed"]["positions"].as_f64().unwrap();
        }
        last = batch["cursor"].as_str().unwrap().to_owned();
    }
    assert!(missed > 0.0);
    assert!(
        (given + missed - READINGS as f64).abs() < 0.5,
        "{given} given, {missed} missed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_subscription_ends_with_the_cursor_to_go_on_with() {
    let world = World::with(narrow(1_000_000)).await;
    let sensor = talker(&world).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let mut cursor = socket.stream("0", "").await;
    socket.complete("0").await;
    let mut found = Vec::new();
    let mut ends = 0;
    let query = |cursor: &str| {
        format!("subscription {{ readingAdded(after: \"{cursor}\") {{ value sensor {{ description }} }} }}")
    };
    socket.subscribe("1", &query(&cursor)).await;
    for _ in 0..AT_FIRST {
        loader.load_some(sensor, 1).await;
        found.extend(values(&socket.event("1").await["data"]["readingAdded"]));
    }
    flood(&world, &mut loader, sensor).await;
    while found.len() < (AT_FIRST + READINGS) as usize {
        let message = socket.hear().await;
        if message["type"] == "next" {
            found.extend(values(&message["payload"]["data"]["readingAdded"]));
            message["payload"]["extensions"]["cursor"]
                .as_str()
                .unwrap()
                .clone_into(&mut cursor);
            continue;
        }
        assert_eq!(message["type"], "error", "{message:#}");
        let extensions = &message["payload"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["cursor"]),
            (&json!("LIMIT_EXCEEDED"), &json!(cursor))
        );
        ends += 1;
        socket.subscribe("1", &query(&cursor)).await;
    }
    assert!(ends > 0);
    let expected: Vec<f64> = (1..=AT_FIRST + READINGS).map(|seq| seq as f64).collect();
    assert_eq!(found, expected);
}

/// A first load fills the socket, so the readings of two more wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readings_that_wait_for_many_are_counted_once() {
    const SUBSCRIPTIONS: usize = 20;
    let world = World::with(Options {
        live: LiveLimits {
            queued_readings_max: 1_000,
            send_timeout: Duration::from_mins(5),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let sensor = talker(&world).await;
    let mut loader = Loader::new(&world).await;
    let mut slow = Socket::ready(&world).await;
    let mut swift = Socket::ready(&world).await;
    let begin = swift.stream("swift", "(sensors: [\"talker\"])").await;
    for id in 0..SUBSCRIPTIONS {
        let query = format!(
            "subscription {{ readingAdded(sensors: [\"talker\"], after: \"{begin}\") {{ value sensor {{ description }} }} }}"
        );
        slow.subscribe(&id.to_string(), &query).await;
    }
    // Who has been given the first one is there.
    let mut found = vec![Vec::new(); SUBSCRIPTIONS];
    loader.load_some(sensor, 1).await;
    hear_up_to(&mut slow, &mut found, 1).await;
    for _ in 0..3 {
        loader.load_some(sensor, 100).await;
        let loaded = loader.seq as f64;
        while values(&swift.batch("swift").await["readings"]).last() != Some(&loaded) {}
    }
    hear_up_to(&mut slow, &mut found, 301).await;
    let expected: Vec<f64> = (1..=301).map(f64::from).collect();
    assert!(found.iter().all(|found| *found == expected));
}

/// Takes what comes for each of some subscriptions, whose ids are their places, until each has as many readings.
async fn hear_up_to(socket: &mut Socket, found: &mut [Vec<f64>], count: usize) {
    while found.iter().any(|found| found.len() < count) {
        let message = socket.hear().await;
        assert_eq!(message["type"], "next", "{message:#}");
        let id: usize = message["id"].as_str().unwrap().parse().unwrap();
        found[id].extend(values(&message["payload"]["data"]["readingAdded"]));
    }
}
