//! `/export/…`: whole tables as files.

mod arguments;
mod buckets;
mod clients;
mod leaving;
mod picked;
mod readings;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::Value;

use crate::world::{World, thermometer};

/// The range of the tests' readings.
const RANGE: &str = "from=2026-03-28T12:00:00Z&to=2026-03-29T12:00:00Z";

/// Names that spreadsheets, files and right-to-left scripts have trouble with.
const HOSTILE: [&str; 7] = [
    "Kessel \"1\", \\oben\\",
    "two\nlines\tand more",
    "two\r\nlines",
    "=cmd|' /C calc'!A0",
    "🌡️ 温度",
    "\u{202e}مستشعر",
    "'; DROP TABLE reading; --",
];

/// Sensors with all labels, with some, and with none, and a day of readings over a change of the clock, some failed.
async fn fill(world: &World) {
    let mut declared = HOSTILE.map(thermometer);
    for (number, sensor) in declared.iter_mut().enumerate() {
        if number % 2 == 1 {
            sensor.kind = None;
            sensor.unit = Some("flurb, \"odd\"".into());
            sensor.unit_meaning = None;
            sensor.labels = [("customer".to_owned(), "Müller, \"Söhne\" & Co".to_owned())].into();
        }
    }
    let mut ids = world.declare(declared.into()).await;
    ids.extend(world.sensors(&["registered"]).await);
    let ids = ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
    // Some at the same instant, some with microseconds, in an order that is not that of time.
    world
        .insert_readings(&format!(
            "SELECT TIMESTAMPTZ '2026-03-28 12:00:00Z' + i * INTERVAL '3 minutes' + (i % 3) * INTERVAL '41 microseconds', \
                    (i - 100) / 7.0 * power(10, i % 5), \
                    TIMESTAMPTZ '2026-03-28 12:00:01Z' + i * INTERVAL '3 minutes 7 microseconds', i, sensor, (ARRAY[1, 2, 3, 4])[1 + (i + sensor) % 4], 1 \
             FROM generate_series(0, 479) AS i, unnest(ARRAY[{ids}]) AS sensor \
             WHERE (i + sensor) % 5 > 0 ORDER BY sensor DESC, i % 7, i"
        ))
        .await;
}

/// Readings as SQL has them: arrays in the order of the export, times in microseconds.
const READINGS: &str = "SELECT jsonb_agg(jsonb_build_array( \
         (extract(epoch FROM time) * 1000000)::int8, value, \
         (ARRAY['PASS', 'NOT_EVALUATED', 'SUSPECT', 'FAIL'])[flag], \
         sensor.name, sensor.source, sensor.type, coalesce(sensor.unit_ucum, sensor.unit), \
         labels ->> 'site', labels ->> 'customer') ORDER BY time, sensor_id) \
     FROM reading JOIN sensor ON sensor.id = sensor_id";

/// What a statement gives as one JSON array.
async fn of_sql(world: &World, statement: &str) -> Vec<Value> {
    let statement = Statement::from_string(DbBackend::Postgres, statement);
    let row = world.db.query_one_raw(statement).await.unwrap();
    let rows: Value = row.unwrap().try_get_by_index(0).unwrap();
    rows.as_array().unwrap().clone()
}

/// The lines of a table, as objects.
async fn lines(world: &World, query: &str) -> Vec<Value> {
    let text = text(world, &format!("/export/{query}")).await;
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whether two values are the same, times and numbers to their last digit.
fn alike(ours: &Value, theirs: &Value) -> bool {
    let time = |value: &Value| value.as_str()?.parse::<DateTime<Utc>>().ok();
    match (ours.as_f64().zip(theirs.as_f64()), time(ours).zip(time(theirs))) {
        (Some((ours, theirs)), _) => ours.to_bits() == theirs.to_bits(),
        (_, Some((ours, theirs))) => ours == theirs,
        _ => ours == theirs,
    }
}

/// The text of a file.
#[track_caller]
fn text(world: &World, path: &str) -> impl Future<Output = String> + use<> {
    let caller = std::panic::Location::caller();
    let request = world.client.get(world.url(path));
    async move {
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{status} {text} at {caller}");
        text
    }
}
