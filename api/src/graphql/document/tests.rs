//! What documents measure, and which are refused.

use std::borrow::Cow;
use std::fmt::Write as _;

use async_graphql::parser::types::Selection;

use super::measure::Size;
use super::reckon::Arguments;
use super::*;

fn size(query: &str, variables: serde_json::Value) -> Size {
    let document = parse_query(query).unwrap();
    let (_, operation) = select(&document.operations, None).unwrap();
    let variables = Variables::from_json(variables);
    let limits = Limits::default();
    let now = "2026-11-25T12:00:00Z".parse().unwrap();
    Measure::new(&document, operation, &variables, &limits, now)
        .operation()
        .unwrap()
}

/// The error that a document gets within the default limits.
fn refused(query: &str) -> ApiError {
    let error = check(
        &Parsed::default(),
        query,
        None,
        &Variables::default(),
        &Limits::default(),
    )
    .unwrap_err();
    error
        .source::<ApiError>()
        .cloned()
        .unwrap_or(ApiError::BadRequest {
            message: error.message,
        })
}

#[test]
fn cost_is_the_number_of_values_that_an_answer_may_hold() {
    let two_each = "{ sensors(first: 10) { nodes { name readings(first: 5) { nodes { time value } } } } }";
    // Per sensor: nodes, name, readings, and five times nodes, time and value.
    assert_eq!(
        size(two_each, serde_json::json!({})).values,
        1 + 10 * (1 + 1 + 1 + 5 * 3)
    );
    let by_variable = "query($n: Int = 7) { sensors(first: $n) { nodes { name } } }";
    assert_eq!(size(by_variable, serde_json::json!({})).values, 1 + 7 * 2);
    assert_eq!(size(by_variable, serde_json::json!({"n": 3})).values, 1 + 3 * 2);
    assert_eq!(
        size("{ sensors { nodes { name } } }", serde_json::json!({})).values,
        1 + 100 * 2
    );
}

#[test]
fn reports_of_quality_cost_what_they_list_for_each_sensor_and_window() {
    let values = |query: &str| size(query, serde_json::json!({})).values;
    let a_day = "from: \"2026-01-01\", to: \"2026-01-02\"";
    assert_eq!(
        values(&format!(
            "{{ quality(sensors: [\"a\", \"b\"], {a_day}) {{ status gaps {{ start }} }} }}"
        )),
        1 + 2 * (1 + 1 + 100)
    );
    // A time may touch an hour more than it has.
    assert_eq!(
        values(&format!(
            "{{ quality(sensors: [\"a\"], {a_day}, per: \"PT1H\") {{ flagged(first: 7) {{ time }} }} }}"
        )),
        1 + 25 * (1 + 7)
    );
    assert_eq!(
        values(&format!(
            "{{ sensor(name: \"a\") {{ quality({a_day}) {{ figures {{ value }} tests {{ pass }} }} }} }}"
        )),
        1 + 1 + 1 + 8 + 1 + 5
    );
}

#[test]
fn rows_are_sensors_times_range_by_what_the_buckets_are_made_of() {
    let rows = |query: &str| size(query, serde_json::json!({ "to": "2026-11-25" })).rows;
    let a_day = "from: \"2026-01-01\", to: \"2026-01-02\"";
    let a_year = "from: \"2025-01-01\", to: \"2026-01-01\"";
    for (query, expected) in [
        ("{ sensor(name: \"a\") { name } }".to_owned(), 0),
        ("{ readings(sensor: \"a\") { nodes { value } } }".to_owned(), 1000),
        (
            "{ readings(sensor: \"a\", first: 10) { nodes { value } } }".to_owned(),
            10,
        ),
        // Picked by value: all of the last 24 hours may be passed over.
        (
            "{ readings(sensor: \"a\", first: 10, filter: { valueMin: 1 }) { nodes { value } } }".to_owned(),
            1440,
        ),
        (
            "{ readings(sensor: \"a\", first: 10) { nodes { value } totalCount { value } } }".to_owned(),
            10 + 1440,
        ),
        ("{ latest(sensors: [\"a\", \"b\"]) { value } }".to_owned(), 2),
        (
            format!("{{ series(sensors: [\"a\", \"b\"], {a_day}) {{ values }} }}"),
            2 * 1440,
        ),
        (
            "query($to: DateTime!) { series(sensors: [\"a\"], from: \"2026-11-20\", to: $to) { values } }"
                .to_owned(),
            5 * 1440,
        ),
        // Hours, and days made of hours or, in UTC, of days; and the buckets themselves.
        (
            format!("{{ aggregates(sensors: [\"a\"], {a_day}, bucket: \"PT1H\") {{ group }} }}"),
            24 + 24,
        ),
        (
            format!("{{ aggregates(sensors: [\"a\"], {a_year}, bucket: \"P1D\") {{ group }} }}"),
            365 + 365,
        ),
        (
            format!(
                "{{ aggregates(sensors: [\"a\"], {a_year}, bucket: \"P1D\", timeZone: \"Europe/Zurich\") {{ group }} }}"
            ),
            365 * 24 + 365,
        ),
        (
            format!(
                "{{ aggregates(sensors: [\"a\"], {a_day}, bucket: \"PT1H\", includeFailed: true) {{ group }} }}"
            ),
            1440 + 24,
        ),
        (
            format!("{{ quality(sensors: [\"a\", \"b\"], {a_day}) {{ status }} }}"),
            2 * 1440,
        ),
        (
            "{ sensors(first: 10) { nodes { quality { status } } } }".to_owned(),
            10 + 10 * 1440,
        ),
        // Whoever names nobody is reckoned with a hundred, and lists multiply what is below them.
        (
            format!("{{ aggregates({a_day}, bucket: \"PT1H\") {{ group }} }}"),
            100 * 48,
        ),
        (
            format!(
                "{{ sensors(first: 10) {{ nodes {{ series({a_day}) {{ values }} latest {{ value }} }} }} }}"
            ),
            10 + 10 * (1440 + 1),
        ),
    ] {
        assert_eq!(rows(&query), expected, "{query}");
    }
}

