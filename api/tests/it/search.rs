//! `search`: datasets, fields and sensors by words.

use api::{Anonymous, Options};
use entity::load::DeclaredSensor;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

fn sensor(name: &str, kind: &str, description: &str, site: &str) -> DeclaredSensor {
    DeclaredSensor {
        kind: Some(kind.to_owned()),
        description: Some(description.to_owned()),
        labels: [("site".to_owned(), site.to_owned())].into(),
        ..thermometer(name)
    }
}

async fn plant(world: &World) {
    world
        .declare(vec![
            sensor("Pump 1", "flow", "Inlet of line A", "Harbour"),
            sensor("Pump 12", "flow", "Outlet of line A", "Harbour"),
            sensor("Feed pump 1", "pressure", "Behind the boiler", "Zürich"),
            sensor(
                "hall/2/T-7",
                "temperature",
                "Above pump 1, boiler house",
                "Südhof",
            ),
        ])
        .await;
    world.renew_catalogue().await;
}

async fn hits(world: &World, text: &str) -> Vec<Value> {
    let query = "query ($text: String!) { search(text: $text) { kind title score foundIn snippet { text matched } \
                 sensor { name } dataset { slug } field { name } } }";
    let asked = json!({ "query": query, "variables": { "text": text } });
    let (_, mut body) = world.post(asked).await;
    assert!(body.get("errors").is_none(), "{text:?}: {body}");
    serde_json::from_value(body["data"]["search"].take()).unwrap()
}

/// The hits as `kind title`.
async fn titles(world: &World, text: &str) -> Vec<String> {
    let hits = hits(world, text).await.into_iter();
    hits.map(|hit| {
        let (kind, title) = (hit["kind"].as_str().unwrap(), hit["title"].as_str().unwrap());
        format!("{kind} {title}")
    })
    .collect()
}

fn snippet(hit: &Value) -> String {
    let mut shown = String::new();
    for part in hit["snippet"].as_array().unwrap() {
        let text = part["text"].as_str().unwrap();
        if part["matched"] == json!(true) {
            shown.extend(["<", text, ">"]);
        } else {
            shown.push_str(text);
        }
    }
    shown
}

testbed::both! {
    async fn the_name_itself_comes_before_its_beginning_before_words_before_typos(database: TestDatabase) {
        let world = World::on(database, open()).await;
        plant(&world).await;
        assert_eq!(
            titles(&world, "pump 1").await,
            ["SENSOR Pump 1", "SENSOR Pump 12", "SENSOR Feed pump 1", "SENSOR hall/2/T-7"]
        );
        let scores: Vec<f64> = hits(&world, "pump 1").await.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|one, other| one > other) && scores[0] >= 1.0, "{scores:?}");
        assert_eq!(titles(&world, "pump 3").await, Vec::<String>::new());
    }

    async fn sensors_are_found_by_type_unit_place_description_and_their_beginnings(database: TestDatabase) {
        let world = World::on(database, open()).await;
        plant(&world).await;
        for (text, expected, found_in, marked) in [
            ("zür", "Feed pump 1", "labels.site", "<Zürich>"),
            ("ZÜRICH", "Feed pump 1", "labels.site", "<Zürich>"),
            ("boiler house", "hall/2/T-7", "description", "Above pump 1, <boiler> <house>"),
            ("t-7 hall", "hall/2/T-7", "name", "<hall>/2/<T>-<7>"),
            ("outlet line", "Pump 12", "description", "<Outlet> of <line> A"),
        ] {
            let found = hits(&world, text).await;
            assert_eq!(found[0]["title"], json!(expected), "{text}: {found:?}");
            assert_eq!(found[0]["sensor"]["name"], json!(expected));
            assert_eq!((found[0]["foundIn"].as_str(), snippet(&found[0])), (Some(found_in), marked.to_owned()), "{text}");
        }
        let by_unit = titles(&world, "°C").await;
        assert!(by_unit.contains(&"SENSOR Pump 1".to_owned()), "{by_unit:?}");
    }

    async fn what_is_misspelt_is_found_where_nothing_else_is(database: TestDatabase) {
        let world = World::on(database, open()).await;
        plant(&world).await;
        for (text, expected) in [
            ("harbuor", "SENSOR Pump 1"),
            ("presure", "SENSOR Feed pump 1"),
            ("boilre huose", "SENSOR hall/2/T-7"),
            ("outlett lin", "SENSOR Pump 12"),
            ("quarantned", "DATASET Quarantined messages"),
        ] {
            let found = titles(&world, text).await;
            assert!(found.contains(&expected.to_owned()), "{text}: {found:?}");
            let scores = hits(&world, text).await;
            assert!(scores.iter().all(|hit| hit["score"].as_f64().unwrap() < 0.4), "{text}");
        }
        let found = hits(&world, "harbuor").await;
        assert_eq!(snippet(&found[0]), "<Harbour>");
        // Numbers are not misspelt, and a word that is like none finds nothing.
        for text in ["Pump 13", "pomp99", "xylophone"] {
            assert_eq!(titles(&world, text).await, Vec::<String>::new(), "{text}");
        }
    }

    async fn datasets_and_fields_are_found_beside_sensors(database: TestDatabase) {
        let world = World::on(database, open()).await;
        world.declare(vec![sensor("Readings of the gate", "count", "Gate", "Harbour")]).await;
        world.renew_catalogue().await;
        let found = titles(&world, "readings").await;
        assert_eq!(found[0], "DATASET Readings", "{found:?}");
        let place = |title: &str| found.iter().position(|found| found == title).unwrap_or_else(|| panic!("{title}: {found:?}"));
        assert!(place("DATASET Readings by the minute") < place("DATASET Conflicting readings"), "{found:?}");
        assert!(place("SENSOR Readings of the gate") < place("DATASET Conflicting readings"), "{found:?}");

        let found = hits(&world, "received_at").await;
        assert!(found.iter().all(|hit| hit["kind"] == json!("FIELD")), "{found:?}");
        assert_eq!(
            (&found[0]["field"]["name"], &found[0]["score"], snippet(&found[0])),
            (&json!("received_at"), &json!(1.0), "<received>_<at>".to_owned())
        );
        assert!(found.iter().any(|hit| hit["dataset"]["slug"] == json!("readings")), "{found:?}");
        // By its name in GraphQL, and by its unit.
        assert_eq!(titles(&world, "receivedAt").await[0], "FIELD received_at");
        let by_unit = titles(&world, "expected deg").await;
        assert_eq!(by_unit, Vec::<String>::new());
        assert!(titles(&world, "angle").await.contains(&"FIELD lat".to_owned()));
    }

    async fn any_text_is_answered(database: TestDatabase) {
        let world = World::on(database, open()).await;
        plant(&world).await;
        for text in [
            "", " ", "'", "\"", "\\", "';DROP TABLE sensor;--", "a & !b | (c) <-> d:*A", "pump:* & | !", "%_%", "$1 $$ E'\\'",
            "🔥", "pump 🔥", "שלום עולם", "مضخة", "हिन्दी", "\u{202e}pump\u{202d}", "\u{feff}", "e\u{301}", "ﬁ", "²³",
            "a\u{300}\u{301}\u{302}", "\n\t\r", "x", "0", "-1", "1e309", "NaN", "null",
        ] {
            hits(&world, text).await;
        }
        let long_word = "a".repeat(1_000);
        let long_letters = "ß".repeat(999);
        for text in [long_word, long_letters, "𐐷".repeat(700)] {
            assert_eq!(hits(&world, &text).await, Vec::<Value>::new());
        }
        let ask = async |text: &str| {
            let asked = json!({ "query": "query ($text: String!) { search(text: $text) { title } }", "variables": { "text": text } });
            world.post(asked).await.1["errors"][0]["extensions"]["code"].clone()
        };
        for (text, code) in [
            ("a\0b".to_owned(), "INVALID_ARGUMENT"),
            ("a".repeat(10_000), "LIMIT_EXCEEDED"),
            ("a b c d e f g h i j k l m n o p q".to_owned(), "INVALID_ARGUMENT"),
        ] {
            assert_eq!(ask(&text).await, json!(code));
        }
        // What was found and not seen by the same rule is a hit all the same.
        assert!(titles(&world, "pump 🔥").await.contains(&"SENSOR Pump 1".to_owned()));
    }
}

