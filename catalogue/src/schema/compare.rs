//! What has changed between two schemas, and which version that makes.
//!
//! Who reads a dataset is broken by a field that is gone, has another type, unit or key, or may be empty where it could not
//! be. A field that came, a wider number, a bound, a deprecation is another minor version. Words are a patch.

use super::{FieldSchema, Schema};
use crate::model::{Change, SemanticVersion};

/// How much a change means to those who use a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Words,
    Addition,
    Break,
}

struct Weighed {
    weight: Weight,
    path: String,
    summary: String,
}

/// What `new` changes about `old`, in the order of their names; the dataset's own words first.
pub fn changes(old: &Schema, new: &Schema) -> Vec<Change> {
    let weighed = weighed(old, new);
    weighed
        .into_iter()
        .map(|change| Change {
            is_breaking: change.weight == Weight::Break,
            path: change.path,
            summary: change.summary,
        })
        .collect()
}

/// The version that `new` makes of a dataset whose version with `old` is `version`; `None` when nothing has changed.
pub fn next_version(version: SemanticVersion, old: &Schema, new: &Schema) -> Option<SemanticVersion> {
    let SemanticVersion { major, minor, patch } = version;
    let weight = weighed(old, new).into_iter().map(|change| change.weight).max()?;
    Some(match weight {
        Weight::Break => SemanticVersion {
            major: major + 1,
            minor: 0,
            patch: 0,
        },
        Weight::Addition => SemanticVersion {
            major,
            minor: minor + 1,
            patch: 0,
        },
        Weight::Words => SemanticVersion {
            major,
            minor,
            patch: patch + 1,
        },
    })
}

fn weighed(old: &Schema, new: &Schema) -> Vec<Weighed> {
    let mut changes = Vec::new();
    let mut say = |weight, path: &str, summary: String| {
        changes.push(Weighed {
            weight,
            path: path.to_owned(),
            summary,
        });
    };
    if old.title != new.title {
        say(
            Weight::Words,
            "title",
            format!("is now {:?}, was {:?}", new.title, old.title),
        );
    }
    if old.description != new.description {
        say(Weight::Words, "description", "is said in other words".to_owned());
    }
    let names: std::collections::BTreeSet<&String> = old.fields.keys().chain(new.fields.keys()).collect();
    for name in names {
        match (old.fields.get(name), new.fields.get(name)) {
            (Some(_), None) => say(Weight::Break, name, "is gone".to_owned()),
            (None, Some(field)) => say(Weight::Addition, name, format!("is new: {}", field.sql_type)),
            (Some(old), Some(new)) => compare(old, new, &mut |weight, summary| say(weight, name, summary)),
            (None, None) => {}
        }
    }
    let names: std::collections::BTreeSet<&String> = old.graphql.keys().chain(new.graphql.keys()).collect();
    for name in names {
        let path = format!("graphql.{name}");
        match (old.graphql.get(name), new.graphql.get(name)) {
            (Some(_), None) => say(Weight::Break, &path, "is gone from GraphQL".to_owned()),
            (None, Some(type_)) => say(Weight::Addition, &path, format!("is new in GraphQL: {type_}")),
            (Some(old), Some(new)) if old != new => {
                // A value that is always there is what those expect who took it for one that may be missing.
                let weight = if new.strip_suffix('!') == Some(old) {
                    Weight::Addition
                } else {
                    Weight::Break
                };
                say(weight, &path, format!("is now {new} in GraphQL, was {old}"));
            }
            _ => {}
        }
    }
    changes
}

fn compare(old: &FieldSchema, new: &FieldSchema, say: &mut impl FnMut(Weight, String)) {
    if old.sql_type != new.sql_type {
        let weight = if is_wider(&old.sql_type, &new.sql_type) {
            Weight::Addition
        } else {
            Weight::Break
        };
        say(weight, format!("is now {}, was {}", new.sql_type, old.sql_type));
    }
    match (old.is_nullable, new.is_nullable) {
        (false, true) => say(Weight::Break, "may be empty now".to_owned()),
        (true, false) => say(Weight::Addition, "is never empty now".to_owned()),
        _ => {}
    }
    if old.is_key != new.is_key {
        let summary = if new.is_key {
            "is part of the key now"
        } else {
            "is no part of the key any more"
        };
        say(Weight::Break, summary.to_owned());
    }
    match (&old.unit, &new.unit) {
        (None, Some(unit)) => say(Weight::Addition, format!("has a unit now: {unit}")),
        (Some(unit), None) => say(Weight::Break, format!("has no unit any more, was {unit}")),
        (Some(old), Some(new)) if old != new => say(Weight::Break, format!("is now in {new}, was in {old}")),
        _ => {}
    }
    if (old.min, old.max) != (new.min, new.max) {
        let range = |field: &FieldSchema| {
            let end = |value: Option<f64>| value.map_or("open".to_owned(), |value| value.to_string());
            format!("{} to {}", end(field.min), end(field.max))
        };
        say(
            Weight::Addition,
            format!("lies in {} now, was {}", range(new), range(old)),
        );
    }
    match (&old.deprecated, &new.deprecated) {
        (old, Some(reason)) if old.as_ref() != Some(reason) => {
            say(Weight::Addition, format!("will go: {reason}"));
        }
        (Some(_), None) => say(Weight::Addition, "will stay after all".to_owned()),
        _ => {}
    }
    if old.description != new.description {
        say(Weight::Words, "is described in other words".to_owned());
    }
}

/// Whether every value of the one type is one of the other, read in the same way.
fn is_wider(old: &str, new: &str) -> bool {
    const WHOLE: [&str; 3] = ["smallint", "integer", "bigint"];
    let place = |type_: &str| WHOLE.iter().position(|whole| *whole == type_);
    match (place(old), place(new)) {
        (Some(old), Some(new)) => old < new,
        _ => {
            (old, new) == ("real", "double precision")
                || old.starts_with("character varying") && new == "text"
        }
    }
}

#[cfg(test)]
mod tests {
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
        }
    }

    fn schema(field: FieldSchema) -> Schema {
        Schema {
            title: "Readings".to_owned(),
            description: None,
            fields: BTreeMap::from([("value".to_owned(), field)]),
            graphql: BTreeMap::from([("value".to_owned(), "Float".to_owned())]),
        }
    }

    fn changed(change: impl FnOnce(&mut Schema)) -> (Option<String>, Vec<String>) {
        let old = schema(field());
        let mut new = old.clone();
        change(&mut new);
        let from: SemanticVersion = "1.2.3".parse().unwrap();
        let version = next_version(from, &old, &new).map(|version| version.to_string());
        let said = changes(&old, &new).into_iter().map(|change| {
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
                "value will go: use more",
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
}
