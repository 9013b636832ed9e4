//! `readingRows` and `bucketRows`: flat tables, as lists and as connections.

mod arguments;
mod buckets;
mod readings;
mod selection;
mod superset;

use chrono::{DateTime, Utc};
use entity::load::DeclaredSensor;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::Value;

use crate::world::{World, thermometer};

/// Names that spreadsheets, files and right-to-left scripts have trouble with.
const HOSTILE: [&str; 6] = [
    "Kessel \"1\", \\oben\\",
    "two\nlines\tand\u{1}",
    "=cmd|' /C calc'!A0",
    "🌡️ 温度",
    "\u{202e}مستشعر",
    "'; DROP TABLE reading; --",
];

/// Sensors with all labels, with some, and with none; their internal keys.
async fn sensors(world: &World) -> Vec<i32> {
    let mut declared: Vec<DeclaredSensor> = HOSTILE.map(thermometer).into();
    for (number, sensor) in declared.iter_mut().enumerate() {
        let labels = [("plant", "Seeblick"), ("customer", "Müller, \"Söhne\" & Co")];
        sensor.labels.extend(
            labels
                .into_iter()
                .take(number % 3)
                .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        if number % 2 == 1 {
            sensor.kind = Some("pressure".into());
            sensor.unit = Some("flurb".into());
            sensor.unit_meaning = None;
        }
    }
    let mut ids = world.declare(declared).await;
    ids.extend(world.sensors(&["registered"]).await);
    ids
}

/// The rows of a list.
async fn list(world: &World, field: &str, columns: &str) -> Vec<Value> {
    let mut data = world.data(&format!("{{ rows: {field} {{ {columns} }} }}")).await;
    data["rows"].as_array_mut().unwrap().drain(..).collect()
}

/// The rows of all pages of a connection, and how many pages there are; `between` happens after each page.
async fn pages(
    world: &World,
    field: &str,
    arguments: &str,
    columns: &str,
    between: impl AsyncFn(usize),
) -> (Vec<Value>, usize) {
    let mut after = Value::Null;
    let mut rows = Vec::new();
    for page in 1.. {
        let mut data = world
            .data(&format!(
                "{{ page: {field}({arguments} after: {after}) {{ edges {{ cursor node {{ {columns} }} }} \
                 pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
            ))
            .await;
        let page_info = data["page"]["pageInfo"].take();
        let edges = data["page"]["edges"].as_array_mut().unwrap();
        assert_eq!(page_info["hasPreviousPage"], page > 1);
        if let Some(first) = edges.first() {
            assert_eq!(page_info["startCursor"], first["cursor"]);
        }
        rows.extend(edges.iter_mut().map(|edge| edge["node"].take()));
        if page_info["hasNextPage"] == false {
            return (rows, page);
        }
        assert!(page < 1000, "this list has no end");
        after = page_info["endCursor"].clone();
        assert!(after.is_string(), "{page_info}");
        between(page).await;
    }
    unreachable!("pages end, or the test does")
}

/// What a statement gives as one JSON array.
async fn of_sql(world: &World, statement: &str) -> Vec<Value> {
    let statement = Statement::from_string(DbBackend::Postgres, statement);
    let row = world.db.query_one_raw(statement).await.unwrap();
    let rows: Value = row.unwrap().try_get_by_index(0).unwrap();
    rows.as_array().unwrap().clone()
}

/// Our rows say what the database's do: times in microseconds there, numbers as near as two ways of adding up are.
#[track_caller]
fn assert_alike(ours: &[Value], theirs: &[Value], times: &[&str], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        for (column, theirs) in theirs.as_object().unwrap() {
            let ours = &ours[column];
            let alike = if times.contains(&column.as_str()) {
                Some(micros(ours)) == theirs.as_i64()
            } else if let (Some(ours), Some(theirs)) = (ours.as_f64(), theirs.as_f64()) {
                (ours - theirs).abs() <= 1e-9 * ours.abs().max(1.0)
            } else {
                ours == theirs
            };
            assert!(alike, "{what}: {column} is {ours}, not {theirs}");
        }
    }
}

fn micros(time: &Value) -> i64 {
    let time: DateTime<Utc> = time.as_str().unwrap().parse().unwrap();
    time.timestamp_micros()
}

/// One column of rows.
fn column(rows: &[Value], name: &str) -> Vec<Value> {
    rows.iter().map(|row| row[name].clone()).collect()
}
