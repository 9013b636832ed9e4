//! `latest`.

use serde_json::{Value, json};

use crate::world::{World, thermometer};

fn pairs(latest: &Value) -> Vec<(&str, f64)> {
    let pair = |reading: &'_ Value| -> f64 { reading["value"].as_f64().unwrap() };
    let readings = latest.as_array().unwrap();
    readings
        .iter()
        .map(|reading| (reading["sensor"]["name"].as_str().unwrap(), pair(reading)))
        .collect()
}

#[tokio::test]
async fn the_newest_reading_of_each_sensor_that_has_one() {
    let world = World::new().await;
    let sensors = world.sensors(&["b", "a", "silent"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 3)
        .await;
    world
        .readings(sensors[1], "2026-11-22T10:00:00Z", "1 minute", 5)
        .await;
    world.declare(vec![thermometer("declared")]).await;
    for (arguments, expected) in [
        ("", vec![("a", 4.0), ("b", 2.0)]),
        (
            "(sensors: [\"b\", \"silent\", \"a\"])",
            vec![("b", 2.0), ("a", 4.0)],
        ),
        ("(filter: { names: [\"a\"] })", vec![("a", 4.0)]),
        ("(sensors: [\"b\"], filter: { names: [\"a\"] })", vec![]),
        ("(maxAgeSeconds: 1)", vec![]),
    ] {
        let data = world
            .data(&format!("{{ latest{arguments} {{ value sensor {{ name }} }} }}"))
            .await;
        assert_eq!(pairs(&data["latest"]), expected, "{arguments}");
    }
    let data = world
        .data("{ sensor(name: \"a\") { latest { time value flag } } }")
        .await;
    assert_eq!(
        data["sensor"]["latest"],
        json!({ "time": "2026-11-22T10:04:00Z", "value": 4.0, "flag": "PASS" })
    );
}
