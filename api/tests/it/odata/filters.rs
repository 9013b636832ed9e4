//! Any filter gives what SQL gives: the filter is written twice, for OData and for PostgreSQL.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::Value;

use super::{DAY, all_rows, ask, filled};
use crate::world::{World, thermometer};

/// How many filters are tried; each with another mixture of what it can say.
const FILTERS: usize = 150;

/// A condition as OData writes it and as SQL does.
#[derive(Debug, Clone)]
struct Both {
    odata: String,
    sql: String,
}

const COMPARISONS: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];

const TEXTS: [&str; 15] = [
    "Sensor 1",
    "O'Neill, 2",
    "Späher",
    "plant",
    "temperature",
    "pressure",
    "C",
    "Harbour",
    "North",
    "PASS",
    "SUSPECT",
    "%",
    "\\",
    "a",
    "",
];

/// OData's comparison with null is never null.
fn compared(column: &str, operator: &str, literal: &str) -> String {
    match operator {
        "eq" => format!("({column} IS NOT DISTINCT FROM {literal})"),
        "ne" => format!("({column} IS DISTINCT FROM {literal})"),
        "gt" => format!("coalesce({column} > {literal}, false)"),
        "ge" => format!("coalesce({column} >= {literal}, false)"),
        "lt" => format!("coalesce({column} < {literal}, false)"),
        _ => format!("coalesce({column} <= {literal}, false)"),
    }
}

fn text_column(name: &str) -> &'static str {
    match name {
        "Sensor" => "sensor.name COLLATE \"C\"",
        "Source" => "sensor.source COLLATE \"C\"",
        "Type" => "sensor.type COLLATE \"C\"",
        "Unit" => "sensor.unit COLLATE \"C\"",
        "Site" => "(sensor.labels ->> 'site') COLLATE \"C\"",
        "Plant" => "(sensor.labels ->> 'plant') COLLATE \"C\"",
        _ => {
            "(CASE reading.flag WHEN 1 THEN 'PASS' WHEN 2 THEN 'NOT_EVALUATED' WHEN 3 THEN 'SUSPECT' WHEN 4 THEN 'FAIL' \
              ELSE 'MISSING' END) COLLATE \"C\""
        }
    }
}

fn leaves() -> impl Strategy<Value = Both> {
    let operator = || prop::sample::select(&COMPARISONS[..]);
    let name = || prop::sample::select(vec!["Sensor", "Source", "Type", "Unit", "Site", "Plant", "Flag"]);
    let text = || prop::sample::select(&TEXTS[..]);
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let sql_text = |text: &str| format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    prop_oneof![
        3 => (operator(), -1_i32..121).prop_map(|(operator, value)| Both {
            odata: format!("Value {operator} {value}"),
            sql: compared("reading.value", operator, &value.to_string()),
        }),
        3 => (operator(), 0_i32..60).prop_map(|(operator, minute)| Both {
            odata: format!("Time {operator} 2026-11-23T10:{minute:02}:00Z"),
            sql: compared("reading.time", operator, &format!("TIMESTAMPTZ '2026-11-23T10:{minute:02}:00Z'")),
        }),
        1 => (operator(), 0_i32..60).prop_map(|(operator, minute)| Both {
            odata: format!("2026-11-23T11:{minute:02}:01+01:00 {operator} ReceivedAt"),
            sql: compared(&format!("TIMESTAMPTZ '2026-11-23T10:{minute:02}:01Z'"), operator, "reading.received_at"),
        }),
        4 => (name(), operator(), text()).prop_map(move |(name, operator, text)| Both {
            odata: format!("{name} {operator} {}", quoted(text)),
            sql: compared(text_column(name), operator, &sql_text(text)),
        }),
        1 => (name(), operator()).prop_map(|(name, operator)| Both {
            odata: format!("{name} {operator} null"),
            sql: compared(text_column(name), operator, "NULL"),
        }),
        2 => (name(), prop::collection::vec(text(), 1..4)).prop_map(move |(name, texts)| Both {
            odata: format!("{name} in ({})", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",")),
            sql: format!(
                "coalesce({} IN ({}), false)",
                text_column(name),
                texts.iter().map(|text| sql_text(text)).collect::<Vec<_>>().join(",")
            ),
        }),
        2 => (name(), text(), 0_usize..3).prop_map(move |(name, text, function)| {
            let (odata, sql) = [
                ("contains", "strpos({c}, {t}) > 0"),
                ("startswith", "starts_with({c}, {t})"),
                ("endswith", "right({c}, length({t})) = {t}"),
            ][function];
            Both {
                odata: format!("{odata}({name},{})", quoted(text)),
                sql: format!("({})", sql.replace("{c}", text_column(name)).replace("{t}", &sql_text(text))),
            }
        }),
        1 => (name(), text()).prop_map(move |(name, text)| Both {
            odata: format!("tolower({name}) eq {}", quoted(&text.to_lowercase())),
            sql: format!("(lower({}) IS NOT DISTINCT FROM {})", text_column(name), sql_text(&text.to_lowercase())),
        }),
        1 => (operator(), 0_i32..60).prop_map(|(operator, minute)| Both {
            odata: format!("minute(Time) {operator} {minute}"),
            sql: compared("extract(minute FROM reading.time)", operator, &minute.to_string()),
        }),
    ]
}

