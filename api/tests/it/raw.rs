//! The raw message behind a reading.

use std::sync::Arc;

use api::Limits;
use archive::{Config, Kind, Line, ObjectBuilder, Qos, Secret, Store};
use entity::load::{ArchivedSegment, journal_id, record_archived};
use serde_json::{Value, json};
use testbed::TestObjectStore;
use uuid::Uuid;

use crate::world::{World, at, open, with_limits};

fn store(server: &TestObjectStore) -> Store {
    Store::new(Config {
        endpoint_url: Some(server.endpoint()),
        region: "us-east-1".to_owned(),
        access_key_id: server.access_key_id().to_owned(),
        secret_access_key: Secret::new(server.secret_access_key()),
        bucket: server.bucket().to_owned(),
        prefix: String::new(),
    })
    .unwrap()
}

fn journal() -> Uuid {
    Uuid::from_u128(1)
}

/// Puts messages with these payloads into one object, at positions from `first_seq` on, and tells the database of it.
async fn upload(world: &World, store: &Store, first_seq: u64, payloads: &[&[u8]]) -> String {
    let received_at = at("2026-01-01T10:00:00.5Z");
    let mut builder = ObjectBuilder::new(journal());
    for (seq, payload) in (first_seq..).zip(payloads) {
        builder
            .push(&Line {
                seq,
                source: "plant",
                topic: b"plant/sensors",
                received_at,
                qos: Qos::AtLeastOnce,
                retain: false,
                dup: false,
                kind: Kind::Message,
                payload,
            })
            .unwrap();
    }
    let object = builder.finish().unwrap();
    let stored = store.put_once(&object).await.unwrap();
    let journal_id = journal_id(&world.db, journal(), received_at).await.unwrap();
    let facts = object.facts();
    let segment = ArchivedSegment {
        first_seq: first_seq.cast_signed(),
        last_seq: facts.last_seq().cast_signed(),
        messages: facts.count.cast_signed(),
        object_key: stored.key.clone(),
        sha256: facts.sha256,
        bytes: facts.uncompressed_bytes.cast_signed(),
        bytes_compressed: stored.object_bytes.cast_signed(),
        first_received_at: received_at,
        last_received_at: received_at,
        archived_at: received_at,
    };
    record_archived(&world.db, journal_id, &segment).await.unwrap();
    stored.key
}

const RAW: &str = "raw { source topic receivedAt qos payload payloadBase64 objectKey position notAvailable }";

async fn raw_of_all(world: &World) -> Vec<Value> {
    let query = format!("{{ readings(from: \"2026-01-01\", to: \"2026-01-02\") {{ nodes {{ {RAW} }} }} }}");
    let mut data = world.data(&query).await;
    let nodes = data["readings"]["nodes"].as_array_mut().unwrap();
    nodes.iter_mut().map(|node| node["raw"].take()).collect()
}

#[tokio::test]
async fn a_reading_leads_to_the_bytes_that_were_received() {
    let server = testbed::object_store().await;
    let archive = store(&server);
    let world = World::with_archive(archive.clone(), open()).await;
    let sensor = world.sensors(&["a"]).await[0];
    // Positions 0 to 3; the last one lies in no object yet.
    world
        .readings(sensor, "2026-01-01T00:00:00Z", "1 minute", 4)
        .await;
    let text = r#"{"id": "a", "value": 1}"#;
    let key = upload(&world, &archive, 0, &[text.as_bytes(), "ü\u{1F600}".as_bytes()]).await;
    let other = upload(&world, &archive, 2, &[b"\xff\x00"]).await;

    let raw = raw_of_all(&world).await;
    let received = "2026-01-01T10:00:00.500Z";
    let expected = |seq: u64, key: &str, payload: Value, base64: Value| {
        json!({
            "source": "plant", "topic": "plant/sensors", "receivedAt": received, "qos": 1, "payload": payload,
            "payloadBase64": base64, "objectKey": key, "position": format!("{}/{seq}", journal()), "notAvailable": null,
        })
    };
    assert_eq!(raw[0], expected(0, &key, json!(text), Value::Null));
    assert_eq!(raw[1], expected(1, &key, json!("ü\u{1F600}"), Value::Null));
    assert_eq!(raw[2], expected(2, &other, Value::Null, json!("/wA=")));
    // Before the upload: what the database knows, and why the rest is not there.
    let reason = raw[3]["notAvailable"].as_str().unwrap();
    assert!(reason.contains("not in the object store yet"), "{reason}");
    assert_eq!(
        raw[3],
        json!({
            "source": "plant", "topic": "", "receivedAt": "2026-01-01T00:03:01Z", "qos": -1, "payload": null,
            "payloadBase64": null, "objectKey": null, "position": format!("{}/3", journal()), "notAvailable": reason,
        })
    );
}

