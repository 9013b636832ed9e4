//! The schema: checked in, documented, and as the contract says.

use std::collections::BTreeMap;
use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeDefinition, TypeKind, TypeSystemDefinition};

fn types(sdl: &str) -> BTreeMap<String, TypeDefinition> {
    let definitions = parse_schema(sdl).unwrap().definitions;
    let types = definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types
        .map(|definition| (definition.name.node.to_string(), definition))
        .collect()
}

/// Every part of a schema by its path, with its type and its default, such as `Query.sensors(first)` and `Int = 100`.
pub(crate) fn parts(sdl: &str) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    for (name, definition) in types(sdl) {
        match definition.kind {
            TypeKind::Object(object) => {
                for field in object.fields.into_iter().map(|field| field.node) {
                    let path = format!("{name}.{}", field.name.node);
                    for argument in field.arguments.into_iter().map(|argument| argument.node) {
                        let default = argument.default_value.map(|value| format!(" = {}", value.node));
                        let ty = format!("{}{}", argument.ty.node, default.unwrap_or_default());
                        parts.insert(format!("{path}({})", argument.name.node), ty);
                    }
                    parts.insert(path, field.ty.node.to_string());
                }
            }
            TypeKind::Enum(words) => {
                let values = words.values.into_iter().map(|value| value.node.value.node);
                parts.extend(values.map(|value| (format!("{name}.{value}"), "word".to_owned())));
            }
            TypeKind::InputObject(input) => {
                for field in input.fields.into_iter().map(|field| field.node) {
                    let default = field.default_value.map(|value| format!(" = {}", value.node));
                    let ty = format!("{}{}", field.ty.node, default.unwrap_or_default());
                    parts.insert(format!("{name}.{}", field.name.node), ty);
                }
            }
            _ => {}
        }
        parts.insert(name, "type".to_owned());
    }
    parts
}

#[test]
fn the_schema_is_the_one_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let sdl = api::sdl();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &sdl).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == sdl,
        "the schema differs from {}; accept it with UPDATE=1 and tell users in CHANGELOG.md",
        path.display()
    );
}

#[test]
fn the_schema_is_as_the_contract_says() {
    let ours = parts(&api::sdl());
    let mut wrong = Vec::new();
    for (path, expected) in parts(include_str!("contract.graphql")) {
        match ours.get(&path) {
            Some(ty) if *ty != expected => wrong.push(format!("{path}: {ty}, not {expected}")),
            None => wrong.push(format!("{path} is missing")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_part_of_the_schema_is_described() {
    let mut bare = Vec::new();
    for (name, definition) in types(&api::sdl()) {
        let mut check = |path: &str, described: bool| {
            if !described {
                bare.push(path.to_owned());
            }
        };
        check(&name, definition.description.is_some());
        match definition.kind {
            TypeKind::Object(object) => {
                for field in object.fields.into_iter().map(|field| field.node) {
                    let path = format!("{name}.{}", field.name.node);
                    check(&path, field.description.is_some());
                    for argument in field.arguments {
                        check(
                            &format!("{path}({})", argument.node.name.node),
                            argument.node.description.is_some(),
                        );
                    }
                }
            }
            TypeKind::Enum(words) => {
                for value in words.values {
                    check(
                        &format!("{name}.{}", value.node.value.node),
                        value.node.description.is_some(),
                    );
                }
            }
            TypeKind::InputObject(input) => {
                for field in input.fields {
                    check(
                        &format!("{name}.{}", field.node.name.node),
                        field.node.description.is_some(),
                    );
                }
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

#[tokio::test]
async fn pages_and_the_playgrounds_examples_ask_what_the_schema_has() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = testbed::clients::node(&own.join("tests/clients/documents.mjs")).await;
    node.arg(own.join("schema.graphql"))
        .arg(own.join("../web/queries"))
        .arg(own.join("assets/graphiql/src/examples.js"));
    let said = testbed::clients::run(node).await;
    assert!(!said.starts_with("0 ") && !said.contains(" 0 "), "{said}");
}