/// Comparisons of numbers, some of them null, with small whole numbers.
fn number_leaves(columns: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Both> {
    let operator = || prop::sample::select(&COMPARISONS[..]);
    let column = || prop::sample::select(columns);
    prop_oneof![
        6 => (column(), operator(), -1_i32..20).prop_map(|((name, sql), operator, number)| Both {
            odata: format!("{name} {operator} {number}"),
            sql: compared(sql, operator, &number.to_string()),
        }),
        1 => (column(), operator()).prop_map(|((name, sql), operator)| Both {
            odata: format!("{name} {operator} null"),
            sql: compared(sql, operator, "NULL"),
        }),
        1 => (column(), column(), operator()).prop_map(|((name, sql), (other, other_sql), operator)| Both {
            odata: format!("{name} {operator} {other}"),
            sql: compared(sql, operator, other_sql),
        }),
        1 => (column(), operator(), -1_i32..20).prop_map(|((name, sql), operator, number)| Both {
            odata: format!("floor({name}) {operator} {number}"),
            sql: compared(&format!("floor({sql})"), operator, &number.to_string()),
        }),
    ]
}

fn conditions(leaves: impl Strategy<Value = Both> + 'static) -> impl Strategy<Value = Both> {
    let joined = |parts: Vec<Both>, odata: &str, sql: &str| Both {
        odata: format!(
            "({})",
            parts
                .iter()
                .map(|part| part.odata.as_str())
                .collect::<Vec<_>>()
                .join(odata)
        ),
        sql: format!(
            "({})",
            parts
                .iter()
                .map(|part| part.sql.as_str())
                .collect::<Vec<_>>()
                .join(sql)
        ),
    };
    leaves.prop_recursive(4, 14, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| joined(parts, " and ", " AND ")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| joined(parts, " or ", " OR ")),
            inner.prop_map(|part| Both {
                odata: format!("not ({})", part.odata),
                sql: format!("(NOT {})", part.sql),
            }),
        ]
    })
}

/// Names and times of the readings that a condition gives in SQL.
async fn readings_by_sql(world: &World, condition: &str) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(jsonb_agg(sensor.name || ' ' || extract(epoch FROM time)::int8 ORDER BY time, sensor.id), '[]') \
         FROM reading JOIN sensor ON sensor.id = reading.sensor_id WHERE {condition}"
    );
    texts_by_sql(world, &sql).await
}

