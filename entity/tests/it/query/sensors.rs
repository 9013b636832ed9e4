//! Lists of sensors: each order read from both ends, and each filter.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use entity::load::{DeclaredSensor, LoadTransaction, NewSensorList};
use entity::query::page::PageAt;
use entity::query::sensors::{
    BoundingBox, Location, Near, Sensor, SensorFilter, SensorKey, SensorOrder, by_ids, by_names, count, page,
};
use entity::query::{Page, PageRequest};
use entity::{DatabaseConnection, Scope};

use crate::support::{at, journal, on_both, sensors as register};

on_both!(
    every_order_reads_the_same_from_both_ends,
    each_filter_finds_what_it_says,
    texts_are_found_with_their_wildcards_as_they_stand,
    boxes_and_circles_work_across_the_date_line,
    sensors_are_found_by_key_and_by_name,
    nothing_is_seen_without_scope,
    a_key_of_another_order_is_refused,
);

const ORDERS: [SensorOrder; 6] = [
    SensorOrder::NameAsc,
    SensorOrder::NameDesc,
    SensorOrder::TypeAsc,
    SensorOrder::TypeDesc,
    SensorOrder::ActiveSinceAsc,
    SensorOrder::ActiveSinceDesc,
];

async fn declare(db: &DatabaseConnection, source: &str, second: i64, sensors: Vec<DeclaredSensor>) {
    let list = NewSensorList {
        source: source.to_owned(),
        received_at: at(second),
        seq: second,
        sha256: [0; 32],
        sensors,
    };
    let mut transaction = LoadTransaction::begin(db, journal(db).await).await.unwrap();
    transaction.apply_sensor_list(&list).await.unwrap();
    transaction.commit().await.unwrap();
}

fn sensor(name: &str, kind: Option<&str>) -> DeclaredSensor {
    DeclaredSensor {
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
        ..DeclaredSensor::default()
    }
}

fn placed(name: &str, lat: f64, lng: f64) -> DeclaredSensor {
    DeclaredSensor {
        lat: Some(lat),
        lng: Some(lng),
        ..sensor(name, None)
    }
}

async fn all(db: &DatabaseConnection, filter: &SensorFilter, order: SensorOrder) -> Page<Sensor> {
    let request = PageRequest {
        limit: 1000,
        at: PageAt::First(None),
    };
    page(db, &Scope::Everything, filter, order, &request)
        .await
        .unwrap()
}

async fn names(db: &DatabaseConnection, filter: SensorFilter) -> Vec<String> {
    let names: Vec<String> = all(db, &filter, SensorOrder::NameAsc)
        .await
        .rows
        .into_iter()
        .map(|sensor| sensor.name)
        .collect();
    assert_eq!(
        count(db, &Scope::Everything, &filter).await.unwrap(),
        names.len() as u64
    );
    names
}

/// Walks through the list by pages of `limit`, from either end.
async fn walk(db: &DatabaseConnection, order: SensorOrder, limit: u64, from_end: bool) -> Vec<i32> {
    let mut ids = Vec::new();
    let mut key: Option<SensorKey> = None;
    loop {
        let at = if from_end {
            PageAt::Last(key.clone())
        } else {
            PageAt::First(key.clone())
        };
        let request = PageRequest { limit, at };
        let page = page(db, &Scope::Everything, &SensorFilter::default(), order, &request)
            .await
            .unwrap();
        let (ahead, behind) = if from_end {
            (page.has_previous, page.has_next)
        } else {
            (page.has_next, page.has_previous)
        };
        assert_eq!(behind, key.is_some());
        let edge = if from_end {
            page.rows.first()
        } else {
            page.rows.last()
        };
        key = edge.map(|sensor| sensor.key(order));
        let rows: Vec<i32> = page.rows.iter().map(|sensor| sensor.id).collect();
        ids = if from_end {
            [rows, ids].concat()
        } else {
            [ids, rows].concat()
        };
        if !ahead {
            return ids;
        }
    }
}