#[test]
fn a_question_that_is_no_question_costs_no_rows() {
    for query in [
        "{ series(sensors: [\"a\"], from: \"2026-01-02\", to: \"2026-01-01\") { values } }",
        "{ aggregates(from: 1, to: \"x\", bucket: \"soon\") { group } }",
    ] {
        assert_eq!(size(query, serde_json::json!({})).rows, 0, "{query}");
    }
}

#[test]
fn variables_are_counted_and_measured() {
    let check = |variables| {
        check(
            &Parsed::default(),
            "{ __typename }",
            None,
            &Variables::from_json(variables),
            &Limits::default(),
        )
    };
    let names: Vec<_> = (0..10_000).map(|at| at.to_string()).collect();
    check(serde_json::json!({ "names": names })).unwrap();
    let error = check(serde_json::json!({ "a": names, "b": names })).unwrap_err();
    assert!(
        error.message.contains("over the limit of 20000"),
        "{}",
        error.message
    );
    let deep = (0..100).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let error = check(serde_json::json!({ "deep": deep })).unwrap_err();
    assert!(
        error.message.contains("over the limit of 64"),
        "{}",
        error.message
    );
}

#[test]
fn a_variable_is_never_copied_however_many_fields_name_it() {
    let query = "query($names: [String!], $min: Float, $none: Float, $first: Int = 7) { \
                 readings(sensor: $names, filter: { sensors: { names: [$names] }, valueMin: $min, valueMax: $none }, \
                          first: $first, last: $none) { nodes { value } } }";
    let document = parse_query(query).unwrap();
    let (_, operation) = select(&document.operations, None).unwrap();
    let Selection::Field(field) = &operation.selection_set.node.items[0].node else {
        panic!("a field");
    };
    let names: Vec<_> = (0..1_000).map(|at| at.to_string()).collect();
    let variables = Variables::from_json(serde_json::json!({ "names": names, "min": 1.5, "none": null }));
    let arguments = Arguments {
        field: &field.node,
        operation,
        variables: &variables,
        limits: &Limits::default(),
        now: Utc::now(),
    };
    let borrowed = |argument| match arguments.value(argument) {
        Some(Cow::Borrowed(value)) => value,
        other => panic!("{argument}: {other:?}"),
    };
    assert!(std::ptr::eq(borrowed("sensor"), &raw const variables["names"]));
    assert_eq!(borrowed("first"), &Value::from(7));
    assert_eq!(arguments.value("last"), None);
    assert_eq!(arguments.value("after"), None);
    // There it is only known to be there.
    let filter = arguments.value("filter").unwrap();
    assert_eq!(
        filter.as_ref(),
        &Value::from_json(serde_json::json!({
            "sensors": { "names": [true] }, "valueMin": true, "valueMax": null,
        }))
        .unwrap()
    );
}

#[test]
fn fragments_count_where_they_are_used() {
    let size = size(
        "{ a { ...F } b { ...F } } fragment F on T { x: y z }",
        serde_json::json!({}),
    );
    assert_eq!(
        (size.selections, size.aliases, size.depth, size.nesting),
        (6, 2, 2, 3)
    );
}

