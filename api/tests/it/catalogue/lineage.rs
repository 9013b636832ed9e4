//! Where records come from and go to, as askers are told.

use entity::visibility::{self, Visibility};
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// Three readings in three messages that came in by a loader and lie on S3.
async fn loaded(world: &World) {
    let sensors = world.declare(vec![thermometer("a")]).await;
    world
        .readings(sensors[0], "2026-06-01T00:00:00Z", "1 minute", 3)
        .await;
    world
        .run(
            "INSERT INTO segment (journal_id, first_seq, decoded, readings_new, last_seq, messages, bytes, bytes_compressed, \
                                  first_received_at, last_received_at, archived_at, object_key, sha256)
             SELECT id, 1, 4, 3, 4, 4, 1, 1, now() - INTERVAL '3 hours', now() - INTERVAL '3 hours', now() - INTERVAL '3 hours', \
                    'raw/1', sha256('')
             FROM journal;
             UPDATE sensor_list SET received_at = now() - INTERVAL '3 hours';
             UPDATE ingest_checkpoint SET seq = 4",
        )
        .await;
}

/// A world whose catalogue counts for the first time once everything is there, and the one that has its database.
async fn worlds(database: TestDatabase) -> (World, World) {
    let first = World::on(database, open()).await;
    loaded(&first).await;
    let world = World::over(first.db.clone(), open(), Vec::new()).await;
    world.renew_catalogue().await;
    (world, first)
}

const QUERY: &str = "{ lineage(dataset: \"readings\") { balanced nodes { id kind title slug dataset { slug } } \
                     edges { from to count { item records waiting balanced difference detail parts { became records } } } } }";

/// How a figure of raw messages is computed, as feeds say it.
const FORMULA: &str = "Messages that are on S3";

