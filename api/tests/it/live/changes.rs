//! Subscriptions to changes of the catalogue: what differs from one look to the next, of what the asker may see.

use std::collections::BTreeSet;

use api::{Anonymous, LiveLimits, Options};
use chrono::Utc;
use entity::keys::{self, SensorLimit};
use entity::load::DeclaredSensor;
use serde_json::{Value, json};

use super::socket::Socket;
use crate::world::{World, open, thermometer};

const CHANGED: &str = "{ at changes { kind dataset sensor { name } dimension before after } more }";

fn subscription(arguments: &str) -> String {
    format!("subscription {{ catalogueChanged{arguments} {CHANGED} }}")
}

/// Subscribes, and is told that nothing has changed yet.
async fn begin(socket: &mut Socket, id: &str, arguments: &str) {
    socket.subscribe(id, &subscription(arguments)).await;
    let event = socket.event(id).await;
    assert_eq!(
        event["data"]["catalogueChanged"]["changes"],
        json!([]),
        "{event:#}"
    );
    assert_eq!(
        event["extensions"],
        Value::Null,
        "there is no cursor to go on with"
    );
}

/// The changes of the next event that has any, as `dataset sensor before after`.
async fn changes(socket: &mut Socket, id: &str) -> BTreeSet<String> {
    loop {
        let event = socket.event(id).await;
        let told = &event["data"]["catalogueChanged"];
        let changes = told["changes"].as_array().unwrap_or_else(|| panic!("{event:#}"));
        if changes.is_empty() {
            continue;
        }
        assert_eq!(told["more"], json!(false));
        let word = |of: &Value| of.as_str().unwrap_or("-").to_owned();
        return changes
            .iter()
            .map(|change| {
                assert_eq!(
                    (&change["kind"], &change["dimension"]),
                    (&json!("FRESHNESS"), &json!(null))
                );
                let parts = [
                    word(&change["dataset"]),
                    word(&change["sensor"]["name"]),
                    word(&change["before"]),
                    word(&change["after"]),
                ];
                parts.join(" ")
            })
            .collect();
    }
}

/// A reading of now.
async fn reading(world: &World, sensor: i32) {
    world
        .insert_readings(&format!(
            "SELECT date_trunc('second', now()), 1, now(), 1, {sensor}, 1, 1"
        ))
        .await;
    world.renew_catalogue().await;
}

fn flow(name: &str) -> DeclaredSensor {
    DeclaredSensor {
        kind: Some("flow".into()),
        ..thermometer(name)
    }
}

#[tokio::test]
async fn a_subscriber_is_told_what_became_of_datasets_and_sensors() {
    let world = World::new().await;
    let ids = world.declare(vec![thermometer("a"), flow("b")]).await;
    world.renew_catalogue().await;
    let mut socket = Socket::ready(&world).await;
    begin(&mut socket, "all", "(datasets: [\"readings\"])").await;
    reading(&world, ids[0]).await;
    let told = changes(&mut socket, "all").await;
    assert!(told.contains("readings a NO_DATA FRESH"), "{told:?}");
    assert!(
        told.iter()
            .any(|change| change.starts_with("readings - NO_DATA ")),
        "{told:?}"
    );
    assert!(!told.iter().any(|change| change.contains(" b ")), "{told:?}");
    // Each change once.
    reading(&world, ids[1]).await;
    let told = changes(&mut socket, "all").await;
    assert!(told.contains("readings b NO_DATA FRESH"), "{told:?}");
    assert!(!told.iter().any(|change| change.contains(" a ")), "{told:?}");
}

#[tokio::test]
async fn whoever_sees_some_sensors_is_told_of_those() {
    let world = World::with(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    let ids = world.declare(vec![thermometer("a"), flow("b")]).await;
    world.renew_catalogue().await;
    let key = world
        .key(|key| {
            key.sensors = SensorLimit {
                types: Some(vec!["flow".to_owned()]),
                ..SensorLimit::default()
            };
        })
        .await;
    let mut socket = Socket::ready_as(&world, key.reveal()).await;
    begin(
        &mut socket,
        "some",
        "(datasets: [\"readings\"], kinds: [FRESHNESS])",
    )
    .await;
    // Another's sensor, then one of theirs: there is one event, about theirs.
    reading(&world, ids[0]).await;
    reading(&world, ids[1]).await;
    let told = changes(&mut socket, "some").await;
    let expected = ["readings - NO_DATA FRESH", "readings b NO_DATA FRESH"];
    assert_eq!(told, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn what_is_not_there_for_the_asker_is_not_subscribed_to() {
    let world = World::new().await;
    let mut socket = Socket::ready(&world).await;
    socket
        .subscribe("1", &subscription("(datasets: [\"nothing\"])"))
        .await;
    let error = socket.error("1").await;
    assert_eq!(
        (&error["extensions"]["code"], &error["extensions"]["argument"]),
        (&json!("NOT_FOUND"), &json!("datasets"))
    );
    socket.subscribe("2", &subscription("(kinds: [QUALITY])")).await;
    let event = socket.event("2").await;
    assert_eq!(event["data"]["catalogueChanged"]["more"], json!(false));
    // With readings in one operation it is refused.
    let both = "subscription { catalogueChanged { at } readingAdded { value } }";
    socket.subscribe("3", both).await;
    assert_eq!(
        socket.error("3").await["extensions"]["code"],
        json!("BAD_REQUEST")
    );
}

#[tokio::test]
async fn a_revoked_key_ends_it_and_so_many_are_open_at_once() {
    let world = World::with(Options {
        anonymous: Anonymous::None,
        live: LiveLimits {
            access_interval: std::time::Duration::from_millis(50),
            catalogue_subscribers_max: 1,
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let key = world.key(|_| ()).await;
    let mut socket = Socket::ready_as(&world, key.reveal()).await;
    begin(&mut socket, "1", "").await;
    socket.subscribe("2", &subscription("")).await;
    let error = socket.error("2").await;
    assert_eq!(
        (&error["extensions"]["code"], &error["extensions"]["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(1))
    );
    keys::revoke(&world.db, key.prefix(), Utc::now()).await.unwrap();
    // What changes until it is noticed is told; then it ends.
    let error = loop {
        let mut message = socket.hear().await;
        assert_eq!(message["id"], "1", "{message:#}");
        if message["type"] == "error" {
            break message["payload"][0].take();
        }
    };
    assert_eq!(error["extensions"]["code"], json!("UNAUTHENTICATED"), "{error}");
}
