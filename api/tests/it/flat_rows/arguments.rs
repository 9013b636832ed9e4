//! What flat rows may be asked for, and what is refused.

use api::Limits;
use serde_json::{Value, json};

use super::list;
use crate::world::{World, with_limits};

const ROWS: [&str; 4] = [
    "readingRows",
    "readingRowsConnection",
    "bucketRows",
    "bucketRowsConnection",
];

/// A question for a field, with something selected.
fn ask(field: &str, arguments: &str) -> String {
    let arguments = if arguments.is_empty() {
        String::new()
    } else {
        format!("({arguments})")
    };
    let selected = if field.ends_with("Connection") {
        "{ nodes { sensor } }"
    } else {
        "{ sensor }"
    };
    format!("{{ {field}{arguments} {selected} }}")
}

#[tokio::test]
async fn times_are_read_in_every_form() {
    let world = World::new().await;
    let ids = world.sensors(&["a"]).await;
    world
        .readings(ids[0], "2026-11-23T10:00:00Z", "1 minute", 3)
        .await;
    for (from, to) in [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:02:00Z"),
        ("2026-11-23T11:00:00+01:00", "2026-11-23 10:02"),
        ("1795428000000", "1795428120000"),
    ] {
        let range = format!("from: \"{from}\", to: \"{to}\"");
        let rows = list(&world, &format!("readingRows({range})"), "value").await;
        assert_eq!(
            rows,
            [json!({ "value": 0.0 }), json!({ "value": 1.0 })],
            "{range}"
        );
        let rows = list(&world, &format!("bucketRows({range}, bucket: \"PT1M\")"), "count").await;
        assert_eq!(rows.len(), 2, "{range}");
    }
}

#[tokio::test]
async fn a_wrong_argument_is_named_with_what_is_accepted() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    for (argument, value) in [
        ("from", "\"yesterday\""),
        ("from", "\"2999-01-01\""),
        ("to", "\"\""),
        ("first", "0"),
        ("first", "-1"),
        ("after", "\"x\""),
        ("type", "\"\\u0000\""),
    ] {
        for field in ROWS {
            let error = world.error(&ask(field, &format!("{argument}: {value}"))).await;
            let details = &error["extensions"];
            assert_eq!(details["code"], "INVALID_ARGUMENT", "{field} {error}");
            assert_eq!(details["argument"], argument, "{field} {error}");
            assert!(details["accepted"].is_string(), "{field} {error}");
        }
    }
    for (argument, value) in [
        ("bucket", "5 minutes"),
        ("bucket", "P1M1D"),
        ("timeZone", "Mars/Crater"),
    ] {
        for field in &ROWS[2..] {
            let error = world
                .error(&ask(field, &format!("{argument}: \"{value}\"")))
                .await;
            assert_eq!(error["extensions"]["argument"], argument, "{field} {error}");
        }
    }
    for field in ROWS {
        let error = world.error(&ask(field, "sensor: \"nobody\"")).await;
        assert_eq!(
            error["extensions"],
            json!({ "code": "NOT_FOUND", "argument": "sensor" }),
            "{field}"
        );
        for (arguments, limit) in [
            ("first: 10001".to_owned(), 10_000),
            (format!("sensor: \"{}\"", "x".repeat(1001)), 1000),
            (format!("type: \"{}\"", "x".repeat(1001)), 1000),
        ] {
            let error = world.error(&ask(field, &arguments)).await;
            assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{field} {error}");
            assert_eq!(error["extensions"]["limit"], limit, "{field} {error}");
        }
    }
}

#[tokio::test]
async fn a_failure_makes_a_connection_null_and_leaves_the_rest() {
    let world = World::new().await;
    let (_, body) = world
        .post(json!({ "query": "{ readingRowsConnection(from: \"x\") { nodes { sensor } } bucketRows { sensor } }" }))
        .await;
    assert_eq!(
        body["data"],
        json!({ "readingRowsConnection": null, "bucketRows": [] })
    );
    assert_eq!(body["errors"][0]["path"], json!(["readingRowsConnection"]));
}