testbed::both! {
    async fn each_segment_shows_its_books_and_the_unbalanced_ones_are_found(database: TestDatabase) {
        let world = World::on(database, open()).await;
        loaded(&world).await;
        let fields = "journal firstSeq lastSeq messages decoded quarantined readingsNew readingsDuplicate \
                      readingsConflicting readingsRefused sensorLists balanced objectKey bytes bytesCompressed";
        let all = world.data(&format!("{{ segments {{ {fields} }} }}")).await;
        let segment = &all["segments"][0];
        assert!(segment["journal"].as_str().is_some_and(|journal| journal.len() == 36), "{all}");
        for (field, value) in [
            ("firstSeq", 1.0), ("lastSeq", 4.0), ("messages", 4.0), ("decoded", 4.0), ("quarantined", 0.0),
            ("readingsNew", 3.0), ("readingsDuplicate", 0.0), ("sensorLists", 1.0), ("bytes", 1.0),
        ] {
            assert_eq!(segment[field], value, "{field}");
        }
        assert_eq!((&segment["balanced"], &segment["objectKey"]), (&json!(true), &json!("raw/1")));
        let unbalanced = "{ segments(unbalanced: true) { firstSeq balanced } }";
        assert_eq!(world.data(unbalanced).await, json!({ "segments": [] }));

        // Not loaded yet, it is neither right nor wrong.
        world.run("UPDATE ingest_checkpoint SET seq = 3").await;
        assert_eq!(world.data("{ segments { balanced } }").await, json!({ "segments": [{ "balanced": null }] }));
        for wrong in ["decoded = 3, readings_new = 2", "readings_new = 2"] {
            world.run("UPDATE ingest_checkpoint SET seq = 4; UPDATE segment SET decoded = 4, readings_new = 3").await;
            world.run(&format!("UPDATE segment SET {wrong}")).await;
            assert_eq!(
                world.data(unbalanced).await,
                json!({ "segments": [{ "firstSeq": 1.0, "balanced": false }] }),
                "{wrong}"
            );
        }
        let none = "{ segments(to: \"2020-01-01\") { firstSeq } }";
        assert_eq!(world.data(none).await, json!({ "segments": [] }));
    }

    async fn a_dataset_shows_where_its_records_come_from_and_go_to(database: TestDatabase) {
        let (world, _first) = worlds(database).await;
        let data = world.data(QUERY).await;
        let way = &data["lineage"];
        let ids: Vec<&str> = way["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
        assert_eq!(
            ids,
            [
                "broker", "journal", "dataset:raw-messages", "dataset:readings", "dataset:readings-1m", "dataset:readings-1h",
                "dataset:readings-1d", "api",
            ]
        );
        assert_eq!(
            way["nodes"][3],
            json!({
                "id": "dataset:readings", "kind": "DATASET", "title": "Readings", "slug": "readings",
                "dataset": { "slug": "readings" },
            })
        );
        assert_eq!(way["balanced"], json!(true));
        let edges: Vec<(&str, &str)> = way["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| (edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap()))
            .collect();
        assert_eq!(
            edges,
            [
                ("broker", "journal"),
                ("journal", "dataset:raw-messages"),
                ("dataset:raw-messages", "dataset:readings"),
                ("dataset:readings", "dataset:readings-1m"),
                ("dataset:readings", "api"),
                ("dataset:readings-1m", "dataset:readings-1h"),
                ("dataset:readings-1m", "api"),
                ("dataset:readings-1h", "dataset:readings-1d"),
                ("dataset:readings-1h", "api"),
                ("dataset:readings-1d", "api"),
            ]
        );
        assert_eq!(
            way["edges"][2]["count"],
            json!({
                "item": "READINGS", "records": 3.0, "waiting": 0.0, "balanced": true, "difference": 0.0, "detail": null,
                "parts": [{ "became": "NEW", "records": 3.0 }, { "became": "DUPLICATE", "records": 0.0 }],
            })
        );
        assert_eq!((&way["edges"][3]["count"]["records"], &way["edges"][3]["count"]["waiting"]), (&json!(0.0), &json!(3.0)));
        assert_eq!(way["edges"][0]["count"]["balanced"], json!(null), "nobody knows what the broker had");
        let data = world.data("{ lineage(dataset: \"sensors\") { nodes { slug } } other: lineage(dataset: \"nothing\") { balanced } }").await;
        assert_eq!(data["other"], json!(null));
        let slugs: Vec<&Value> = data["lineage"]["nodes"].as_array().unwrap().iter().map(|node| &node["slug"]).collect();
        assert_eq!(slugs, [&json!(null), &json!(null), &json!("raw-messages"), &json!("sensors"), &json!(null)]);
    }
}

#[tokio::test]
async fn a_reading_that_is_gone_shows() {
    let world = World::new().await;
    loaded(&world).await;
    world
        .run("DELETE FROM reading WHERE time < '2026-06-01T00:01:00Z'")
        .await;
    // Another keeper counts anew.
    let other = World::over(world.db.clone(), open(), Vec::new()).await;
    other.renew_catalogue().await;
    let data = other.data(QUERY).await;
    assert_eq!(data["lineage"]["balanced"], json!(false));
    let edge = &data["lineage"]["edges"][3]["count"];
    assert_eq!(
        (&edge["balanced"], &edge["difference"]),
        (&json!(false), &json!(1.0))
    );
    assert!(
        edge["detail"]
            .as_str()
            .unwrap()
            .starts_with("3 readings were stored, and there are 2"),
        "{edge}"
    );
}

#[tokio::test]
async fn who_sees_some_sensors_sees_the_way_without_counts() {
    let (world, _first) = worlds(testbed::postgres().await).await;
    for datasets in [None, Some(vec!["sensors".to_owned()])] {
        let limited = world
            .key(|key| {
                key.sensors.types = Some(vec!["flow".to_owned()]);
                key.datasets.clone_from(&datasets);
            })
            .await;
        let (_, _, body) = world.ask_as(limited.reveal(), QUERY).await;
        let way = &body["data"]["lineage"];
        assert_eq!(way["balanced"], json!(null), "{body}");
        let edges = way["edges"].as_array().unwrap();
        assert_eq!(edges.len(), 10);
        assert!(edges.iter().all(|edge| edge["count"] == json!(null)), "{way}");
        // Nor in feeds: figures of quality are of all sensors.
        let (_, _, turtle) = world.ask_as(limited.reveal(), "/catalogue.ttl").await;
        assert!(!turtle.as_str().unwrap().contains(FORMULA), "{turtle}");
    }
    let all = world.key(|_| ()).await;
    let (_, _, turtle) = world.ask_as(all.reveal(), "/catalogue.ttl").await;
    assert!(turtle.as_str().unwrap().contains(FORMULA), "{turtle}");
}

#[tokio::test]
async fn what_is_hidden_is_not_on_the_way() {
    let world = World::with(api::Options {
        anonymous: api::Anonymous::Catalogue,
        ..open()
    })
    .await;
    visibility::set(&world.db, "raw-messages", Visibility::Hidden)
        .await
        .unwrap();
    world.renew_catalogue().await;
    let data = world
        .data("{ lineage(dataset: \"readings\") { nodes { id } } hidden: lineage(dataset: \"raw-messages\") { balanced } }")
        .await;
    assert_eq!(data["hidden"], json!(null));
    let nodes = data["lineage"]["nodes"].to_string();
    assert!(
        !nodes.contains("raw-messages") && !nodes.contains("broker"),
        "{nodes}"
    );
    let closed = World::with(api::Options {
        anonymous: api::Anonymous::None,
        ..open()
    })
    .await;
    let error = closed
        .error("{ lineage(dataset: \"readings\") { balanced } }")
        .await;
    assert_eq!(error["extensions"]["code"], json!("UNAUTHENTICATED"));
}
