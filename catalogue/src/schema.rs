//! The schema of a dataset as it is kept with each version, and what has changed from one to the next.
//!
//! [`Schema`] is persisted: members may be added, with a default, and never taken away or renamed.

mod compare;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::compare::{changes, next_version};
use crate::discover::GraphqlTypes;
use crate::model::{Change, Dataset, Deprecation, Field, FieldUnit};

/// What a dataset promises to those who use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Its heading.
    pub title: String,
    /// What one item of it is.
    pub description: Option<String>,
    /// Its fields by name.
    pub fields: BTreeMap<String, FieldSchema>,
    /// The fields of its type in GraphQL, by name, with their types.
    #[serde(default)]
    pub graphql: BTreeMap<String, String>,
    /// Why it will go, where it will.
    #[serde(default)]
    pub deprecated: Option<String>,
}

/// What a field promises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldSchema {
    /// What it means.
    pub description: Option<String>,
    /// Its type in the database.
    pub sql_type: String,
    /// Whether it may be empty.
    pub is_nullable: bool,
    /// Whether it is part of what tells one item from another.
    pub is_key: bool,
    /// Its unit; `None` where it has none.
    pub unit: Option<String>,
    /// The lowest value.
    pub min: Option<f64>,
    /// The highest value.
    pub max: Option<f64>,
    /// Why it will go, where it will.
    pub deprecated: Option<String>,
    /// The day until which it was announced to stay.
    #[serde(default)]
    pub removed_on: Option<NaiveDate>,
}

/// A change as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptChange {
    path: String,
    summary: String,
    is_breaking: bool,
}

impl From<Change> for KeptChange {
    fn from(change: Change) -> Self {
        Self {
            path: change.path,
            summary: change.summary,
            is_breaking: change.is_breaking,
        }
    }
}

impl From<KeptChange> for Change {
    fn from(change: KeptChange) -> Self {
        Self {
            path: change.path,
            summary: change.summary,
            is_breaking: change.is_breaking,
        }
    }
}

impl Schema {
    /// The schema of a dataset as it is now.
    pub fn of(dataset: &Dataset, graphql: &GraphqlTypes) -> Self {
        let types = dataset.fields.iter().filter_map(|field| field.graphql.as_ref());
        let type_ = types.map(|field| field.of.as_str()).next();
        Self {
            title: dataset.title.clone(),
            description: dataset.description.clone(),
            fields: dataset
                .fields
                .iter()
                .map(|field| (field.name.clone(), FieldSchema::of(field)))
                .collect(),
            graphql: type_.map(|type_| graphql.fields_of(type_)).unwrap_or_default(),
            deprecated: dataset.deprecation.as_ref().map(said),
        }
    }
}

impl FieldSchema {
    fn of(field: &Field) -> Self {
        Self {
            description: field.description.clone(),
            sql_type: field.sql_type.clone(),
            is_nullable: field.is_nullable,
            is_key: field.is_key,
            unit: match &field.unit {
                FieldUnit::None => None,
                FieldUnit::OfSensor => Some("that of the sensor".to_owned()),
                FieldUnit::FromSensor(made) => Some(format!("that {made}")),
                FieldUnit::Known { ucum, .. } => Some((*ucum).to_owned()),
                FieldUnit::Unmapped(declared) => Some(declared.clone()),
            },
            min: field.range.and_then(|range| range.min),
            max: field.range.and_then(|range| range.max),
            deprecated: field.deprecation.as_ref().map(said),
            removed_on: field
                .deprecation
                .as_ref()
                .and_then(|deprecation| deprecation.removed_on),
        }
    }
}

fn said(deprecation: &Deprecation) -> String {
    match deprecation.removed_on {
        Some(day) => format!("{} (until {day})", deprecation.reason),
        None => deprecation.reason.clone(),
    }
}
