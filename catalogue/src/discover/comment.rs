//! Comments: a text for people, and at its end, where a program must know more, a line of JSON.

use std::fmt;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};

use crate::model::{Deprecation, Kind};

/// What a comment says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read<N> {
    /// The text for people.
    pub(super) text: Option<String>,
    /// The line for programs.
    pub(super) note: N,
    /// Why that line could not be read. The text is all of the comment then.
    pub(super) problem: Option<String>,
}

/// What the comment of a table may say to programs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TableNote {
    /// Its slug as a dataset.
    pub(super) dataset: Option<String>,
    /// Its heading.
    pub(super) title: Option<String>,
    /// What it is among datasets.
    #[serde(deserialize_with = "kind")]
    pub(super) kind: Kind,
    /// The type of GraphQL whose objects are its items.
    pub(super) graphql: Option<String>,
    /// The slugs of the datasets that it is made from.
    pub(super) from: Vec<String>,
    /// Words to find it by.
    pub(super) keywords: Vec<String>,
    /// The column that says when an item was.
    pub(super) time: Option<String>,
    /// The column that says of which sensor it is (`sensor.id`).
    pub(super) sensor: Option<String>,
    /// The seconds between two items.
    pub(super) resolution_seconds: Option<f64>,
    /// What the keys of its objects on S3 begin with: it lies there.
    pub(super) prefix: Option<String>,
    /// The table that has a row for each of those objects.
    pub(super) manifest: Option<String>,
    /// That it will go.
    pub(super) deprecated: Option<DeprecatedNote>,
    /// What to use in its place then.
    pub(super) instead: Option<String>,
    /// Whether it is nobody's but Fieldbook's own.
    pub(super) internal: bool,
}

impl Default for TableNote {
    fn default() -> Self {
        Self {
            dataset: None,
            title: None,
            kind: Kind::Table,
            graphql: None,
            from: Vec::new(),
            keywords: Vec::new(),
            time: None,
            sensor: None,
            resolution_seconds: None,
            prefix: None,
            manifest: None,
            deprecated: None,
            instead: None,
            internal: false,
        }
    }
}

/// What the comment of a column may say to programs.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ColumnNote {
    /// The unit of its values: `sensor` for the one that the row's sensor declares, `sensor, …` for one made of it.
    pub(super) unit: Option<String>,
    /// Its field in GraphQL, where that has another name, or none.
    #[serde(deserialize_with = "graphql")]
    pub(super) graphql: GraphqlNote,
    /// That it will go.
    pub(super) deprecated: Option<DeprecatedNote>,
    /// Whether it is nobody's but Fieldbook's own.
    pub(super) internal: bool,
    /// What to use in its place then.
    pub(super) instead: Option<String>,
}

/// Which field of GraphQL a column is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum GraphqlNote {
    /// The one with the column's name, as GraphQL writes names.
    #[default]
    ByName,
    /// This one.
    Named(String),
    /// None.
    Absent,
}

/// That something will go: the day until which it stays, or a reason with or without such a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DeprecatedNote {
    Until(NaiveDate),
    Because(Because),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Because {
    reason: String,
    removed_on: Option<NaiveDate>,
}

impl<'de> Deserialize<'de> for DeprecatedNote {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DeprecatedVisitor)
    }
}

struct DeprecatedVisitor;

impl<'de> Visitor<'de> for DeprecatedVisitor {
    type Value = DeprecatedNote;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a day such as \"2027-03-01\", or an object with a reason")
    }

    fn visit_str<E: serde::de::Error>(self, day: &str) -> Result<DeprecatedNote, E> {
        let day = day.parse();
        day.map(DeprecatedNote::Until)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Other("no such day"), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<DeprecatedNote, A::Error> {
        Because::deserialize(MapAccessDeserializer::new(object)).map(DeprecatedNote::Because)
    }
}

/// That something will go, and what to use in its place.
pub(super) fn deprecation(note: Option<DeprecatedNote>, instead: Option<&str>) -> Option<Deprecation> {
    let instead = instead.map(|instead| format!("use {instead} instead"));
    Some(match note? {
        DeprecatedNote::Until(day) => Deprecation {
            reason: instead.unwrap_or_else(|| "nothing takes its place".to_owned()),
            removed_on: Some(day),
        },
        DeprecatedNote::Because(Because { reason, removed_on }) => Deprecation {
            reason: match instead {
                Some(instead) => format!("{reason}; {instead}"),
                None => reason,
            },
            removed_on,
        },
    })
}

fn kind<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
    let word = String::deserialize(from)?;
    Kind::of(&word).ok_or_else(|| {
        let words: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        serde::de::Error::custom(format!("kind is one of {}, not {word:?}", words.join(", ")))
    })
}

