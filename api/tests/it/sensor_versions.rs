//! How sensors were described over time, and the dataset that they belong to.

use std::time::{Duration, Instant};

use api::{Anonymous, Options};
use entity::load::DeclaredSensor;
use entity::visibility::{self, Visibility};
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// A sensor that was declared in January, moved in March, changed in May, and was measured each month.
async fn history(world: &World) -> i32 {
    let first = thermometer("a");
    let moved = DeclaredSensor {
        lat: Some(11.0),
        labels: [("site".to_owned(), "Airport".to_owned())].into(),
        ..first.clone()
    };
    let changed = DeclaredSensor {
        range_max: None,
        description: Some("Roof".to_owned()),
        ..moved.clone()
    };
    let mut id = 0;
    for (seq, at, sensor) in [
        (1, "2026-01-01", first),
        (2, "2026-03-01", moved.clone()),
        // The same again makes no version.
        (3, "2026-04-01", moved),
        (4, "2026-05-01", changed),
    ] {
        id = world.declare_at(at, seq, vec![sensor]).await[0];
    }
    for month in ["2026-02-01", "2026-03-01", "2026-05-01"] {
        world.readings(id, month, "1 hour", 3).await;
    }
    id
}

async fn versions(world: &World, arguments: &str, selection: &str) -> Value {
    let query = format!("{{ sensor(name: \"a\") {{ versions{arguments} {{ {selection} }} }} }}");
    world.data(&query).await["sensor"]["versions"].take()
}

fn starts(connection: &Value) -> Vec<&str> {
    let nodes = connection["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["validFrom"].as_str().unwrap()).collect()
}

testbed::both! {
    async fn a_sensor_shows_how_it_was_described_and_what_changed(database: TestDatabase) {
        let world = World::on(database, open()).await;
        history(&world).await;
        let found = versions(
            &world,
            "",
            "nodes { validFrom validTo name type description unit { declared ucum } location { lat lng } range { min max }
             labels { key value } expectedIntervalSeconds changes { field before after } }",
        )
        .await;
        let version = |at: usize, to: Value, description: &str, lat: f64, max: Value, site: &str, changes: Value| {
            let from = ["2026-05-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z"][at];
            assert_eq!(
                found["nodes"][at],
                json!({
                    "validFrom": from,
                    "validTo": to, "name": "a", "type": "temperature", "description": description,
                    "unit": { "declared": "C", "ucum": "Cel" }, "location": { "lat": lat, "lng": 20.0 },
                    "range": { "min": 0.0, "max": max }, "labels": [{ "key": "site", "value": site }],
                    "expectedIntervalSeconds": 60.0, "changes": changes,
                })
            );
        };
        version(0, json!(null), "Roof", 11.0, json!(null), "Airport", json!([
            { "field": "description", "before": "Main entrance", "after": "Roof" },
            { "field": "range.max", "before": "45.0", "after": null },
        ]));
        version(1, json!("2026-05-01T00:00:00Z"), "Main entrance", 11.0, json!(45.0), "Airport", json!([
            { "field": "labels.site", "before": "Harbour", "after": "Airport" },
            { "field": "location.lat", "before": "10.0", "after": "11.0" },
        ]));
        version(2, json!("2026-03-01T00:00:00Z"), "Main entrance", 10.0, json!(45.0), "Harbour", json!([]));
        assert_eq!(found["nodes"].as_array().unwrap().len(), 3);
    }

    async fn each_description_is_shown_with_the_readings_to_which_it_applies(database: TestDatabase) {
        let world = World::on(database, open()).await;
        history(&world).await;
        let found = versions(
            &world,
            "",
            "nodes { readings(from: \"2026-01-01\", to: \"2026-12-01\") { time sensor { name } }
             newest: readings(from: \"2026-01-01\", to: \"2026-12-01\", order: DESC, first: 1) { time } }",
        )
        .await;
        let times = |at: usize| -> Vec<&str> {
            let readings = found["nodes"][at]["readings"].as_array().unwrap().iter();
            readings.map(|reading| reading["time"].as_str().unwrap()).collect()
        };
        // A reading at the very instant of a change belongs to what came with it.
        let hours = |month: &str| [0, 1, 2].map(|hour| format!("{month}-01T0{hour}:00:00Z"));
        assert_eq!([times(0), times(1), times(2)], [hours("2026-05"), hours("2026-03"), hours("2026-02")]);
        assert_eq!(found["nodes"][1]["newest"], json!([{ "time": "2026-03-01T02:00:00Z" }]));
        assert_eq!(found["nodes"][1]["readings"][0]["sensor"]["name"], json!("a"));

        // Without a range, the last 24 hours of it; of a range outside of it, none.
        let found = versions(
            &world,
            "(first: 1, to: \"2026-03-01\")",
            "nodes { validFrom readings { time } none: readings(from: \"2026-03-01\", to: \"2026-04-01\") { time } }",
        )
        .await;
        assert_eq!(starts(&found), ["2026-01-01T00:00:00Z"]);
        assert_eq!(found["nodes"][0]["readings"], json!([]));
        assert_eq!(found["nodes"][0]["none"], json!([]));
    }

    async fn a_history_is_cut_by_time_and_goes_on_page_by_page(database: TestDatabase) {
        let world = World::on(database, open()).await;
        history(&world).await;
        for (arguments, expected) in [
            ("(from: \"2026-03-01\")", &["2026-05-01T00:00:00Z", "2026-03-01T00:00:00Z"][..]),
            ("(from: \"2026-02-28T23:59:59Z\", to: \"2026-03-01\")", &["2026-01-01T00:00:00Z"]),
            ("(to: \"2026-01-01\")", &[]),
        ] {
            let found = versions(&world, arguments, "nodes { validFrom }").await;
            assert_eq!(starts(&found), expected, "{arguments}");
        }
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let arguments = format!("(first: 1{after})");
            let page = versions(&world, &arguments, "nodes { validFrom } edges { cursor } pageInfo { endCursor hasNextPage }").await;
            seen.extend(starts(&page).into_iter().map(str::to_owned));
            assert_eq!(page["edges"][0]["cursor"], page["pageInfo"]["endCursor"]);
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, ["2026-05-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z"]);
    }
}

