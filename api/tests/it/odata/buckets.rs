//! `Buckets`, compared with SQL.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};

use super::{all_rows, answer, filled, refusal, rows};
use crate::world::World;

const DAY: &str = "Start ge 2026-11-23T00:00:00Z and Start lt 2026-11-24T00:00:00Z";

#[tokio::test]
async fn an_hour_has_what_its_readings_amount_to() {
    let world = World::new().await;
    let sensors = filled(&world).await;
    world
        .insert_readings(&format!(
            "SELECT TIMESTAMPTZ '2026-11-23T10:30:30Z', 1000, now(), 1, {}, 4, 1",
            sensors[0]
        ))
        .await;
    let body = answer(
        &world,
        "Buckets",
        &[("$filter", &format!("{DAY} and Sensor eq 'Sensor 1'"))],
    )
    .await;
    let id = rows(&body)[0]["SensorId"].clone();
    assert_eq!(rows(&body).len(), 2);
    let (stddev, completeness) = (
        rows(&body)[0]["StdDev"].clone(),
        rows(&body)[0]["Completeness"].clone(),
    );
    assert!(
        (stddev.as_f64().unwrap() - 17.464_249_196_572_98).abs() < 1e-9,
        "{stddev}"
    );
    assert_eq!(
        rows(&body)[0],
        json!({
            "SensorId": id, "Bucket": "PT1H", "TimeZone": "UTC", "Start": "2026-11-23T10:00:00Z",
            "End": "2026-11-23T11:00:00Z", "Sensor": "Sensor 1", "Source": "plant", "Type": "temperature", "Unit": "C",
            "Count": 60, "CountSuspect": 0, "CountFail": 1, "Completeness": completeness, "Avg": 29.5, "Min": 0.0,
            "Max": 59.0, "Sum": 1770.0, "First": 0.0, "Last": 59.0, "StdDev": stddev, "Complete": true,
            "Site": "Harbour", "Plant": null, "Customer": null,
        })
    );
    let key = format!(
        "Buckets(SensorId={},Bucket='PT1H',TimeZone='UTC',Start=2026-11-23T10:00:00Z)",
        id.as_str().unwrap()
    );
    assert_eq!(answer(&world, &key, &[]).await["Avg"], 29.5);
    let as_text = [
        ("$filter", DAY),
        ("$format", "application/json;IEEE754Compatible=true"),
    ];
    assert_eq!(rows(&answer(&world, "Buckets", &as_text).await)[0]["Count"], "60");
}

#[tokio::test]
async fn days_follow_the_zone_that_was_asked_for() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    // Both changes of the clock.
    for from in ["2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z"] {
        world.readings(sensors[0], from, "30 minutes", 48 * 4).await;
    }
    world.refresh().await;
    let zone = "Europe/Zurich";
    for (bucket, unit) in [("P1D", "day"), ("PT1H", "hour"), ("P1M", "month")] {
        let filter = format!(
            "Start ge 2026-01-01 and Start lt 2026-12-01 and Bucket eq '{bucket}' and TimeZone eq '{zone}'"
        );
        let found = all_rows(&world, "Buckets", &[("$filter", &filter)], 50).await;
        let found: Vec<Value> = found
            .iter()
            .map(|row| json!([row["Start"], row["Count"], row["Sum"], row["Min"], row["Max"]]))
            .collect();
        let sql = format!(
            "SELECT coalesce(jsonb_agg(jsonb_build_array(to_char(start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), count, \
                                                sum, min, max) ORDER BY start), '[]') \
             FROM (SELECT date_trunc('{unit}', time, '{zone}') AS start, count(*), sum(value), min(value), max(value) \
                   FROM reading GROUP BY 1) AS bucket WHERE start < '2026-12-01'"
        );
        let row = world
            .db
            .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await
            .unwrap();
        let wanted: Value = row.unwrap().try_get_by_index(0).unwrap();
        assert_eq!(numbers(json!(found)), numbers(wanted), "{bucket}");
    }
}