/// The one value of a query: an array of texts.
async fn texts_by_sql(world: &World, sql: &str) -> Vec<String> {
    let row = world
        .db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await
        .unwrap();
    let texts: Value = row.unwrap().try_get_by_index(0).unwrap();
    serde_json::from_value(texts).unwrap()
}

/// What is tried of a set: random filters, each compared with the same rows by SQL.
async fn compare(
    world: &World,
    set: &str,
    leaves: impl Strategy<Value = Both> + 'static,
    shown: fn(&Value) -> String,
    sql: impl Fn(&str) -> String,
) {
    let conditions = conditions(leaves);
    let mut runner = TestRunner::default();
    let mut some = 0;
    for _ in 0..FILTERS {
        let condition = conditions.new_tree(&mut runner).unwrap().current();
        let wanted = texts_by_sql(world, &sql(&condition.sql)).await;
        let filter = match set {
            "Buckets" => format!(
                "Start ge 2026-11-23 and Start lt 2026-11-24 and Bucket eq 'PT15M' and {}",
                condition.odata
            ),
            _ => condition.odata.clone(),
        };
        let mut found: Vec<String> = all_rows(world, set, &[("$filter", &filter)], 10)
            .await
            .iter()
            .map(shown)
            .collect();
        found.sort();
        assert_eq!(found, wanted, "{}\n{}", condition.odata, condition.sql);
        let path = format!("{set}/$count");
        let count = ask(world, &path, &[("$filter", &filter)])
            .await
            .text()
            .await
            .unwrap();
        assert_eq!(count, wanted.len().to_string(), "{}", condition.odata);
        some += usize::from(!wanted.is_empty());
    }
    assert!(some > FILTERS / 5, "{some} of {FILTERS} filters found anything");
}

#[tokio::test]
async fn any_filter_of_sensors_is_answered_as_sql_answers_it() {
    let world = World::new().await;
    let thermometers = (0..40).map(|number: u32| {
        let mut sensor = thermometer(&format!("Sensor {number}"));
        let part = |every: u32| number.is_multiple_of(every).then(|| f64::from(number));
        sensor.lat = part(2);
        sensor.lng = part(2);
        sensor.range_min = part(3);
        sensor.range_max = part(5);
        sensor.expected_interval_seconds = part(7).filter(|seconds| *seconds > 0.0);
        sensor.kind =
            [None, Some("temperature".into()), Some("pressure".into())][number as usize % 3].clone();
        sensor.labels = match number % 4 {
            0 => [("site".to_owned(), "Harbour".to_owned())].into(),
            1 => [("plant".to_owned(), "North".to_owned())].into(),
            _ => BTreeMap::default(),
        };
        sensor
    });
    world.declare(thermometers.collect()).await;
    let numbers = number_leaves(&[
        ("Latitude", "sensor.lat"),
        ("Longitude", "sensor.lng"),
        ("RangeMin", "sensor.range_min"),
        ("RangeMax", "sensor.range_max"),
        ("ExpectedIntervalSeconds", "sensor.expected_interval_seconds"),
    ]);
    let name = prop::sample::select(vec!["Sensor", "Source", "Type", "Unit", "Site", "Plant"]);
    let texts = (
        name,
        prop::sample::select(&COMPARISONS[..]),
        prop::sample::select(&TEXTS[..]),
    )
        .prop_map(|(name, operator, text)| Both {
            odata: format!(
                "{} {operator} '{}'",
                name.replace("Sensor", "Name"),
                text.replace('\'', "''")
            ),
            sql: compared(
                text_column(name),
                operator,
                &format!("'{}'", text.replace('\'', "''")),
            ),
        });
    let leaves = prop_oneof![numbers, texts];
    let shown = |row: &Value| row["Name"].as_str().unwrap().to_owned();
    compare(&world, "Sensors", leaves, shown, |condition| {
        format!(
            "SELECT coalesce(jsonb_agg(name ORDER BY name COLLATE \"C\"), '[]') FROM sensor WHERE {condition}"
        )
    })
    .await;
}

