//! Datasets, found and not listed: whatever the database has with a comment is one.
//!
//! A table, a view, a continuous aggregate or a type of rows becomes a dataset by being there; its comment says what it
//! is, and a line of JSON at the end of it says what a program must know besides (docs/adr/0012). Only what says that it is
//! internal is left out.

mod bounds;
mod comment;
mod graphql;
mod unit;

use std::collections::HashSet;

use entity::query::describe::{self, Column, Relation, RelationKind};
use entity::{DatabaseConnection, DbErr};

use self::comment::{ColumnNote, Read, TableNote};
pub use self::graphql::GraphqlTypes;
use crate::distributions;
use crate::model::{
    Access, Basis, Dataset, Extent, Field, Freshness, Problem, Reference, Stewardship, Stored,
};

/// A dataset as it was found, without what must be measured or said by people.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What is known of it.
    pub dataset: Dataset,
    /// The relation that it is.
    pub relation: Relation,
    /// The column that says when an item was.
    pub time: Option<String>,
    /// The column that says of which sensor it is (`sensor.id`).
    pub sensor: Option<String>,
    /// The seconds between two items, where its comment says so.
    pub resolution_seconds: Option<f64>,
}

/// The datasets among `relations`: Fieldbook's own in the order in which a message passes through them, then the others.
pub fn datasets(relations: Vec<Relation>, graphql: &GraphqlTypes) -> Vec<Found> {
    let mut found: Vec<Found> = relations
        .into_iter()
        .filter_map(|relation| dataset(relation, graphql))
        .collect();
    found.sort_by(|one, other| {
        let order = |found: &Found| (found.dataset.kind, found.resolution_seconds.unwrap_or_default());
        let (one_order, other_order) = (order(one), order(other));
        one_order
            .0
            .cmp(&other_order.0)
            .then(one_order.1.total_cmp(&other_order.1))
            .then_with(|| one.dataset.slug.cmp(&other.dataset.slug))
    });
    // Two of one slug cannot both have its address; the first is the older.
    let mut seen = HashSet::new();
    found.retain(|found| seen.insert(found.dataset.slug.clone()));
    found
}

fn dataset(relation: Relation, graphql: &GraphqlTypes) -> Option<Found> {
    let Read { text, note, problem } = comment::read::<TableNote>(relation.comment.as_deref());
    let is_type = relation.kind == RelationKind::Type;
    if note.internal || is_type && note.dataset.is_none() {
        return None;
    }
    let slug = note.dataset.unwrap_or_else(|| slug_of(&relation));
    let mut problems = Vec::new();
    if text.is_none() {
        problems.push(Problem::NoDescription);
    }
    problems.extend(problem.map(|reason| Problem::UnreadableComment { field: None, reason }));
    let mut fields = Vec::with_capacity(relation.columns.len());
    for column in &relation.columns {
        if let Some((field, wrong)) = field(column, note.graphql.as_deref(), graphql) {
            problems.extend(wrong);
            fields.push(field);
        }
    }
    let of_sensors = |fields: &[Field]| {
        let refers = |field: &&Field| {
            let of = field.references.as_ref();
            of.is_some_and(|of| of.table == "sensor" && of.column == "id")
        };
        fields.iter().find(refers).map(|field| field.name.clone())
    };
    let dataset = Dataset {
        title: note.title.unwrap_or_else(|| title_of(&relation.name)),
        name: relation.name.clone(),
        kind: note.kind,
        description: text,
        keywords: note.keywords,
        stored: stored(&relation, note.prefix, note.manifest),
        derived_from: note.from,
        extent: Extent::default(),
        stewardship: Stewardship::default(),
        access: Access::WithKey,
        deprecation: comment::deprecation(note.deprecated, note.instead.as_deref()),
        distributions: distributions::of(&slug, note.kind),
        releases: Vec::new(),
        freshness: Freshness::unknown(Basis::EventTime, chrono::DateTime::UNIX_EPOCH),
        quality: Vec::new(),
        announcements: Vec::new(),
        incidents: Vec::new(),
        problems,
        slug,
        fields,
    };
    Some(Found {
        time: note.time.or_else(|| relation.time_dimension.clone()),
        sensor: note.sensor.or_else(|| of_sensors(&dataset.fields)),
        resolution_seconds: note.resolution_seconds,
        dataset,
        relation,
    })
}

/// A field; `None` of a column that is Fieldbook's own.
fn field(column: &Column, type_: Option<&str>, graphql: &GraphqlTypes) -> Option<(Field, Vec<Problem>)> {
    let Read { text, note, problem } = comment::read::<ColumnNote>(column.comment.as_deref());
    if note.internal {
        return None;
    }
    let named = || column.name.clone();
    let mut problems = Vec::new();
    if text.is_none() {
        problems.push(Problem::NoFieldDescription(named()));
    }
    problems.extend(problem.map(|reason| Problem::UnreadableComment {
        field: Some(named()),
        reason,
    }));
    let unit = unit::read(note.unit.as_deref());
    if let crate::model::FieldUnit::Unmapped(unit) = &unit {
        problems.push(Problem::UnknownUnit {
            field: named(),
            unit: unit.clone(),
        });
    }
    let in_graphql = type_.and_then(|type_| match &note.graphql {
        comment::GraphqlNote::ByName => graphql.field(type_, &graphql::camel_case(&column.name)),
        comment::GraphqlNote::Named(name) => graphql.field(type_, name),
        comment::GraphqlNote::Absent => None,
    });
    let by_graphql = in_graphql
        .as_ref()
        .and_then(|(_, deprecation)| deprecation.clone());
    let field = Field {
        name: named(),
        description: text,
        sql_type: column.sql_type.clone(),
        graphql: in_graphql.map(|(field, _)| field),
        is_nullable: column.is_nullable,
        is_key: column.is_key,
        references: column
            .references
            .clone()
            .map(|(table, column)| Reference { table, column }),
        unit,
        range: bounds::of(&column.name, &column.checks),
        example: None,
        since: None,
        deprecation: comment::deprecation(note.deprecated, note.instead.as_deref()).or(by_graphql),
    };
    Some((field, problems))
}

fn stored(relation: &Relation, prefix: Option<String>, manifest: Option<String>) -> Stored {
    match prefix {
        Some(prefix) => Stored::Objects {
            prefix,
            manifest: manifest.unwrap_or_default(),
        },
        None => Stored::Table {
            schema: relation.schema.clone(),
            name: relation.name.clone(),
            is_view: matches!(
                relation.kind,
                RelationKind::View | RelationKind::MaterializedView | RelationKind::ContinuousAggregate
            ),
            is_hypertable: relation.kind == RelationKind::Hypertable,
        },
    }
}

/// A slug for a table that names none: its name, after its schema's where that is not the usual one.
fn slug_of(relation: &Relation) -> String {
    let mut named = relation.name.clone();
    if relation.schema != "public" {
        named = format!("{}-{named}", relation.schema);
    }
    let mut slug = String::new();
    for letter in named.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        // A name without a letter that an address can have.
        format!("table-{}", relation.oid)
    } else {
        slug.to_owned()
    }
}

/// A heading for a table that has none: its name, as people write.
fn title_of(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// Which datasets there are in a database, for whoever needs no more than their names and words.
pub async fn all(db: &DatabaseConnection) -> Result<Vec<Dataset>, DbErr> {
    let found = datasets(describe::relations(db).await?, &GraphqlTypes::default());
    Ok(found.into_iter().map(|found| found.dataset).collect())
}
