//! What the schema says of its own types, for the catalogue.

use async_graphql::Value as ConstValue;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, TypeKind, TypeSystemDefinition};
use catalogue::discover::GraphqlTypes;
use catalogue::model::{Deprecation, GraphqlField};

/// The fields of the schema's object types, read off its own definition.
pub(crate) fn types(sdl: &str) -> GraphqlTypes {
    let mut types = GraphqlTypes::default();
    let document = parse_schema(sdl).expect("a schema reads its own definition");
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let of = definition.node.name.node;
        let TypeKind::Object(object) = definition.node.kind else {
            continue;
        };
        for field in object.fields {
            let deprecation = deprecation(&field.node);
            let field = GraphqlField {
                of: of.to_string(),
                name: field.node.name.node.to_string(),
                type_: field.node.ty.node.to_string(),
            };
            types.insert(field, deprecation);
        }
    }
    types
}

fn deprecation(field: &FieldDefinition) -> Option<Deprecation> {
    let directive = field
        .directives
        .iter()
        .find(|directive| directive.node.name.node == "deprecated")?;
    let reason = directive.node.get_argument("reason").map(|reason| &reason.node);
    Some(Deprecation {
        reason: match reason {
            Some(ConstValue::String(reason)) => reason.clone(),
            _ => "No longer supported".to_owned(),
        },
        removed_on: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_their_types_and_what_will_go() {
        let types = types(
            "type Reading { value: Float! old: [Int] @deprecated(reason: \"use value\") } \
             enum Flag { PASS } input Filter { value: Int }",
        );
        let (value, deprecation) = types.field("Reading", "value").unwrap();
        assert_eq!((value.type_.as_str(), deprecation), ("Float!", None));
        let (old, deprecation) = types.field("Reading", "old").unwrap();
        assert_eq!(old.type_, "[Int]");
        assert_eq!(deprecation.unwrap().reason, "use value");
        assert_eq!(types.field("Filter", "value"), None);
    }
}
