//! Buckets, filled and shown as `aggregates` does it, however many blocks they are read in.

use api::Limits;
use serde_json::{Value, json};

use super::{alike, lines, text};
use crate::world::{World, thermometer, with_limits};

/// What a bucket has here and there.
const FIELDS: [(&str, &str); 18] = [
    ("start", "start"),
    ("end", "end"),
    ("time_zone", "timeZone"),
    ("complete", "complete"),
    ("count", "count"),
    ("count_suspect", "countSuspect"),
    ("count_fail", "countFail"),
    ("completeness", "completeness"),
    ("avg", "avg"),
    ("min", "min"),
    ("max", "max"),
    ("sum", "sum"),
    ("first", "first"),
    ("last", "last"),
    ("stddev", "stddev"),
    ("time_weighted_avg", "timeWeightedAvg"),
    ("integral", "integral"),
    ("increase", "increase"),
];

/// Sensors of gaps: one that speaks now and then, one that begins late, one that failed for long, one that said something
/// only before and behind, and one that says nothing.
async fn gaps(world: &World) {
    let names = ["a", "b", "c", "d", "silent"];
    let ids = world.declare(names.map(thermometer).into()).await;
    let mut seq = 0;
    for (sensor, minutes) in [
        (0, vec![-2000, 3, 4, 5, 41, 42, 47, 90, 91, 145, 400]),
        (1, vec![100, 101, 103, 130]),
        (2, vec![1, 2, 20, 21, 60, 61, 62, 140]),
        (3, vec![-30, 300]),
    ] {
        for minute in minutes {
            for second in [5, 20, 44] {
                seq += 1;
                let flag = match (sensor, minute) {
                    (2, 20..=61) => 4,
                    _ if second == 44 && minute % 3 == 0 => 3,
                    _ => 1,
                };
                let value = f64::from((seq * 37) % 101) / 7.0;
                world
                    .insert_readings(&format!(
                        "SELECT TIMESTAMPTZ '2026-06-01 10:00:00Z' + INTERVAL '{minute} minutes {second} seconds', {value}, \
                                now(), {seq}, {}, {flag}, 1",
                        ids[sensor]
                    ))
                    .await;
            }
        }
    }
}

/// An API over the same database that reads ten buckets at once.
async fn in_small_blocks(world: &World) -> World {
    let limits = Limits {
        answer_buckets_max: 40,
        ..Limits::default()
    };
    World::over(world.db.clone(), with_limits(limits), Vec::new()).await
}

/// Rows of the export, and those of `aggregates`, must be the same.
async fn same(world: &World, exporting: &World, ours: &str, theirs: &str) -> Vec<Value> {
    let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    let fields: Vec<&str> = FIELDS.iter().map(|(_, field)| *field).collect();
    let columns = format!("{},sensor,unit,integral_unit", names.join(","));
    let found = lines(exporting, &format!("buckets.ndjson?columns={columns}&{ours}")).await;
    let data = world
        .data(&format!(
            "{{ aggregates({theirs}) {{ sensor {{ name }} unit integralUnit buckets {{ {} }} }} }}",
            fields.join(" ")
        ))
        .await;
    let mut rows = found.iter();
    for series in data["aggregates"].as_array().unwrap() {
        for bucket in series["buckets"].as_array().unwrap() {
            let row = rows.next().unwrap_or_else(|| panic!("{ours}: too few rows"));
            assert_eq!(
                (&row["sensor"], &row["unit"], &row["integral_unit"]),
                (
                    &series["sensor"]["name"],
                    &series["unit"],
                    &series["integralUnit"]
                ),
                "{ours}"
            );
            for (name, field) in FIELDS {
                assert!(
                    alike(&row[name], &bucket[field]),
                    "{ours}: {name} of {row:#} is not {}",
                    bucket[field]
                );
            }
        }
    }
    assert!(rows.next().is_none(), "{ours}: more rows than {theirs} has");
    found
}

const RANGE: &str = "from=2026-06-01T10:00:30Z&to=2026-06-01T12:30:10Z";
const ASKED: &str = "from: \"2026-06-01T10:00:30Z\", to: \"2026-06-01T12:30:10Z\"";

