//! `readings`, and the same of each sensor.

use serde_json::{Value, json};

use crate::world::World;

const DAY: &str = "from: \"2026-11-23\", to: \"2026-11-24\"";

fn values(connection: &Value) -> Vec<f64> {
    connection["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["value"].as_f64().unwrap())
        .collect()
}

#[tokio::test]
async fn readings_come_with_their_sensor_times_and_flag() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00.5Z", "1 second", 1)
        .await;
    let query = format!(
        "{{ readings({DAY}) {{ nodes {{ time value flag receivedAt sensor {{ name }} }} totalCount {{ value exact }} }} }}"
    );
    assert_eq!(
        world.data(&query).await["readings"],
        json!({
            "nodes": [{ "time": "2026-11-23T10:00:00.500Z", "value": 0.0, "flag": "PASS",
                        "receivedAt": "2026-11-23T10:00:01.500Z", "sensor": { "name": "a" } }],
            "totalCount": { "value": 1.0, "exact": true },
        })
    );
}

#[tokio::test]
async fn ranges_are_half_open_and_times_are_read_in_every_form() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 3)
        .await;
    for (from, to) in [
        ("\"2026-11-23T10:00:00Z\"", "\"2026-11-23T10:02:00Z\""),
        ("\"2026-11-23T11:00:00+01:00\"", "\"2026-11-23T10:02:00\""),
        ("1795428000000", "\"1795428120000\""),
    ] {
        let data = world
            .data(&format!(
                "{{ readings(from: {from}, to: {to}) {{ nodes {{ value }} }} }}"
            ))
            .await;
        assert_eq!(values(&data["readings"]), [0.0, 1.0], "{from} {to}");
    }
    let body = json!({
        "query": "query($from: DateTime) { readings(from: $from, to: \"2026-11-24\") { nodes { value } } }",
        "variables": { "from": 1_795_428_060_000_i64 },
    });
    assert_eq!(values(&world.post(body).await.1["data"]["readings"]), [1.0, 2.0]);
}

#[tokio::test]
async fn without_a_range_it_is_the_last_day() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    world.insert_readings(&format!(
        "SELECT now() - age, 1, now(), 1, {}, 1, 1 FROM unnest('{{1 hour,23 hours,25 hours}}'::interval[]) AS age",
        sensors[0]
    ))
    .await;
    let data = world
        .data("{ readings { totalCount { value } } sensor(name: \"a\") { readings { nodes { value } } } }")
        .await;
    assert_eq!(data["readings"]["totalCount"]["value"], 2.0);
    assert_eq!(values(&data["sensor"]["readings"]).len(), 2);
}

/// All values of a list, page by page; `between` happens after each page.
async fn pages(world: &World, field: &str, arguments: &str, between: impl AsyncFn(usize)) -> Vec<f64> {
    let mut after = "null".to_owned();
    let mut seen = Vec::new();
    for page in 0.. {
        let list = format!(
            "readings({arguments}, after: {after}) {{ nodes {{ value }} pageInfo {{ hasNextPage endCursor }} }}"
        );
        let query = if field.is_empty() {
            format!("{{ x: {list} }}")
        } else {
            format!("{{ {field} {{ x: {list} }} }}")
        };
        let mut data = world.data(&query).await;
        let list = if field.is_empty() {
            data["x"].take()
        } else {
            data["sensor"]["x"].take()
        };
        seen.extend(values(&list));
        if list["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = list["pageInfo"]["endCursor"].to_string();
        between(page).await;
    }
    seen
}

#[tokio::test]
async fn pages_miss_nothing_and_repeat_nothing_while_readings_arrive() {
    let world = World::new().await;
    let sensors = world.sensors(&["a", "b"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 25)
        .await;
    // After each page a reading arrives before it, at the same times of another sensor: places, not numbers, are kept.
    let arrive = async |page: usize| {
        world
            .readings(sensors[1], &format!("2026-11-23T09:{page:02}:00Z"), "1 minute", 1)
            .await;
    };
    let expected: Vec<f64> = (0..25).map(f64::from).collect();
    let all = pages(&world, "", &format!("{DAY}, first: 4"), arrive).await;
    assert_eq!(all, expected);
    let of_sensor = pages(
        &world,
        "sensor(name: \"a\")",
        &format!("{DAY}, first: 4"),
        async |_| {},
    )
    .await;
    assert_eq!(of_sensor, expected);
    let newest_first = pages(
        &world,
        "sensor(name: \"a\")",
        &format!("{DAY}, first: 7, order: DESC"),
        async |_| {},
    )
    .await;
    assert_eq!(newest_first, expected.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn filters_restrict_readings_by_sensor_flag_and_value() {
    let world = World::new().await;
    let sensors = world.sensors(&["a", "b"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 4)
        .await;
    world
        .readings(sensors[1], "2026-11-23T11:00:00Z", "1 minute", 2)
        .await;
    world.run("UPDATE reading SET flag = 4 WHERE value = 3").await;
    for (arguments, expected) in [
        ("sensor: \"b\"", vec![0.0, 1.0]),
        (
            "filter: { sensors: { names: [\"a\"] } }",
            vec![0.0, 1.0, 2.0, 3.0],
        ),
        ("sensor: \"a\", filter: { sensors: { names: [\"b\"] } }", vec![]),
        ("filter: { flags: [FAIL] }", vec![3.0]),
        (
            "filter: { valueMin: 1, valueMax: 2 }, order: DESC",
            vec![1.0, 2.0, 1.0],
        ),
    ] {
        let data = world
            .data(&format!(
                "{{ readings({DAY}, {arguments}) {{ nodes {{ value }} }} }}"
            ))
            .await;
        assert_eq!(values(&data["readings"]), expected, "{arguments}");
    }
}

#[tokio::test]
async fn an_empty_page_has_every_key() {
    let world = World::new().await;
    let query = format!(
        "{{ readings({DAY}) {{ edges {{ cursor }} nodes {{ value }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    assert_eq!(
        world.data(&query).await["readings"],
        json!({ "edges": [], "nodes": [], "pageInfo": {
            "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null } })
    );
}

#[tokio::test]
async fn counts_beyond_the_bound_say_that_they_are_estimates() {
    let limits = api::Limits {
        count_exact_max: 5,
        ..api::Limits::default()
    };
    let world = World::with(crate::world::with_limits(limits)).await;
    let sensors = world.sensors(&["a", "b"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 9)
        .await;
    world
        .readings(sensors[1], "2026-11-23T10:00:00Z", "1 minute", 2)
        .await;
    let query = format!(
        "{{ readings({DAY}) {{ totalCount {{ exact }} }} sensors {{ nodes {{ readings({DAY}) {{ totalCount {{ value exact }} }} }} }} }}"
    );
    let data = world.data(&query).await;
    assert_eq!(data["readings"]["totalCount"]["exact"], false);
    assert_eq!(
        data["sensors"]["nodes"][0]["readings"]["totalCount"]["exact"],
        false
    );
    assert_eq!(
        data["sensors"]["nodes"][1]["readings"]["totalCount"],
        json!({ "value": 2.0, "exact": true })
    );
}
