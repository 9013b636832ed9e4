//! Buckets are written in one piece: what is selected, however it is written down, is what comes.

use std::collections::BTreeSet;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};

use crate::world::{World, thermometer};

const HOUR: &str = "from: \"2026-06-01\", to: \"2026-06-01T02:00:00Z\", bucket: \"PT1H\"";

async fn world() -> World {
    let world = World::new().await;
    let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
    world
        .readings(sensors[0], "2026-06-01T00:00:00Z", "30 minutes", 3)
        .await;
    world
}

/// Every field of an aggregate, as the schema has it.
fn fields() -> BTreeSet<String> {
    let definitions = parse_schema(api::sdl()).unwrap().definitions;
    let aggregate = definitions.into_iter().find_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) if ty.node.name.node == "Aggregate" => Some(ty.node.kind),
        _ => None,
    });
    let Some(TypeKind::Object(object)) = aggregate else {
        panic!("there is no type Aggregate");
    };
    object
        .fields
        .into_iter()
        .map(|field| field.node.name.node.to_string())
        .collect()
}

#[tokio::test]
async fn every_field_of_the_schema_is_written() {
    let world = world().await;
    let all = fields().into_iter().collect::<Vec<_>>().join(" ");
    let all = all.replace("percentile", "percentile(p: 0.5)");
    let data = world
        .data(&format!(
            "{{ aggregates({HOUR}) {{ __typename sensor {{ name }} group {{ key value }} unit integralUnit buckets {{ {all} }} }} }}"
        ))
        .await;
    assert_eq!(
        data["aggregates"],
        json!([
            { "__typename": "AggregateSeries", "sensor": { "name": "a" }, "group": [], "unit": "Cel", "integralUnit": "Cel.h", "buckets": [
                { "start": "2026-06-01T00:00:00Z", "end": "2026-06-01T01:00:00Z", "timeZone": "UTC", "complete": true,
                  "count": 2.0, "countSuspect": 0.0, "countFail": 0.0, "completeness": 2.0 / 60.0, "avg": 0.5,
                  "min": 0.0, "max": 1.0, "sum": 1.0, "first": 0.0, "last": 1.0, "stddev": 0.5_f64.sqrt(), "timeWeightedAvg": 1.0, "integral": 1.0, "increase": 1.0,
                  "percentile": 0.5 },
                { "start": "2026-06-01T01:00:00Z", "end": "2026-06-01T02:00:00Z", "timeZone": "UTC", "complete": true,
                  "count": 1.0, "countSuspect": 0.0, "countFail": 0.0, "completeness": 1.0 / 60.0, "avg": 2.0,
                  "min": 2.0, "max": 2.0, "sum": 2.0, "first": 2.0, "last": 2.0, "stddev": null, "timeWeightedAvg": null,
                  "integral": null, "increase": 1.0, "percentile": 2.0 },
            ] },
            { "__typename": "AggregateSeries", "sensor": { "name": "b" }, "group": [], "unit": "Cel", "integralUnit": "Cel.h", "buckets": [] },
        ])
    );
}

#[tokio::test]
async fn fragments_aliases_and_directives_are_followed() {
    let world = world().await;
    let query = format!(
        "query($no: Boolean = false) {{ sensor(name: \"a\") {{ hours: aggregates({HOUR}) {{ \
           __typename mean: avg ...F ... on Aggregate {{ min }} ... {{ mean: avg }} \
           max @include(if: $no) sum @skip(if: true) count @include(if: true) }} }} }} \
         fragment F on Aggregate {{ lowest: min ...G }} fragment G on Aggregate {{ max_: max type: __typename }}"
    );
    let data = world.data(&query).await;
    assert_eq!(
        data["sensor"]["hours"][0],
        json!({ "__typename": "Aggregate", "mean": 0.5, "lowest": 0.0, "max_": 1.0, "type": "Aggregate", "min": 0.0,
                "count": 2.0 })
    );
}

#[tokio::test]
async fn a_field_that_is_selected_twice_has_all_that_either_selects() {
    let world = world().await;
    let query = format!(
        "{{ all: aggregates({HOUR}) {{ buckets {{ start }} }} ...F all: aggregates({HOUR}) {{ buckets {{ max }} }} \
            other: aggregates({HOUR}) {{ buckets {{ last }} }} }} \
         fragment F on Query {{ all: aggregates({HOUR}) {{ ...G buckets {{ min }} }} }} \
         fragment G on AggregateSeries {{ buckets {{ avg }} }}"
    );
    let data = world.data(&query).await;
    let keys = |series: &Value| -> BTreeSet<String> {
        series["buckets"][0]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(
        keys(&data["all"][0]),
        ["avg", "max", "min", "start"].map(String::from).into()
    );
    assert_eq!(keys(&data["other"][0]), ["last".to_owned()].into());
    // As the library answers what is not written in one piece.
    assert_eq!(
        data["all"][0]["buckets"][0],
        json!({ "start": "2026-06-01T00:00:00Z", "avg": 0.5, "min": 0.0, "max": 1.0 })
    );
}

#[tokio::test]
async fn each_sensor_has_its_own_buckets() {
    let world = world().await;
    let data = world
        .data(&format!(
            "{{ sensors {{ nodes {{ name aggregates({HOUR}, fill: NULL) {{ count }} }} }} }}"
        ))
        .await;
    assert_eq!(
        data["sensors"]["nodes"],
        json!([
            { "name": "a", "aggregates": [{ "count": 2.0 }, { "count": 1.0 }] },
            { "name": "b", "aggregates": [{ "count": 0.0 }, { "count": 0.0 }] },
        ])
    );
    let named = world
        .data(&format!("{{ aggregates({HOUR}, sensors: [\"b\", \"a\"], filter: {{ types: [\"temperature\"] }}) {{ sensor {{ name }} }} }}"))
        .await;
    assert_eq!(
        named["aggregates"],
        json!([{ "sensor": { "name": "b" } }, { "sensor": { "name": "a" } }])
    );
}
