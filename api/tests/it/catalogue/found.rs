//! Tables that nobody told Fieldbook of.

use entity::load::DeclaredSensor;
use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{dataset, datasets};
use crate::world::{World, open, thermometer};

async fn found(world: &World) -> Vec<String> {
    let all = datasets(world, "slug").await;
    let slugs = all
        .into_iter()
        .map(|dataset| dataset["slug"].as_str().unwrap().to_owned());
    slugs
        .filter(|slug| !super::DATASETS.contains(&slug.as_str()))
        .collect()
}

testbed::both! {
    async fn a_table_with_comments_is_a_dataset_without_code(database: TestDatabase) {
        let world = World::on(database, open()).await;
        // In one statement: the catalogue may look at any time.
        world
            .run(
                "CREATE TABLE weather_forecast (
                     issued_at timestamptz NOT NULL, place text NOT NULL, wind float8 CHECK (wind >= 0 AND wind <= 120),
                     PRIMARY KEY (issued_at, place));
                 COMMENT ON TABLE weather_forecast IS 'What the weather will be.\n{\"title\": \"Forecasts\", \"keywords\": [\"weather\"], \"time\": \"issued_at\"}';
                 COMMENT ON COLUMN weather_forecast.issued_at IS 'When it was made (UTC).';
                 COMMENT ON COLUMN weather_forecast.place IS 'Where it is for.';
                 COMMENT ON COLUMN weather_forecast.wind IS 'Speed of the wind.\n{\"unit\": \"m/s\"}';
                 INSERT INTO weather_forecast VALUES
                     ('2026-06-01T00:00:00Z', 'here', 3), ('2026-06-02T00:00:00Z', 'here', 4)",
            )
            .await;
        assert_eq!(found(&world).await, ["weather-forecast"]);
        let forecast = dataset(
            &world,
            "weather-forecast",
            "title description kind version keywords period { from to } rows { value exact } \
             problems { field message } fields { name unit { ucum } range { min max } key example }",
        )
        .await;
        assert_eq!(forecast["title"], json!("Forecasts"));
        assert_eq!(forecast["description"], json!("What the weather will be."));
        assert_eq!(forecast["kind"], json!("TABLE"));
        assert_eq!(forecast["version"], json!("1.0.0"));
        assert_eq!(forecast["rows"], json!({ "value": 2.0, "exact": true }));
        assert_eq!(forecast["period"], json!({ "from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z" }));
        assert_eq!(forecast["problems"], json!([]));
        let wind = &forecast["fields"][2];
        assert_eq!(wind["unit"]["ucum"], json!("m.s-1"));
        assert_eq!(wind["range"], json!({ "min": 0.0, "max": 120.0 }));
        assert_eq!(wind["example"], json!("3"));
    }
}

#[tokio::test]
async fn a_hypertable_and_a_continuous_aggregate_are_datasets_too() {
    let world = World::on(testbed::timescale().await, open()).await;
    world
        .run("CREATE TABLE price (time timestamptz NOT NULL, value float8 NOT NULL)")
        .await;
    world.run("SELECT create_hypertable('price', 'time')").await;
    world
        .run(
            "COMMENT ON TABLE price IS 'What power costs.\n{\"title\": \"Prices\"}';
             COMMENT ON COLUMN price.time IS 'From when on (UTC).';
             COMMENT ON COLUMN price.value IS 'How far it lies above the mean.\n{\"unit\": \"%\"}'",
        )
        .await;
    world
        .run(
            "CREATE MATERIALIZED VIEW price_by_hour WITH (timescaledb.continuous) AS \
             SELECT time_bucket('1 hour', time) AS hour, avg(value) AS mean FROM price GROUP BY hour WITH NO DATA",
        )
        .await;
    world
        .run("COMMENT ON VIEW price_by_hour IS 'Means of an hour.'")
        .await;
    world.run("INSERT INTO price SELECT '2026-06-01T00:00:00Z'::timestamptz + i * INTERVAL '1 day', i FROM generate_series(0, 9) AS i").await;
    assert_eq!(found(&world).await, ["price", "price-by-hour"]);
    let price = dataset(
        &world,
        "price",
        "title description problems { message } period { from to } rows { value }",
    )
    .await;
    assert_eq!(price["period"]["to"], json!("2026-06-10T00:00:00Z"));
    assert_eq!(
        (&price["title"], &price["problems"]),
        (&json!("Prices"), &json!([]))
    );
    feeds_have_them_too(&world).await;
    let means = dataset(&world, "price-by-hour", "description fields { name sqlType }").await;
    assert_eq!(means["description"], json!("Means of an hour."));
    assert_eq!(
        means["fields"][1],
        json!({ "name": "mean", "sqlType": "double precision" })
    );
}

/// As whoever harvests the catalogue fetches them, or holds the data against its contract.
async fn feeds_have_them_too(world: &World) {
    let (_, catalogue) = world.get("/catalogue.jsonld").await;
    let described = catalogue["@graph"]
        .as_array()
        .unwrap_or_else(|| panic!("{catalogue:#}"));
    for (slug, title, says, table, fields) in [
        (
            "price",
            "Prices",
            "What power costs.",
            "price",
            &["How far it lies above the mean.", "PERCENT", "name: value"][..],
        ),
        (
            "price-by-hour",
            "Price by hour",
            "Means of an hour.",
            "price_by_hour",
            &["name: mean", "name: hour"],
        ),
    ] {
        let id = json!(format!("{}/datasets/{slug}", world.base));
        let node = described.iter().find(|node| node["@id"] == id);
        let node = node.unwrap_or_else(|| panic!("no {slug} in {catalogue:#}"));
        let types = &node["@type"];
        let is_dataset = *types == json!("dcat:Dataset")
            || types
                .as_array()
                .is_some_and(|types| types.contains(&json!("dcat:Dataset")));
        assert!(is_dataset, "{node:#}");
        assert_eq!(
            (&node["dct:title"]["@value"], &node["dct:description"]["@value"]),
            (&json!(title), &json!(says))
        );
        let (status, contract) = world.get(&format!("/datasets/{slug}/contract.odcs.yaml")).await;
        assert_eq!(status, reqwest::StatusCode::OK);
        let contract = contract.as_str().unwrap();
        let table = format!("physicalName: {table}\n");
        for said in [title, says, &table, "physicalType: double precision\n"]
            .iter()
            .chain(fields)
        {
            assert!(contract.contains(said), "no {said:?} in {contract}");
        }
    }
}

