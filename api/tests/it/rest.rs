//! `/sensors/`.

use chrono::Utc;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

use crate::world::{World, open, thermometer};

#[tokio::test]
async fn every_sensor_with_its_latest_reading() {
    let world = World::new().await;
    let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 2)
        .await;
    let (status, body) = world.get("/sensors/").await;
    assert_eq!(status, StatusCode::OK);
    let a = &body["sensors"][0];
    let id = a["id"].clone();
    let active_since = a["active_since"].clone();
    let age = a["latest_age_seconds"].clone();
    let latest = crate::world::at("2026-11-23T10:01:00Z");
    assert!(
        (age.as_f64().unwrap() - (Utc::now() - latest).as_seconds_f64()).abs() < 60.0,
        "{age}"
    );
    assert_eq!(
        *a,
        json!({
            "id": id, "name": "a", "source": "plant", "type": "temperature",
            "unit": { "declared": "C", "symbol": "°C", "ucum": "Cel", "qudt": "http://qudt.org/vocab/unit/DEG_C",
                      "quantity_kind": "Temperature" },
            "description": "Main entrance", "location": { "lat": 10.0, "lng": 20.0 },
            "range": { "min": 0.0, "max": 45.0 }, "labels": { "site": "Harbour" }, "declared": true,
            "active_since": active_since, "expected_interval_seconds": 60.0,
            "latest": { "time": "2026-11-23T10:01:00Z", "value": 1.0, "flag": "pass",
                        "received_at": "2026-11-23T10:01:01Z" },
            "latest_age_seconds": age,
        })
    );
    assert_eq!(body["sensors"][1]["latest"], Value::Null);
    assert_eq!(body["next"], Value::Null);
}

#[tokio::test]
async fn the_readings_of_one_sensor_page_by_page() {
    let world = World::new().await;
    let sensors = world.sensors(&["Sensor 1"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 5)
        .await;
    let range = "sensor=Sensor%201&from=2026-11-23T11:00:00+01:00&to=2026-11-24&first=2";
    let mut values = Vec::new();
    let mut after = String::new();
    loop {
        let (status, body) = world.get(&format!("/sensors/?{range}{after}")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(
            (&body["from"], &body["sensor"]["name"]),
            (&json!("2026-11-23T10:00:00Z"), &json!("Sensor 1"))
        );
        values.extend(
            body["readings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|reading| reading["value"].as_f64().unwrap()),
        );
        match body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[tokio::test]
async fn sensors_come_page_by_page_too() {
    let world = World::new().await;
    world.sensors(&["a", "b", "c"]).await;
    let (_, body) = world.get("/sensors/?first=2").await;
    let next = body["next"].as_str().unwrap();
    let (_, body) = world.get(&format!("/sensors/?first=2&after={next}")).await;
    assert_eq!(
        (&body["sensors"][0]["name"], &body["next"]),
        (&json!("c"), &Value::Null)
    );
}

#[tokio::test]
async fn bad_parameters_are_problems_with_the_same_codes() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    for (query, status, code, argument) in [
        ("sensor=nobody", 404, "NOT_FOUND", "sensor"),
        ("sensr=a", 400, "INVALID_ARGUMENT", "sensr"),
        ("from=2026-01-01", 400, "INVALID_ARGUMENT", "from"),
        ("sensor=a&from=yesterday", 400, "INVALID_ARGUMENT", "from"),
        (
            "sensor=a&from=2026-01-02&to=2026-01-01",
            400,
            "INVALID_ARGUMENT",
            "from",
        ),
        ("sensor=a&order=up", 400, "INVALID_ARGUMENT", "order"),
        ("sensor=a&after=x", 400, "INVALID_ARGUMENT", "after"),
        ("first=x", 400, "INVALID_ARGUMENT", "first"),
        ("first=99999", 400, "LIMIT_EXCEEDED", "first"),
    ] {
        let response = world
            .client
            .get(world.url(&format!("/sensors/?{query}")))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{query}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            (&body["code"], &body["argument"]),
            (&json!(code), &json!(argument)),
            "{query}: {body}"
        );
        assert_eq!(body["status"], status);
    }
}

#[tokio::test]
async fn without_the_slash_it_is_the_same_address() {
    let world = World::without_database(open()).await;
    let response = world
        .client
        .get(world.url("/sensors?sensor=a"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(response.headers()[LOCATION], "/sensors/?sensor=a");
}

#[tokio::test]
async fn the_index_names_the_addresses() {
    let world = World::without_database(open()).await;
    let (_, text) = world.get("/").await;
    for path in ["/graphql", "/sensors/", "/odata/v4/", "/readyz", "/metrics"] {
        assert!(text.as_str().unwrap().contains(path), "{text}");
    }
    let request = world.client.get(world.url("/")).header("accept", "text/html");
    let page = request.send().await.unwrap();
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
}
