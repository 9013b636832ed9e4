//! `sensor` and `sensors`.

use serde_json::{Value, json};

use crate::world::{World, thermometer};

fn names(connection: &Value) -> Vec<&str> {
    connection["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_sensor_shows_all_that_its_list_declares() {
    let world = World::new().await;
    world.declare(vec![thermometer("Sensor 1")]).await;
    let data = world
        .data(
            "{ sensor(name: \"Sensor 1\") { id name source type description declared expectedIntervalSeconds \
             unit { declared symbol ucum qudt quantityKind } location { lat lng } range { min max } \
             labels { key value } latest { value } } }",
        )
        .await;
    let id = data["sensor"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        data["sensor"],
        json!({
            "id": id, "name": "Sensor 1", "source": "plant", "type": "temperature", "description": "Main entrance",
            "declared": true, "expectedIntervalSeconds": 60.0,
            "unit": { "declared": "C", "symbol": "°C", "ucum": "Cel", "qudt": "http://qudt.org/vocab/unit/DEG_C",
                      "quantityKind": "Temperature" },
            "location": { "lat": 10.0, "lng": 20.0 }, "range": { "min": 0.0, "max": 45.0 },
            "labels": [{ "key": "site", "value": "Harbour" }], "latest": null,
        })
    );
    let data = world
        .data(&format!("{{ sensor(id: \"{}\") {{ name }} }}", id.to_uppercase()))
        .await;
    assert_eq!(data["sensor"]["name"], "Sensor 1");
}

#[tokio::test]
async fn a_sensor_that_is_not_there_is_null() {
    let world = World::new().await;
    assert_eq!(
        world.data("{ sensor(name: \"nobody\") { name } }").await,
        json!({ "sensor": null })
    );
    let id = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        world
            .data(&format!("{{ sensor(id: \"{id}\") {{ name }} }}"))
            .await,
        json!({ "sensor": null })
    );
}

#[tokio::test]
async fn a_name_of_several_sources_needs_its_source() {
    let world = World::new().await;
    world.sensors_of("north", &["a"]).await;
    world.sensors_of("south", &["a"]).await;
    let error = world.error("{ sensor(name: \"a\") { name } }").await;
    assert_eq!(error["extensions"]["argument"], "source");
    assert_eq!(error["extensions"]["accepted"], "\"north\" or \"south\"");
    let data = world
        .data("{ sensor(name: \"a\", source: \"south\") { source } }")
        .await;
    assert_eq!(data["sensor"]["source"], "south");
}

#[tokio::test]
async fn pages_go_through_all_sensors_in_either_direction() {
    let world = World::new().await;
    world.sensors(&["a", "b", "c", "d", "e"]).await;
    let first = world
        .data(
            "{ sensors(first: 2) { nodes { name } edges { cursor node { name } } totalCount { value exact } \
               pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
        )
        .await["sensors"]
        .take();
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["totalCount"], json!({ "value": 5.0, "exact": true }));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(first["edges"][1]["cursor"], first["pageInfo"]["endCursor"]);

    let after = first["pageInfo"]["endCursor"].as_str().unwrap();
    let query = format!(
        "{{ sensors(first: 3, after: \"{after}\") {{ nodes {{ name }} pageInfo {{ hasNextPage startCursor }} }} }}"
    );
    let rest = world.data(&query).await["sensors"].take();
    assert_eq!(names(&rest), ["c", "d", "e"]);
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);

    let before = rest["pageInfo"]["startCursor"].as_str().unwrap();
    let query = format!(
        "{{ sensors(last: 1, before: \"{before}\") {{ nodes {{ name }} pageInfo {{ hasPreviousPage }} }} }}"
    );
    let back = world.data(&query).await["sensors"].take();
    assert_eq!(names(&back), ["b"]);
    assert_eq!(back["pageInfo"]["hasPreviousPage"], true);
}

#[tokio::test]
async fn filters_restrict_and_orders_sort() {
    let world = World::new().await;
    world.sensors(&["c", "b"]).await;
    world.declare(vec![thermometer("a")]).await;
    for (arguments, expected) in [
        ("orderBy: NAME_DESC", vec!["c", "b", "a"]),
        ("filter: { names: [\"c\", \"x\"] }", vec!["c"]),
        ("filter: { types: [\"temperature\"] }", vec!["a"]),
        ("filter: { units: [\"Cel\"] }", vec!["a"]),
        (
            "filter: { sources: [\"plant\"], declared: false }",
            vec!["b", "c"],
        ),
        (
            "filter: { labels: [{ key: \"site\", value: \"Harbour\" }] }",
            vec!["a"],
        ),
        ("filter: { labels: [{ key: \"site\" }] }", vec!["a"]),
        ("filter: { text: \"ENTRANCE\" }", vec!["a"]),
        (
            "filter: { within: { south: 9, west: 19, north: 11, east: 21 } }",
            vec!["a"],
        ),
        (
            "filter: { near: { lat: 10, lng: 20.001, metres: 200 } }",
            vec!["a"],
        ),
        ("filter: { near: { lat: 11, lng: 20, metres: 200 } }", vec![]),
        ("filter: { ids: [\"no id\"] }", vec![]),
        ("filter: { names: [] }", vec![]),
    ] {
        let data = world
            .data(&format!("{{ sensors({arguments}) {{ nodes {{ name }} }} }}"))
            .await;
        assert_eq!(names(&data["sensors"]), expected, "{arguments}");
    }
}
