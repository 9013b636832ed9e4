//! A field: a column of a dataset.

use chrono::NaiveDate;

use super::SemanticVersion;

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name in the database, or in a line of an object.
    pub name: String,
    /// What it means; empty where nobody wrote it.
    pub description: Option<String>,
    /// Its type in the database, such as `timestamp with time zone`.
    pub sql_type: String,
    /// The same in GraphQL, where GraphQL has it.
    pub graphql: Option<GraphqlField>,
    /// Whether it may be empty.
    pub is_nullable: bool,
    /// Whether it is part of what tells one item from another.
    pub is_key: bool,
    /// The column to which its values lead.
    pub references: Option<Reference>,
    /// In which unit its values are.
    pub unit: FieldUnit,
    /// The bounds that the database holds its values to.
    pub range: Option<Range>,
    /// A value of it, as text. Data: shown only to whom the dataset is open.
    pub example: Option<String>,
    /// The version of the dataset that has had it first.
    pub since: Option<SemanticVersion>,
    /// That it will go.
    pub deprecation: Option<Deprecation>,
}

/// A field of GraphQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphqlField {
    /// The type that has it, such as `Reading`.
    pub of: String,
    /// Its name there, such as `receivedAt`.
    pub name: String,
    /// Its own type, such as `DateTime!`.
    pub type_: String,
}

/// A column of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// In which unit a field's values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldUnit {
    /// They have none: texts, numbers that only count or name.
    None,
    /// In the unit that the sensor of the row declares.
    OfSensor,
    /// In one made from the unit that the sensor of the row declares, in words such as `of the sensor, squared`.
    FromSensor(String),
    /// Always in this one.
    Known {
        /// As the comment has it.
        declared: String,
        /// Its code in UCUM.
        ucum: &'static str,
        /// Its address in QUDT.
        qudt: &'static str,
        /// What it measures, in the words of QUDT.
        quantity_kind: &'static str,
        /// As people write it.
        symbol: &'static str,
    },
    /// In one that is not understood: shown as it stands, never guessed.
    Unmapped(String),
}

/// Bounds of values, both included; open where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lowest.
    pub min: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
}

/// That a field, or a dataset, will go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deprecation {
    /// What to use in its place, and why.
    pub reason: String,
    /// Until that day it stays.
    pub removed_on: Option<NaiveDate>,
}
