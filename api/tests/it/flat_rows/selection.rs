//! Flat rows are written in one piece: what is selected, however it is written down, is what comes.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};

use crate::world::{World, thermometer};

const DAY: &str = "from: \"2026-11-23\", to: \"2026-11-24\"";

async fn world() -> World {
    let world = World::new().await;
    let ids = world.declare(vec![thermometer("a")]).await;
    world
        .readings(ids[0], "2026-11-23T10:00:00.5Z", "30 minutes", 2)
        .await;
    world
}

/// Every field of a type and its type, as the schema has them.
fn fields(name: &str) -> Vec<(String, String)> {
    let definitions = parse_schema(api::sdl()).unwrap().definitions;
    let found = definitions.into_iter().find_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) if ty.node.name.node == name => Some(ty.node.kind),
        _ => None,
    });
    let Some(TypeKind::Object(object)) = found else {
        panic!("there is no type {name}");
    };
    let fields = object.fields.into_iter().map(|field| field.node);
    fields
        .map(|field| (field.name.node.to_string(), field.ty.node.to_string()))
        .collect()
}

#[tokio::test]
async fn every_field_of_the_schema_is_written_and_is_a_scalar_that_bi_tools_know() {
    let world = world().await;
    for (list, row, expected) in [
        (
            "readingRows",
            "ReadingRow",
            json!({ "sensor": "a", "source": "plant", "type": "temperature", "unit": "Cel", "site": "Harbour",
                    "plant": null, "customer": null, "time": "2026-11-23T10:00:00.500Z", "value": 0.0, "flag": "PASS",
                    "receivedAt": "2026-11-23T10:00:01.500Z" }),
        ),
        (
            "bucketRows",
            "BucketRow",
            json!({ "sensor": "a", "source": "plant", "type": "temperature", "unit": "Cel", "site": "Harbour",
                    "plant": null, "customer": null, "start": "2026-11-23T10:00:00Z", "end": "2026-11-23T11:00:00Z",
                    "timeZone": "UTC", "count": 2.0, "countSuspect": 0.0, "countFail": 0.0, "avg": 0.5, "min": 0.0,
                    "max": 1.0, "sum": 1.0, "first": 0.0, "last": 1.0, "stddev": 0.5_f64.sqrt(), "complete": true }),
        ),
    ] {
        let fields = fields(row);
        for (field, ty) in &fields {
            let known = ["String", "ID", "Int", "Float", "Boolean", "DateTime"];
            assert!(known.contains(&ty.trim_end_matches('!')), "{row}.{field}: {ty}");
        }
        let all: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
        let all = all.join(" ");
        let data = world
            .data(&format!(
                "{{ list: {list}({DAY}) {{ {all} }} \
                   pages: {list}Connection({DAY}) {{ __typename nodes {{ {all} }} \
                     edges {{ __typename cursor node {{ __typename {all} }} }} }} }}"
            ))
            .await;
        assert_eq!(data["list"][0], expected);
        assert_eq!(data["pages"]["nodes"], data["list"]);
        assert_eq!(data["pages"]["__typename"], format!("{row}Connection"));
        let edge = &data["pages"]["edges"][0];
        assert_eq!(edge["__typename"], format!("{row}Edge"));
        assert!(edge["cursor"].is_string());
        let mut node = expected;
        node["__typename"] = Value::from(row);
        assert_eq!(edge["node"], node);
    }
}

#[tokio::test]
async fn rows_of_which_everything_is_skipped_are_empty_objects() {
    let world = world().await;
    for (list, rows) in [("readingRows", 2), ("bucketRows", 1)] {
        let nothing = "sensor @skip(if: true)";
        let data = world
            .data(&format!(
                "{{ list: {list}({DAY}) {{ {nothing} }} \
                   pages: {list}Connection({DAY}) {{ nodes {{ {nothing} }} edges {{ node {{ {nothing} }} }} }} }}"
            ))
            .await;
        let empty = json!(vec![json!({}); rows]);
        assert_eq!((&data["list"], &data["pages"]["nodes"]), (&empty, &empty));
        assert_eq!(data["pages"]["edges"], json!(vec![json!({ "node": {} }); rows]));
    }
}

#[tokio::test]
async fn fragments_aliases_and_directives_are_followed_in_rows_and_edges() {
    let world = world().await;
    let query = format!(
        "query($no: Boolean = false) {{ \
           list: readingRows({DAY}) {{ v: value ...F sensor @include(if: $no) }} \
           pages: readingRowsConnection({DAY}, first: 1) {{ \
             edges {{ node {{ v: value }} other: node {{ flag }} }} \
             ...E }} }} \
         fragment F on ReadingRow {{ flag @skip(if: true) site ... {{ kind: type }} }} \
         fragment E on ReadingRowConnection {{ edges {{ at: cursor node {{ ...F }} }} }}"
    );
    let mut data = world.data(&query).await;
    assert_eq!(
        data["list"][1],
        json!({ "v": 1.0, "site": "Harbour", "kind": "temperature" })
    );
    let edge = &mut data["pages"]["edges"][0];
    assert!(edge["at"].take().is_string());
    assert_eq!(
        *edge,
        json!({ "node": { "v": 0.0, "site": "Harbour", "kind": "temperature" }, "other": { "flag": "PASS" }, "at": null })
    );
}
