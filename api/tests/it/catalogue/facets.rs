//! Lists of datasets narrowed by what they are, and how many are what.

use api::Options;
use entity::load::DeclaredSensor;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

const FACETS: &str = "facets { kinds { value count selected } quantityKinds { value count } units { value count } \
                      freshness { value count } quality { value count } owners { value count } }";

async fn facets(world: &World, filter: &str) -> Value {
    let query = format!("{{ datasets{filter} {{ {FACETS} }} }}");
    world.data(&query).await["datasets"]["facets"].take()
}

async fn slugs(world: &World, filter: &str) -> Vec<String> {
    let query =
        format!("{{ datasets(filter: {{ {filter} }}) {{ nodes {{ slug }} totalCount {{ value }} }} }}");
    let data = world.data(&query).await;
    let nodes = data["datasets"]["nodes"].as_array().unwrap();
    let total = f64::from(u32::try_from(nodes.len()).unwrap());
    assert_eq!(data["datasets"]["totalCount"]["value"], json!(total));
    nodes
        .iter()
        .map(|node| node["slug"].as_str().unwrap().to_owned())
        .collect()
}

fn count(facet: &Value, value: &str) -> Option<u64> {
    let counts = facet.as_array().unwrap().iter();
    let mut found = counts.filter(|count| count["value"] == json!(value));
    found.next().and_then(|count| count["count"].as_u64())
}

testbed::both! {
    async fn datasets_are_narrowed_by_what_they_measure_and_how_they_are(database: TestDatabase) {
        let world = World::on(database, open()).await;
        world.declare(vec![thermometer("a")]).await;
        world.renew_catalogue().await;
        assert_eq!(slugs(&world, "kinds: [ROLLUP]").await, ["readings-1m", "readings-1h", "readings-1d"]);
        let measured = slugs(&world, "quantityKinds: [\"Temperature\"]").await;
        assert!(measured.contains(&"readings".to_owned()) && !measured.contains(&"raw-messages".to_owned()), "{measured:?}");
        assert_eq!(slugs(&world, "units: [\"Cel\"]").await, measured);
        assert_eq!(slugs(&world, "units: [\"Cel\"], kinds: [READINGS]").await, ["readings"]);
        assert_eq!(slugs(&world, "units: [\"K\"]").await, Vec::<String>::new());
        assert_eq!(slugs(&world, "units: []").await, Vec::<String>::new());
        assert_eq!(slugs(&world, "freshness: [NO_DATA], kinds: [READINGS]").await, ["readings"]);
        assert_eq!(slugs(&world, "freshness: [FRESH, LATE], kinds: [READINGS]").await, Vec::<String>::new());
        assert_eq!(slugs(&world, "owners: [\"nobody\"]").await, Vec::<String>::new());
        let bad = slugs(&world, "quality: [WARN, FAIL]").await;
        assert_eq!(bad, Vec::<String>::new(), "an empty database is not bad");
    }

    async fn facets_count_what_all_other_filters_leave(database: TestDatabase) {
        let world = World::on(database, open()).await;
        world.declare(vec![thermometer("a")]).await;
        world.renew_catalogue().await;
        let all = facets(&world, "").await;
        let total: u64 = all["kinds"].as_array().unwrap().iter().map(|kind| kind["count"].as_u64().unwrap()).sum();
        assert_eq!(total, super::DATASETS.len() as u64);
        assert_eq!(count(&all["kinds"], "ROLLUP"), Some(3));
        assert_eq!(all["kinds"][0]["value"], json!("ROLLUP"), "the commonest comes first");

        // A facet is not narrowed by itself: the other kinds can still be chosen. All others are.
        let narrowed = facets(&world, "(filter: { kinds: [READINGS], units: [\"Cel\"] })").await;
        assert_eq!(count(&narrowed["kinds"], "READINGS"), Some(1));
        assert_eq!(count(&narrowed["kinds"], "ROLLUP"), Some(3));
        assert_eq!(count(&narrowed["kinds"], "RAW"), None);
        let selected = narrowed["kinds"].as_array().unwrap().iter().filter(|kind| kind["selected"] == json!(true));
        assert_eq!(selected.map(|kind| kind["value"].as_str().unwrap()).collect::<Vec<_>>(), ["READINGS"]);
        assert_eq!(narrowed["freshness"], json!([{ "value": "NO_DATA", "count": 1 }]));

        // What a facet says is what a filter finds.
        for (facet, argument) in [("quantityKinds", "quantityKinds"), ("units", "units"), ("owners", "owners")] {
            for value in all[facet].as_array().unwrap() {
                let found = slugs(&world, &format!("{argument}: [{}]", value["value"])).await;
                assert_eq!(found.len() as u64, value["count"].as_u64().unwrap(), "{facet} {value}");
            }
        }
        for (facet, argument) in [("kinds", "kinds"), ("freshness", "freshness"), ("quality", "quality")] {
            for value in all[facet].as_array().unwrap() {
                let found = slugs(&world, &format!("{argument}: [{}]", value["value"].as_str().unwrap())).await;
                assert_eq!(found.len() as u64, value["count"].as_u64().unwrap(), "{facet} {value}");
            }
        }
        assert!(count(&all["units"], "Cel").is_some() && count(&all["quantityKinds"], "Temperature").is_some(), "{all}");
    }
}

#[tokio::test]
async fn what_other_sensors_measure_is_told_to_nobody_who_may_not_see_them() {
    let world = World::with(Options {
        anonymous: api::Anonymous::None,
        ..open()
    })
    .await;
    let other = DeclaredSensor {
        kind: Some("flow".to_owned()),
        ..thermometer("b")
    };
    world.declare(vec![other]).await;
    world.renew_catalogue().await;
    let query = format!(
        "{{ datasets {{ {FACETS} nodes {{ slug keywords }} }} search(text: \"temperature\") {{ title }} }}"
    );
    let told = async |key: &api::ApiKey| world.ask_as(key.reveal(), &query).await.2.to_string();
    let everything = world.key(|_| ()).await;
    let limited = world
        .key(|key| key.sensors.types = Some(vec!["pressure".to_owned()]))
        .await;
    for word in ["\"Temperature\"", "\"Cel\""] {
        assert!(told(&everything).await.contains(word), "{word}");
        assert!(!told(&limited).await.contains(word), "{word}");
    }
}
