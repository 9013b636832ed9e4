//! Keys: made, found by their fingerprint, used, revoked; and the sensors that their limits leave.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;
use entity::keys::{
    Key, KeyHash, NewKey, Revoked, Role, SensorLimit, any_usable, by_hash, insert, list, note_use, revoke,
    scope_of,
};
use entity::load::{DeclaredSensor, LoadTransaction, NewSensorList};
use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, Scope};

use crate::support::{at, journal, on_both};

on_both!(
    a_key_comes_back_as_it_was_made,
    a_key_is_good_until_it_expires_or_is_revoked,
    a_key_is_revoked_by_prefix_id_or_name,
    a_use_is_noted_once_a_minute,
    limits_leave_sensors_of_any_type_with_all_labels,
    a_dataset_is_listed_until_somebody_says_otherwise,
);

fn new(number: u8, name: &str) -> NewKey {
    NewKey {
        hash: KeyHash([number; 32]),
        prefix: format!("fb_aaaaaaa{number}"),
        name: name.to_owned(),
        role: Role::Reader,
        datasets: None,
        sensors: SensorLimit::default(),
        requests_per_minute: None,
        created_at: at(number.into()),
        expires_at: None,
    }
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

async fn found(db: &DatabaseConnection, number: u8) -> Key {
    by_hash(db, &KeyHash([number; 32])).await.unwrap().unwrap()
}

async fn a_key_comes_back_as_it_was_made(db: &DatabaseConnection) {
    let made = NewKey {
        role: Role::Steward,
        datasets: Some(vec!["readings".to_owned()]),
        sensors: SensorLimit {
            types: Some(vec!["temperature".to_owned(), "it's".to_owned()]),
            labels: labels(&[("site", "Harbour \"1\"")]),
        },
        requests_per_minute: Some(600),
        expires_at: Some(at(1000)),
        ..new(1, "Power BI")
    };
    insert(db, made.clone()).await.unwrap();
    let key = found(db, 1).await;
    assert_eq!(
        (key.prefix.as_str(), key.name.as_str(), key.role),
        ("fb_aaaaaaa1", "Power BI", Role::Steward)
    );
    assert_eq!(key.datasets, made.datasets);
    assert_eq!(key.sensors, made.sensors);
    assert_eq!(key.requests_per_minute, Some(600));
    assert_eq!(
        (key.created_at, key.expires_at, key.revoked_at, key.last_used_at),
        (at(1), Some(at(1000)), None, None)
    );
    assert_eq!(by_hash(db, &KeyHash([2; 32])).await.unwrap(), None);
    assert!(insert(db, made).await.is_err(), "a fingerprint is one key's");
    insert(db, new(3, "Power BI")).await.unwrap();
    let prefixes: Vec<String> = list(db)
        .await
        .unwrap()
        .into_iter()
        .map(|key| key.prefix)
        .collect();
    assert_eq!(prefixes, ["fb_aaaaaaa3", "fb_aaaaaaa1"], "the newest first");
}

async fn a_key_is_good_until_it_expires_or_is_revoked(db: &DatabaseConnection) {
    assert!(!any_usable(db, at(0)).await.unwrap());
    let expiring = NewKey {
        expires_at: Some(at(100)),
        ..new(1, "a")
    };
    insert(db, expiring).await.unwrap();
    for (second, good) in [(99, true), (100, false), (101, false)] {
        assert_eq!(any_usable(db, at(second)).await.unwrap(), good, "at {second}");
        assert_eq!(found(db, 1).await.is_usable(at(second)), good, "at {second}");
    }
    insert(db, new(2, "b")).await.unwrap();
    assert!(any_usable(db, at(200)).await.unwrap());
    assert!(matches!(revoke(db, "b", at(150)).await.unwrap(), Revoked::Key(_)));
    assert!(!any_usable(db, at(200)).await.unwrap());
    assert!(!found(db, 2).await.is_usable(at(0)));
}

async fn a_key_is_revoked_by_prefix_id_or_name(db: &DatabaseConnection) {
    for (number, name) in [(1, "twice"), (2, "twice"), (3, "once"), (4, "fb_aaaaaaa3")] {
        insert(db, new(number, name)).await.unwrap();
    }
    let revoked = |revoked: Revoked| match revoked {
        Revoked::Key(key) => key.prefix,
        other => panic!("{other:?}"),
    };
    for unknown in ["nobody", "", "\0", "fb_aaaaaaa", "%"] {
        assert_eq!(
            revoke(db, unknown, at(0)).await.unwrap(),
            Revoked::Unknown,
            "{unknown:?}"
        );
    }
    let Revoked::Ambiguous(keys) = revoke(db, "twice", at(0)).await.unwrap() else {
        panic!("two keys have the name");
    };
    assert_eq!(keys.len(), 2);
    let id = found(db, 1).await.id.to_string();
    assert_eq!(revoked(revoke(db, &id, at(7)).await.unwrap()), "fb_aaaaaaa1");
    // Of the two of that name, one is left.
    assert_eq!(revoked(revoke(db, "twice", at(8)).await.unwrap()), "fb_aaaaaaa2");
    // A prefix goes before a name, whatever somebody called another key.
    assert_eq!(
        revoked(revoke(db, "fb_aaaaaaa3", at(9)).await.unwrap()),
        "fb_aaaaaaa3"
    );
    assert!(found(db, 4).await.revoked_at.is_none());
    // Once more changes nothing.
    let Revoked::Key(again) = revoke(db, "fb_aaaaaaa3", at(99)).await.unwrap() else {
        panic!("it is there");
    };
    assert_eq!(again.revoked_at, Some(at(9)));
    assert_eq!(found(db, 3).await.revoked_at, Some(at(9)));
}

async fn a_use_is_noted_once_a_minute(db: &DatabaseConnection) {
    insert(db, new(1, "a")).await.unwrap();
    let unused = found(db, 1).await;
    note_use(db, &unused, at(0)).await.unwrap();
    assert_eq!(found(db, 1).await.last_used_at, Some(at(0)));
    // A process that read the row before does not write either.
    note_use(db, &unused, at(59)).await.unwrap();
    note_use(db, &found(db, 1).await, at(59)).await.unwrap();
    assert_eq!(found(db, 1).await.last_used_at, Some(at(0)));
    note_use(db, &found(db, 1).await, at(0) + TimeDelta::seconds(60))
        .await
        .unwrap();
    assert_eq!(found(db, 1).await.last_used_at, Some(at(60)));
}

async fn limits_leave_sensors_of_any_type_with_all_labels(db: &DatabaseConnection) {
    let sensor = |name: &str, kind: Option<&str>, pairs: &[(&str, &str)]| DeclaredSensor {
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
        labels: labels(pairs),
        ..DeclaredSensor::default()
    };
    let list = NewSensorList {
        source: "plant".to_owned(),
        received_at: at(0),
        seq: 1,
        sha256: [0; 32],
        sensors: vec![
            sensor("a", Some("temperature"), &[("site", "north"), ("line", "1")]),
            sensor("b", Some("temperature"), &[("site", "south")]),
            sensor("c", Some("flow"), &[("site", "north")]),
            sensor("d", None, &[]),
        ],
    };
    let mut transaction = LoadTransaction::begin(db, journal(db).await).await.unwrap();
    let known = transaction.apply_sensor_list(&list).await.unwrap();
    transaction.commit().await.unwrap();
    let scope = |names: &[&str]| {
        let names: HashSet<&str> = names.iter().copied().collect();
        Scope::of_sensors(
            known
                .iter()
                .filter(|sensor| names.contains(sensor.name.as_str()))
                .map(|sensor| sensor.id)
                .collect(),
        )
    };
    for (types, pairs, expected) in [
        (None, &[][..], Scope::Everything),
        (Some(&["temperature"][..]), &[][..], scope(&["a", "b"])),
        (
            Some(&["flow", "temperature"][..]),
            &[][..],
            scope(&["a", "b", "c"]),
        ),
        (None, &[("site", "north")][..], scope(&["a", "c"])),
        (None, &[("site", "north"), ("line", "1")][..], scope(&["a"])),
        (Some(&["flow"][..]), &[("site", "north")][..], scope(&["c"])),
        (Some(&["flow"][..]), &[("site", "south")][..], Scope::Nothing),
        (Some(&["Temperature"][..]), &[][..], Scope::Nothing),
        (None, &[("site", "%")][..], Scope::Nothing),
    ] {
        let limit = SensorLimit {
            types: types.map(|types| types.iter().map(|&one| one.to_owned()).collect()),
            labels: labels(pairs),
        };
        assert_eq!(scope_of(db, &limit).await.unwrap(), expected, "{limit:?}");
    }
}

async fn a_dataset_is_listed_until_somebody_says_otherwise(db: &DatabaseConnection) {
    assert!(visibility::of_datasets(db).await.unwrap().is_empty());
    for visibility in [Visibility::Hidden, Visibility::Listed, Visibility::Hidden] {
        visibility::set(db, "raw-messages", visibility).await.unwrap();
        let said = visibility::of_datasets(db).await.unwrap();
        assert_eq!(said.get("raw-messages"), Some(&visibility));
        assert_eq!(said.len(), 1);
    }
}
