//! The columns of a dataset as the properties of its contract.

use super::super::types::Logical;
use super::super::{semantics, words};
use super::document::{Authority, Custom, Options, Property};
use super::quality;
use crate::model::{Catalogue, Dataset, Field, FieldUnit, Stored};

pub(super) fn of<'a>(catalogue: &'a Catalogue, dataset: &'a Dataset) -> Vec<Property<'a>> {
    let sources: Vec<&str> = dataset
        .derived_from
        .iter()
        .filter_map(|slug| catalogue.dataset(slug))
        .map(|source| match &source.stored {
            Stored::Table { name, .. } => name.as_str(),
            Stored::Objects { prefix, .. } => prefix.as_str(),
        })
        .collect();
    let mut key = 0;
    dataset
        .fields
        .iter()
        .map(|field| {
            key += usize::from(field.is_key);
            Property {
                primary_key_position: field.is_key.then_some(key),
                transform_source_objects: sources.clone(),
                ..property(dataset, field)
            }
        })
        .collect()
}

fn property<'a>(dataset: &'a Dataset, field: &'a Field) -> Property<'a> {
    let logical = Logical::of(&field.sql_type);
    Property {
        name: &field.name,
        physical_name: &field.name,
        logical_type: logical.odcs(),
        physical_type: &field.sql_type,
        logical_type_options: options(logical, field),
        description: words::meaning(field),
        required: !field.is_nullable,
        primary_key: field.is_key,
        primary_key_position: None,
        examples: field.example.as_deref().into_iter().collect(),
        transform_source_objects: Vec::new(),
        authoritative_definitions: authorities(dataset, field),
        custom_properties: customs(field),
        quality: quality::of_field(dataset, field),
    }
}

/// What the standard says of values, by their type: bounds are of numbers alone.
fn options(logical: Logical, field: &Field) -> Option<Options> {
    let (minimum, maximum) = match logical {
        Logical::Number | Logical::Integer => words::range(field.range),
        _ => (None, None),
    };
    let format = match logical {
        Logical::Uuid => Some("uuid"),
        Logical::Binary => Some("binary"),
        _ => None,
    };
    let options = Options {
        format,
        minimum,
        maximum,
    };
    (format.is_some() || minimum.is_some() || maximum.is_some()).then_some(options)
}

fn authorities(dataset: &Dataset, field: &Field) -> Vec<Authority> {
    let unit = match &field.unit {
        FieldUnit::Known { qudt, .. } => Some(Authority::new("unit", (*qudt).to_owned())),
        _ => None,
    };
    let property = semantics::property(dataset, field);
    // A `businessDefinition` of a property would be fetched by validators, and read as ODCS.
    let property = property.map(|property| Authority::new("vocabulary", property));
    [unit, property].into_iter().flatten().collect()
}

/// What the standard has no place for. It refuses a `unit` of a property.
fn customs(field: &Field) -> Vec<Custom> {
    let mut customs = Vec::new();
    let mut say = |property, value: Option<&str>| {
        customs.extend(value.map(|value| Custom::text(property, value.to_owned())));
    };
    say("unit", words::unit(field));
    match &field.unit {
        FieldUnit::None | FieldUnit::OfSensor | FieldUnit::FromSensor(_) => {}
        FieldUnit::Known {
            declared,
            ucum,
            quantity_kind,
            ..
        } => {
            say("unitDeclared", Some(declared));
            say("unitUcum", Some(ucum));
            say("quantityKind", Some(quantity_kind));
        }
        FieldUnit::Unmapped(declared) => say("unitUnmapped", Some(declared)),
    }
    let graphql = field.graphql.as_ref();
    let graphql = graphql.map(|graphql| format!("{}.{}: {}", graphql.of, graphql.name, graphql.type_));
    say("graphql", graphql.as_deref());
    // As a relationship it would have to lead to a schema of this same contract.
    let references = field.references.as_ref();
    let references = references.map(|to| format!("{}.{}", to.table, to.column));
    say("references", references.as_deref());
    say("since", field.since.map(|since| since.to_string()).as_deref());
    let removed_on = field
        .deprecation
        .as_ref()
        .and_then(|deprecation| deprecation.removed_on);
    say("removedOn", removed_on.map(|day| day.to_string()).as_deref());
    customs
}