#[tokio::test]
async fn without_its_object_store_a_raw_message_says_why_it_is_not_there() {
    let server = testbed::object_store().await;
    let archive = store(&server);
    let world = World::new().await;
    let sensor = world.sensors(&["a"]).await[0];
    world
        .readings(sensor, "2026-01-01T00:00:00Z", "1 minute", 1)
        .await;
    let key = upload(&world, &archive, 0, &[b"1"]).await;
    let raw = raw_of_all(&world).await;
    let reason = raw[0]["notAvailable"].as_str().unwrap();
    assert!(reason.contains("without an object store"), "{reason}");
    assert_eq!(raw[0]["objectKey"], key);

    // One that is configured and away, and one that has lost the object.
    let nowhere = Config {
        endpoint_url: Some("http://127.0.0.1:1".to_owned()),
        region: "us-east-1".to_owned(),
        access_key_id: "a".to_owned(),
        secret_access_key: Secret::new("b"),
        bucket: "c".to_owned(),
        prefix: String::new(),
    };
    let empty = testbed::object_store().await;
    for (archive, expected) in [
        (Store::new(nowhere).unwrap(), "does not answer"),
        (store(&empty), "does not give the message"),
    ] {
        let world = World::over_archive(world.db.clone(), archive, open()).await;
        let raw = raw_of_all(&world).await;
        let reason = raw[0]["notAvailable"].as_str().unwrap();
        assert!(reason.contains(expected), "{reason}");
        assert_eq!(
            (&raw[0]["payload"], &raw[0]["objectKey"]),
            (&Value::Null, &json!(key))
        );
    }
}

#[tokio::test]
async fn raw_messages_of_an_answer_have_a_number_and_a_size() {
    let server = testbed::object_store().await;
    let archive = store(&server);
    let limits = Limits {
        raw_messages_max: 2,
        raw_bytes_max: 15,
        ..Limits::default()
    };
    let world = World::with_archive(archive.clone(), with_limits(limits)).await;
    let sensor = world.sensors(&["a"]).await[0];
    world
        .readings(sensor, "2026-01-01T00:00:00Z", "1 minute", 3)
        .await;
    upload(&world, &archive, 0, &[b"ten bytes."]).await;
    upload(&world, &archive, 1, &[b"ten bytes.", b"ten bytes and more."]).await;
    let query = |first: u32, from: &str| {
        format!(
            "{{ readings(first: {first}, from: \"{from}\", to: \"2026-01-02\") {{ nodes {{ raw {{ payload }} }} }} }}"
        )
    };
    // Refused before anything is asked.
    let error = world.error(&query(3, "2026-01-01")).await;
    assert_eq!(
        error["extensions"],
        json!({ "code": "LIMIT_EXCEEDED", "limit": 2, "asked": 3 })
    );
    // Two of two objects, and one that is too large by itself.
    for (first, from) in [(2, "2026-01-01"), (1, "2026-01-01T00:02")] {
        let (_, body) = world.post(json!({ "query": query(first, from) })).await;
        let errors: Arc<[Value]> = body["errors"].as_array().unwrap().as_slice().into();
        for error in &*errors {
            assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{error}");
            assert_eq!(error["extensions"]["limit"], 15, "{error}");
        }
        assert_eq!(body["data"]["readings"]["nodes"][0]["raw"], Value::Null);
    }
    let one = world.data(&query(1, "2026-01-01")).await;
    assert_eq!(one["readings"]["nodes"][0]["raw"]["payload"], "ten bytes.");
}
