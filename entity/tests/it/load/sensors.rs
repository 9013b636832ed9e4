//! Registering sensors and applying sensor lists.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::load::{
    DeclaredSensor, KnownSensor, LoadError, LoadTransaction, NewSensor, NewSensorList, UnitMeaning,
    known_sensors, sensor_uuid,
};
use uuid::Uuid;

use crate::support::{at, journal, on_both, one, postgres, rows};

on_both!(
    sensors_are_registered_once_and_given_in_the_order_asked,
    registering_again_uses_up_no_numbers,
    a_list_declares_and_its_history_is_kept,
    an_older_list_only_adds_to_the_history,
    what_the_table_refuses_is_told_before,
);

fn new(name: &str) -> NewSensor {
    NewSensor {
        source: "plant".to_owned(),
        name: name.to_owned(),
        registered_at: at(0),
    }
}

async fn register(db: &DatabaseConnection, sensors: &[NewSensor]) -> Vec<KnownSensor> {
    let mut transaction = LoadTransaction::begin(db, journal(db).await).await.unwrap();
    let known = transaction.register_sensors(sensors).await.unwrap();
    transaction.commit().await.unwrap();
    known
}

async fn sensors_are_registered_once_and_given_in_the_order_asked(db: &DatabaseConnection) {
    let other = NewSensor {
        source: "other".to_owned(),
        ..new("b")
    };
    let asked = [new("b"), new("a"), new("Sensor 1 ☀"), new("b"), other];
    let known = register(db, &asked).await;
    let names: Vec<_> = known
        .iter()
        .map(|sensor| (sensor.source.as_str(), sensor.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("plant", "b"),
            ("plant", "a"),
            ("plant", "Sensor 1 ☀"),
            ("plant", "b"),
            ("other", "b")
        ]
    );
    assert_eq!(known[0].id, known[3].id);
    assert_ne!(known[0].id, known[4].id);
    assert!(known.iter().all(|sensor| !sensor.declared));
    assert_eq!(known_sensors(db).await.unwrap().len(), 4);
    let uuid: Uuid = one(
        db,
        "SELECT uuid FROM sensor WHERE source = 'plant' AND name = 'b'",
    )
    .await;
    assert_eq!(uuid, sensor_uuid("plant", "b"));
}

