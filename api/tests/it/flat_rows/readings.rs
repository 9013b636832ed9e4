//! Readings as rows: the database's own, whole and page by page.

use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{assert_alike, column, list, of_sql, pages, sensors};
use crate::world::{World, open};

pub(super) const COLUMNS: &str = "sensor source type unit site plant customer time value flag receivedAt";

/// Readings of six sensors in seven, ten seconds apart and many at the same time, with every flag and odd values.
pub(super) async fn fill(world: &World, ids: &[i32]) {
    for (number, sensor) in ids.iter().enumerate().filter(|(number, _)| number % 4 != 3) {
        world
            .insert_readings(&format!(
                "SELECT TIMESTAMPTZ '2026-11-23T10:00:00.123456Z' + i * INTERVAL '10 seconds', \
                        (ARRAY[0, -0.1, 1e300, 4.9e-324, 123456789.123])[1 + i % 5], \
                        TIMESTAMPTZ '2026-11-23T12:00:00Z', i, {sensor}, (ARRAY[1, 2, 3, 4, 9])[1 + (i + {number}) % 5], 1 \
                 FROM generate_series(0, 40) AS i"
            ))
            .await;
    }
}

/// The rows of a time, as SQL has them.
pub(super) async fn expected(world: &World, from: &str, to: &str, condition: &str) -> Vec<Value> {
    of_sql(
        world,
        &format!(
            "SELECT coalesce(json_agg(json_build_object('sensor', name, 'source', source, 'type', type, \
                    'unit', coalesce(unit_ucum, unit), 'site', labels ->> 'site', 'plant', labels ->> 'plant', \
                    'customer', labels ->> 'customer', 'time', (extract(epoch FROM time) * 1000000)::int8, 'value', value, \
                    'flag', (ARRAY['PASS', 'NOT_EVALUATED', 'SUSPECT', 'FAIL', NULL, NULL, NULL, NULL, 'MISSING'])[flag], \
                    'receivedAt', (extract(epoch FROM received_at) * 1000000)::int8) ORDER BY time, sensor_id), '[]') \
             FROM reading JOIN sensor ON sensor.id = sensor_id \
             WHERE time >= '{from}' AND time < '{to}' AND {condition}"
        ),
    )
    .await
}

testbed::both! {
    async fn rows_are_those_of_the_database_in_every_column(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let ids = sensors(&world).await;
        fill(&world, &ids).await;
        for (arguments, [from, to], condition) in [
            ("", ["2026-11-23", "2026-11-24"], "true"),
            // Borders: the first instant belongs to it, the last does not.
            ("", ["2026-11-23T10:00:10.123456Z", "2026-11-23T10:05:00.123456Z"], "true"),
            ("", ["2026-11-23T10:00:10.123457Z", "2026-11-23T10:05:00.123457Z"], "true"),
            ("type: \"pressure\"", ["2026-11-23", "2026-11-24"], "type = 'pressure'"),
            ("sensor: \"registered\"", ["2026-11-23", "2026-11-24"], "name = 'registered'"),
            ("sensor: \"registered\", type: \"pressure\"", ["2026-11-23", "2026-11-24"], "false"),
            ("sensor: \"🌡️ 温度\", type: \"pressure\"", ["2026-11-23", "2026-11-24"], "name = '🌡️ 温度'"),
            ("type: \"no such type\"", ["2026-11-23", "2026-11-24"], "false"),
        ] {
            let theirs = expected(&world, from, to, condition).await;
            assert_eq!(theirs.is_empty(), condition == "false" || condition.contains("温度"), "{condition}");
            let range = format!("{arguments} from: \"{from}\", to: \"{to}\",");
            let ours = list(&world, &format!("readingRows({range})"), COLUMNS).await;
            assert_alike(&ours, &theirs, &["time", "receivedAt"], &range);
            for first in [7, 10_000] {
                let (paged, _) = pages(
                    &world, "readingRowsConnection", &format!("{range} first: {first},"), COLUMNS, async |_| {},
                )
                .await;
                assert!(paged == ours, "{range} first: {first}");
            }
        }
    }
}

#[tokio::test]
async fn a_flag_is_the_word_that_rich_readings_have() {
    let world = World::new().await;
    let ids = sensors(&world).await;
    fill(&world, &ids).await;
    let day = "from: \"2026-11-23\", to: \"2026-11-24\", first: 50";
    let data = world
        .data(&format!(
            "{{ rich: readings({day}) {{ nodes {{ flag }} }} flat: readingRows({day}) {{ flag }} }}"
        ))
        .await;
    assert_eq!(data["rich"]["nodes"], data["flat"]);
}

#[tokio::test]
async fn pages_miss_nothing_and_repeat_nothing_while_readings_arrive() {
    let world = World::new().await;
    let ids = world.sensors(&["a", "b"]).await;
    world
        .readings(ids[0], "2026-11-23T10:00:00Z", "1 minute", 25)
        .await;
    // After each page a reading arrives before it: places, not numbers, are kept.
    let arrive = async |page: usize| {
        world
            .readings(ids[1], &format!("2026-11-23T09:{page:02}:00Z"), "1 minute", 1)
            .await;
    };
    let arguments = "from: \"2026-11-23\", to: \"2026-11-24\", first: 4,";
    let (rows, count) = pages(&world, "readingRowsConnection", arguments, "sensor value", arrive).await;
    assert_eq!(count, 7);
    assert_eq!(
        column(&rows, "value"),
        (0..25).map(f64::from).map(Value::from).collect::<Vec<_>>()
    );
    assert!(rows.iter().all(|row| row["sensor"] == "a"));
}

#[tokio::test]
async fn without_arguments_it_is_the_last_day_of_all_sensors() {
    let world = World::new().await;
    let ids = world.sensors(&["a", "b"]).await;
    for (value, sensor) in ids.iter().enumerate() {
        world
            .insert_readings(&format!(
                "SELECT now() - age, {value}, now(), 1, {sensor}, 1, 1 \
                 FROM unnest('{{1 hour,23 hours,25 hours}}'::interval[]) AS age"
            ))
            .await;
    }
    let data = world
        .data("{ readingRows { value } readingRowsConnection { nodes { value } } }")
        .await;
    assert_eq!(data["readingRows"].as_array().unwrap().len(), 4);
    assert_eq!(data["readingRowsConnection"]["nodes"], data["readingRows"]);
}

#[tokio::test]
async fn an_answer_without_rows_keeps_its_shape() {
    let world = World::new().await;
    let data = world
        .data(
            "{ readingRows { sensor } bucketRows { sensor } \
             readingRowsConnection { edges { node { sensor } } nodes { sensor } \
                 pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } \
             bucketRowsConnection { edges { node { sensor } } nodes { sensor } \
                 pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
        )
        .await;
    let empty = json!({ "edges": [], "nodes": [], "pageInfo": {
        "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null } });
    assert_eq!(
        data,
        json!({ "readingRows": [], "bucketRows": [], "readingRowsConnection": empty, "bucketRowsConnection": empty })
    );
}
