//! Sensors by their words.

use std::collections::BTreeMap;

use entity::load::{DeclaredSensor, LoadTransaction, NewSensorList};
use entity::query::sensors::search::{Term, find, words};
use entity::{DatabaseConnection, Scope};

use crate::support::{at, journal, on_both, one};

on_both!(
    sensors_are_found_by_the_beginnings_of_their_words,
    names_come_before_their_beginnings_before_words_before_the_rest,
    signs_part_words_and_mean_nothing,
    only_what_is_in_scope_is_found,
    no_description_is_too_long,
);

async fn declare(db: &DatabaseConnection, sensors: Vec<DeclaredSensor>) {
    let list = NewSensorList {
        source: "plant".to_owned(),
        received_at: at(0),
        seq: 1,
        sha256: [0; 32],
        sensors,
    };
    let mut transaction = LoadTransaction::begin(db, journal(db).await).await.unwrap();
    transaction.apply_sensor_list(&list).await.unwrap();
    transaction.commit().await.unwrap();
}

fn sensor(name: &str, description: &str) -> DeclaredSensor {
    DeclaredSensor {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ..DeclaredSensor::default()
    }
}

async fn found_in(db: &DatabaseConnection, scope: &Scope, text: &str, limit: u64) -> Vec<String> {
    let terms: Vec<Term> = text
        .split(' ')
        .map(|word| match word.split_once('|') {
            Some((one, other)) => Term::OneOf(vec![one.to_owned(), other.to_owned()]),
            None => Term::Begins(word.to_owned()),
        })
        .collect();
    let found = find(db, scope, text, &terms, limit).await.unwrap();
    found.into_iter().map(|sensor| sensor.name).collect()
}

async fn found(db: &DatabaseConnection, text: &str) -> Vec<String> {
    found_in(db, &Scope::Everything, text, 100).await
}

async fn sensors_are_found_by_the_beginnings_of_their_words(db: &DatabaseConnection) {
    let pump = DeclaredSensor {
        kind: Some("flow".to_owned()),
        unit: Some("m3/h".to_owned()),
        labels: BTreeMap::from([("site".to_owned(), "Zürich Harbour".to_owned())]),
        ..sensor("Pump 1", "Inlet")
    };
    declare(db, vec![pump, sensor("Roof", "Main entrance")]).await;
    for text in ["pump", "pu 1", "flow", "m3", "zürich", "harb inl"] {
        assert_eq!(found(db, text).await, ["Pump 1"], "{text}");
    }
    for text in ["pump entrance", "site", "ump", "harbor"] {
        assert_eq!(found(db, text).await, Vec::<String>::new(), "{text}");
    }
    assert_eq!(found(db, "harbour|entrance").await, ["Pump 1", "Roof"]);
    assert_eq!(found(db, "harbour|harbor flow").await, ["Pump 1"]);
    let mut words = words(db, &Scope::Everything).await.unwrap();
    words.sort_unstable();
    let expected = [
        "entrance", "flow", "h", "harbour", "inlet", "main", "pump", "roof", "zürich",
    ];
    assert_eq!(words, expected, "without numbers");
}

async fn names_come_before_their_beginnings_before_words_before_the_rest(db: &DatabaseConnection) {
    let sensors = [
        ("A", "pumps"),
        ("B", "pump"),
        ("C pumps", ""),
        ("D pump", ""),
        ("Pump", ""),
        ("Pump 1", ""),
        ("Pumphouse", ""),
    ];
    declare(
        db,
        sensors
            .map(|(name, description)| sensor(name, description))
            .to_vec(),
    )
    .await;
    let expected = ["Pump", "Pump 1", "Pumphouse", "D pump", "B", "C pumps", "A"];
    assert_eq!(found(db, "pump").await, expected);
    assert_eq!(found_in(db, &Scope::Everything, "pump", 4).await, expected[..4]);
}

async fn signs_part_words_and_mean_nothing(db: &DatabaseConnection) {
    declare(
        db,
        vec![sensor("hall/2/T-7.in@x.ch", "http://a.b/c?d=e, 1.5e3 %_%")],
    )
    .await;
    for text in ["hall", "2", "t", "7", "ch", "http", "d", "1", "5e3"] {
        assert_eq!(found(db, text).await.len(), 1, "{text}");
    }
    for text in [
        "'", "\\", "''", "a:*", "!x", "a&b", "🔥", "(", "<->", "%", "\u{202e}", "a\0b",
    ] {
        // What is no word finds nothing, or what its letters find; it is never an error.
        found(db, text).await;
    }
    assert_eq!(found(db, "!x").await.len(), 1);
}

async fn only_what_is_in_scope_is_found(db: &DatabaseConnection) {
    declare(db, vec![sensor("Pump 1", "north"), sensor("Pump 2", "south")]).await;
    let id: i32 = one(db, "SELECT id FROM sensor WHERE name = 'Pump 2'").await;
    let scope = Scope::of_sensors(vec![id]);
    assert_eq!(found_in(db, &scope, "pump", 100).await, ["Pump 2"]);
    assert_eq!(
        found_in(db, &scope, "pump north", 100).await,
        Vec::<String>::new()
    );
    assert_eq!(words(db, &scope).await.unwrap(), ["pump", "south"]);
    assert_eq!(
        found_in(db, &Scope::Nothing, "pump", 100).await,
        Vec::<String>::new()
    );
    assert_eq!(words(db, &Scope::Nothing).await.unwrap(), Vec::<String>::new());
}

async fn no_description_is_too_long(db: &DatabaseConnection) {
    let many: Vec<String> = (0..400_000).map(|word| format!("w{word}")).collect();
    let many = many.join(" ");
    let labels = BTreeMap::from([
        ("all".to_owned(), many.clone()),
        ("long".to_owned(), "x".repeat(3_000_000)),
    ]);
    let long = DeclaredSensor {
        labels,
        ..sensor("Pump 1", &many)
    };
    declare(db, vec![long]).await;
    assert_eq!(found(db, "pump w1").await, ["Pump 1"]);
}
