//! What went wrong, in GraphQL and in feeds: of what is open to the asker.

use chrono::{Days, NaiveDate, Utc};
use entity::keys::SensorLimit;
use entity::load::DeclaredSensor;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// A sensor of each of two types, and incidents: of the second sensor an open one, of the first one that is over, of
/// readings as a whole, and of another dataset.
async fn incidents(world: &World) {
    let flow = DeclaredSensor {
        kind: Some("flow".into()),
        ..thermometer("b")
    };
    let ids = world.declare(vec![thermometer("a"), flow]).await;
    // Those that ended long ago are forgotten.
    let days = (day(4), day(3), day(2), day(1));
    world
        .run(&format!(
            "INSERT INTO incident (id, started_at, ended_at, sensor_id, kind, dataset, detail) VALUES \
             (gen_random_uuid(), '{}T00:00:00Z', '{}T01:00:00Z', {}, 'late', 'readings', 'D1'), \
             (gen_random_uuid(), '{}T00:00:00Z', '{}T01:00:00Z', NULL, 'stale', 'readings', 'D2'), \
             (gen_random_uuid(), '{}T00:00:00Z', NULL, {}, 'quality_failing', 'readings', 'D3'), \
             (gen_random_uuid(), '{}T00:00:00Z', NULL, NULL, 'unbalanced_window', 'raw-messages', 'D4')",
            days.0, days.0, ids[0], days.1, days.1, days.2, ids[1], days.3
        ))
        .await;
}

/// The day so many days ago.
fn day(ago: u64) -> NaiveDate {
    Utc::now().date_naive() - Days::new(ago)
}

fn details(nodes: &Value) -> Vec<String> {
    let nodes = nodes.as_array().unwrap().iter();
    nodes
        .map(|node| node["detail"].as_str().unwrap().to_owned())
        .collect()
}

testbed::both! {
    async fn incidents_are_picked_by_dataset_sensor_kind_time_and_end(database: TestDatabase) {
        let world = World::on(database, open()).await;
        incidents(&world).await;
        let between = format!("(from: \"{}T00:30:00Z\", to: \"{}\")", day(3), day(2));
        for (arguments, expected) in [
            ("", &["D4", "D3", "D2", "D1"][..]),
            ("(dataset: \"readings\")", &["D3", "D2", "D1"]),
            ("(sensors: [\"a\"])", &["D1"]),
            ("(kinds: [STALE, QUALITY_FAILING])", &["D3", "D2"]),
            ("(open: true)", &["D4", "D3"]),
            ("(open: false, kinds: [LATE, STALE])", &["D2", "D1"]),
            (&between, &["D2"]),
            ("(dataset: \"sensors\")", &[]),
        ] {
            let data = world.data(&format!("{{ incidents{arguments} {{ nodes {{ detail }} }} }}")).await;
            assert_eq!(details(&data["incidents"]["nodes"]), expected, "{arguments}");
        }
        let data = world
            .data("{ incidents(dataset: \"readings\", first: 1) { nodes { kind dataset sensor { name } startedAt endedAt detail } } }")
            .await;
        assert_eq!(
            data["incidents"]["nodes"],
            json!([{
                "kind": "QUALITY_FAILING", "dataset": "readings", "sensor": { "name": "b" },
                "startedAt": format!("{}T00:00:00Z", day(2)), "endedAt": null, "detail": "D3"
            }])
        );
        // In pages.
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let asked = format!(
                "{{ incidents(first: 3 {after}) {{ nodes {{ detail }} edges {{ cursor node {{ detail }} }} \
                 pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
            );
            let data = world.data(&asked).await;
            let page = &data["incidents"];
            seen.extend(details(&page["nodes"]));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = format!("after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, ["D4", "D3", "D2", "D1"]);
        // Of each dataset, in one statement.
        let data = world
            .data("{ datasets { nodes { slug incidents(first: 2) { detail } open: incidents(open: true) { detail } } } }")
            .await;
        for dataset in data["datasets"]["nodes"].as_array().unwrap() {
            let (newest, open) = match dataset["slug"].as_str().unwrap() {
                "readings" => (vec!["D3", "D2"], vec!["D3"]),
                "raw-messages" => (vec!["D4"], vec!["D4"]),
                _ => (vec![], vec![]),
            };
            assert_eq!((details(&dataset["incidents"]), details(&dataset["open"])), (
                newest.into_iter().map(str::to_owned).collect(),
                open.into_iter().map(str::to_owned).collect(),
            ));
        }
        for (arguments, argument) in [
            ("(first: 0)", "first"),
            ("(after: \"x\")", "after"),
            ("(dataset: \"nothing\")", "dataset"),
            ("(sensors: [\"nobody\"])", "sensors"),
        ] {
            let error = world.error(&format!("{{ incidents{arguments} {{ nodes {{ detail }} }} }}")).await;
            assert_eq!(error["extensions"]["argument"], json!(argument), "{error}");
        }
        let error = world.error("{ dataset(slug: \"readings\") { incidents(first: 101) { detail } } }").await;
        assert_eq!(error["extensions"]["argument"], json!("first"), "{error}");
    }
}

#[tokio::test]
async fn whoever_sees_some_sensors_is_told_of_no_other_thing_that_went_wrong() {
    let world = World::new().await;
    incidents(&world).await;
    let some = world
        .key(|key| {
            key.sensors = SensorLimit {
                types: Some(vec!["temperature".to_owned()]),
                ..SensorLimit::default()
            };
        })
        .await;
    let of_sensors = world
        .key(|key| key.datasets = Some(vec!["sensors".to_owned()]))
        .await;
    let asked = "{ incidents { nodes { detail } } dataset(slug: \"readings\") { incidents { detail } } }";
    for (key, expected) in [(&some, &["D1"][..]), (&of_sensors, &[])] {
        let (_, _, body) = world.ask_as(key.reveal(), asked).await;
        assert_eq!(details(&body["data"]["incidents"]["nodes"]), expected, "{body}");
        assert_eq!(details(&body["data"]["dataset"]["incidents"]), expected, "{body}");
        for path in ["/catalogue.atom", "/datasets/readings/versions.atom"] {
            let (_, _, body) = world.ask_as(key.reveal(), path).await;
            let feed = body.as_str().unwrap();
            for detail in ["D1", "D2", "D3", "D4"] {
                assert_eq!(
                    feed.contains(&format!(". {detail}")),
                    expected.contains(&detail),
                    "{path} {feed}"
                );
            }
        }
    }
    // Nor is another's sensor there to be asked about.
    let (_, _, body) = world
        .ask_as(
            some.reveal(),
            "{ incidents(sensors: [\"b\"]) { nodes { detail } } }",
        )
        .await;
    assert_eq!(
        body["errors"][0]["extensions"]["code"],
        json!("NOT_FOUND"),
        "{body}"
    );
    let one = "{ incidents(dataset: \"readings\") { nodes { detail } } }";
    let (_, _, body) = world.ask_as(of_sensors.reveal(), one).await;
    assert_eq!(
        body["errors"][0]["extensions"]["code"],
        json!("FORBIDDEN"),
        "{body}"
    );
    let (_, body) = world.get("/datasets/readings/versions.atom").await;
    let feed = body.as_str().unwrap();
    assert!(
        feed.contains("Readings, b: quality is failing") && feed.contains("Readings: stale (over)"),
        "{feed}"
    );
}
