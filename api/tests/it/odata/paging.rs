//! Pages: complete, without repetition, and stable while data arrives.

use api::{Limits, ODataLimits};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{DAY, all_rows, answer, ask, filled, refusal, rows};
use crate::world::{World, with_limits};

fn key(row: &Value) -> (String, String) {
    (
        row["Time"].as_str().unwrap().to_owned(),
        row["Sensor"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn every_page_size_and_order_gives_the_same_rows_once() {
    let world = World::new().await;
    filled(&world).await;
    let whole = answer(&world, "Readings", &[("$filter", DAY)]).await;
    let mut whole: Vec<_> = rows(&whole).iter().map(key).collect();
    assert_eq!(whole.len(), 185);
    whole.sort();
    for order in [
        "Time",
        "Time desc",
        "Sensor,Time desc",
        "SensorId",
        "Site desc,Time",
        "Source",
    ] {
        for page in [7, 50, 185, 1_000] {
            let found = all_rows(&world, "Readings", &[("$filter", DAY), ("$orderby", order)], page).await;
            let mut keys: Vec<_> = found.iter().map(key).collect();
            if order == "Time desc" {
                assert!(keys.is_sorted_by(|a, b| a.0 >= b.0));
            }
            if order == "Sensor,Time desc" {
                assert!(keys.is_sorted_by(|a, b| a.1 < b.1 || a.1 == b.1 && a.0 > b.0));
            }
            keys.sort();
            assert_eq!(keys, whole, "{order} by pages of {page}");
        }
    }
}

#[tokio::test]
async fn pages_of_a_feed_do_not_shift_while_readings_arrive() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    // The last hour, which the default range of a day holds.
    world
        .insert_readings(&format!(
            "SELECT date_trunc('second', now()) - INTERVAL '1 hour' + i * INTERVAL '1 minute', i, now(), i, {}, 1, 1 \
             FROM generate_series(0, 59) AS i",
            sensors[0]
        ))
        .await;
    let mut url = world.url("/odata/v4/Readings?$orderby=Time%20desc");
    let mut values = Vec::new();
    loop {
        let request = world.client.get(&url).header("Prefer", "odata.maxpagesize=25");
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["preference-applied"], "odata.maxpagesize=25");
        let body: Value = response.json().await.unwrap();
        values.extend(rows(&body).iter().map(|row| row["Value"].as_f64().unwrap()));
        // Newer than all that the first page has seen.
        world
            .insert_readings(&format!(
                "SELECT clock_timestamp(), 999, now(), 1, {}, 1, 1",
                sensors[0]
            ))
            .await;
        match body["@odata.nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    let wanted: Vec<f64> = (0..60).rev().map(f64::from).collect();
    assert_eq!(values, wanted);
}

#[tokio::test]
async fn top_and_skip_hold_across_pages() {
    let world = World::new().await;
    filled(&world).await;
    let whole = all_rows(&world, "Readings", &[("$filter", DAY)], 1_000).await;
    for (skip, top) in [
        (0, 1),
        (3, 20),
        (100, 1_000),
        (184, 5),
        (185, 5),
        (1_000, 5),
        (5, 0),
    ] {
        let options = [
            ("$filter", DAY),
            ("$skip", &skip.to_string()),
            ("$top", &top.to_string()),
        ];
        let found = all_rows(&world, "Readings", &options, 8).await;
        let wanted: Vec<_> = whole.iter().skip(skip).take(top).cloned().collect();
        assert_eq!(found, wanted, "{skip} {top}");
    }
}

#[tokio::test]
async fn a_page_that_looks_at_much_and_finds_little_goes_on_in_the_next() {
    let limits = Limits {
        first_max: 20,
        odata: ODataLimits {
            page_max: 20,
            scan_max: 30,
            ..ODataLimits::default()
        },
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    filled(&world).await;
    // Neither sensor nor time nor value can narrow it.
    let filter = format!("({DAY}) and (Value eq 119 or Sensor eq 'Späher' and Value eq 0)");
    let first = answer(&world, "Readings", &[("$filter", &filter)]).await;
    assert!(first["@odata.nextLink"].is_string(), "{first}");
    let found = all_rows(&world, "Readings", &[("$filter", &filter)], 20).await;
    let values: Vec<_> = found.iter().map(|row| row["Value"].as_f64().unwrap()).collect();
    assert_eq!(values, [0.0, 119.0]);
    let skipped = all_rows(
        &world,
        "Readings",
        &[("$filter", &filter), ("$skip", "1"), ("$top", "5")],
        20,
    )
    .await;
    assert_eq!(skipped, found[1..]);
}

#[tokio::test]
async fn many_groups_of_sensors_without_readings_are_passed_page_by_page() {
    let world = World::new().await;
    let names: Vec<String> = (0..300).map(|number| format!("s{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sensors = world.sensors(&names).await;
    for sensor in [sensors[10], sensors[299]] {
        world
            .readings(sensor, "2026-11-23T10:00:00Z", "1 minute", 2)
            .await;
    }
    let options = [("$filter", DAY), ("$orderby", "Sensor desc,Time desc")];
    let found = all_rows(&world, "Readings", &options, 100).await;
    let found: Vec<_> = found
        .iter()
        .map(|row| (row["Sensor"].clone(), row["Value"].clone()))
        .collect();
    let wanted = [("s299", 1.0), ("s299", 0.0), ("s010", 1.0), ("s010", 0.0)];
    assert_eq!(found, wanted.map(|(name, value)| (json!(name), json!(value))));
    let first = answer(&world, "Readings", &options).await;
    assert_eq!(rows(&first).len(), 2, "a page looks at 256 groups");
}

#[tokio::test]
async fn limits_are_said_with_their_numbers() {
    let limits = Limits {
        sensors_max: 2,
        answer_buckets_max: 30,
        odata: ODataLimits {
            page_max: 10,
            skip_max: 20,
            count_max: 100,
            url_bytes_max: 1_000,
            ..ODataLimits::default()
        },
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    filled(&world).await;
    let long = format!("Name eq '{}'", "x".repeat(1_000));
    for (path, option, limit, status) in [
        ("Sensors", ("$skip", "21"), 20, 400),
        ("Sensors", ("$filter", long.as_str()), 1_000, 414),
        ("Sensors", ("$orderby", "Type"), 2, 400),
        ("Readings/$count", ("$filter", DAY), 100, 400),
        (
            "Buckets",
            ("$filter", "Start ge 2026-01-01 and Start lt 2027-01-01"),
            30,
            400,
        ),
    ] {
        let (found, error) = refusal(&world, path, &[option]).await;
        assert_eq!(found.as_u16(), status, "{error:#}");
        assert_eq!(error["code"], "LIMIT_EXCEEDED");
        assert_eq!(error["innererror"]["limit"], limit, "{error:#}");
    }
    let body = answer(&world, "Readings", &[("$filter", DAY), ("$top", "1000")]).await;
    assert_eq!(rows(&body).len(), 10);
    let (status, _) = refusal(&world, "Readings", &[("$filter", DAY), ("$count", "true")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_token_of_another_question_is_refused() {
    let world = World::new().await;
    filled(&world).await;
    let request = world
        .client
        .get(world.url("/odata/v4/Readings"))
        .query(&[("$filter", DAY)])
        .header("Prefer", "odata.maxpagesize=5");
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    let next: reqwest::Url = body["@odata.nextLink"].as_str().unwrap().parse().unwrap();
    let token = next
        .query_pairs()
        .find(|(name, _)| name == "$skiptoken")
        .unwrap()
        .1
        .into_owned();
    let other = [
        ("$filter", DAY),
        ("$orderby", "Time desc"),
        ("$skiptoken", token.as_str()),
    ];
    assert_eq!(
        refusal(&world, "Readings", &other).await.1["target"],
        "$skiptoken"
    );
    let same = ask(&world, "Readings", &[("$filter", DAY), ("$skiptoken", &token)]).await;
    assert_eq!(same.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_a_lower_bound_it_is_the_last_day() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    world
        .insert_readings(&format!(
            "SELECT now() - i * INTERVAL '10 hours' - INTERVAL '1 minute', i, now(), i, {}, 1, 1 FROM generate_series(0, 9) AS i",
            sensors[0]
        ))
        .await;
    let values = |body: &Value| -> Vec<Value> { rows(body).iter().map(|row| row["Value"].clone()).collect() };
    let body = answer(&world, "Readings", &[]).await;
    assert_eq!(values(&body), [json!(2.0), json!(1.0), json!(0.0)]);
    let body = answer(&world, "Readings", &[("$filter", "Time ge 2020-01-01")]).await;
    assert_eq!(values(&body).len(), 10);
}
