//! The catalogue: datasets are found, described by what the database says of itself, and versioned.

mod facets;
mod feeds;
mod found;
mod freshness;
mod incidents;
mod keeping;
mod lineage;
mod versions;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// Fieldbook's own datasets, in their order.
pub(crate) const DATASETS: &[&str] = &[
    "raw-messages",
    "readings",
    "readings-1m",
    "readings-1h",
    "readings-1d",
    "sensor-versions",
    "sensors",
    "quarantined-messages",
    "reading-conflicts",
];

/// The nodes of all datasets, with this selection.
async fn datasets(world: &World, selection: &str) -> Vec<Value> {
    world.renew_catalogue().await;
    let query = format!("{{ datasets {{ nodes {{ {selection} }} }} }}");
    let data = world.data(&query).await;
    data["datasets"]["nodes"].as_array().unwrap().clone()
}

/// One dataset, with this selection.
async fn dataset(world: &World, slug: &str, selection: &str) -> Value {
    world.renew_catalogue().await;
    let query = format!("{{ dataset(slug: {slug:?}) {{ {selection} }} }}");
    world.data(&query).await["dataset"].clone()
}

testbed::both! {
    async fn nothing_is_missing_of_what_fieldbook_says_of_its_own(database: TestDatabase) {
        let world = World::on(database, open()).await;
        world.declare(vec![thermometer("a")]).await;
        let all = datasets(&world, "slug title description version problems { field message } owner { name }").await;
        let slugs: Vec<&str> = all.iter().map(|dataset| dataset["slug"].as_str().unwrap()).collect();
        assert_eq!(slugs, DATASETS);
        for dataset in all {
            assert_eq!(dataset["problems"], json!([]), "{}", dataset["slug"]);
            assert_eq!(dataset["version"], json!("1.0.0"), "{}", dataset["slug"]);
            assert_ne!(dataset["description"], json!(""), "{}", dataset["slug"]);
        }
    }

    async fn a_dataset_says_how_much_there_is_and_of_what(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
        world.readings(sensors[0], "2026-06-01T00:00:00Z", "1 minute", 30).await;
        let readings = dataset(
            &world,
            "readings",
            "kind period { from to } sensorCount rows { value exact } resolutionSeconds keywords derivedFrom \
             boundingBox { south west north east } distributions { path mediaType download } bytes { value }",
        )
        .await;
        assert_eq!(readings["kind"], json!("READINGS"));
        assert_eq!(
            readings["period"],
            json!({ "from": "2026-06-01T00:00:00Z", "to": "2026-06-01T00:29:00Z" })
        );
        assert_eq!(readings["sensorCount"], json!(2.0));
        assert_eq!(readings["rows"]["value"], json!(30.0));
        assert!(readings["bytes"]["value"].as_f64().unwrap() > 0.0);
        assert_eq!(readings["derivedFrom"], json!(["raw-messages"]));
        assert!(readings["keywords"].as_array().unwrap().contains(&json!("Temperature")), "{readings}");
        assert!(readings["boundingBox"]["south"].is_number(), "{readings}");
        assert!(
            readings["distributions"].as_array().unwrap().iter().any(|way| way["path"] == "/export/readings.parquet"),
            "{readings}"
        );
    }
}

