//! What has changed between two schemas, and which version that makes.
//!
//! Who reads a dataset is broken by a field that is gone, has another type, unit or key, or may be empty where it could not
//! be. A field that came, a wider number, a bound, a deprecation is another minor version. Words are a patch.

use chrono::NaiveDate;

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

/// What `new`, found on that day, changes about `old`, in the order of their names; the dataset's own words first.
pub fn changes(old: &Schema, new: &Schema, on: NaiveDate) -> Vec<Change> {
    let weighed = weighed(old, new, Some(on));
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
    let weight = weighed(old, new, None)
        .into_iter()
        .map(|change| change.weight)
        .max()?;
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

fn weighed(old: &Schema, new: &Schema, on: Option<NaiveDate>) -> Vec<Weighed> {
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
    if let Some((weight, summary)) = deprecated(old.deprecated.as_ref(), new.deprecated.as_ref()) {
        say(weight, "dataset", summary);
    }
    let names: std::collections::BTreeSet<&String> = old.fields.keys().chain(new.fields.keys()).collect();
    for name in names {
        match (old.fields.get(name), new.fields.get(name)) {
            (Some(old), None) => say(Weight::Break, name, gone(old, on)),
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
    if let Some((weight, summary)) = deprecated(old.deprecated.as_ref(), new.deprecated.as_ref()) {
        say(weight, summary);
    }
    if old.description != new.description {
        say(Weight::Words, "is described in other words".to_owned());
    }
}

/// That a field is gone; sooner than was announced, where it is.
fn gone(field: &FieldSchema, on: Option<NaiveDate>) -> String {
    match field.removed_on.zip(on) {
        Some((until, on)) if on < until => {
            format!("is gone too early: it was announced to stay until {until}")
        }
        _ => "is gone".to_owned(),
    }
}

/// What has changed of what will go.
fn deprecated(old: Option<&String>, new: Option<&String>) -> Option<(Weight, String)> {
    match (old, new) {
        (old, Some(reason)) if old != Some(reason) => {
            Some((Weight::Addition, format!("is deprecated and will go: {reason}")))
        }
        (Some(_), None) => Some((Weight::Addition, "will stay after all".to_owned())),
        _ => None,
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
mod tests;
