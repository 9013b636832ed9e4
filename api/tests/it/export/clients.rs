//! pandas, polars, `DuckDB` and pyarrow read every format, and find what SQL finds.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use testbed::clients::{python, run};

use super::{RANGE, READINGS, fill, of_sql};
use crate::world::World;

/// Reads a table in all formats by all clients, and compares with what SQL says; gives what they said of it.
async fn read(world: &World, path: &str, columns: &[&str], rows: &[Value]) -> Value {
    let room = tempfile::tempdir().unwrap();
    let expected = room.path().join("expected.json");
    std::fs::write(&expected, json!({ "columns": columns, "rows": rows }).to_string()).unwrap();
    let mut client = python().await;
    client
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/exports.py"))
        .arg(world.url(path))
        .arg(&expected)
        .arg(room.path());
    let said = run(client).await;
    serde_json::from_str(&said).unwrap()
}

const COLUMNS: [&str; 9] = [
    "time", "value", "flag", "sensor", "source", "type", "unit", "site", "customer",
];

#[tokio::test]
async fn readings_are_read_by_every_client_in_every_format_as_sql_has_them() {
    let world = World::new().await;
    fill(&world).await;
    let rows = of_sql(&world, READINGS).await;
    assert!(rows.len() > 3000, "{}", rows.len());
    let path = format!("/export/readings.FORMAT?{RANGE}&labels=site,customer");
    let said = read(&world, &path, &COLUMNS, &rows).await;
    assert_eq!(said, json!({ "rows": rows.len(), "readers": 16 }));
}

#[tokio::test]
async fn buckets_are_read_by_every_client_in_every_format_as_sql_has_them() {
    let world = World::new().await;
    fill(&world).await;
    let rows = of_sql(
        &world,
        "SELECT jsonb_agg(jsonb_build_array( \
             (extract(epoch FROM start) * 1000000)::int8, (extract(epoch FROM start) * 1000000)::int8 + 900000000, 'UTC', \
             served, suspect, failed, low, high, name, source, type, complete) \
             ORDER BY name COLLATE \"C\", source COLLATE \"C\", start) \
         FROM (SELECT date_bin('15 minutes', time, '2000-01-01 00:00:00+00') AS start, sensor.name, sensor.source, sensor.type, \
                      true AS complete, count(*) FILTER (WHERE flag <> 4) AS served, \
                      count(*) FILTER (WHERE flag = 3) AS suspect, count(*) FILTER (WHERE flag = 4) AS failed, \
                      min(value) FILTER (WHERE flag <> 4) AS low, max(value) FILTER (WHERE flag <> 4) AS high \
               FROM reading JOIN sensor ON sensor.id = sensor_id GROUP BY 1, 2, 3, 4) AS bucket",
    )
    .await;
    assert!(rows.len() > 700, "{}", rows.len());
    let columns = [
        "start",
        "end",
        "time_zone",
        "count",
        "count_suspect",
        "count_fail",
        "min",
        "max",
        "sensor",
        "source",
        "type",
        "complete",
    ];
    let path = format!("/export/buckets.FORMAT?{RANGE}&bucket=PT15M");
    let said = read(&world, &path, &columns, &rows).await;
    assert_eq!(said, json!({ "rows": rows.len(), "readers": 16 }));
}

#[tokio::test]
async fn further_columns_of_readings_have_their_types_everywhere() {
    let world = World::new().await;
    fill(&world).await;
    let rows = of_sql(
        &world,
        "SELECT jsonb_agg(jsonb_build_array( \
             sensor.uuid, (extract(epoch FROM received_at) * 1000000)::int8, value, sensor.lat, \
             (extract(epoch FROM time) * 1000000)::int8, description, sensor.lng) ORDER BY time, sensor_id) \
         FROM reading JOIN sensor ON sensor.id = sensor_id WHERE value BETWEEN -20 AND 1000",
    )
    .await;
    assert!(rows.len() > 1000, "{}", rows.len());
    let columns = [
        "sensor_id",
        "received_at",
        "value",
        "lat",
        "time",
        "description",
        "lng",
    ];
    let path = format!(
        "/export/readings.FORMAT?{RANGE}&value_min=-20&value_max=1000&columns={}",
        columns.join(",")
    );
    let said = read(&world, &path, &columns, &rows).await;
    assert_eq!(said, json!({ "rows": rows.len(), "readers": 16 }));
}

#[tokio::test]
async fn further_columns_of_buckets_have_their_types_everywhere() {
    let world = World::new().await;
    fill(&world).await;
    let data = world
        .data(
            "{ aggregates(filter: { types: [\"temperature\"] }, from: \"2026-03-28T12:00:00Z\", to: \"2026-03-29T12:00:00Z\", \
             bucket: \"PT1M\", fill: LINEAR, unit: \"K\", minCompleteness: 0) { sensor { name } integralUnit buckets { \
             start count completeness avg timeWeightedAvg integral increase } } }",
        )
        .await;
    let mut rows = Vec::new();
    for series in data["aggregates"].as_array().unwrap() {
        for bucket in series["buckets"].as_array().unwrap() {
            let start: DateTime<Utc> = bucket["start"].as_str().unwrap().parse().unwrap();
            let row = json!([
                bucket["increase"],
                series["integralUnit"],
                bucket["integral"],
                start.timestamp_micros(),
                bucket["timeWeightedAvg"],
                bucket["completeness"],
                bucket["count"],
                series["sensor"]["name"],
                bucket["avg"]
            ]);
            rows.push(row);
        }
    }
    assert_eq!(rows.len(), 4 * 1440);
    let columns = [
        "increase",
        "integral_unit",
        "integral",
        "start",
        "time_weighted_avg",
        "completeness",
        "count",
        "sensor",
        "avg",
    ];
    let path = format!(
        "/export/buckets.FORMAT?{RANGE}&type=temperature&bucket=PT1M&fill=linear&unit=K&min_completeness=0&columns={}",
        columns.join(",")
    );
    let said = read(&world, &path, &columns, &rows).await;
    assert_eq!(said, json!({ "rows": rows.len(), "readers": 16 }));
}

#[tokio::test]
async fn every_client_reads_a_file_without_rows() {
    let world = World::new().await;
    fill(&world).await;
    let path = "/export/readings.FORMAT?from=1990-01-01&to=1991-01-01&labels=site,customer";
    let said = read(&world, path, &COLUMNS, &[]).await;
    // Lines without any line have no columns.
    assert_eq!(said, json!({ "rows": 0, "readers": 12 }));
}
