//! What each field of a dataset means, as a table whose rows stand in the descriptor itself.

use serde_json::{Value, json};

use super::super::types::Logical;
use super::super::{semantics, words};
use super::Object;
use crate::model::{Dataset, Field, FieldUnit};

/// The columns of that table: name, type, whether each row has it, and what it means.
const COLUMNS: [(&str, &str, bool, &str); 16] = [
    ("name", "string", true, "The field's name."),
    ("type", "string", true, "Its type in Table Schema."),
    ("format", "string", false, "Its format there."),
    ("sql_type", "string", true, "Its type in the database."),
    (
        "graphql",
        "string",
        false,
        "The same in GraphQL: type, field and its type.",
    ),
    ("required", "boolean", true, "Whether each item has it."),
    (
        "key",
        "boolean",
        true,
        "Whether it is part of what tells one item from another.",
    ),
    (
        "references",
        "string",
        false,
        "The table and column to which its values lead.",
    ),
    (
        "unit",
        "string",
        false,
        "The unit of its values, as people write it.",
    ),
    ("ucum", "string", false, "The unit's code in UCUM."),
    ("qudt", "string", false, "The unit's address in QUDT."),
    (
        "minimum",
        "number",
        false,
        "The lowest value that the database takes.",
    ),
    (
        "maximum",
        "number",
        false,
        "The highest value that the database takes.",
    ),
    (
        "rdf_type",
        "string",
        false,
        "The property of another vocabulary that means the same.",
    ),
    (
        "since",
        "string",
        false,
        "The version of the dataset that has had it first.",
    ),
    ("description", "string", false, "What it means."),
];

/// The table.
pub(super) fn resource(dataset: &Dataset) -> Value {
    let columns: Vec<Value> = COLUMNS
        .iter()
        .map(|(name, kind, is_required, description)| {
            let mut column = Object::default();
            column.say("name", *name);
            column.say("type", *kind);
            column.say("description", *description);
            if *is_required {
                column.say("constraints", json!({ "required": true }));
            }
            column.into()
        })
        .collect();
    let header: Vec<Value> = COLUMNS.iter().map(|(name, ..)| (*name).into()).collect();
    let rows = dataset.fields.iter().map(|field| row(dataset, field));
    let data: Vec<Value> = std::iter::once(header.into()).chain(rows).collect();
    let title = format!("Fields of {}", words::title(dataset));
    json!({
        "name": "fields",
        "type": "table",
        "title": title,
        "description": "What each field means, a row each.",
        "data": data,
        "schema": { "fields": columns, "primaryKey": ["name"] },
    })
}

fn row(dataset: &Dataset, field: &Field) -> Value {
    let (kind, format) = Logical::of(&field.sql_type).table_schema();
    let (ucum, qudt) = match &field.unit {
        FieldUnit::Known { ucum, qudt, .. } => (Some(*ucum), Some(*qudt)),
        _ => (None, None),
    };
    let (min, max) = words::range(field.range);
    let graphql = field.graphql.as_ref();
    let graphql = graphql.map(|graphql| format!("{}.{}: {}", graphql.of, graphql.name, graphql.type_));
    let references = field.references.as_ref();
    let references = references.map(|to| format!("{}.{}", to.table, to.column));
    let since = field.since.map(|since| since.to_string());
    json!([
        field.name,
        kind,
        format,
        field.sql_type,
        graphql,
        !field.is_nullable,
        field.is_key,
        references,
        words::unit(field),
        ucum,
        qudt,
        min,
        max,
        semantics::property(dataset, field),
        since,
        words::meaning(field),
    ])
}
