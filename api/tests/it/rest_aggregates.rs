//! `/sensors/aggregates` and `/sensors/aggregated10/`.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

testbed::both! {
    async fn the_last_ten_complete_minutes_of_each_sensor(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
        let from = Utc::now() - TimeDelta::minutes(5);
        let from = from.to_rfc3339_opts(SecondsFormat::Secs, true);
        world.readings(sensors[0], &from, "1 second", 600).await;
        let before = Utc::now();
        let (status, body) = world.get("/sensors/aggregated10/").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!((&body["bucket"], &body["time_zone"], &body["next"]), (&json!("PT1M"), &json!("UTC"), &Value::Null));
        let to = time(&body["to"]);
        assert!(to <= Utc::now() && before - to < TimeDelta::minutes(1), "{body}");
        assert_eq!(to - time(&body["from"]), TimeDelta::minutes(10));
        for (at, name) in ["a", "b"].iter().enumerate() {
            let sensor = &body["sensors"][at];
            assert_eq!((&sensor["name"], &sensor["unit"]["ucum"]), (&json!(name), &json!("Cel")));
            let buckets = sensor["buckets"].as_array().unwrap();
            assert_eq!(buckets.len(), 10);
            for (i, bucket) in (0_i32..).zip(buckets) {
                assert_eq!(time(&bucket["start"]), time(&body["from"]) + TimeDelta::minutes(1) * i);
                assert_eq!(time(&bucket["end"]) - time(&bucket["start"]), TimeDelta::minutes(1));
            }
        }
        let a = body["sensors"][0]["buckets"].as_array().unwrap();
        assert_eq!((&a[0]["mean"], &a[0]["count"]), (&Value::Null, &json!(0)));
        // Values go up by one a second.
        assert_eq!((&a[8]["count"], &a[9]["count"]), (&json!(60), &json!(60)));
        let minute_before = a[9]["mean"].as_f64().unwrap() - 60.0;
        assert_eq!(a[8]["mean"], minute_before);
        let b = body["sensors"][1]["buckets"].as_array().unwrap();
        assert!(b.iter().all(|bucket| bucket["mean"].is_null() && bucket["count"] == 0), "{body}");
    }
}

#[tokio::test]
async fn buckets_zone_and_sensors_can_be_chosen() {
    let world = World::new().await;
    let sensors = world
        .declare(vec![thermometer("a"), thermometer("b"), thermometer("c")])
        .await;
    let from = (Utc::now() - TimeDelta::days(3)).to_rfc3339_opts(SecondsFormat::Secs, true);
    world.readings(sensors[1], &from, "1 hour", 72).await;
    let (status, body) = world
        .get("/sensors/aggregates?bucket=P1D&last=2&time_zone=Asia/Kathmandu&sensor=b")
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(
        (&body["bucket"], &body["time_zone"]),
        (&json!("P1D"), &json!("Asia/Kathmandu"))
    );
    assert!(body["to"].as_str().unwrap().ends_with("T18:15:00Z"));
    assert_eq!(body["sensors"].as_array().unwrap().len(), 1);
    let buckets = body["sensors"][0]["buckets"].as_array().unwrap();
    assert_eq!((buckets.len(), &buckets[1]["count"]), (2, &json!(24)));
    let keys: Vec<_> = buckets[1]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "avg",
            "completeness",
            "count",
            "count_fail",
            "count_suspect",
            "end",
            "first",
            "increase",
            "integral",
            "last",
            "max",
            "min",
            "start",
            "stddev",
            "sum",
            "time_weighted_avg"
        ]
    );
    let (_, page) = world.get("/sensors/aggregates?first=2&last=1").await;
    assert_eq!(
        (page["sensors"].as_array().unwrap().len(), &page["bucket"]),
        (2, &json!("PT1M"))
    );
    let next = page["next"].as_str().unwrap();
    let (_, page) = world
        .get(&format!("/sensors/aggregated10/?first=2&after={next}"))
        .await;
    assert_eq!(
        (&page["sensors"][0]["name"], &page["next"]),
        (&json!("c"), &Value::Null)
    );
    let (_, other) = world.get("/sensors/aggregates?source=elsewhere").await;
    assert_eq!(other["sensors"], json!([]));
}

#[tokio::test]
async fn bad_parameters_are_problems() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    for (path, status, code, argument) in [
        ("aggregates?bucket=hour", 400, "INVALID_ARGUMENT", json!("bucket")),
        (
            "aggregates?time_zone=Zurich",
            400,
            "INVALID_ARGUMENT",
            json!("time_zone"),
        ),
        ("aggregates?last=0", 400, "INVALID_ARGUMENT", json!("last")),
        ("aggregates?last=200001", 400, "LIMIT_EXCEEDED", json!("last")),
        (
            "aggregates?bucket=P100Y&last=1000",
            400,
            "INVALID_ARGUMENT",
            json!("bucket"),
        ),
        (
            "aggregates?timeZone=UTC",
            400,
            "INVALID_ARGUMENT",
            json!("timeZone"),
        ),
        ("aggregates?sensor=nobody", 404, "NOT_FOUND", json!("sensor")),
        ("aggregated10/?last=3", 400, "INVALID_ARGUMENT", json!("last")),
        (
            "aggregates?sensor=a&first=1",
            400,
            "INVALID_ARGUMENT",
            json!("first"),
        ),
    ] {
        let (got, body) = world.get(&format!("/sensors/{path}")).await;
        assert_eq!(
            (got.as_u16(), &body["code"], &body["argument"]),
            (status, &json!(code), &argument),
            "{path}: {body}"
        );
    }
}
