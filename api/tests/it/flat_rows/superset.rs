//! The GraphQL driver of Apache Superset reads both tables, as connections and as lists.

use std::path::Path;

use serde_json::{Value, json};
use testbed::clients::{python, run};

use super::{HOSTILE, list, pages, sensors};
use crate::world::World;

/// What each of some SELECTs over `SQLAlchemy` gives: `{ columns, rows }`, times in microseconds.
async fn select(world: &World, statements: &[String]) -> Vec<Value> {
    let address = world.base.strip_prefix("http://").unwrap();
    let mut client = python().await;
    client
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/superset.py"))
        .arg(format!("graphql://{address}/graphql?is_https=0"))
        .args(statements);
    run(client)
        .await
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A row of ours as the driver shows it: in columns, times in microseconds.
fn shown(rows: &[Value], columns: &str) -> Vec<Value> {
    let times = ["time", "receivedAt", "start", "end"];
    let cell = |row: &Value, column: &str| {
        if times.contains(&column) {
            Value::from(super::micros(&row[column]))
        } else {
            row[column].clone()
        }
    };
    rows.iter()
        .map(|row| columns.split(' ').map(|column| cell(row, column)).collect())
        .collect()
}

#[tokio::test]
async fn the_driver_reads_connections_and_lists_with_all_columns_and_pages() {
    let world = World::new().await;
    let ids = sensors(&world).await;
    super::readings::fill(&world, &ids).await;
    let day = "from: \"2026-11-23\", to: \"2026-11-24\"";
    let arguments = "arg_from=2026-11-23&arg_to=2026-11-24";
    let tables = [
        ("readingRows", "", super::readings::COLUMNS, "", "time"),
        (
            "bucketRows",
            "bucket: \"PT1M\", timeZone: \"Asia/Kathmandu\",",
            super::buckets::COLUMNS,
            "&arg_bucket=PT1M&arg_timeZone=Asia/Kathmandu",
            "start",
        ),
    ];
    for (table, more, columns, more_arguments, time) in tables {
        let ours = list(&world, &format!("{table}({more} {day})"), columns).await;
        let quoted: Vec<String> = columns
            .split_whitespace()
            .map(|name| format!("\"{name}\""))
            .collect();
        let quoted = quoted.join(", ");
        let answers = select(
            &world,
            &[
                format!(
                    "SELECT {quoted} FROM \"{table}Connection?{arguments}{more_arguments}&iarg_first=7\""
                ),
                format!("SELECT * FROM \"{table}?{arguments}{more_arguments}&is_connection=0\""),
                format!("SELECT * FROM \"{table}?{arguments}{more_arguments}\""),
                format!(
                    "SELECT sensor, count(*) AS n, min(\"{time}\") AS earliest \
                     FROM \"{table}Connection?{arguments}{more_arguments}\" GROUP BY sensor ORDER BY sensor"
                ),
                format!("SELECT * FROM \"{table}Connection?arg_from=1999-01-01&arg_to=1999-01-02\""),
            ],
        )
        .await;
        let names: Vec<&str> = columns.split_whitespace().collect();
        let columns = names.join(" ");
        for answer in &answers[..3] {
            assert_eq!(answer["columns"], json!(names), "{table}");
            assert_eq!(answer["rows"], Value::from(shown(&ours, &columns)), "{table}");
        }
        let sensors = answers[3]["rows"].as_array().unwrap();
        assert_eq!(sensors.len(), 6, "{sensors:?}");
        assert!(sensors.iter().any(|row| row[0] == HOSTILE[0]), "{sensors:?}");
        assert_eq!(answers[4], json!({ "columns": names, "rows": [] }));
        let (paged, count) = pages(
            &world,
            &format!("{table}Connection"),
            &format!("{more} {day}, first: 7,"),
            &columns,
            async |_| {},
        )
        .await;
        assert!(count > 3 && paged == ours, "{table}");
    }
}

#[tokio::test]
async fn the_driver_shows_an_error_instead_of_a_list_that_is_cut() {
    let limits = api::Limits {
        first_max: 3,
        ..api::Limits::default()
    };
    let world = World::with(crate::world::with_limits(limits)).await;
    let ids = world.sensors(&["a"]).await;
    world
        .readings(ids[0], "2026-11-23T10:00:00Z", "1 minute", 4)
        .await;
    let answers = select(
        &world,
        &["SELECT * FROM \"readingRows?arg_from=2026-11-23&arg_to=2026-11-24\"".to_owned()],
    )
    .await;
    let error = answers[0]["error"].as_str().unwrap();
    assert!(error.contains("readingRowsConnection"), "{error}");
}