#[test]
fn fragments_that_multiply_are_measured_at_once() {
    // Twenty fragments, each of which uses the next one twice below a field: a million fields, and none is very wide.
    let mut query = "{ x { ...F0 } }".to_owned();
    for i in 0..9 {
        write!(
            query,
            " fragment F{i} on T {{ a {{ ...F{0} }} b {{ ...F{0} }} }}",
            i + 1
        )
        .unwrap();
    }
    query.push_str(" fragment F9 on T { ...G0 }");
    for i in 0..7 {
        write!(query, " fragment G{i} on T {{ ...G{0} ...G{0} }}", i + 1).unwrap();
    }
    query.push_str(" fragment G7 on T { y }");
    let error = refused(&query);
    // 128 times y below each of 512 fields, the 1,022 fields above them, and x.
    assert!(
        matches!(error, ApiError::LimitExceeded { limit: 2000, asked: Some(asked), .. } if asked == 128 * 512 + 1022 + 1),
        "{error:?}"
    );
    // And side by side: a thousand million of them.
    let mut query = "{ ...F0 }".to_owned();
    for i in 0..29 {
        write!(query, " fragment F{i} on Query {{ ...F{0} ...F{0} }}", i + 1).unwrap();
    }
    query.push_str(" fragment F29 on Query { __typename }");
    let error = refused(&query);
    assert!(
        matches!(
            error,
            ApiError::LimitExceeded {
                limit: 250,
                asked: Some(256),
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_fragment_that_contains_itself_is_refused() {
    let error = refused("{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A }");
    assert!(error.to_string().contains("contains itself"), "{error}");
}

#[test]
fn each_limit_says_what_it_is_and_what_was_asked() {
    let deep = format!("{}name{}", "{ a ".repeat(17), " }".repeat(17));
    let aliases = (0..61).map(|i| format!("a{i}: x")).collect::<Vec<_>>().join(" ");
    let aliases = format!("{{ {aliases} }}");
    let directives = format!("{{ x {} }}", "@include(if: true) ".repeat(9));
    let tokens = format!("{{ {} }}", "x ".repeat(2000));
    let bytes = format!("{{ x }} #{}", "y".repeat(40_000));
    let brackets = format!("{{ a(b: {}{}) }}", "[".repeat(100), "]".repeat(100));
    let cost = "{ sensors(first: 10000) { nodes { readings(first: 100) { nodes { time } } } } }".to_owned();
    let wide = format!("{{ {} }}", "x ".repeat(251));
    let roots = format!("{{ {} }}", "sensor ".repeat(21));
    let rows =
        "{ aggregates(from: \"1900-01-01\", to: \"2026-01-01\", bucket: \"PT1M\") { group } }".to_owned();
    let raw = "{ readings(first: 1001) { nodes { raw { topic } } } }".to_owned();
    let schema = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    for (query, expected) in [
        (deep, 16),
        (aliases, 60),
        (directives, 8),
        (tokens, 2000),
        (bytes, 32 * 1024),
        (brackets, 64),
        (cost, 500_000),
        (wide, 250),
        (roots, 20),
        (rows, 100_000_000),
        (raw, 1_000),
        (schema.to_owned(), 3),
    ] {
        match refused(&query) {
            ApiError::LimitExceeded {
                limit,
                asked: Some(asked),
                ..
            } => {
                assert_eq!(limit, expected);
                assert!(asked > limit);
            }
            other => panic!("{other} for {query}"),
        }
    }
}

#[test]
fn brackets_in_strings_and_comments_are_text() {
    for query in [
        "{ a(b: \"[[[[ \\\" [[[\") }",
        "{ a(b: \"\"\"[[[ \\\"\"\" \" [[[\"\"\") }",
        "# {{{{\n{ a }",
        "{ a(b: \"\\u005B\") }",
    ] {
        let limits = Limits {
            document_tokens_max: 8,
            ..Limits::default()
        };
        check_text(query, &limits).unwrap_or_else(|error| panic!("{error}: {query}"));
    }
}

#[test]
fn any_text_is_measured_without_a_panic() {
    for text in [
        "\"",
        "\"\\",
        "\"\"\"",
        "\"\"\"\\\"",
        "\"\\é",
        "\u{feff}{",
        "{ é",
        "#",
        "}}}",
        "",
    ] {
        let _ = check(
            &Parsed::default(),
            text,
            None,
            &Variables::default(),
            &Limits::default(),
        );
    }
}

#[test]
fn the_operation_is_the_one_named_or_the_only_one() {
    let pick = |query: &str, name: Option<&str>| {
        check(
            &Parsed::default(),
            query,
            name,
            &Variables::default(),
            &Limits::default(),
        )
        .map(|checked| checked.operation_name)
    };
    assert_eq!(
        pick("query A { x } query B { y }", Some("B")).unwrap().as_deref(),
        Some("B")
    );
    assert_eq!(pick("query A { x }", None).unwrap().as_deref(), Some("A"));
    assert_eq!(pick("{ x }", Some("")).unwrap(), None);
    assert!(pick("query A { x } query B { y }", None).is_err());
    assert!(pick("query A { x }", Some("B")).is_err());
}

#[test]
fn a_document_that_comes_again_is_measured_again() {
    let parsed = Parsed::default();
    let limits = Limits::default();
    let text = "query ($first: Int) { readings(first: $first) { nodes { time } } }";
    let cost = |first: i32| {
        let variables = Variables::from_json(serde_json::json!({ "first": first }));
        check(&parsed, text, None, &variables, &limits)
            .unwrap()
            .cost
            .to_value()
    };
    let (few, many) = (cost(1), cost(100));
    assert_ne!(few, many);
    assert_eq!(few, cost(1));
    // What is refused is not remembered, however often it comes.
    for _ in 0..2 {
        check(
            &parsed,
            "{ readings { nodes { time }",
            None,
            &Variables::default(),
            &limits,
        )
        .unwrap_err();
    }
}
