//! What is refused, and why.

use api::Limits;
use serde_json::json;

use crate::world::{World, open, with_limits};

const RANGE: &str = "from: \"2026-06-01\", to: \"2026-06-02\"";

#[tokio::test]
async fn durations_and_zones_that_are_none_are_named_with_what_is_accepted() {
    let world = World::without_database(open()).await;
    for (arguments, argument, accepted) in [
        (format!("{RANGE}, bucket: \"1 hour\""), "bucket", "PT15M"),
        (format!("{RANGE}, bucket: \"PT0S\""), "bucket", "PT15M"),
        (format!("{RANGE}, bucket: \"-PT1H\""), "bucket", "PT15M"),
        (format!("{RANGE}, bucket: \"PT0.5S\""), "bucket", "whole seconds"),
        (
            format!("{RANGE}, bucket: \"P1M1D\""),
            "bucket",
            "years and months",
        ),
        (format!("{RANGE}, bucket: \"P1W1D\""), "bucket", "weeks"),
        (format!("{RANGE}, bucket: 60"), "bucket", "PT15M"),
        (
            format!("{RANGE}, bucket: \"P1000Y\", timeZone: \"Mars\""),
            "timeZone",
            "IANA",
        ),
        (
            format!("{RANGE}, bucket: \"P1D\", timeZone: \"Zurich\""),
            "timeZone",
            "Europe/Zurich",
        ),
        (
            "from: \"2026-06-02\", to: \"2026-06-02\", bucket: \"P1D\"".to_owned(),
            "from",
            "before",
        ),
    ] {
        let error = world
            .error(&format!("{{ aggregates({arguments}) {{ unit }} }}"))
            .await;
        let extensions = &error["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!("INVALID_ARGUMENT"), &json!(argument)),
            "{arguments}: {error}"
        );
        assert!(
            extensions["accepted"].as_str().unwrap().contains(accepted),
            "{error}"
        );
    }
    let unknown = World::new().await;
    let query = format!("{{ aggregates(sensors: [\"nobody\"], {RANGE}, bucket: \"PT1H\") {{ unit }} }}");
    let error = unknown.error(&query).await;
    assert_eq!(
        error["extensions"],
        json!({ "code": "NOT_FOUND", "argument": "sensors" })
    );
}

#[tokio::test]
async fn shares_flags_and_groups_that_are_none_are_named_with_what_is_accepted() {
    let world = World::without_database(open()).await;
    for (arguments, argument, accepted) in [
        ("minCompleteness: 1.5", "minCompleteness", "0 to 1"),
        ("flags: []", "flags", "PASS"),
        ("groupBy: [{}]", "groupBy", "exactly one"),
        ("groupBy: [{by: TYPE, label: \"site\"}]", "groupBy", "exactly one"),
        ("groupBy: [{by: TYPE}, {by: TYPE}]", "groupBy", "once"),
        ("groupBy: [{by: PLACE, degrees: 0}]", "groupBy", "degrees"),
        ("groupBy: [{by: TYPE, degrees: 1}]", "groupBy", "PLACE"),
    ] {
        let query = format!("{{ aggregates({RANGE}, bucket: \"PT1H\", {arguments}) {{ unit }} }}");
        let error = world.error(&query).await;
        let extensions = &error["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!("INVALID_ARGUMENT"), &json!(argument)),
            "{arguments}: {error}"
        );
        assert!(
            extensions["accepted"].as_str().unwrap().contains(accepted),
            "{error}"
        );
    }
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let keys = keys.map(|key| format!("{{label: \"{key}\"}}")).join(" ");
    let query = format!("{{ aggregates({RANGE}, bucket: \"PT1H\", groupBy: [{keys}]) {{ unit }} }}");
    let extensions = &world.error(&query).await["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["limit"]),
        (&json!("LIMIT_EXCEEDED"), &json!(8))
    );
}

