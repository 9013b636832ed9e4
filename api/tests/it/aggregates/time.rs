//! Buckets in time: the same as the database's own calendar has, whole, cut, and still running.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{buckets, column};
use crate::world::{World, open};

const FIELDS: &str = "start count countSuspect countFail avg min max sum first last stddev";

/// Weeks in which clocks change, and the sensors that have their readings.
const WEEKS: [&str; 4] = ["2026-03-26", "2026-04-01", "2026-10-01", "2026-10-22"];

/// Readings each five minutes of a week, some of them suspect and some failed.
async fn fill_week(world: &World, sensor: i32, from: &str) {
    world
        .insert_readings(&format!(
            "SELECT TIMESTAMPTZ '{from}' + i * INTERVAL '5 minutes', 20 + 10 * sin(i / 40.0), now(), i, {sensor}, \
                    CASE WHEN i % 7 = 3 THEN 4 WHEN i % 11 = 5 THEN 3 ELSE 1 END, 1 \
             FROM generate_series(0, 7 * 288 - 1) AS i"
        ))
        .await;
}

/// Every week, zone and size that is compared.
async fn compare(world: &World, how: &str) {
    for (zone, weeks, units) in [
        (
            "Europe/Zurich",
            ["2026-03-26", "2026-10-22"],
            &[
                ("P1D", "day"),
                ("PT1H", "hour"),
                ("P1W", "week"),
                ("P1M", "month"),
            ][..],
        ),
        (
            "Asia/Kathmandu",
            ["2026-03-26", "2026-10-22"],
            &[("P1D", "day"), ("PT1H", "hour"), ("P1W", "week")],
        ),
        // An hour in which half an hour comes again is one bucket here, and two that overlap there.
        (
            "Australia/Lord_Howe",
            ["2026-04-01", "2026-10-01"],
            &[("P1D", "day"), ("P1W", "week"), ("P1M", "month")],
        ),
    ] {
        for week in weeks {
            let from: DateTime<Utc> = format!("{week}T07:31:00Z").parse().unwrap();
            let range = [from, from + TimeDelta::days(6)];
            let [from, to] = range.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
            for (bucket, unit) in units {
                for include_failed in [false, true] {
                    let arguments = format!(
                        "sensors: [\"{week}\"], from: \"{from}\", to: \"{to}\", bucket: \"{bucket}\", \
                         timeZone: \"{zone}\", includeFailed: {include_failed}"
                    );
                    let ours = buckets(world, &arguments, FIELDS).await;
                    let theirs = of_sql(world, week, unit, zone, [&from, &to], include_failed).await;
                    assert!(!theirs.is_empty());
                    assert_alike(&ours, &theirs, &format!("{how}: {arguments}"));
                }
            }
        }
    }
}

/// What GROUP BY with the database's own calendar says.
async fn of_sql(
    world: &World,
    sensor: &str,
    unit: &str,
    zone: &str,
    [from, to]: [&str; 2],
    include_failed: bool,
) -> Vec<Value> {
    let statement = format!(
        "SELECT coalesce(json_agg(json_build_object('start', (extract(epoch FROM start) * 1000)::int8, 'count', count, \
                'countSuspect', suspect, 'countFail', fail, 'avg', avg, 'min', min, 'max', max, 'sum', sum, \
                'first', first, 'last', last, 'stddev', stddev) ORDER BY start), '[]') \
         FROM (SELECT date_trunc('{unit}', time, '{zone}') AS start, count(*) FILTER (WHERE counted) AS count, \
                      count(*) FILTER (WHERE flag = 3) AS suspect, count(*) FILTER (WHERE flag = 4) AS fail, \
                      avg(value) FILTER (WHERE counted) AS avg, min(value) FILTER (WHERE counted) AS min, \
                      max(value) FILTER (WHERE counted) AS max, sum(value) FILTER (WHERE counted) AS sum, \
                      (array_agg(value ORDER BY time) FILTER (WHERE counted))[1] AS first, \
                      (array_agg(value ORDER BY time DESC) FILTER (WHERE counted))[1] AS last, \
                      stddev(value) FILTER (WHERE counted) AS stddev \
               FROM (SELECT *, flag <> 4 OR {include_failed} AS counted FROM reading) AS reading \
               WHERE time >= '{from}' AND time < '{to}' \
                 AND sensor_id = (SELECT id FROM sensor WHERE name = '{sensor}') GROUP BY 1) AS buckets"
    );
    let row = world
        .db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, statement))
        .await
        .unwrap();
    let rows: Value = row.unwrap().try_get_by_index(0).unwrap();
    rows.as_array().unwrap().clone()
}

#[track_caller]
fn assert_alike(ours: &[Value], theirs: &[Value], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        let start: DateTime<Utc> = ours["start"].as_str().unwrap().parse().unwrap();
        assert_eq!(Some(start.timestamp_millis()), theirs["start"].as_i64(), "{what}");
        for (field, theirs) in theirs.as_object().unwrap() {
            if field != "start" {
                let (ours, theirs) = (ours[field].as_f64(), theirs.as_f64());
                let alike = match (ours, theirs) {
                    (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
                    (a, b) => a == b,
                };
                assert!(alike, "{what}: {field} is {ours:?}, not {theirs:?}, at {start}");
            }
        }
    }
}

