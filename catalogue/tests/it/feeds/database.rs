//! Contracts held against the database that they describe, by a validator that nobody here wrote.

use std::fs;

use catalogue::discover::GraphqlTypes;
use catalogue::feeds::{Address, DatabaseServer, odcs};
use catalogue::model::Stored;
use catalogue::{Annotations, Keeper};
use chrono::{DateTime, TimeDelta, Utc};
use entity::load::{
    self, DeclaredSensor, LoadTransaction, NewQuarantined, NewReading, NewSensorList, OnConflict, UnitMeaning,
};
use entity::rollup::{RefreshOptions, refresh};
use entity::{DatabaseConnection, QualityFlag};
use url::Url;
use uuid::Uuid;

use super::validators::judged_by;

/// The least that a file of annotations says, and a promise that can be broken.
const ANNOTATIONS: &str = r#"
title = "Plant"
description = "What the sensors of a plant measured."

[publisher]
name = "Plant"

[datasets.readings]
stale_after_seconds = 7200
"#;

fn thermometer(name: &str) -> DeclaredSensor {
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
        description: Some("Main entrance".to_owned()),
        lat: Some(10.0),
        lng: Some(20.0),
        range_min: Some(0.0),
        range_max: Some(45.0),
        labels: [("site".to_owned(), "Harbour".to_owned())].into(),
        expected_interval_seconds: Some(60.0),
    }
}

/// Two sensors, an hour of readings of each, one that failed, one minute whose readings all failed, one conflict, and a
/// message that nobody understood.
async fn fill(db: &DatabaseConnection, now: DateTime<Utc>) {
    let journal_id = load::journal_id(db, Uuid::from_u128(7), now).await.unwrap();
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let list = NewSensorList {
        source: "plant".to_owned(),
        received_at: now - TimeDelta::hours(2),
        seq: 1,
        sha256: [0; 32],
        sensors: vec![thermometer("a"), thermometer("b")],
    };
    let sensors = transaction.apply_sensor_list(&list).await.unwrap();
    let mut readings = Vec::new();
    for sensor in &sensors {
        for second in (0..3_600).step_by(30) {
            readings.push(NewReading {
                sensor_id: sensor.id,
                time: now - TimeDelta::seconds(3_600 - second),
                value: second as f64 / 60.0,
                flag: if (1_800..1_920).contains(&second) {
                    QualityFlag::Fail
                } else {
                    QualityFlag::Pass
                },
                received_at: now,
                seq: 2,
                on_conflict: OnConflict::First,
            });
        }
    }
    readings.push(NewReading {
        value: -1.0,
        seq: 3,
        ..readings[0]
    });
    transaction.write_readings(&readings).await.unwrap();
    let quarantined = NewQuarantined {
        received_at: now,
        seq: 4,
        item: 0,
        source: "plant".to_owned(),
        topic: "sensors".to_owned(),
        code: "not_json",
        reason: "It is no JSON.".to_owned(),
        sensor: None,
        payload: b"?".to_vec(),
        payload_size: 1,
        imported: false,
        counted: None,
    };
    transaction.quarantine(&[quarantined]).await.unwrap();
    transaction.commit().await.unwrap();
    let at_once = RefreshOptions {
        minute_patience: std::time::Duration::ZERO,
        hour_patience: std::time::Duration::ZERO,
        day_patience: std::time::Duration::ZERO,
        ..RefreshOptions::default()
    };
    refresh(db, &at_once).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn datacontract_finds_the_database_as_its_contracts_say_and_nothing_else() {
    let database = testbed::postgres().await;
    let db = &database.connect().await;
    fill(db, Utc::now()).await;
    let annotations = Annotations::parse(ANNOTATIONS).unwrap();
    let keeper = Keeper::new(db, annotations, GraphqlTypes::default(), Utc::now);
    let snapshot = keeper.renew().await.unwrap();

    let url = Url::parse(database.url()).unwrap();
    let (_, socket) = url.query_pairs().find(|(name, _)| name == "host").unwrap();
    let address = Address::new("https://data.example.org")
        .unwrap()
        .with_database(DatabaseServer {
            host: socket.into_owned(),
            port: url.port().unwrap(),
            database: url.path().trim_start_matches('/').to_owned(),
        });
    let folder = tempfile::tempdir().unwrap();
    let catalogue = &snapshot.catalogue;
    let tables = catalogue
        .datasets
        .iter()
        .filter(|dataset| matches!(dataset.stored, Stored::Table { .. }));
    let mut contracts = 0;
    for dataset in tables {
        let contract = odcs::contract(catalogue, dataset, &address);
        fs::write(
            folder.path().join(format!("{}.odcs.yaml", dataset.slug)),
            contract,
        )
        .unwrap();
        contracts += 1;
    }
    let (accepted, refused) = judged_by("database.py", folder.path()).await;
    // Each, and three of them again after what was spoilt is mended.
    assert_eq!((accepted, contracts), (11, 8));
    assert!(refused >= 17, "{refused}");
}