#[tokio::test]
async fn what_is_missing_shows() {
    let world = World::new().await;
    world.run("CREATE TABLE bare (a int, b int)").await;
    world
        .run("COMMENT ON COLUMN bare.a IS 'How far.\n{\"unit\": \"furlong\"}'")
        .await;
    world
        .run("COMMENT ON COLUMN bare.b IS 'What.\n{\"unti\": \"m\"}'")
        .await;
    let bare = dataset(
        &world,
        "bare",
        "title description problems { field message } fields { description unit { declared ucum } }",
    )
    .await;
    assert_eq!(
        (&bare["title"], &bare["description"]),
        (&json!("Bare"), &json!(""))
    );
    let problems: Vec<(Value, &str)> = bare["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["field"].clone(), problem["message"].as_str().unwrap()))
        .collect();
    let says = |field: Value, words: &str| {
        problems
            .iter()
            .any(|(of, message)| *of == field && message.contains(words))
    };
    assert!(says(json!(null), "comment on its table"), "{problems:?}");
    assert!(says(json!("a"), "furlong"), "{problems:?}");
    assert!(says(json!("b"), "unknown field `unti`"), "{problems:?}");
    assert_eq!(problems.len(), 3, "{problems:?}");
    // A unit that is not understood is shown as it stands, and never guessed.
    assert_eq!(
        bare["fields"][0]["unit"],
        json!({ "declared": "furlong", "ucum": null })
    );
    // What cannot be read is shown as it stands.
    assert_eq!(
        bare["fields"][1]["description"],
        json!("What.\n{\"unti\": \"m\"}")
    );

    let odd = DeclaredSensor {
        unit: Some("furlong".into()),
        unit_meaning: None,
        ..thermometer("odd")
    };
    world.declare(vec![odd]).await;
    let readings = dataset(&world, "readings", "problems { message }").await;
    let message = readings["problems"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("1 sensors declare units") && message.contains("furlong"),
        "{message}"
    );
}

#[tokio::test]
async fn hostile_names_are_names() {
    let world = World::new().await;
    let hostile = "<script>\"; DROP TABLE reading; --' ünï 🛰";
    let quoted = format!("\"{}\"", hostile.replace('"', "\"\""));
    world
        .run(&format!(
            "CREATE TABLE {quoted} ({quoted} timestamptz PRIMARY KEY)"
        ))
        .await;
    world
        .run(&format!(
            "COMMENT ON TABLE {quoted} IS '<script>alert(1)</script>'"
        ))
        .await;
    world
        .run(&format!("INSERT INTO {quoted} VALUES ('2026-06-01T00:00:00Z')"))
        .await;
    world.run("CREATE SCHEMA other").await;
    world.run("CREATE TABLE other.reading (a int)").await;
    world.run("CREATE TABLE \"Reading\" (a int)").await;
    assert_eq!(
        found(&world).await,
        ["other-reading", "reading", "script-drop-table-reading-n"]
    );
    let odd = dataset(
        &world,
        "script-drop-table-reading-n",
        "description name rows { value } fields { name }",
    )
    .await;
    assert_eq!(odd["description"], json!("<script>alert(1)</script>"));
    assert_eq!(
        (&odd["name"], &odd["fields"][0]["name"]),
        (&json!(hostile), &json!(hostile))
    );
    assert_eq!(odd["rows"]["value"], json!(1.0));
    // It is not the dataset of readings.
    let reading = dataset(&world, "reading", "kind fields { name }").await;
    assert_eq!(reading, json!({ "kind": "TABLE", "fields": [{ "name": "a" }] }));
}

#[tokio::test]
async fn one_table_that_cannot_be_read_takes_no_other_with_it() {
    let world = World::new().await;
    // The tests' user is a superuser, to whom nothing is denied: what was never filled cannot be read by anybody.
    world
        .run("CREATE MATERIALIZED VIEW secret AS SELECT now() AS time WITH NO DATA")
        .await;
    world
        .run("COMMENT ON MATERIALIZED VIEW secret IS 'Not there.\n{\"time\": \"time\"}'")
        .await;
    world.run("CREATE VIEW broken AS SELECT 1 / 0 AS nothing").await;
    world
        .run("COMMENT ON VIEW broken IS 'Fails when it is asked.'")
        .await;
    let secret = dataset(&world, "secret", "rows { value } problems { message }").await;
    assert_eq!(secret["rows"], json!(null));
    let message = secret["problems"].to_string();
    assert!(
        message.contains("cannot be looked at") && message.contains("has not been populated"),
        "{message}"
    );
    let broken = dataset(&world, "broken", "description rows { value } fields { name }").await;
    assert_eq!(broken["fields"], json!([{ "name": "nothing" }]));
    let readings = dataset(&world, "readings", "title problems { message }").await;
    assert_eq!(readings, json!({ "title": "Readings", "problems": [] }));
}
