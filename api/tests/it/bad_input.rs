//! Bad questions get an error with a code that says what would be accepted; never a 500, never a panic.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

/// A question, its code, and the argument at fault.
type Case = (&'static str, &'static str, Option<&'static str>);

const CASES: &[Case] = &[
    // Documents.
    ("{ sensors { nodes { name }", "BAD_REQUEST", None),
    ("", "BAD_REQUEST", None),
    ("\u{0}", "BAD_REQUEST", None),
    ("{ nothing }", "BAD_REQUEST", None),
    ("{ sensors { nodes { nothing } } }", "BAD_REQUEST", None),
    ("{ sensors }", "BAD_REQUEST", None),
    ("{ service { name { x } } }", "BAD_REQUEST", None),
    ("{ sensors(limit: 1) { nodes { name } } }", "BAD_REQUEST", None),
    (
        "query($x: Nothing) { sensors(first: $x) { nodes { name } } }",
        "BAD_REQUEST",
        None,
    ),
    ("{ ...A } fragment A on Query { ...A }", "BAD_REQUEST", None),
    ("{ ...Missing }", "BAD_REQUEST", None),
    ("subscription { readingAdded { value } }", "BAD_REQUEST", None),
    ("mutation { x }", "BAD_REQUEST", None),
    ("{ series(sensors: [\"a\"]) { values } }", "BAD_REQUEST", None),
    // Values of another type.
    (
        "{ sensors(first: \"many\") { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("first"),
    ),
    (
        "{ sensors(first: 1.5) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("first"),
    ),
    (
        "{ sensors(orderBy: SIZE) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("orderBy"),
    ),
    (
        "{ sensors(filter: { names: [1] }) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("filter.names.0"),
    ),
    (
        "{ sensors(filter: { colour: \"red\" }) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("filter"),
    ),
    (
        "{ readings(from: \"yesterday\") { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    (
        "{ readings(from: \"2026-02-30\") { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    (
        "{ readings(from: 99999999999999999) { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    (
        "{ readings(from: true) { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    (
        "{ readings(filter: { flags: [GOOD] }) { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("filter.flags.0"),
    ),
    // Values that make no sense.
    (
        "{ sensors(first: 0) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("first"),
    ),
    (
        "{ sensors(first: -1) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("first"),
    ),
    (
        "{ sensors(last: 5, after: \"x\") { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("last"),
    ),
    (
        "{ sensors(after: \"x\") { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("after"),
    ),
    (
        "{ readings(after: \"MTIz\") { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("after"),
    ),
    (
        "{ readings(from: \"2026-01-02\", to: \"2026-01-01\") { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    (
        "{ readings(from: \"2026-01-01\", to: \"2026-01-01\") { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    (
        "{ readings(filter: { valueMin: 2, valueMax: 1 }) { nodes { value } } }",
        "INVALID_ARGUMENT",
        Some("filter.valueMin"),
    ),
    (
        "{ sensors(filter: { within: { south: 9, west: 0, north: 1, east: 0 } }) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("filter.within"),
    ),
    (
        "{ sensors(filter: { near: { lat: 91, lng: 0, metres: 1 } }) { nodes { name } } }",
        "INVALID_ARGUMENT",
        Some("filter.near"),
    ),
    ("{ sensor { name } }", "INVALID_ARGUMENT", Some("name")),
    (
        "{ sensor(name: \"a\", id: \"b\") { name } }",
        "INVALID_ARGUMENT",
        Some("name"),
    ),
    ("{ sensor(id: \"b\") { name } }", "INVALID_ARGUMENT", Some("id")),
    (
        "{ sensor(name: \"a\\u0000\") { name } }",
        "INVALID_ARGUMENT",
        Some("name"),
    ),
    (
        "{ latest(maxAgeSeconds: 0) { value } }",
        "INVALID_ARGUMENT",
        Some("maxAgeSeconds"),
    ),
    (
        "{ series(sensors: [\"a\"], from: \"2026-01-01\", to: \"2026-01-02\", maxPoints: 1) { values } }",
        "INVALID_ARGUMENT",
        Some("maxPoints"),
    ),
    (
        "{ series(sensors: [\"a\"], from: \"2026-01-02\", to: \"2026-01-01\") { values } }",
        "INVALID_ARGUMENT",
        Some("from"),
    ),
    // Sensors that nobody knows.
    (
        "{ readings(sensor: \"nobody\") { nodes { value } } }",
        "NOT_FOUND",
        Some("sensor"),
    ),
    (
        "{ latest(sensors: [\"a\", \"nobody\"]) { value } }",
        "NOT_FOUND",
        Some("sensors"),
    ),
    (
        "{ series(sensors: [\"nobody\"], from: \"2026-01-01\", to: \"2026-01-02\") { values } }",
        "NOT_FOUND",
        Some("sensors"),
    ),
    // Too much.
    (
        "{ sensors(first: 10001) { nodes { name } } }",
        "LIMIT_EXCEEDED",
        Some("first"),
    ),
    (
        "{ series(sensors: [\"a\"], from: \"2026-01-01\", to: \"2026-01-02\", maxPoints: 10001) { values } }",
        "LIMIT_EXCEEDED",
        Some("maxPoints"),
    ),
];

fn code(error: &Value) -> &str {
    error["extensions"]["code"].as_str().unwrap_or("no code")
}

#[tokio::test]
async fn bad_questions_are_told_what_is_wrong_and_what_is_accepted() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    let mut wrong = Vec::new();
    for (query, expected, argument) in CASES {
        let (status, body) = world.post(json!({ "query": query })).await;
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let fits = status == StatusCode::OK
            && !errors.is_empty()
            && errors.iter().all(|error| code(error) == *expected)
            && argument.is_none_or(|argument| errors[0]["extensions"]["argument"] == argument)
            && (*expected != "INVALID_ARGUMENT" || errors[0]["extensions"]["accepted"].is_string())
            && (*expected != "LIMIT_EXCEEDED" || errors[0]["extensions"]["limit"].is_u64());
        if !fits {
            wrong.push(format!(
                "{query}\n    expected {expected} {argument:?}\n    {status} {body}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn variables_of_another_type_name_their_argument() {
    let world = World::new().await;
    for (declared, argument, value) in [
        ("Int", "first", json!("many")),
        ("Int", "first", json!(3_000_000_000_i64)),
        ("String", "after", json!(1)),
        ("SensorFilter", "filter", json!({ "names": "a", "text": 1 })),
    ] {
        let query = format!("query($x: {declared}) {{ sensors({argument}: $x) {{ nodes {{ name }} }} }}");
        let (status, body) = world
            .post(json!({ "query": query, "variables": { "x": value } }))
            .await;
        assert_eq!(status, StatusCode::OK);
        let error = &body["errors"][0];
        assert!(
            matches!(code(error), "INVALID_ARGUMENT" | "BAD_REQUEST"),
            "{body}"
        );
    }
    let query =
        "query($from: DateTime!) { series(sensors: [\"a\"], from: $from, to: \"2026-01-01\") { values } }";
    let (_, body) = world.post(json!({ "query": query })).await;
    assert_eq!(code(&body["errors"][0]), "BAD_REQUEST", "{body}");
}

#[tokio::test]
async fn a_cursor_of_another_list_or_order_is_refused() {
    let world = World::new().await;
    let sensors = world.sensors(&["a", "b"]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "1 minute", 2)
        .await;
    let data = world
        .data(
            "{ sensors { pageInfo { endCursor } } \
               readings(from: \"2026-11-23\", to: \"2026-11-24\") { pageInfo { endCursor } } }",
        )
        .await;
    let (of_sensors, of_readings) = (
        &data["sensors"]["pageInfo"]["endCursor"],
        &data["readings"]["pageInfo"]["endCursor"],
    );
    for query in [
        format!("{{ readings(after: {of_sensors}) {{ nodes {{ value }} }} }}"),
        format!("{{ sensors(after: {of_readings}) {{ nodes {{ name }} }} }}"),
        format!("{{ sensors(after: {of_sensors}, orderBy: TYPE_ASC) {{ nodes {{ name }} }} }}"),
        format!("{{ readings(after: {of_readings}, order: DESC) {{ nodes {{ value }} }} }}"),
    ] {
        let error = world.error(&query).await;
        assert_eq!(
            (code(&error), &error["extensions"]["argument"]),
            ("INVALID_ARGUMENT", &json!("after")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn one_failing_field_leaves_the_others() {
    let world = World::new().await;
    let (_, body) = world
        .post(json!({ "query": "{ readings(sensor: \"nobody\") { nodes { value } } service { name } }" }))
        .await;
    assert_eq!(
        body["data"],
        json!({ "readings": null, "service": { "name": "Fieldbook" } })
    );
    assert_eq!(body["errors"][0]["path"], json!(["readings"]));
}
