//! Clients that nobody here wrote, and requests as Power Query makes them.

use std::path::Path;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};

use super::filled;
use crate::world::World;

async fn python(script: &str, arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(script);
    let mut command = testbed::clients::python().await;
    command.arg(script).args(arguments);
    testbed::clients::run(command).await
}

#[tokio::test]
async fn the_description_is_sound_and_rows_are_what_it_says() {
    let world = World::new().await;
    filled(&world).await;
    let said = python("odata_metadata.py", &[&world.url("/odata/v4/")]).await;
    assert_eq!(said.trim(), "3 sets, 192 rows, 19 functions");
}

#[tokio::test]
async fn power_query_gets_what_it_asks() {
    let world = World::new().await;
    filled(&world).await;
    let said = python("odata_power_query.py", &[&world.url("/odata/v4/")]).await;
    assert_eq!(said.trim(), "ok");
}

#[tokio::test]
async fn sqlalchemy_reads_all_three_sets_as_sql_has_them() {
    let world = World::new().await;
    let sensors = filled(&world).await;
    // The driver asks for no time, so it gets the default: rows that are a few hours old, 20 s apart.
    world
        .insert_readings(&format!(
            "SELECT date_trunc('hour', now()) - INTERVAL '5 hours' + i * INTERVAL '20 seconds', i / 4.0, now(), i, {}, 1, 1 \
             FROM generate_series(0, 699) AS i",
            sensors[2]
        ))
        .await;
    let root = world.url("/odata/v4").replace("http://", "odata://");
    let said = python(
        "odata_sqlalchemy.py",
        &[
            &root,
            "SELECT Name, Source, Type, Unit, Site, Plant, Latitude, Declared FROM Sensors ORDER BY Name",
            "SELECT Sensor, Time, Value, Flag FROM Readings ORDER BY Time",
            "SELECT Sensor, Start, \"Count\", \"Min\", \"Max\", \"Sum\" FROM Buckets WHERE Sensor = 'Späher' ORDER BY Start",
            "SELECT Site, count(*) FROM Sensors GROUP BY Site ORDER BY Site",
        ],
    )
    .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said[0], json!(["Buckets", "Readings", "Sensors"]));
    let queries = [
        "SELECT jsonb_agg(jsonb_build_array(name, source, type, unit, labels ->> 'site', labels ->> 'plant', lat, declared) \
                          ORDER BY name COLLATE \"C\") FROM sensor",
        "SELECT jsonb_agg(jsonb_build_array(sensor.name, time, value, 'PASS') ORDER BY time) \
         FROM reading JOIN sensor ON sensor.id = sensor_id WHERE time >= now() - INTERVAL '24 hours'",
        "SELECT jsonb_agg(jsonb_build_array('Späher', start, count, min, max, sum) ORDER BY start) \
         FROM (SELECT date_trunc('hour', time) AS start, count(*), min(value), max(value), sum(value) \
               FROM reading WHERE sensor_id = (SELECT id FROM sensor WHERE name = 'Späher') GROUP BY 1) AS bucket \
         WHERE start >= now() - INTERVAL '7 days'",
        "SELECT jsonb_agg(jsonb_build_array(site, count) ORDER BY site NULLS FIRST) \
         FROM (SELECT labels ->> 'site' AS site, count(*) FROM sensor GROUP BY 1) AS site",
    ];
    for (number, query) in queries.iter().enumerate() {
        let row = world
            .db
            .query_one_raw(Statement::from_string(DbBackend::Postgres, *query))
            .await
            .unwrap();
        let wanted: Value = row.unwrap().try_get_by_index(0).unwrap();
        assert_eq!(comparable(&said[number + 1]), comparable(&wanted), "{query}");
    }
    assert_eq!(
        said[2].as_array().unwrap().len(),
        700,
        "more than one page of the driver"
    );
}

/// Times as instants, and numbers as doubles.
fn comparable(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(comparable).collect(),
        Value::Number(number) => json!(number.as_f64()),
        Value::String(text) => match text.parse::<DateTime<Utc>>() {
            Ok(time) => json!(time.timestamp_micros()),
            Err(_) => value.clone(),
        },
        other => other.clone(),
    }
}
