//! What documents measure, and which are refused.

use std::fmt::Write as _;

use super::*;

fn size(query: &str, variables: serde_json::Value) -> Size {
    let document = parse_query(query).unwrap();
    let (_, operation) = select(&document.operations, None).unwrap();
    let variables = Variables::from_json(variables);
    let limits = Limits::default();
    let mut measure = Measure {
        document: &document,
        operation,
        variables: &variables,
        limits: &limits,
        fragments: HashMap::new(),
    };
    measure.set(&operation.selection_set.node, true).unwrap()
}

/// The error that a document gets within the default limits.
fn refused(query: &str) -> ApiError {
    let error = check(query, None, &Variables::default(), &Limits::default()).unwrap_err();
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
        size(two_each, serde_json::json!({})).cost,
        1 + 10 * (1 + 1 + 1 + 5 * 3)
    );
    let by_variable = "query($n: Int = 7) { sensors(first: $n) { nodes { name } } }";
    assert_eq!(size(by_variable, serde_json::json!({})).cost, 1 + 7 * 2);
    assert_eq!(size(by_variable, serde_json::json!({"n": 3})).cost, 1 + 3 * 2);
    assert_eq!(
        size("{ sensors { nodes { name } } }", serde_json::json!({})).cost,
        1 + 100 * 2
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
    // Thirty fragments, each of which uses the next one twice: a thousand million fields.
    let mut query = "{ ...F0 }".to_owned();
    for i in 0..29 {
        write!(query, " fragment F{i} on Query {{ ...F{0} ...F{0} }}", i + 1).unwrap();
    }
    query.push_str(" fragment F29 on Query { __typename }");
    let error = refused(&query);
    assert!(
        matches!(error, ApiError::LimitExceeded { limit: 2000, asked: Some(asked), .. } if asked == 1 << 29)
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
    for (query, expected) in [
        (deep, 16),
        (aliases, 60),
        (directives, 8),
        (tokens, 2000),
        (bytes, 32 * 1024),
        (brackets, 64),
        (cost, 500_000),
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
        let _ = check(text, None, &Variables::default(), &Limits::default());
    }
}

#[test]
fn the_operation_is_the_one_named_or_the_only_one() {
    let pick = |query: &str, name: Option<&str>| {
        check(query, name, &Variables::default(), &Limits::default()).map(|checked| checked.operation_name)
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