async fn every_order_reads_the_same_from_both_ends(db: &DatabaseConnection) {
    declare(
        db,
        "one",
        5,
        vec![sensor("a", Some("x")), sensor("b", None), sensor("c", Some("y"))],
    )
    .await;
    declare(
        db,
        "two",
        5,
        vec![sensor("a", None), sensor("b", Some("x")), sensor("e", None)],
    )
    .await;
    declare(db, "one", 9, vec![sensor("d", Some("x")), sensor("f", None)]).await;
    register(db, &["a", "z"]).await;
    for order in ORDERS {
        let expected = all(db, &SensorFilter::default(), order).await;
        assert_eq!(expected.rows.len(), 10);
        assert!(
            expected
                .rows
                .windows(2)
                .all(|pair| compare(order, &pair[0], &pair[1]) == Ordering::Less),
            "{order:?}"
        );
        let expected: Vec<i32> = expected.rows.iter().map(|sensor| sensor.id).collect();
        for limit in [1, 3, 10] {
            assert_eq!(
                walk(db, order, limit, false).await,
                expected,
                "{order:?} by {limit}"
            );
            assert_eq!(
                walk(db, order, limit, true).await,
                expected,
                "{order:?} by {limit} from the end"
            );
        }
    }
}

/// The orders as their documentation says; the names here sort the same in every collation.
fn compare(order: SensorOrder, a: &Sensor, b: &Sensor) -> Ordering {
    fn nulls_last<T: Ord>(a: Option<&T>, b: Option<&T>, descending: bool) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
    let descending = matches!(
        order,
        SensorOrder::NameDesc | SensorOrder::TypeDesc | SensorOrder::ActiveSinceDesc
    );
    let rest = match order {
        SensorOrder::NameAsc | SensorOrder::NameDesc => {
            (&a.name, &a.source, a.id).cmp(&(&b.name, &b.source, b.id))
        }
        _ => (&a.name, a.id).cmp(&(&b.name, b.id)),
    };
    let first = match order {
        SensorOrder::NameAsc | SensorOrder::NameDesc => Ordering::Equal,
        SensorOrder::TypeAsc | SensorOrder::TypeDesc => {
            nulls_last(a.kind.as_ref(), b.kind.as_ref(), descending)
        }
        SensorOrder::ActiveSinceAsc | SensorOrder::ActiveSinceDesc => {
            nulls_last(a.active_since.as_ref(), b.active_since.as_ref(), descending)
        }
    };
    first.then(if descending { rest.reverse() } else { rest })
}