#[tokio::test]
async fn a_list_is_whole_or_refused_unless_it_is_said_how_many() {
    let limits = Limits {
        first_max: 3,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    let ids = world.sensors(&["a"]).await;
    world
        .readings(ids[0], "2026-11-23T10:00:00Z", "1 minute", 4)
        .await;
    for (field, more) in [("readingRows", ""), ("bucketRows", "bucket: \"PT1M\", ")] {
        let of = |to: &str, first: &str| {
            format!("{more} from: \"2026-11-23\", to: \"2026-11-23T{to}:00Z\" {first}")
        };
        let rows = list(&world, &format!("{field}({})", of("10:03", "")), "sensor").await;
        assert_eq!(rows.len(), 3, "{field}");
        let error = world.error(&ask(field, &of("10:04", ""))).await;
        assert_eq!(
            error["extensions"],
            json!({ "code": "LIMIT_EXCEEDED", "limit": 3 }),
            "{field}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("{field}Connection")), "{message}");
        let rows = list(
            &world,
            &format!("{field}({})", of("10:04", ", first: 3")),
            "sensor",
        )
        .await;
        assert_eq!(rows.len(), 3, "{field}");
    }
}

#[tokio::test]
async fn more_sensors_of_a_type_than_the_limit_are_refused_or_paged() {
    let limits = Limits {
        sensors_max: 2,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    let ids = world
        .declare(["a", "b", "c"].map(crate::world::thermometer).into())
        .await;
    for sensor in ids {
        world
            .readings(sensor, "2026-11-23T10:00:00Z", "1 minute", 1)
            .await;
    }
    let arguments = "type: \"temperature\", from: \"2026-11-23\", to: \"2026-11-24\"";
    let error = world.error(&ask("readingRows", arguments)).await;
    assert_eq!(
        error["extensions"],
        json!({ "code": "LIMIT_EXCEEDED", "limit": 2, "asked": 3, "argument": "type" })
    );
    let rows = list(&world, &format!("bucketRows({arguments})"), "sensor").await;
    assert_eq!(rows, ["a", "b", "c"].map(|sensor| json!({ "sensor": sensor })));
}

#[tokio::test]
async fn cursors_of_other_lists_are_refused() {
    let world = World::new().await;
    let ids = world.sensors(&["a"]).await;
    world.readings(ids[0], "2026-11-23T10:00:00Z", "1 hour", 5).await;
    let range = "from: \"2026-11-23\", to: \"2026-11-24\"";
    let cursor = async |field: &str| -> Value {
        let data = world
            .data(&format!(
                "{{ page: {field}({range}, first: 1) {{ pageInfo {{ endCursor }} }} }}"
            ))
            .await;
        data["page"]["pageInfo"]["endCursor"].clone()
    };
    let (of_reading, of_bucket) = (
        cursor("readingRowsConnection").await,
        cursor("bucketRowsConnection").await,
    );
    assert_eq!(of_reading, cursor("readings").await);
    for (field, more, cursor) in [
        ("readingRowsConnection", "", &of_bucket),
        ("bucketRowsConnection", "", &of_reading),
        ("readings", "", &of_bucket),
        // No day begins at ten, and no hour of Kathmandu.
        ("bucketRowsConnection", "bucket: \"P1D\",", &of_bucket),
        (
            "bucketRowsConnection",
            "timeZone: \"Asia/Kathmandu\",",
            &of_bucket,
        ),
    ] {
        let error = world
            .error(&format!(
                "{{ {field}({range}, {more} after: {cursor}) {{ pageInfo {{ endCursor }} }} }}"
            ))
            .await;
        assert_eq!(error["extensions"]["argument"], "after", "{field} {more} {error}");
    }
}

#[tokio::test]
async fn rows_are_reckoned_before_they_are_read() {
    let world = World::without_database(crate::world::open()).await;
    for field in ["readingRows", "bucketRows"] {
        let all = "sensor source type unit site plant customer";
        let query = crate::world::aliases(8, &format!("{field} {{ {all} }}"));
        let error = world.error(&query).await;
        assert_eq!(
            error["extensions"],
            json!({ "code": "LIMIT_EXCEEDED", "limit": 500_000, "asked": 560_008 })
        );
    }
}