fn graphql<'de, D: serde::Deserializer<'de>>(from: D) -> Result<GraphqlNote, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    Ok(name.map_or(GraphqlNote::Absent, GraphqlNote::Named))
}

/// Reads a comment.
pub(super) fn read<N: DeserializeOwned + Default>(comment: Option<&str>) -> Read<N> {
    let silent = |text, problem| Read {
        text,
        note: N::default(),
        problem,
    };
    let Some(comment) = comment.map(str::trim).filter(|comment| !comment.is_empty()) else {
        return silent(None, None);
    };
    let (text, line) = comment.rsplit_once('\n').unwrap_or(("", comment));
    if !line.starts_with('{') {
        return silent(Some(comment.to_owned()), None);
    }
    match serde_json::from_str(line) {
        Ok(note) => Read {
            text: Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            note,
            problem: None,
        },
        Err(error) => silent(Some(comment.to_owned()), Some(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_a_line_are_told_apart() {
        let read: Read<TableNote> = read(Some(
            "What it is.\nAnd more.\n{\"dataset\": \"things\", \"kind\": \"rollup\", \"from\": [\"others\"]}",
        ));
        assert_eq!(read.text.as_deref(), Some("What it is.\nAnd more."));
        assert_eq!(read.problem, None);
        let expected = TableNote {
            dataset: Some("things".to_owned()),
            kind: Kind::Rollup,
            from: vec!["others".to_owned()],
            ..TableNote::default()
        };
        assert_eq!(read.note, expected);
    }

    #[test]
    fn a_line_alone_leaves_no_text_and_a_text_alone_no_line() {
        let line: Read<TableNote> = read(Some("{\"internal\": true}"));
        assert_eq!((line.text, line.note.internal), (None, true));
        let text: Read<TableNote> = read(Some("A sentence with {braces}."));
        assert_eq!(text.text.as_deref(), Some("A sentence with {braces}."));
        assert_eq!((text.note, text.problem), (TableNote::default(), None));
        let nothing: Read<TableNote> = read(Some(" \n"));
        assert_eq!(nothing.text, None);
    }

    #[test]
    fn what_cannot_be_read_is_shown_and_said() {
        for (line, expected) in [
            ("{\"unti\": \"s\"}", "unknown field `unti`"),
            ("{\"unit\": }", "expected value"),
            ("{not json", "key must be a string"),
        ] {
            let comment = format!("Text.\n{line}");
            let read: Read<ColumnNote> = read(Some(&comment));
            assert_eq!(read.text, Some(comment));
            let problem = read.problem.unwrap();
            assert!(problem.contains(expected), "{problem}");
        }
        let read: Read<TableNote> = read(Some("Text.\n{\"kind\": \"tabel\"}"));
        assert!(read.problem.unwrap().contains("one of raw, readings, rollup"));
    }

    #[test]
    fn a_field_of_graphql_is_by_name_named_or_absent() {
        let note = |line: &str| read::<ColumnNote>(Some(line)).note.graphql;
        assert_eq!(note("{}"), GraphqlNote::ByName);
        assert_eq!(note("{\"graphql\": null}"), GraphqlNote::Absent);
        assert_eq!(note("{\"graphql\": \"id\"}"), GraphqlNote::Named("id".to_owned()));
    }

    #[test]
    fn what_will_go_says_until_when_and_what_takes_its_place() {
        let day: NaiveDate = "2027-03-01".parse().unwrap();
        let said = |line: &str| {
            let read: Read<ColumnNote> = read(Some(line));
            let deprecation = deprecation(read.note.deprecated, read.note.instead.as_deref());
            (deprecation.map(|it| (it.reason, it.removed_on)), read.problem)
        };
        for (line, reason, until) in [
            (
                "{\"deprecated\": \"2027-03-01\", \"instead\": \"flag\"}",
                "use flag instead",
                Some(day),
            ),
            (
                "{\"deprecated\": \"2027-03-01\"}",
                "nothing takes its place",
                Some(day),
            ),
            (
                "{\"deprecated\": {\"reason\": \"r\"}, \"instead\": \"flag\"}",
                "r; use flag instead",
                None,
            ),
            (
                "{\"deprecated\": {\"reason\": \"r\", \"removed_on\": \"2027-03-01\"}}",
                "r",
                Some(day),
            ),
        ] {
            assert_eq!(said(line), (Some((reason.to_owned(), until)), None));
        }
        for line in [
            "{\"deprecated\": \"soon\"}",
            "{\"deprecated\": true}",
            "{\"deprecated\": {}}",
        ] {
            let (deprecation, problem) = said(line);
            assert_eq!(deprecation, None);
            assert!(problem.is_some(), "{line}");
        }
    }
}