async fn each_filter_finds_what_it_says(db: &DatabaseConnection) {
    let labelled = |name: &str, labels: &[(&str, &str)]| DeclaredSensor {
        labels: labels
            .iter()
            .map(|&(key, value)| (key.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>(),
        unit: Some("C".to_owned()),
        ..sensor(name, Some("temperature"))
    };
    declare(
        db,
        "one",
        1,
        vec![
            labelled("a", &[("site", "north"), ("plant", "p")]),
            labelled("b", &[("site", "south")]),
        ],
    )
    .await;
    declare(db, "two", 1, vec![sensor("a", Some("flow"))]).await;
    register(db, &["z"]).await;
    let default = SensorFilter::default;
    let list = |list: &[&str]| Some(list.iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
    let label = |key: &str, value: Option<&str>| (key.to_owned(), value.map(str::to_owned));

    assert_eq!(names(db, default()).await, ["a", "a", "b", "z"]);
    assert_eq!(
        names(
            db,
            SensorFilter {
                names: list(&["a", "q", "\0"]),
                ..default()
            }
        )
        .await,
        ["a", "a"]
    );
    assert_eq!(
        names(
            db,
            SensorFilter {
                sources: list(&["two", "plant"]),
                ..default()
            }
        )
        .await,
        ["a", "z"]
    );
    assert_eq!(
        names(
            db,
            SensorFilter {
                kinds: list(&["flow"]),
                ..default()
            }
        )
        .await,
        ["a"]
    );
    assert_eq!(
        names(
            db,
            SensorFilter {
                units: list(&["C"]),
                ..default()
            }
        )
        .await,
        ["a", "b"]
    );
    assert_eq!(
        names(
            db,
            SensorFilter {
                declared: Some(false),
                ..default()
            }
        )
        .await,
        ["z"]
    );
    assert_eq!(
        names(
            db,
            SensorFilter {
                labels: vec![label("site", Some("north"))],
                ..default()
            }
        )
        .await,
        ["a"]
    );
    assert_eq!(
        names(
            db,
            SensorFilter {
                labels: vec![label("site", None)],
                ..default()
            }
        )
        .await,
        ["a", "b"]
    );
    let both = vec![label("site", None), label("plant", Some("p"))];
    assert_eq!(
        names(
            db,
            SensorFilter {
                labels: both,
                ..default()
            }
        )
        .await,
        ["a"]
    );
    assert!(
        names(
            db,
            SensorFilter {
                labels: vec![label("\0", None)],
                ..default()
            }
        )
        .await
        .is_empty()
    );
    assert!(
        names(
            db,
            SensorFilter {
                names: Some(Vec::new()),
                ..default()
            }
        )
        .await
        .is_empty()
    );
    let together = SensorFilter {
        names: list(&["a"]),
        sources: list(&["one"]),
        ..default()
    };
    let found = all(db, &together, SensorOrder::NameAsc).await.rows;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].labels,
        [
            ("plant".to_owned(), "p".to_owned()),
            ("site".to_owned(), "north".to_owned())
        ]
    );
    let uuids = Some(vec![found[0].uuid]);
    assert_eq!(
        all(db, &SensorFilter { uuids, ..default() }, SensorOrder::NameAsc)
            .await
            .rows,
        found
    );
}

async fn texts_are_found_with_their_wildcards_as_they_stand(db: &DatabaseConnection) {
    let described = |name: &str, text: &str| DeclaredSensor {
        description: Some(text.to_owned()),
        ..sensor(name, None)
    };
    let labelled = DeclaredSensor {
        labels: BTreeMap::from([("site".to_owned(), "Nordhafen".to_owned())]),
        ..sensor("l", Some("flow"))
    };
    let sensors = vec![
        described("p", "50% load"),
        described("u", r"a_b\c"),
        described("v", "axbc Main"),
        labelled,
    ];
    declare(db, "one", 1, sensors).await;
    for (text, found) in [
        ("%", vec!["p"]),
        ("_", vec!["u"]),
        (r"\", vec!["u"]),
        ("MAIN", vec!["v"]),
        ("main v", vec!["v"]),
        ("main p", vec![]),
        ("nordHAFEN", vec!["l"]),
        ("flo", vec!["l"]),
        ("  ", vec!["l", "p", "u", "v"]),
        ("'; DROP TABLE sensor; --", vec![]),
        ("\0", vec![]),
        ("$1 ?", vec![]),
    ] {
        let filter = SensorFilter {
            text: Some(text.to_owned()),
            ..SensorFilter::default()
        };
        assert_eq!(names(db, filter).await, found, "{text:?}");
    }
}

async fn boxes_and_circles_work_across_the_date_line(db: &DatabaseConnection) {
    let sensors = vec![
        placed("berlin", 52.52, 13.405),
        placed("fiji-east", -17.0, -179.0),
        placed("fiji-west", -17.0, 179.0),
        placed("line", 0.0, 180.0),
        placed("pole", 90.0, 90.0),
        sensor("nowhere", None),
    ];
    declare(db, "one", 1, sensors).await;
    let within = |south, west, north, east| SensorFilter {
        within: Some(BoundingBox {
            south,
            west,
            north,
            east,
        }),
        ..SensorFilter::default()
    };
    assert_eq!(
        names(db, within(-20.0, 170.0, 10.0, -170.0)).await,
        ["fiji-east", "fiji-west", "line"]
    );
    assert_eq!(
        names(db, within(-20.0, -180.0, 10.0, -170.0)).await,
        ["fiji-east", "line"]
    );
    assert_eq!(names(db, within(50.0, 10.0, 55.0, 15.0)).await, ["berlin"]);
    assert_eq!(names(db, within(-90.0, -180.0, 90.0, 180.0)).await.len(), 5);
    let near = |lat, lng, metres| SensorFilter {
        near: Some(Near {
            centre: Location { lat, lng },
            metres,
        }),
        ..SensorFilter::default()
    };
    // Berlin to Paris: 878 km; a degree of latitude: 111.195 km.
    assert_eq!(names(db, near(48.8566, 2.3522, 880_000.0)).await, ["berlin"]);
    assert!(names(db, near(48.8566, 2.3522, 870_000.0)).await.is_empty());
    assert_eq!(
        names(db, near(-17.0, 180.0, 110_000.0)).await,
        ["fiji-east", "fiji-west"]
    );
    assert_eq!(names(db, near(89.0, -10.0, 111_200.0)).await, ["pole"]);
    assert_eq!(
        names(db, near(-90.0, 0.0, 20_100_000.0)).await.len(),
        5,
        "the whole globe, with the antipode"
    );
}

async fn sensors_are_found_by_key_and_by_name(db: &DatabaseConnection) {
    declare(db, "one", 1, vec![sensor("a", None), sensor("b", None)]).await;
    declare(db, "two", 1, vec![sensor("a", None)]).await;
    let b = by_names(db, &Scope::Everything, &["b".to_owned()])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        by_ids(db, &Scope::Everything, &[b.id, b.id, -1]).await.unwrap(),
        std::slice::from_ref(&b)
    );
    let asked = [
        "a".to_owned(),
        b.uuid.to_string(),
        "\0".to_owned(),
        "nobody".to_owned(),
    ];
    assert_eq!(by_names(db, &Scope::Everything, &asked).await.unwrap().len(), 3);
    assert!(by_ids(db, &Scope::Everything, &[]).await.unwrap().is_empty());
}

async fn nothing_is_seen_without_scope(db: &DatabaseConnection) {
    let id = register(db, &["a"]).await[0].id;
    let request = PageRequest {
        limit: 10,
        at: PageAt::First(None),
    };
    let nothing = Scope::Nothing;
    let filter = SensorFilter::default();
    assert_eq!(
        page(db, &nothing, &filter, SensorOrder::NameAsc, &request)
            .await
            .unwrap(),
        Page::empty()
    );
    assert_eq!(count(db, &nothing, &filter).await.unwrap(), 0);
    assert!(by_ids(db, &nothing, &[id]).await.unwrap().is_empty());
    assert!(
        by_names(db, &nothing, &["a".to_owned()])
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_key_of_another_order_is_refused(db: &DatabaseConnection) {
    let key = |sort: Option<&str>| SensorKey {
        sort: sort.map(str::to_owned),
        name: "a".to_owned(),
        id: 1,
    };
    assert!(!SensorOrder::NameAsc.accepts(&key(None)));
    assert!(!SensorOrder::ActiveSinceAsc.accepts(&key(Some("yesterday"))));
    assert!(!SensorOrder::TypeAsc.accepts(&key(Some("\0"))));
    assert!(SensorOrder::TypeDesc.accepts(&key(None)));
    let request = PageRequest {
        limit: 10,
        at: PageAt::First(Some(key(Some("yesterday")))),
    };
    let filter = SensorFilter::default();
    assert!(
        page(
            db,
            &Scope::Everything,
            &filter,
            SensorOrder::ActiveSinceAsc,
            &request
        )
        .await
        .is_err()
    );
}