#[tokio::test]
async fn fractions_are_from_0_to_1() {
    let world = World::without_database(open()).await;
    for p in ["-0.1", "1.01", "99"] {
        let query =
            format!("{{ aggregates({RANGE}, bucket: \"PT1H\") {{ buckets {{ percentile(p: {p}) }} }} }}");
        let extensions = &world.error(&query).await["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!("INVALID_ARGUMENT"), &json!("p")),
            "{p}"
        );
        assert!(extensions["accepted"].as_str().unwrap().contains("0.99"));
    }
}

#[tokio::test]
async fn the_end_of_the_calendar_is_refused() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    let query =
        "{ aggregates(from: \"9999-12-31\", to: \"9999-12-31T12:00:00Z\", bucket: \"P1Y\") { unit } }";
    let error = world.error(query).await;
    assert_eq!(error["extensions"]["argument"], "bucket", "{error}");
}

#[tokio::test]
async fn more_buckets_than_an_answer_holds_are_refused_before_they_are_read() {
    let limits = Limits {
        // What was reckoned before is of no use here.
        rows_max: u64::MAX,
        answer_buckets_max: 48,
        answer_bucket_values_max: 100,
        reading_days_max: 3,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    for sensor in world.sensors(&["a", "b"]).await {
        world.readings(sensor, "2026-06-01T00:00:00Z", "1 hour", 24).await;
    }
    let fits = format!("{{ aggregates({RANGE}, bucket: \"PT1H\") {{ buckets {{ avg }} }} }}");
    let data = world.data(&fits).await;
    assert_eq!(data["aggregates"][1]["buckets"].as_array().unwrap().len(), 24);
    let week = "from: \"2026-06-01\", to: \"2026-06-08\"";
    for (query, limit, asked) in [
        (
            format!("{{ aggregates({RANGE}, bucket: \"PT15M\") {{ unit }} }}"),
            48,
            96,
        ),
        (
            format!("{{ aggregates({RANGE}, bucket: \"PT30M\") {{ unit }} }}"),
            48,
            96,
        ),
        (
            "{ aggregates(from: \"0002-01-01\", to: \"9998-01-01\", bucket: \"PT1S\") { unit } }".to_owned(),
            48,
            315_460_000_000,
        ),
        (
            format!(
                "{{ a: aggregates({RANGE}, bucket: \"PT1H\") {{ unit }} b: aggregates({RANGE}, bucket: \"P1D\") {{ unit }} }}"
            ),
            48,
            50,
        ),
        (
            format!("{{ aggregates({RANGE}, bucket: \"PT1H\") {{ buckets {{ avg min max }} }} }}"),
            100,
            144,
        ),
        (
            format!("{{ aggregates({week}, bucket: \"P1D\", includeFailed: true) {{ unit }} }}"),
            3,
            14,
        ),
        (
            format!("{{ aggregates({week}, bucket: \"PT36061S\") {{ unit }} }}"),
            3,
            14,
        ),
    ] {
        let (_, body) = world.post(json!({ "query": query })).await;
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["limit"]),
            (&json!("LIMIT_EXCEEDED"), &json!(limit)),
            "{query}: {body}"
        );
        let told = extensions["asked"].as_u64().unwrap();
        assert!(told > limit && told <= asked, "{query}: {told}");
    }
}

#[tokio::test]
async fn what_takes_readings_one_by_one_has_a_budget_of_days() {
    let limits = Limits {
        reading_days_max: 3,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    world.sensors(&["a", "b"]).await;
    let week = "from: \"2026-06-01\", to: \"2026-06-08\", bucket: \"P1D\"";
    for (arguments, fields) in [
        (", flags: [PASS]", "count"),
        ("", "percentile(p: 0.5)"),
        (", groupBy: [{by: TYPE}]", "percentile(p: 0.5)"),
    ] {
        let query = format!("{{ aggregates({week}{arguments}) {{ buckets {{ {fields} }} }} }}");
        let extensions = &world.error(&query).await["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["limit"], &extensions["asked"]),
            (&json!("LIMIT_EXCEEDED"), &json!(3), &json!(14)),
            "{query}"
        );
    }
    let served = "flags: [PASS, NOT_EVALUATED, SUSPECT, MISSING]";
    world
        .data(&format!(
            "{{ aggregates({week}, {served}) {{ buckets {{ avg }} }} }}"
        ))
        .await;
}
