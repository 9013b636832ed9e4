//! Buckets as rows: the database's own, whole and page by page, however few of them hold readings.

use std::collections::BTreeSet;

use api::Limits;
use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{assert_alike, column, list, of_sql, pages, sensors};
use crate::world::{World, open, with_limits};

pub(super) const COLUMNS: &str = "sensor source type unit site plant customer start end timeZone count countSuspect \
     countFail avg min max sum first last stddev complete";

/// Readings of half the sensors, each seven minutes of a week in which the clock of Zurich changes, with failed ones and
/// a day without any.
async fn fill(world: &World, ids: &[i32], from: &str) {
    for sensor in ids.iter().step_by(2) {
        world
            .insert_readings(&format!(
                "SELECT TIMESTAMPTZ '{from}' + i * INTERVAL '7 minutes', 20 + 10 * sin(i / 40.0 + {sensor}), now(), i, \
                        {sensor}, CASE WHEN i % 7 = 3 OR i BETWEEN 500 AND 540 THEN 4 WHEN i % 11 = 5 THEN 3 ELSE 1 END, 1 \
                 FROM generate_series(0, 1400) AS i WHERE i NOT BETWEEN 800 AND 1000"
            ))
            .await;
    }
}

/// What GROUP BY with the database's own calendar says.
async fn expected(world: &World, unit: &str, [from, to]: [&str; 2], condition: &str) -> Vec<Value> {
    of_sql(
        world,
        &format!(
            "SELECT coalesce(json_agg(json_build_object('sensor', name, 'source', source, 'type', type, \
                    'unit', coalesce(unit_ucum, unit), 'site', labels ->> 'site', 'plant', labels ->> 'plant', \
                    'customer', labels ->> 'customer', 'start', (extract(epoch FROM start) * 1000000)::int8, \
                    'timeZone', 'Europe/Zurich', 'count', count, 'countSuspect', suspect, 'countFail', fail, 'avg', avg, \
                    'min', min, 'max', max, 'sum', sum, 'first', first, 'last', last, 'stddev', stddev) \
                    ORDER BY name, source, start), '[]') \
             FROM (SELECT sensor_id, date_trunc('{unit}', time, 'Europe/Zurich') AS start, \
                          count(*) FILTER (WHERE flag <> 4) AS count, \
                          count(*) FILTER (WHERE flag = 3) AS suspect, count(*) FILTER (WHERE flag = 4) AS fail, \
                          avg(value) FILTER (WHERE flag <> 4) AS avg, min(value) FILTER (WHERE flag <> 4) AS min, \
                          max(value) FILTER (WHERE flag <> 4) AS max, sum(value) FILTER (WHERE flag <> 4) AS sum, \
                          (array_agg(value ORDER BY time) FILTER (WHERE flag <> 4))[1] AS first, \
                          (array_agg(value ORDER BY time DESC) FILTER (WHERE flag <> 4))[1] AS last, \
                          stddev(value) FILTER (WHERE flag <> 4) AS stddev \
                   FROM reading WHERE time >= '{from}' AND time < '{to}' GROUP BY 1, 2) AS bucket \
             JOIN sensor ON sensor.id = sensor_id WHERE {condition}"
        ),
    )
    .await
}

