//! What GraphQL calls the same: the fields of its types, as the running API has them.

use std::collections::BTreeMap;

use crate::model::{Deprecation, GraphqlField};

/// The fields of GraphQL's types. Given by the API, from its own schema; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphqlTypes(BTreeMap<String, BTreeMap<String, (String, Option<Deprecation>)>>);

impl GraphqlTypes {
    /// Takes up a field of a type.
    pub fn insert(&mut self, field: GraphqlField, deprecation: Option<Deprecation>) {
        let fields = self.0.entry(field.of).or_default();
        fields.insert(field.name, (field.type_, deprecation));
    }

    /// The fields of a type with their types, by name.
    pub fn fields_of(&self, type_: &str) -> BTreeMap<String, String> {
        let fields = self.0.get(type_).into_iter().flatten();
        fields
            .map(|(name, (type_, _))| (name.clone(), type_.clone()))
            .collect()
    }

    /// The field of this name, and whether it will go.
    pub fn field(&self, type_: &str, name: &str) -> Option<(GraphqlField, Option<Deprecation>)> {
        let (of, deprecation) = self.0.get(type_)?.get(name)?;
        let field = GraphqlField {
            of: type_.to_owned(),
            name: name.to_owned(),
            type_: of.clone(),
        };
        Some((field, deprecation.clone()))
    }
}

/// A column's name as GraphQL writes names.
pub(super) fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut is_next_upper = false;
    for letter in name.chars() {
        if letter == '_' && !camel.is_empty() {
            is_next_upper = true;
        } else if std::mem::take(&mut is_next_upper) {
            camel.extend(letter.to_uppercase());
        } else {
            camel.push(letter);
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_graphql_writes_them() {
        for (name, expected) in [
            ("received_at", "receivedAt"),
            ("value", "value"),
            ("_id", "_id"),
            ("a__b_", "aB"),
        ] {
            assert_eq!(camel_case(name), expected);
        }
    }
}
