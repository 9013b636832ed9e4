//! Which readings a subscription is about, and what it shows of their sensors.

use std::time::Duration;

use api::{Anonymous, LiveLimits, Options};
use entity::load::DeclaredSensor;
use serde_json::json;

use super::socket::{Socket, values};
use super::{Loader, in_time, second};
use crate::world::{World, open, thermometer};

#[tokio::test]
async fn sensors_are_chosen_by_name_or_id_or_all_with_those_to_come() {
    let world = World::new().await;
    let sensors = world.sensors(&["a", "b"]).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let data = world.data("{ sensor(name: \"b\") { id } }").await;
    let id = data["sensor"]["id"].as_str().unwrap().to_owned();
    socket.stream("a", "(sensors: [\"a\"])").await;
    socket.stream("b", &format!("(sensors: [\"{id}\"])")).await;
    socket.stream("all", "").await;
    let late = world.sensors(&["c"]).await;
    loader
        .load(&[
            (sensors[0], second(0)),
            (sensors[1], second(0)),
            (late[0], second(0)),
        ])
        .await;
    let mut found = Vec::new();
    for _ in 0..3 {
        let mut message = socket.hear().await;
        let readings = message["payload"]["data"]["readingStream"]["readings"].take();
        found.push((message["id"].as_str().unwrap().to_owned(), values(&readings)));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("a", vec![1.0]), ("all", vec![1.0, 2.0, 3.0]), ("b", vec![2.0])];
    assert_eq!(found, expected.map(|(id, values)| (id.to_owned(), values)));
    socket
        .subscribe(
            "e",
            "subscription { readingAdded(sensors: [\"nobody\"]) { time } }",
        )
        .await;
    assert_eq!(socket.error("e").await["extensions"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_filter_follows_what_is_declared_and_descriptions_are_fresh() {
    let world = World::new().await;
    let at_site = |name: &str, site: &str| DeclaredSensor {
        labels: [("site".to_owned(), site.to_owned())].into(),
        description: Some(site.to_owned()),
        ..thermometer(name)
    };
    let sensors = world
        .declare(vec![at_site("a", "Harbour"), at_site("b", "Airport")])
        .await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let arguments = "(filter: { labels: [{ key: \"site\", value: \"Harbour\" }] })";
    let cursor = socket.stream("1", arguments).await;
    loader
        .load(&[(sensors[0], second(0)), (sensors[1], second(0))])
        .await;
    assert_eq!(values(&socket.batch("1").await["readings"]), [1.0]);
    // As lists come through a loader that notifies, so does this one.
    loader
        .declare(vec![at_site("a", "Airport"), at_site("b", "Harbour")])
        .await;
    loader
        .load(&[(sensors[0], second(1)), (sensors[1], second(1))])
        .await;
    let seqs = values(&socket.batch("1").await["readings"]);
    assert_eq!(seqs, [5.0]);
    // From the database, the sensors that match now.
    socket.say(json!({ "id": "1", "type": "complete" })).await;
    socket
        .stream(
            "2",
            &format!(
                "(filter: {{ labels: [{{ key: \"site\", value: \"Harbour\" }}] }}, after: \"{cursor}\")"
            ),
        )
        .await;
    assert_eq!(values(&socket.batch("2").await["readings"]), [2.0, 5.0]);
    let query =
        format!("subscription {{ readingAdded(after: \"{cursor}\") {{ sensor {{ name description }} }} }}");
    socket.subscribe("3", &query).await;
    let event = socket.event("3").await;
    let first = &event["data"]["readingAdded"][0]["sensor"];
    assert_eq!(first, &json!({ "name": "a", "description": "Airport" }));
}

#[tokio::test]
async fn a_filter_follows_what_is_found_before_it_is_heard_of() {
    let world = World::with(Options {
        live: LiveLimits {
            poll_interval: Duration::from_hours(1),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let a = world.sensors(&["a"]).await[0];
    let (mut one, mut other) = (Loader::new(&world).await, Loader::new(&world).await);
    let mut socket = Socket::ready(&world).await;
    socket.stream("1", "(filter: { sources: [\"plant\"] })").await;
    // It knows from now on which sensors match.
    one.load_some(a, 1).await;
    assert_eq!(values(&socket.batch("1").await["readings"]), [1.0]);
    // A sensor registers and is loaded; before that is heard, a look is due for another reason.
    let b = world.sensors(&["b"]).await[0];
    one.load_silently(&[(b, second(1))]).await;
    other.load(&[(a, second(2))]).await;
    let mut found = Vec::new();
    while found.last() != Some(&1.0) {
        found.extend(values(&socket.batch("1").await["readings"]));
    }
    assert_eq!(found, [2.0, 1.0]);
}

#[tokio::test]
async fn a_stream_without_readings_says_how_far_it_is() {
    let world = World::with(Options {
        live: LiveLimits {
            cursor_interval: Duration::from_millis(20),
            ..LiveLimits::default()
        },
        ..open()
    })
    .await;
    let sensors = world.sensors(&["a", "b"]).await;
    let mut loader = Loader::new(&world).await;
    let mut socket = Socket::ready(&world).await;
    let cursor = socket.stream("1", "(sensors: [\"b\"])").await;
    loader.load_some(sensors[0], 3).await;
    // On a busy machine it may say once more where it was.
    in_time(async {
        loop {
            let event = socket.event("1").await;
            let batch = &event["data"]["readingStream"];
            assert_eq!(batch["readings"], json!([]));
            if batch["cursor"] != cursor {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_sees_the_catalogue_sees_no_readings() {
    let world = World::with(Options {
        anonymous: Anonymous::Catalogue,
        ..open()
    })
    .await;
    let mut socket = Socket::ready(&world).await;
    socket
        .subscribe("1", "subscription { readingAdded { time } }")
        .await;
    assert_eq!(socket.error("1").await["extensions"]["code"], "UNAUTHENTICATED");
}