#[tokio::test]
async fn wrong_arguments_of_a_history_are_told() {
    let world = World::new().await;
    world.declare(vec![thermometer("a")]).await;
    for (arguments, argument) in [
        ("from: \"2026-02-01\", to: \"2026-01-01\"", "from"),
        ("first: 0", "first"),
        ("after: \"x\"", "after"),
    ] {
        let query =
            format!("{{ sensor(name: \"a\") {{ versions({arguments}) {{ nodes {{ validFrom }} }} }} }}");
        let error = world.error(&query).await;
        assert_eq!(error["extensions"]["code"], "INVALID_ARGUMENT", "{error}");
        assert_eq!(error["extensions"]["argument"], argument);
    }
}

#[tokio::test]
async fn a_sensor_that_was_never_declared_has_no_history() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    assert_eq!(
        versions(&world, "", "nodes { validFrom }").await,
        json!({ "nodes": [] })
    );
}

#[tokio::test]
async fn a_sensor_names_the_dataset_of_its_readings() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    let data = world
        .data("{ sensor(name: \"a\") { dataset { slug title open } } }")
        .await;
    assert_eq!(
        data["sensor"]["dataset"],
        json!({ "slug": "readings", "title": "Readings", "open": true })
    );
}

#[tokio::test]
async fn a_dataset_that_becomes_hidden_is_gone_for_others_soon_and_comes_back() {
    let world = World::with(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    world.sensors(&["a"]).await;
    // Who may see sensors and no readings.
    let key = world
        .key(|key| key.datasets = Some(vec!["sensors".to_owned()]))
        .await;
    let query = "{ sensor(name: \"a\") { dataset { slug } } dataset(slug: \"readings\") { slug } }";
    let ask = async || world.ask_as(key.reveal(), query).await.2["data"].take();
    let listed =
        json!({ "sensor": { "dataset": { "slug": "readings" } }, "dataset": { "slug": "readings" } });
    let hidden = json!({ "sensor": { "dataset": null }, "dataset": null });
    assert_eq!(ask().await, listed);
    for (visibility, expected) in [(Visibility::Hidden, &hidden), (Visibility::Listed, &listed)] {
        visibility::set(&world.db, "readings", visibility).await.unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        while ask().await != *expected {
            assert!(Instant::now() < deadline, "{visibility} does not hold");
        }
    }
}