#[tokio::test]
async fn every_argument_gives_what_aggregates_gives_in_blocks_of_any_size() {
    let world = World::new().await;
    gaps(&world).await;
    let small = in_small_blocks(&world).await;
    let cases = [
        ("", ""),
        ("&fill=none", ", fill: NONE"),
        ("&fill=null", ", fill: NULL"),
        ("&fill=previous", ", fill: PREVIOUS"),
        ("&fill=LINEAR", ", fill: LINEAR"),
        (
            "&include_failed=true&fill=previous",
            ", includeFailed: true, fill: PREVIOUS",
        ),
        (
            "&include_failed=true&fill=linear",
            ", includeFailed: true, fill: LINEAR",
        ),
        ("&include_failed=false", ", includeFailed: false"),
        ("&flag=fail&flag=suspect", ", flags: [FAIL, SUSPECT]"),
        ("&flag=fail&fill=linear", ", flags: [FAIL], fill: LINEAR"),
        ("&min_completeness=0.6", ", minCompleteness: 0.6"),
        ("&min_completeness=1", ", minCompleteness: 1"),
        (
            "&fill=linear&min_completeness=1",
            ", fill: LINEAR, minCompleteness: 1",
        ),
        (
            "&fill=previous&min_completeness=1",
            ", fill: PREVIOUS, minCompleteness: 1",
        ),
        ("&unit=K&fill=linear", ", unit: \"K\", fill: LINEAR"),
        ("&unit=°F&fill=previous", ", unit: \"°F\", fill: PREVIOUS"),
    ];
    for is_rolled_up in [false, true] {
        for bucket in ["PT1M", "PT20S", "PT1H"] {
            for (ours, theirs) in cases {
                let ours = format!("{RANGE}&bucket={bucket}{ours}");
                let theirs = format!("{ASKED}, bucket: \"{bucket}\"{theirs}");
                let rows = same(&world, &world, &ours, &theirs).await;
                assert!(!rows.is_empty(), "{ours} {is_rolled_up}");
                // A statement a block: the 360 buckets of 20 seconds would take 180 for each of these.
                if bucket != "PT20S" {
                    assert_eq!(same(&world, &small, &ours, &theirs).await, rows);
                }
            }
        }
        world.refresh().await;
    }
}

#[tokio::test]
async fn days_and_months_are_filled_in_their_zone() {
    let world = World::new().await;
    let ids = world.declare(vec![thermometer("a"), thermometer("b")]).await;
    world.readings(ids[0], "2025-10-20T00:00:00Z", "3 days", 60).await;
    world.readings(ids[1], "2026-02-01T00:00:00Z", "40 days", 3).await;
    let small = in_small_blocks(&world).await;
    for (bucket, zone) in [
        ("P1D", "Europe/Zurich"),
        ("P1M", "America/New_York"),
        ("P1W", "UTC"),
    ] {
        for fill in ["none", "null", "previous", "linear"] {
            let ours = format!("from=2025-10-01&to=2026-07-01&bucket={bucket}&time_zone={zone}&fill={fill}");
            let theirs = format!(
                "from: \"2025-10-01T00:00:00Z\", to: \"2026-07-01T00:00:00Z\", bucket: \"{bucket}\", \
                 timeZone: \"{zone}\", fill: {}",
                fill.to_uppercase()
            );
            same(&world, &small, &ours, &theirs).await;
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_of_buckets_is_refused() {
    let limits = Limits {
        reading_days_max: 30,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    world.sensors(&["a"]).await;
    for (parameters, argument) in [
        ("fill=next", "fill"),
        ("fill=null&fill=null", "fill"),
        ("include_failed=1", "include_failed"),
        ("min_completeness=1.5", "min_completeness"),
        ("min_completeness=-0.1", "min_completeness"),
        ("min_completeness=half", "min_completeness"),
        ("flag=good", "flag"),
        ("value_min=1", "value_min"),
        ("unit=K", "unit"),
    ] {
        let (status, body) = world.get(&format!("/export/buckets.csv?{parameters}")).await;
        assert_eq!(
            (status.as_u16(), &body["code"], &body["argument"]),
            (400, &json!("INVALID_ARGUMENT"), &json!(argument)),
            "{parameters}: {body}"
        );
        assert!(body["accepted"].is_string(), "{body}");
    }
    // A bucket of 31 days, whose readings would be taken one by one.
    let month = "from=2026-01-10&to=2026-06-01&bucket=P1M";
    for more in ["include_failed=true", "flag=PASS"] {
        let (status, body) = world.get(&format!("/export/buckets.csv?{month}&{more}")).await;
        assert_eq!(
            (status.as_u16(), &body["code"], &body["limit"], &body["asked"]),
            (400, &json!("LIMIT_EXCEEDED"), &json!(30), &json!(31)),
            "{body}"
        );
    }
    text(&world, &format!("/export/buckets.csv?{month}")).await;
    text(
        &world,
        "/export/buckets.csv?from=2026-01-10&to=2026-06-01&bucket=P7D&include_failed=true",
    )
    .await;
}

#[tokio::test]
async fn a_gap_of_many_blocks_is_filled_to_its_end() {
    let world = World::new().await;
    let ids = world.declare(vec![thermometer("a")]).await;
    // 40 days of minutes between two readings: several blocks of the usual size.
    world.readings(ids[0], "2026-01-01T00:00:30Z", "40 days", 2).await;
    let range = "from=2026-01-01&to=2026-02-10T01:00:00Z&bucket=PT1M&columns=avg";
    for (fill, expected) in [("previous", [0.0_f64, 0.0]), ("linear", [0.25, 0.5])] {
        let file = text(&world, &format!("/export/buckets.csv?{range}&fill={fill}")).await;
        let values: Vec<&str> = file.lines().skip(1).collect();
        assert_eq!(values.len(), 40 * 1440 + 60);
        let at = |day: usize| values[day * 1440].parse::<f64>().unwrap();
        for (day, expected) in [(10, expected[0]), (20, expected[1]), (40, 1.0)] {
            assert_eq!(at(day).to_bits(), expected.to_bits(), "{fill}, day {day}");
        }
    }
}