/// Whole numbers as doubles: JSON in SQL writes a sum without its fraction.
fn numbers(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(numbers).collect(),
        Value::Number(number) => json!(number.as_f64()),
        other => other,
    }
}

#[tokio::test]
async fn every_page_size_and_order_gives_the_same_buckets_once() {
    let limits = api::Limits {
        answer_buckets_max: 12,
        ..api::Limits::default()
    };
    let few = World::with(crate::world::with_limits(limits)).await;
    let many = World::new().await;
    for world in [&few, &many] {
        filled(world).await;
    }
    let filter = "Start ge 2026-11-23T08:00:00Z and Start lt 2026-11-23T14:00:00Z and Bucket eq 'PT30M'";
    let key = |row: &Value| (row["Start"].clone(), row["Sensor"].clone(), row["Sum"].clone());
    let mut wanted: Vec<_> = rows(&answer(&many, "Buckets", &[("$filter", filter)]).await)
        .iter()
        .map(key)
        .collect();
    assert_eq!(wanted.len(), 4 + 2 + 1);
    wanted.sort_by_key(|key| format!("{key:?}"));
    for (world, order) in [&few, &many].into_iter().flat_map(|world| {
        ["Start", "Start desc", "Sensor", "Sensor desc,Start desc", "Type"].map(|order| (world, order))
    }) {
        for page in [1, 3, 100] {
            let found = all_rows(
                world,
                "Buckets",
                &[("$filter", filter), ("$orderby", order)],
                page,
            )
            .await;
            if order == "Start desc" {
                assert!(found.is_sorted_by(|a, b| a["Start"].as_str() >= b["Start"].as_str()));
            }
            let mut found: Vec<_> = found.iter().map(key).collect();
            found.sort_by_key(|key| format!("{key:?}"));
            assert_eq!(found, wanted, "{order} by pages of {page}");
        }
    }
}

#[tokio::test]
async fn a_count_takes_nothing_of_what_its_page_may_read() {
    let limits = api::Limits {
        answer_buckets_max: 12,
        ..api::Limits::default()
    };
    let world = World::with(crate::world::with_limits(limits)).await;
    filled(&world).await;
    // Of three sensors: as many as one answer may read, and as many more as they are.
    let hours = |last: &str| format!("Start ge 2026-11-23T08:00:00Z and Start lt 2026-11-23T{last}:00:00Z");
    let body = answer(
        &world,
        "Buckets",
        &[("$filter", &hours("12")), ("$count", "true")],
    )
    .await;
    assert_eq!((rows(&body).len(), &body["@odata.count"]), (4, &json!(4)));
    let (status, error) = refusal(
        &world,
        "Buckets",
        &[("$filter", &hours("13")), ("$count", "true")],
    )
    .await;
    assert_eq!(
        (status.as_u16(), &error["code"], &error["innererror"]["asked"]),
        (400, &json!("LIMIT_EXCEEDED"), &json!(15)),
        "{error:#}"
    );
}

#[tokio::test]
async fn any_property_of_a_bucket_can_be_asked_for() {
    let world = World::new().await;
    filled(&world).await;
    for (filter, wanted) in [
        ("Avg gt 50", 1),
        ("Count lt 60", 1),
        ("Completeness eq null", 1),
        ("Complete eq false", 0),
        ("contains(tolower(Sensor),'sensor') and Max ge 100", 1),
        ("End le 2026-11-23T11:00:00Z", 3),
        ("Bucket eq 'P1D'", 3),
        ("Bucket eq 'PT60M'", 4),
        ("TimeZone eq 'asia/kathmandu'", 6),
    ] {
        let body = answer(&world, "Buckets", &[("$filter", &format!("{DAY} and {filter}"))]).await;
        assert_eq!(rows(&body).len(), wanted, "{filter}: {body:#}");
    }
}