testbed::both! {
    async fn rows_are_those_of_the_database_across_changes_of_the_clock(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let ids = sensors(&world).await;
        for rolled_up in [false, true] {
            for week in ["2026-03-26", "2026-10-22"] {
                if rolled_up {
                    world.refresh().await;
                } else {
                    fill(&world, &ids, week).await;
                }
                let (from, to) = (&*format!("{week}T07:31:00Z"), &*format!("{}-{}T03:17:11Z", &week[..7], 31));
                for (bucket, unit, arguments, condition) in [
                    ("P1D", "day", "", "true"),
                    ("PT1H", "hour", "type: \"temperature\",", "type = 'temperature'"),
                    ("P1M", "month", "sensor: \"registered\",", "name = 'registered'"),
                ] {
                    let theirs = expected(&world, unit, [from, to], condition).await;
                    assert!(!theirs.is_empty());
                    let arguments = format!(
                        "{arguments} bucket: \"{bucket}\", timeZone: \"Europe/Zurich\", from: \"{from}\", to: \"{to}\","
                    );
                    let ours = list(&world, &format!("bucketRows({arguments})"), COLUMNS).await;
                    let what = format!("rolled up: {rolled_up}, {arguments}");
                    assert_alike(&ours, &theirs, &["start"], &what);
                    for first in [13, 1000] {
                        let arguments = format!("{arguments} first: {first},");
                        let (paged, _) = pages(&world, "bucketRowsConnection", &arguments, COLUMNS, async |_| {}).await;
                        assert!(paged == ours, "{what} first: {first}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_day_of_the_change_has_its_hours_and_only_cut_buckets_are_incomplete() {
    let world = World::new().await;
    let ids = world.sensors(&["a"]).await;
    world.readings(ids[0], "2026-10-24T00:00:00Z", "1 hour", 96).await;
    let days = |from: &str| {
        format!(
            "bucketRows(bucket: \"P1D\", timeZone: \"Europe/Zurich\", from: \"{from}\", to: \"2026-10-27T00:00:00+01:00\")"
        )
    };
    assert_eq!(
        list(
            &world,
            &days("2026-10-25T01:00:00+02:00"),
            "start end timeZone count complete"
        )
        .await,
        [
            json!({ "start": "2026-10-24T22:00:00Z", "end": "2026-10-25T23:00:00Z", "timeZone": "Europe/Zurich",
                    "count": 24.0, "complete": false }),
            json!({ "start": "2026-10-25T23:00:00Z", "end": "2026-10-26T23:00:00Z", "timeZone": "Europe/Zurich",
                    "count": 24.0, "complete": true }),
        ]
    );
    assert_eq!(
        list(&world, &days("2026-10-25T00:00:00+02:00"), "count complete").await[0],
        json!({ "count": 25.0, "complete": true })
    );
}

/// Sizes that rollups hold, that they do not, and that have no whole minutes; pages of a row and of some.
#[tokio::test]
async fn pages_of_any_length_make_the_whole_list() {
    let world = World::new().await;
    let ids = world.sensors(&["c", "a", "b", "d"]).await;
    for (sensor, (step, count)) in ids
        .iter()
        .zip([("17 seconds", 40), ("1 hour", 30), ("90 seconds", 25)])
    {
        world.readings(*sensor, "2026-10-24T22:30:00Z", step, count).await;
    }
    for (bucket, to, firsts) in [
        ("PT1S", "24T23:30:00Z", &[20, 65, 66, 67][..]),
        ("PT7M", "26T03:00:00Z", &[1, 9]),
        ("PT1H", "26T03:00:00Z", &[1, 2, 1000]),
        ("P1D", "26T03:00:00Z", &[1, 3]),
        ("P1M", "26T03:00:00Z", &[1, 2]),
    ] {
        let arguments = format!(
            "from: \"2026-10-24T21:59:59Z\", to: \"2026-10-{to}\", timeZone: \"Europe/Zurich\", bucket: \"{bucket}\","
        );
        let whole = list(&world, &format!("bucketRows({arguments})"), COLUMNS).await;
        let sensors: BTreeSet<_> = whole.iter().map(|row| row["sensor"].as_str()).collect();
        assert_eq!(
            sensors,
            BTreeSet::from([Some("a"), Some("b"), Some("c")]),
            "{bucket}"
        );
        for first in firsts {
            let arguments = format!("{arguments} first: {first},");
            let (paged, count) =
                pages(&world, "bucketRowsConnection", &arguments, COLUMNS, async |_| {}).await;
            assert!(paged == whole, "{arguments}");
            assert_eq!(count, whole.len().div_ceil(*first), "{arguments}");
        }
    }
}

#[tokio::test]
async fn pages_miss_nothing_and_repeat_nothing_while_readings_and_sensors_arrive() {
    let world = World::new().await;
    let ids = world.sensors(&["b", "d"]).await;
    for sensor in &ids {
        world.readings(*sensor, "2026-11-23T10:00:00Z", "1 hour", 8).await;
    }
    let arrive = async |page: usize| {
        // Before the place of the next page: an earlier sensor, and an earlier hour of one that is there.
        let names = [format!("a{page}")];
        let new = world.sensors(&[names[0].as_str()]).await;
        world.readings(new[0], "2026-11-23T10:00:00Z", "1 hour", 2).await;
        world
            .readings(ids[0], &format!("2026-11-23T00:{page:02}:00Z"), "1 minute", 1)
            .await;
    };
    let arguments = "from: \"2026-11-23\", to: \"2026-11-24\", first: 3,";
    let (rows, _) = pages(&world, "bucketRowsConnection", arguments, "sensor start", arrive).await;
    let expected: Vec<Value> = ["b", "d"]
        .into_iter()
        .flat_map(|sensor| {
            (10..18)
                .map(move |hour| json!({ "sensor": sensor, "start": format!("2026-11-23T{hour}:00:00Z") }))
        })
        .collect();
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn without_arguments_it_is_the_last_week_in_hours_and_all_pages_end_where_the_first_did() {
    let world = World::new().await;
    let ids = world.sensors(&["a", "b"]).await;
    for sensor in &ids {
        world
            .insert_readings(&format!(
                "SELECT now() - age, 1, now(), 1, {sensor}, 1, 1 \
                 FROM unnest('{{3 hours,6 days,8 days}}'::interval[]) AS age"
            ))
            .await;
    }
    let hours = list(&world, "bucketRows", "sensor start end").await;
    assert_eq!(column(&hours, "sensor"), ["a", "a", "b", "b"]);
    for row in &hours {
        assert_eq!(
            super::micros(&row["end"]) - super::micros(&row["start"]),
            3_600_000_000
        );
    }
    // What comes after the first page was asked for lies behind its end, and so in none of the others.
    let arrive = async |_| {
        world
            .insert_readings(&format!(
                "SELECT clock_timestamp(), 1, now(), 2, {}, 1, 1",
                ids[1]
            ))
            .await;
    };
    let (rows, count) = pages(
        &world,
        "bucketRowsConnection",
        "first: 1,",
        "sensor start end",
        arrive,
    )
    .await;
    assert_eq!((rows, count), (hours, 4));
}

#[tokio::test]
async fn a_page_that_looked_at_its_share_ends_and_says_where_to_go_on() {
    let limits = Limits {
        answer_buckets_max: 40,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let ids = world.sensors(&names).await;
    for sensor in [ids[2], ids[6]] {
        world.readings(sensor, "2026-11-23T03:30:00Z", "1 hour", 2).await;
    }
    // Five buckets of each sensor, and ten that a page may look at.
    let range = "from: \"2026-11-23\", to: \"2026-11-23T05:00:00Z\",";
    let (rows, count) = pages(
        &world,
        "bucketRowsConnection",
        range,
        "sensor start",
        async |_| {},
    )
    .await;
    assert_eq!(
        rows,
        ["c", "c", "g", "g"]
            .into_iter()
            .zip([3, 4, 3, 4])
            .map(|(sensor, hour)| json!({ "sensor": sensor, "start": format!("2026-11-23T0{hour}:00:00Z") }))
            .collect::<Vec<_>>()
    );
    assert!(count > 2, "{count} pages");
    let first = world
        .data(&format!(
            "{{ bucketRowsConnection({range}) {{ nodes {{ sensor }} pageInfo {{ hasNextPage endCursor }} }} }}"
        ))
        .await;
    let first = &first["bucketRowsConnection"];
    assert_eq!(first["nodes"], json!([]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    // A list has no next page to say so with.
    let error = world
        .error(&format!("{{ bucketRows({range}) {{ sensor }} }}"))
        .await;
    assert_eq!(
        error["extensions"],
        json!({ "code": "LIMIT_EXCEEDED", "limit": 10 })
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("bucketRowsConnection"),
        "{error}"
    );
    // Nor is a range longer than an answer may hold read as a list, but page by page.
    let decade = "bucket: \"PT1M\", from: \"2020-01-01\", to: \"2030-01-01\"";
    let first = world
        .data(&format!(
            "{{ bucketRowsConnection({decade}) {{ pageInfo {{ hasNextPage }} }} }}"
        ))
        .await;
    assert_eq!(first["bucketRowsConnection"]["pageInfo"]["hasNextPage"], true);
    let range = "sensor: \"c\", from: \"2026-11-01\", to: \"2026-11-25\",";
    let (rows, _) = pages(&world, "bucketRowsConnection", range, "count", async |_| {}).await;
    assert_eq!(rows.len(), 2);
}