#[tokio::test]
async fn a_field_says_its_types_unit_meaning_range_and_example() {
    let world = World::new().await;
    let sensors = world.declare(vec![thermometer("a")]).await;
    world
        .readings(sensors[0], "2026-06-01T00:00:00Z", "1 minute", 1)
        .await;
    let selection = "fields { name sqlType graphql graphqlType nullable key references description example since \
                     unit { ofSensor declared ucum symbol quantityKind } range { min max } }";
    let field = |dataset: &Value, name: &str| -> Value {
        let fields = dataset["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    let readings = dataset(&world, "readings", selection).await;
    let value = field(&readings, "value");
    assert_eq!(value["sqlType"], json!("double precision"));
    assert_eq!(
        (&value["graphql"], &value["graphqlType"]),
        (&json!("Reading.value"), &json!("Float!"))
    );
    assert_eq!(value["unit"]["ofSensor"], json!(true));
    assert_eq!(
        (&value["nullable"], &value["key"], &value["since"]),
        (&json!(false), &json!(false), &json!("1.0.0"))
    );
    assert!(
        value["description"]
            .as_str()
            .unwrap()
            .starts_with("The measured value")
    );
    assert!(
        !value["description"].as_str().unwrap().contains('{'),
        "no line for programs in it"
    );
    assert_eq!(value["example"], json!("0"));
    let time = field(&readings, "time");
    assert_eq!(
        (&time["key"], &time["graphqlType"]),
        (&json!(true), &json!("DateTime!"))
    );

    let sensors = dataset(&world, "sensors", selection).await;
    let lat = field(&sensors, "lat");
    assert_eq!(lat["range"], json!({ "min": -90.0, "max": 90.0 }));
    assert_eq!(lat["unit"]["ucum"], json!("deg"));
    assert_eq!(lat["graphql"], json!("Sensor.location"));
    let interval = field(&sensors, "expected_interval_seconds");
    assert_eq!(interval["unit"]["quantityKind"], json!("Time"));
    let versions = dataset(&world, "sensor-versions", selection).await;
    assert_eq!(field(&versions, "sensor_id")["references"], json!("sensor.id"));
}

#[tokio::test]
async fn a_line_of_the_archive_has_the_fields_that_the_catalogue_names() {
    let world = World::new().await;
    let raw = dataset(&world, "raw-messages", "fields { name nullable }").await;
    let fields = raw["fields"].as_array().unwrap().iter();
    let named: BTreeSet<String> = fields
        .map(|field| field["name"].as_str().unwrap().to_owned())
        .collect();
    let mut written = BTreeSet::new();
    for (topic, payload, kind) in [
        (&b"topic"[..], &b"text"[..], archive::Kind::Message),
        (&b"\xff"[..], &b"\xff"[..], archive::Kind::Sensors),
    ] {
        let line = archive::Line {
            seq: 1,
            source: "plant",
            topic,
            received_at: crate::world::at("2026-06-01T00:00:00Z"),
            qos: archive::Qos::AtLeastOnce,
            retain: false,
            dup: false,
            kind,
            payload,
        };
        let mut bytes = Vec::new();
        line.write(&mut bytes).unwrap();
        let object: serde_json::Map<String, Value> = serde_json::from_slice(&bytes).unwrap();
        written.extend(object.keys().cloned());
    }
    assert_eq!(named, written);
}

#[tokio::test]
async fn examples_are_data_and_shown_to_whom_all_of_it_is_open() {
    let world = World::with(api::Options {
        anonymous: api::Anonymous::Catalogue,
        ..open()
    })
    .await;
    let sensors = world.declare(vec![thermometer("a")]).await;
    world
        .readings(sensors[0], "2026-06-01T00:00:00Z", "1 minute", 1)
        .await;
    world.renew_catalogue().await;
    let all = world.key(|_| ()).await;
    let limited = world
        .key(|key| key.sensors.types = Some(vec!["flow".to_owned()]))
        .await;
    let other = world
        .key(|key| key.datasets = Some(vec!["sensors".to_owned()]))
        .await;
    let query = "{ dataset(slug: \"readings\") { open fields { example } } }";
    for (key, open, shown) in [
        (&all, true, true),
        (&limited, true, false),
        (&other, false, false),
    ] {
        let (_, _, body) = world.ask_as(key.reveal(), query).await;
        let dataset = &body["data"]["dataset"];
        assert_eq!(dataset["open"], json!(open), "{body}");
        let any = dataset["fields"]
            .as_array()
            .unwrap()
            .iter()
            .any(|field| field["example"] != json!(null));
        assert_eq!(any, shown, "{body}");
    }
    let (_, body) = world.post(json!({ "query": query })).await;
    assert_eq!(body["data"]["dataset"]["open"], json!(false));
}

#[tokio::test]
async fn datasets_are_filtered_and_come_in_pages() {
    let world = World::new().await;
    let slugs = |data: &Value| -> Vec<String> {
        let nodes = data["datasets"]["nodes"].as_array().unwrap().iter();
        nodes
            .map(|node| node["slug"].as_str().unwrap().to_owned())
            .collect()
    };
    world.renew_catalogue().await;
    for (filter, expected) in [
        (
            "kinds: [ROLLUP]",
            &["readings-1m", "readings-1h", "readings-1d"][..],
        ),
        ("slugs: [\"sensors\", \"nothing\"]", &["sensors"]),
        ("text: \"BYTE FOR BYTE\"", &["raw-messages"]),
        ("kinds: []", &[]),
        ("problems: true", &[]),
        ("open: false", &[]),
    ] {
        let data = world
            .data(&format!(
                "{{ datasets(filter: {{ {filter} }}) {{ nodes {{ slug }} }} }}"
            ))
            .await;
        assert_eq!(slugs(&data), expected, "{filter}");
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let query = format!(
            "{{ datasets(first: 4 {after}) {{ nodes {{ slug }} pageInfo {{ hasNextPage endCursor }} \
             totalCount {{ value exact }} edges {{ cursor node {{ slug }} }} }} }}"
        );
        let data = world.data(&query).await;
        let page = &data["datasets"];
        assert_eq!(page["totalCount"], json!({ "value": 9.0, "exact": true }));
        assert_eq!(page["edges"].as_array().unwrap().len(), slugs(&data).len());
        seen.extend(slugs(&data));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!("after: {}", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen, DATASETS);
    for (arguments, argument) in [("first: 0", "first"), ("after: \"x\"", "after")] {
        let error = world
            .error(&format!("{{ datasets({arguments}) {{ nodes {{ slug }} }} }}"))
            .await;
        assert_eq!(error["extensions"]["argument"], json!(argument), "{error}");
    }
    assert_eq!(dataset(&world, "nothing", "slug").await, json!(null));
}
