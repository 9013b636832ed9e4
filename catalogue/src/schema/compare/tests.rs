use std::collections::BTreeMap;

use super::*;

fn field() -> FieldSchema {
    FieldSchema {
        description: Some("What was measured.".to_owned()),
        sql_type: "integer".to_owned(),
        is_nullable: false,
        is_key: false,
        unit: Some("Cel".to_owned()),
        min: None,
        max: Some(10.0),
        deprecated: None,
        removed_on: None,
    }
}

fn schema(field: FieldSchema) -> Schema {
    Schema {
        title: "Readings".to_owned(),
        description: None,
        fields: BTreeMap::from([("value".to_owned(), field)]),
        graphql: BTreeMap::from([("value".to_owned(), "Float".to_owned())]),
        deprecated: None,
    }
}

fn changed(change: impl FnOnce(&mut Schema)) -> (Option<String>, Vec<String>) {
    let old = schema(field());
    let mut new = old.clone();
    change(&mut new);
    let from: SemanticVersion = "1.2.3".parse().unwrap();
    let version = next_version(from, &old, &new).map(|version| version.to_string());
    let said = changes(&old, &new, "2026-11-26".parse().unwrap())
        .into_iter()
        .map(|change| {
            let mark = if change.is_breaking { "!" } else { "" };
            format!("{mark}{} {}", change.path, change.summary)
        });
    (version, said.collect())
}

fn of_field(change: impl FnOnce(&mut FieldSchema)) -> (Option<String>, Vec<String>) {
    changed(|schema| change(schema.fields.get_mut("value").unwrap()))
}

#[test]
fn what_breaks_is_another_major_version() {
    for (result, said) in [
        (changed(|schema| schema.fields.clear()), "!value is gone"),
        (
            of_field(|field| field.sql_type = "text".to_owned()),
            "!value is now text, was integer",
        ),
        (
            of_field(|field| field.sql_type = "smallint".to_owned()),
            "!value is now smallint, was integer",
        ),
        (
            of_field(|field| field.is_nullable = true),
            "!value may be empty now",
        ),
        (
            of_field(|field| field.is_key = true),
            "!value is part of the key now",
        ),
        (
            of_field(|field| field.unit = Some("K".to_owned())),
            "!value is now in K, was in Cel",
        ),
        (
            of_field(|field| field.unit = None),
            "!value has no unit any more, was Cel",
        ),
        (
            changed(|schema| schema.graphql.clear()),
            "!graphql.value is gone from GraphQL",
        ),
        (
            changed(|schema| {
                schema.graphql.insert("value".to_owned(), "Int".to_owned());
            }),
            "!graphql.value is now Int in GraphQL, was Float",
        ),
    ] {
        assert_eq!(result, (Some("2.0.0".to_owned()), vec![said.to_owned()]));
    }
}

#[test]
fn what_goes_before_the_day_that_was_announced_goes_too_early() {
    for (until, said) in [
        (
            "2026-11-27",
            "is gone too early: it was announced to stay until 2026-11-27",
        ),
        ("2026-11-26", "is gone"),
    ] {
        let old = schema(FieldSchema {
            removed_on: Some(until.parse().unwrap()),
            ..field()
        });
        let mut new = old.clone();
        new.fields.clear();
        let changes = changes(&old, &new, "2026-11-26".parse().unwrap());
        assert_eq!(changes.len(), 1);
        assert_eq!(
            (changes[0].summary.as_str(), changes[0].is_breaking),
            (said, true)
        );
    }
}

#[test]
fn what_adds_is_another_minor_version() {
    for (result, said) in [
        (
            changed(|schema| {
                schema.fields.insert("more".to_owned(), field());
            }),
            "more is new: integer",
        ),
        (
            of_field(|field| field.sql_type = "bigint".to_owned()),
            "value is now bigint, was integer",
        ),
        (
            of_field(|field| field.min = Some(0.0)),
            "value lies in 0 to 10 now, was open to 10",
        ),
        (
            of_field(|field| field.deprecated = Some("use more".to_owned())),
            "value is deprecated and will go: use more",
        ),
        (
            changed(|schema| schema.deprecated = Some("use others (until 2027-03-01)".to_owned())),
            "dataset is deprecated and will go: use others (until 2027-03-01)",
        ),
        (
            changed(|schema| {
                schema.graphql.insert("value".to_owned(), "Float!".to_owned());
            }),
            "graphql.value is now Float! in GraphQL, was Float",
        ),
    ] {
        assert_eq!(result, (Some("1.3.0".to_owned()), vec![said.to_owned()]));
    }
}

#[test]
fn words_are_a_patch_and_nothing_is_nothing() {
    let (version, said) = of_field(|field| field.description = None);
    assert_eq!(version.as_deref(), Some("1.2.4"));
    assert_eq!(said, ["value is described in other words"]);
    assert_eq!(changed(|_| {}), (None, vec![]));
}

#[test]
fn the_heaviest_of_several_changes_counts() {
    let (version, said) = changed(|schema| {
        schema.title = "Values".to_owned();
        schema.fields.insert("more".to_owned(), field());
        schema.fields.remove("value");
    });
    assert_eq!(version.as_deref(), Some("2.0.0"));
    assert_eq!(
        said,
        [
            "title is now \"Values\", was \"Readings\"",
            "more is new: integer",
            "!value is gone"
        ]
    );
}