testbed::both! {
    async fn days_and_hours_are_those_of_the_database_across_changes_of_the_clock(database: TestDatabase) {
        let world = World::on(database, open()).await;
        for (sensor, week) in world.sensors(&WEEKS).await.into_iter().zip(WEEKS) {
            fill_week(&world, sensor, &format!("{week}T00:00:00Z")).await;
        }
        compare(&world, "from readings").await;
        assert_eq!(world.settled_minutes().await, 0);
        world.refresh().await;
        assert_eq!(world.settled_minutes().await, 4 * 7 * 288);
        compare(&world, "from rollups").await;
        // Late: a day and all that holds it is noted again.
        let sensor = world.sensors(&["2026-03-26"]).await[0];
        world.readings(sensor, "2026-03-29T00:02:30Z", "17 minutes", 80).await;
        compare(&world, "from both").await;
    }

    async fn the_day_of_the_change_has_25_hours(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let sensor = world.sensors(&["a"]).await[0];
        world.readings(sensor, "2026-10-24T22:00:00Z", "1 hour", 25).await;
        let day = "from: \"2026-10-24T22:00:00Z\", to: \"2026-10-25T23:00:00Z\", timeZone: \"Europe/Zurich\"";
        let days = buckets(&world, &format!("{day}, bucket: \"P1D\""), "start end timeZone count complete").await;
        assert_eq!(
            days,
            [json!({ "start": "2026-10-24T22:00:00Z", "end": "2026-10-25T23:00:00Z", "timeZone": "Europe/Zurich",
                     "count": 25.0, "complete": true })]
        );
        let hours = buckets(&world, &format!("{day}, bucket: \"PT1H\""), "start count").await;
        assert_eq!((hours.len(), column(&hours, "count")), (25, vec![json!(1.0); 25]));
        let quarters = buckets(&world, &format!("{day}, bucket: \"PT6H\""), "count").await;
        assert_eq!(column(&quarters, "count"), [7.0, 6.0, 6.0, 6.0]);
    }
}

#[tokio::test]
async fn what_is_cut_or_still_running_is_not_complete() {
    let world = World::new().await;
    let sensor = world.sensors(&["a"]).await[0];
    let now = Utc::now();
    let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let from = now - TimeDelta::days(3);
    world
        .readings(sensor, &text(from - TimeDelta::days(1)), "1 minute", 6 * 1440)
        .await;
    let arguments = format!(
        "from: \"{}\", to: \"{}\", bucket: \"P1D\"",
        text(from),
        text(now + TimeDelta::days(1))
    );
    let days = buckets(&world, &arguments, "start end complete count").await;
    assert_eq!(days.len(), 5);
    assert_eq!(column(&days, "complete"), [false, true, true, false, false]);
    // Only the readings of the range count, and the bucket is named whole.
    assert!(days[0]["start"].as_str().unwrap().ends_with("T00:00:00Z"));
    assert!(days[0]["count"].as_f64().unwrap() < 1440.0 + 1.0);
    assert_eq!(
        (&days[1]["count"], &days[2]["count"]),
        (&json!(1440.0), &json!(1440.0))
    );
    let total: f64 = days.iter().map(|day| day["count"].as_f64().unwrap()).sum();
    assert_eq!(json!(total), 4.0 * 1440.0);
}

#[tokio::test]
async fn only_buckets_of_a_day_and_more_follow_the_zone_of_the_service() {
    let options = api::Options {
        time_zone: "Asia/Kathmandu".parse().unwrap(),
        ..open()
    };
    let world = World::with(options).await;
    let sensor = world.sensors(&["a"]).await[0];
    world.readings(sensor, "2026-06-01T00:00:00Z", "1 hour", 1).await;
    let range = "from: \"2026-06-01\", to: \"2026-06-01T00:00:01Z\"";
    for (bucket, zone, start) in [
        ("P1D", "Asia/Kathmandu", "2026-05-31T18:15:00Z"),
        ("PT1H", "UTC", "2026-06-01T00:00:00Z"),
        ("P1M", "Asia/Kathmandu", "2026-05-31T18:15:00Z"),
    ] {
        let found = buckets(
            &world,
            &format!("{range}, bucket: \"{bucket}\""),
            "timeZone start",
        )
        .await;
        assert_eq!(found, [json!({ "timeZone": zone, "start": start })], "{bucket}");
    }
    let asked = format!("{range}, bucket: \"P1D\", timeZone: \"europe/zurich\"");
    let found = buckets(&world, &asked, "timeZone start").await;
    assert_eq!(
        found,
        [json!({ "timeZone": "Europe/Zurich", "start": "2026-05-31T22:00:00Z" })]
    );
}