#[tokio::test]
async fn there_are_as_many_hits_as_asked_for_the_best_of_them() {
    let world = World::new().await;
    let mut sensors: Vec<DeclaredSensor> = (0..300)
        .map(|number| sensor(&format!("A {number:03}"), "flow", "of a pump", "Harbour"))
        .collect();
    sensors.push(sensor("Z Pump", "flow", "", "Harbour"));
    sensors.push(sensor("Pumphouse", "flow", "", "Harbour"));
    world.declare(sensors).await;
    let ask = |first: i64| format!("{{ search(text: \"pump\", first: {first}) {{ title }} }}");
    let data = world.data(&ask(3)).await;
    assert_eq!(
        data["search"],
        json!([{ "title": "Pumphouse" }, { "title": "Z Pump" }, { "title": "A 000" }])
    );
    let data = world.data(&ask(100)).await;
    assert_eq!(data["search"].as_array().unwrap().len(), 100);
    for first in [0, -1, 101] {
        let error = world.error(&ask(first)).await;
        assert_eq!(error["extensions"]["code"], "INVALID_ARGUMENT", "{error}");
        assert_eq!(error["extensions"]["argument"], "first");
    }
}

#[tokio::test]
async fn who_may_not_see_sensors_finds_datasets_and_nobody_else_anything() {
    let world = World::with(Options {
        anonymous: Anonymous::Catalogue,
        ..open()
    })
    .await;
    plant(&world).await;
    assert_eq!(titles(&world, "pump").await, Vec::<String>::new());
    assert_eq!(titles(&world, "harbuor").await, Vec::<String>::new());
    assert_eq!(titles(&world, "raw messages").await[0], "DATASET Raw messages");

    let closed = World::with(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    let error = closed.error("{ search(text: \"raw\") { title } }").await;
    assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_changed_description_is_found_at_once() {
    let world = World::new().await;
    plant(&world).await;
    assert_eq!(titles(&world, "chimney").await, Vec::<String>::new());
    let changed = sensor("Pump 1", "flow", "Beside the chimney", "Harbour");
    world.declare_at("2026-02-01", 2, vec![changed]).await;
    assert_eq!(titles(&world, "chimney").await, ["SENSOR Pump 1"]);
}