#[tokio::test]
async fn any_filter_of_buckets_is_answered_as_sql_answers_it() {
    let world = World::new().await;
    filled(&world).await;
    world
        .run(
            "UPDATE reading SET value = value / 8, flag = CASE WHEN value::int % 11 = 0 THEN 4 ELSE flag END",
        )
        .await;
    let leaves = number_leaves(&[
        ("Count", "bucket.count"),
        ("CountFail", "bucket.count_fail"),
        ("Avg", "bucket.avg"),
        ("Min", "bucket.min"),
        ("Max", "bucket.max"),
        ("First", "bucket.first"),
        ("Last", "bucket.last"),
        (
            "hour(Start)",
            "extract(hour FROM bucket.start AT TIME ZONE 'UTC')",
        ),
        (
            "minute(End)",
            "extract(minute FROM bucket.start + INTERVAL '15 minutes')",
        ),
    ]);
    let shown = |row: &Value| {
        format!(
            "{} {}",
            row["Sensor"].as_str().unwrap(),
            row["Start"].as_str().unwrap()
        )
    };
    compare(&world, "Buckets", leaves, shown, |condition| {
        format!(
            "SELECT coalesce(jsonb_agg(shown ORDER BY shown COLLATE \"C\"), '[]') FROM ( \
                 SELECT name || to_char(start AT TIME ZONE 'UTC', ' YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS shown FROM ( \
                     SELECT sensor.name, date_bin('15 minutes', time, '2000-01-01 00:00:00Z') AS start, \
                            count(*) FILTER (WHERE flag <> 4), count(*) FILTER (WHERE flag = 4) AS count_fail, \
                            avg(value) FILTER (WHERE flag <> 4), min(value) FILTER (WHERE flag <> 4), \
                            max(value) FILTER (WHERE flag <> 4), \
                            (array_agg(value ORDER BY time) FILTER (WHERE flag <> 4))[1] AS first, \
                            (array_agg(value ORDER BY time DESC) FILTER (WHERE flag <> 4))[1] AS last \
                     FROM reading JOIN sensor ON sensor.id = sensor_id GROUP BY sensor.id, start \
                 ) AS bucket WHERE {condition} \
             ) AS row"
        )
    })
    .await;
}

testbed::both! {
    async fn any_filter_of_readings_is_answered_as_sql_answers_it(database: testbed::TestDatabase) {
        let world = World::on(database, crate::world::open()).await;
        filled(&world).await;
        world
            .run("UPDATE reading SET flag = CASE WHEN value::int % 7 = 0 THEN 3 WHEN value::int % 11 = 0 THEN 4 ELSE flag END")
            .await;
        let mut runner = TestRunner::default();
        let (mut none, mut some) = (0, 0);
        for _ in 0..FILTERS {
            let condition = conditions(leaves()).new_tree(&mut runner).unwrap().current();
            let wanted = readings_by_sql(&world, &condition.sql).await;
            let filter = format!("{DAY} and {}", condition.odata);
            let found: Vec<String> = all_rows(&world, "Readings", &[("$filter", &filter)], 100)
                .await
                .iter()
                .map(|row| {
                    let time: chrono::DateTime<chrono::Utc> = row["Time"].as_str().unwrap().parse().unwrap();
                    format!("{} {}", row["Sensor"].as_str().unwrap(), time.timestamp())
                })
                .collect();
            assert_eq!(found, wanted, "{}\n{}", condition.odata, condition.sql);
            let count = ask(&world, "Readings/$count", &[("$filter", &filter)]).await.text().await.unwrap();
            assert_eq!(count, wanted.len().to_string(), "{}", condition.odata);
            *(if wanted.is_empty() { &mut none } else { &mut some }) += 1;
        }
        assert!(some > FILTERS / 5, "{some} of {FILTERS} filters found anything, {none} nothing");
    }
}