async fn registering_again_uses_up_no_numbers(db: &DatabaseConnection) {
    let first = register(db, &[new("a")]).await[0].id;
    for _ in 0..5 {
        assert_eq!(register(db, &[new("a")]).await[0].id, first);
    }
    assert_eq!(register(db, &[new("b")]).await[0].id, first + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loaders_that_register_the_same_sensors_agree() {
    let server = postgres().await;
    let sensors: Vec<NewSensor> = (0..200).map(|i| new(&format!("s{i}"))).collect();
    let loaders: Vec<_> = (0..4)
        .map(|loader| {
            let db = server.db.clone();
            let mut sensors = sensors.clone();
            sensors.rotate_left(loader * 50);
            tokio::spawn(async move { register(&db, &sensors).await })
        })
        .collect();
    for loader in loaders {
        assert_eq!(loader.await.unwrap().len(), 200);
    }
    assert_eq!(one::<i64>(&server.db, "SELECT count(*) FROM sensor").await, 200);
}

fn declared(name: &str, range_max: f64) -> DeclaredSensor {
    DeclaredSensor {
        name: name.to_owned(),
        kind: Some("temperature".to_owned()),
        unit: Some("C".to_owned()),
        unit_meaning: Some(UnitMeaning {
            ucum: "Cel",
            qudt: "http://qudt.org/vocab/unit/DEG_C",
            quantity_kind: "Temperature",
            symbol: "°C",
        }),
        description: Some("Main Entrance".to_owned()),
        lat: Some(90.0),
        lng: Some(-180.0),
        range_min: Some(0.1),
        range_max: Some(range_max),
        labels: BTreeMap::from([("site".to_owned(), "north".to_owned())]),
        expected_interval_seconds: Some(1.0),
    }
}

fn list(second: i64, seq: i64, sensors: Vec<DeclaredSensor>) -> NewSensorList {
    NewSensorList {
        source: "plant".to_owned(),
        received_at: at(second),
        seq,
        sha256: [1; 32],
        sensors,
    }
}

async fn apply(db: &DatabaseConnection, journal_id: i16, list: &NewSensorList) -> Vec<KnownSensor> {
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let known = transaction.apply_sensor_list(list).await.unwrap();
    transaction.commit().await.unwrap();
    known
}

/// The history as (name, from, to, highest value).
async fn history(db: &DatabaseConnection) -> Vec<(String, i64, Option<i64>, f64)> {
    let select = "SELECT name, valid_from, valid_to, (metadata->>'range_max')::float8 \
                  FROM sensor_version JOIN sensor ON sensor.id = sensor_id ORDER BY name, valid_from";
    let seconds = |time: DateTime<Utc>| (time - at(0)).num_seconds();
    rows(db, select)
        .await
        .iter()
        .map(|row| {
            let from: DateTime<Utc> = row.try_get_by_index(1).unwrap();
            let to: Option<DateTime<Utc>> = row.try_get_by_index(2).unwrap();
            (
                row.try_get_by_index(0).unwrap(),
                seconds(from),
                to.map(seconds),
                row.try_get_by_index(3).unwrap(),
            )
        })
        .collect()
}

async fn a_list_declares_and_its_history_is_kept(db: &DatabaseConnection) {
    let journal_id = journal(db).await;
    let registered = register(db, &[new("a")]).await[0].id;
    let known = apply(
        db,
        journal_id,
        &list(10, 1, vec![declared("a", 45.0), declared("b", 45.0)]),
    )
    .await;
    assert_eq!(known.len(), 2);
    assert!(
        known
            .iter()
            .all(|sensor| sensor.declared && sensor.range_max == Some(45.0))
    );
    assert!(
        known
            .iter()
            .any(|sensor| sensor.id == registered && sensor.name == "a")
    );
    // The same again, as the same record and as another.
    apply(
        db,
        journal_id,
        &list(10, 1, vec![declared("a", 45.0), declared("b", 45.0)]),
    )
    .await;
    apply(
        db,
        journal_id,
        &list(20, 2, vec![declared("a", 45.0), declared("b", 45.0)]),
    )
    .await;
    let once = [("a".to_owned(), 10, None, 45.0), ("b".to_owned(), 10, None, 45.0)];
    assert_eq!(history(db).await, once);
    assert_eq!(one::<i64>(db, "SELECT count(*) FROM sensor_list").await, 2);

    // One changes, the other is not named and stays.
    apply(db, journal_id, &list(30, 3, vec![declared("a", 50.0)])).await;
    let changed = [
        ("a".to_owned(), 10, Some(30), 45.0),
        ("a".to_owned(), 30, None, 50.0),
        ("b".to_owned(), 10, None, 45.0),
    ];
    assert_eq!(history(db).await, changed);
    // The first list once more, as in a replay.
    apply(
        db,
        journal_id,
        &list(10, 1, vec![declared("a", 45.0), declared("b", 45.0)]),
    )
    .await;
    assert_eq!(history(db).await, changed);
    assert_eq!(
        one::<f64>(db, "SELECT range_max FROM sensor WHERE name = 'a'").await,
        50.0
    );
    // What is declared no longer is gone from the sensor.
    let bare = DeclaredSensor {
        name: "a".to_owned(),
        ..DeclaredSensor::default()
    };
    apply(db, journal_id, &list(40, 4, vec![bare])).await;
    assert!(
        one::<bool>(
            db,
            "SELECT lat IS NULL AND unit IS NULL AND labels = '{}' FROM sensor WHERE name = 'a'"
        )
        .await
    );
    assert_eq!(
        one::<DateTime<Utc>>(db, "SELECT active_since FROM sensor WHERE name = 'a'").await,
        at(0)
    );
    assert_eq!(
        one::<DateTime<Utc>>(db, "SELECT active_since FROM sensor WHERE name = 'b'").await,
        at(10)
    );
    assert!(apply(db, journal_id, &list(50, 5, Vec::new())).await.is_empty());
}

async fn an_older_list_only_adds_to_the_history(db: &DatabaseConnection) {
    let journal_id = journal(db).await;
    apply(db, journal_id, &list(30, 3, vec![declared("a", 3.0)])).await;
    apply(db, journal_id, &list(10, 1, vec![declared("a", 1.0)])).await;
    let known = apply(db, journal_id, &list(20, 2, vec![declared("a", 2.0)])).await;
    assert_eq!(known[0].range_max, Some(3.0));
    let kept = [
        ("a".to_owned(), 10, Some(20), 1.0),
        ("a".to_owned(), 20, Some(30), 2.0),
        ("a".to_owned(), 30, None, 3.0),
    ];
    assert_eq!(history(db).await, kept);
}

/// On PostgreSQL alone: the tests' TimescaleDB cannot take a parameter of megabytes.
#[tokio::test]
async fn a_large_list_is_applied() {
    let server = postgres().await;
    let journal_id = journal(&server.db).await;
    let sensors: Vec<DeclaredSensor> = (1..=5000)
        .map(|i| declared(&format!("s{i}"), f64::from(i)))
        .collect();
    assert_eq!(
        apply(&server.db, journal_id, &list(10, 1, sensors)).await.len(),
        5000
    );
}

async fn what_the_table_refuses_is_told_before(db: &DatabaseConnection) {
    let journal_id = journal(db).await;
    let bare = || DeclaredSensor {
        name: "a".to_owned(),
        ..DeclaredSensor::default()
    };
    let bad = [
        DeclaredSensor {
            name: String::new(),
            ..bare()
        },
        DeclaredSensor {
            name: "x".repeat(513),
            ..bare()
        },
        DeclaredSensor {
            description: Some("\0".to_owned()),
            ..bare()
        },
        DeclaredSensor {
            labels: BTreeMap::from([("a".to_owned(), "\0".to_owned())]),
            ..bare()
        },
        DeclaredSensor {
            lat: Some(90.1),
            ..bare()
        },
        DeclaredSensor {
            lng: Some(-180.1),
            ..bare()
        },
        DeclaredSensor {
            range_min: Some(2.0),
            range_max: Some(1.0),
            ..bare()
        },
        DeclaredSensor {
            expected_interval_seconds: Some(0.0),
            ..bare()
        },
    ];
    for sensor in bad {
        assert!(sensor.refusal().is_some(), "{sensor:?}");
        let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
        let applied = transaction
            .apply_sensor_list(&list(1, 1, vec![sensor.clone()]))
            .await;
        assert!(
            matches!(applied, Err(LoadError::Halt(_))),
            "{sensor:?}: {applied:?}"
        );
    }
    // A number that is none has no form in JSON and would be lost on the way.
    assert!(
        DeclaredSensor {
            lat: Some(f64::NAN),
            ..bare()
        }
        .refusal()
        .is_some()
    );
    assert!(
        DeclaredSensor {
            range_max: Some(f64::INFINITY),
            ..bare()
        }
        .refusal()
        .is_some()
    );
    let edge = DeclaredSensor {
        name: "é".repeat(256),
        range_min: Some(1.0),
        range_max: Some(1.0),
        ..declared("", 1.0)
    };
    assert_eq!(edge.refusal(), None);
    assert_eq!(apply(db, journal_id, &list(2, 2, vec![edge])).await.len(), 1);
}
