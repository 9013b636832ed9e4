//! What was set aside: listed, counted by reason, and requested again; and what stands beside readings.

mod beside;

use api::{Anonymous, ApiKey, Options};
use entity::keys::{NewKey, Role, SensorLimit};
use entity::load::{LoadTransaction, NewQuarantined, checkpoint, journal_id};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testbed::TestDatabase;
use uuid::Uuid;

use crate::world::{SOURCE, World, at, open};

const JOURNAL: Uuid = Uuid::from_u128(1);

/// A message that was set aside, at a position and second.
fn message(seq: i64, code: &'static str, sensor: Option<&str>, payload: &[u8]) -> NewQuarantined {
    NewQuarantined {
        received_at: at("2026-06-01T10:00:00Z") + chrono::TimeDelta::seconds(seq),
        seq,
        item: 0,
        source: SOURCE.to_owned(),
        topic: "plant/sensors".to_owned(),
        code,
        reason: format!("message {seq} is {code}"),
        sensor: sensor.map(str::to_owned),
        payload: payload.to_vec(),
        payload_size: i64::try_from(payload.len()).unwrap(),
        imported: false,
        counted: None,
    }
}

/// Sets messages aside as the loader does it, at the positions behind the last.
async fn set_aside(world: &World, messages: &[NewQuarantined]) {
    let id = journal_id(&world.db, JOURNAL, at("2026-01-01")).await.unwrap();
    let from = checkpoint(&world.db, id).await.unwrap();
    let mut load = LoadTransaction::begin(&world.db, id).await.unwrap();
    load.quarantine(messages).await.unwrap();
    let to = messages.iter().map(|message| message.seq).max().unwrap();
    load.move_checkpoint(from, to).await.unwrap();
    load.commit().await.unwrap();
}

async fn some(world: &World) {
    let others = NewQuarantined {
        source: "other".to_owned(),
        ..message(4, "not_json", None, b"?")
    };
    let cut = NewQuarantined {
        payload_size: 1_000_000,
        ..message(5, "too_large", None, "ü".as_bytes().split_at(1).0)
    };
    set_aside(
        world,
        &[
            message(1, "not_json", None, b"nonsense"),
            message(2, "time_too_old", Some("a"), br#"{"id": "a"}"#),
            message(3, "not_utf8", None, b"\xff\x00"),
            others,
            cut,
        ],
    )
    .await;
}

async fn steward(world: &World, change: impl FnOnce(&mut NewKey)) -> ApiKey {
    world
        .key(|key| {
            key.role = Role::Steward;
            "Ada".clone_into(&mut key.name);
            change(key);
        })
        .await
}

async fn said(world: &World, key: &ApiKey, document: &str) -> Value {
    let (status, _, mut body) = world.ask_as(key.reveal(), document).await;
    assert!(
        status == StatusCode::OK && body.get("errors").is_none(),
        "{document} {status} {body:#}"
    );
    body["data"].take()
}

async fn code_as(world: &World, key: &ApiKey, document: &str) -> Value {
    let (_, _, body) = world.ask_as(key.reveal(), document).await;
    body["errors"][0]["extensions"]["code"].clone()
}

async fn codes(world: &World, arguments: &str) -> Vec<String> {
    let data = world
        .data(&format!(
            "{{ quarantine{arguments} {{ nodes {{ code position }} }} }}"
        ))
        .await;
    let nodes = data["quarantine"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["code"].as_str().unwrap().to_owned())
        .collect()
}

/// All of a request but when it was made.
const FIELDS: &str = "id state requestedBy reason source sensor from to requested replayed failed waiting takenAt \
                      finishedAt";

testbed::both! {
    async fn messages_are_listed_from_the_newest_with_their_reasons(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let empty = world.data("{ quarantine { nodes { id } totalCount { value exact } } quarantineReasons { code } }").await;
        assert_eq!(empty, json!({
            "quarantine": { "nodes": [], "totalCount": { "value": 0.0, "exact": true } }, "quarantineReasons": []
        }));
        some(&world).await;
        let first = world.data(
            "{ quarantine(first: 2) { totalCount { value exact } pageInfo { hasNextPage hasPreviousPage endCursor } \
                 nodes { id receivedAt source topic sensor code reason payloadSize payloadCut payload payloadBase64 \
                         position item state triedAt } } }",
        ).await;
        let page = &first["quarantine"];
        assert_eq!(page["totalCount"], json!({ "value": 5.0, "exact": true }));
        assert_eq!(page["nodes"][0], json!({
            "id": format!("{JOURNAL}/5/0"), "receivedAt": "2026-06-01T10:00:05Z", "source": SOURCE,
            "topic": "plant/sensors", "sensor": null, "code": "too_large", "reason": "message 5 is too_large",
            "payloadSize": 1_000_000.0, "payloadCut": true, "payload": "", "payloadBase64": null,
            "position": format!("{JOURNAL}/5"), "item": 0, "state": "KEPT", "triedAt": null,
        }));
        assert_eq!((&page["pageInfo"]["hasNextPage"], &page["pageInfo"]["hasPreviousPage"]), (&json!(true), &json!(false)));
        let after = page["pageInfo"]["endCursor"].as_str().unwrap();
        let rest = world.data(&format!(
            "{{ quarantine(after: \"{after}\") {{ pageInfo {{ hasNextPage hasPreviousPage }} \
                 edges {{ cursor node {{ code payload payloadBase64 payloadCut }} }} }} }}"
        )).await;
        let edges = rest["quarantine"]["edges"].as_array().unwrap();
        let nodes: Vec<&Value> = edges.iter().map(|edge| &edge["node"]).collect();
        assert_eq!(nodes, [
            &json!({ "code": "not_utf8", "payload": null, "payloadBase64": "/wA=", "payloadCut": false }),
            &json!({ "code": "time_too_old", "payload": "{\"id\": \"a\"}", "payloadBase64": null, "payloadCut": false }),
            &json!({ "code": "not_json", "payload": "nonsense", "payloadBase64": null, "payloadCut": false }),
        ]);
        assert_eq!(rest["quarantine"]["pageInfo"], json!({ "hasNextPage": false, "hasPreviousPage": true }));

        for (arguments, expected) in [
            ("(reason: \"not_json\")", vec!["not_json", "not_json"]),
            ("(source: \"other\")", vec!["not_json"]),
            ("(sensor: \"a\")", vec!["time_too_old"]),
            ("(from: \"2026-06-01T10:00:02Z\", to: \"2026-06-01T10:00:04Z\")", vec!["not_utf8", "time_too_old"]),
            ("(reason: \"not_json\", source: \"plant\", to: \"2026-06-02\")", vec!["not_json"]),
            ("(reason: \"no such word\")", vec![]),
        ] {
            assert_eq!(codes(&world, arguments).await, expected, "{arguments}");
        }
        let reasons = world.data("{ quarantineReasons { code source count newestAt example } }").await;
        let reason = |code: &str, source: &str, seq: i64| json!({
            "code": code, "source": source, "count": 1.0, "newestAt": format!("2026-06-01T10:00:0{seq}Z"),
            "example": format!("message {seq} is {code}"),
        });
        assert_eq!(reasons["quarantineReasons"], json!([
            reason("not_json", "other", 4), reason("not_json", SOURCE, 1), reason("not_utf8", SOURCE, 3),
            reason("time_too_old", SOURCE, 2), reason("too_large", SOURCE, 5),
        ]));
        let narrowed = world.data("{ quarantineReasons(from: \"2026-06-01T10:00:04Z\", source: \"other\") { code count } }").await;
        assert_eq!(narrowed["quarantineReasons"], json!([{ "code": "not_json", "count": 1.0 }]));
    }

    async fn a_steward_requests_a_replay_and_sees_how_far_it_is(database: TestDatabase) {
        let world = World::on(database, open()).await;
        some(&world).await;
        let key = steward(&world, |_| ()).await;
        let data = said(&world, &key, &format!("mutation {{ replayQuarantine(reason: \"not_json\", source: \"{SOURCE}\") {{ {FIELDS} }} }}")).await;
        let replay = &data["replayQuarantine"];
        let id = replay["id"].as_str().unwrap();
        assert_eq!(replay, &json!({
            "id": id, "state": "WAITING", "requestedBy": "Ada", "reason": "not_json", "source": SOURCE, "sensor": null,
            "from": null, "to": null, "requested": 1.0, "replayed": 0.0, "failed": 0.0, "waiting": 1.0,
            "takenAt": null, "finishedAt": null,
        }));
        // It is about what is there now, and shows at the messages.
        set_aside(&world, &[message(6, "not_json", None, b"later")]).await;
        let states = world.data("{ quarantine { nodes { position state } } }").await;
        let waiting: Vec<&Value> = states["quarantine"]["nodes"].as_array().unwrap().iter()
            .filter(|node| node["state"] == "WAITING").map(|node| &node["position"]).collect();
        assert_eq!(waiting, [&json!(format!("{JOURNAL}/1"))]);

        // What an ingestor does.
        world.run("UPDATE quarantined_message SET tried_at = '2026-06-02', tried_by = 1, reason = 'still' WHERE seq = 1; \
                   UPDATE quarantine_replay SET failed = 1, taken_at = '2026-06-02', finished_at = '2026-06-02'").await;
        let shown = world.data(&format!("{{ quarantineReplay(id: \"{id}\") {{ state failed waiting }} quarantineReplays {{ nodes {{ id }} }} \
            done: quarantineReplays(open: false, first: 1) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} \
            open: quarantineReplays(open: true) {{ nodes {{ id }} }} \
            quarantine(reason: \"not_json\", source: \"{SOURCE}\", to: \"2026-06-01T10:00:05Z\") {{ nodes {{ state triedAt reason }} }} \
            none: quarantineReplay(id: \"x\") {{ id }} nobody: quarantineReplay(id: \"77\") {{ id }} }}")).await;
        assert_eq!(shown, json!({
            "quarantineReplay": { "state": "DONE", "failed": 1.0, "waiting": 0.0 }, "quarantineReplays": { "nodes": [{ "id": id }] },
            "done": { "nodes": [{ "id": id }], "pageInfo": { "hasNextPage": false } }, "open": { "nodes": [] },
            "quarantine": { "nodes": [{ "state": "FAILED", "triedAt": "2026-06-02T00:00:00Z", "reason": "still" }] },
            "none": null, "nobody": null,
        }));

        // One message; and nothing, which is done at once.
        let one = said(&world, &key, &format!("mutation {{ replayQuarantine(message: \"{JOURNAL}/3/0\") {{ requested state }} }}")).await;
        assert_eq!(one["replayQuarantine"], json!({ "requested": 1.0, "state": "WAITING" }));
        let none = said(&world, &key, "mutation { replayQuarantine(reason: \"nothing\") { requested state } }").await;
        assert_eq!(none["replayQuarantine"], json!({ "requested": 0.0, "state": "DONE" }));
        let listed = world.data("{ quarantineReplays(first: 2) { nodes { requested } pageInfo { endCursor hasNextPage } } }").await;
        let page = &listed["quarantineReplays"];
        assert_eq!((&page["nodes"], &page["pageInfo"]["hasNextPage"]), (&json!([{ "requested": 0.0 }, { "requested": 1.0 }]), &json!(true)));
        let after = page["pageInfo"]["endCursor"].as_str().unwrap();
        let rest = world.data(&format!("{{ quarantineReplays(after: \"{after}\") {{ nodes {{ id }} pageInfo {{ hasPreviousPage }} }} }}")).await;
        assert_eq!(rest["quarantineReplays"], json!({ "nodes": [{ "id": id }], "pageInfo": { "hasPreviousPage": true } }));
    }
}

#[tokio::test]
async fn bad_arguments_are_refused_with_what_would_be_right() {
    let world = World::new().await;
    some(&world).await;
    let key = steward(&world, |_| ()).await;
    let mutation = |arguments: &str| format!("mutation {{ replayQuarantine({arguments}) {{ id }} }}");
    for (document, code) in [
        (
            "{ quarantine(first: 0) { nodes { id } } }".to_owned(),
            "INVALID_ARGUMENT",
        ),
        (
            "{ quarantine(first: 10001) { nodes { id } } }".to_owned(),
            "LIMIT_EXCEEDED",
        ),
        (
            "{ quarantine(after: \"x\") { nodes { id } } }".to_owned(),
            "INVALID_ARGUMENT",
        ),
        (
            "{ quarantine(from: \"2026-01-02\", to: \"2026-01-01\") { nodes { id } } }".to_owned(),
            "INVALID_ARGUMENT",
        ),
        (
            "{ quarantine(reason: \"a\\u0000\") { nodes { id } } }".to_owned(),
            "INVALID_ARGUMENT",
        ),
        (
            format!(
                "{{ quarantineReasons(sensor: \"{}\") {{ code }} }}",
                "x".repeat(1_001)
            ),
            "LIMIT_EXCEEDED",
        ),
        (
            "{ quarantineReplays(after: \"x\") { nodes { id } } }".to_owned(),
            "INVALID_ARGUMENT",
        ),
        (mutation("message: \"7\""), "INVALID_ARGUMENT"),
        (mutation(&format!("message: \"{JOURNAL}/77\"")), "NOT_FOUND"),
        (
            mutation(&format!("message: \"{}/1\"", Uuid::from_u128(9))),
            "NOT_FOUND",
        ),
        (
            mutation("from: \"2026-01-02\", to: \"2026-01-01\""),
            "INVALID_ARGUMENT",
        ),
    ] {
        assert_eq!(code_as(&world, &key, &document).await, code, "{document}");
    }
    // So many wait, and no more.
    world
        .run(
            "INSERT INTO quarantine_replay (requested_at, requested, requested_by, upto) \
             SELECT now(), 1, 'x', '{}' FROM generate_series(1, 99)",
        )
        .await;
    assert_eq!(
        code_as(&world, &key, "mutation { replayQuarantine { id } }").await,
        Value::Null
    );
    assert_eq!(
        code_as(&world, &key, &mutation("reason: \"not_json\"")).await,
        "LIMIT_EXCEEDED"
    );
}

#[tokio::test]
async fn what_was_set_aside_is_for_those_to_whom_all_of_it_is_open() {
    let world = World::with(Options {
        anonymous: Anonymous::Catalogue,
        ..Options::default()
    })
    .await;
    some(&world).await;
    world.sensors(&["a"]).await;
    let reader = world.key(|_| ()).await;
    let readings = world
        .key(|key| key.datasets = Some(vec!["readings".to_owned()]))
        .await;
    let limited = steward(&world, |key| {
        key.sensors = SensorLimit {
            types: Some(vec!["temperature".to_owned()]),
            ..SensorLimit::default()
        };
    })
    .await;
    for query in [
        "{ quarantine { nodes { id } } }",
        "{ quarantineReasons { code } }",
        "{ quarantineReplays { nodes { id } } }",
        "{ quarantineReplay(id: 1) { id } }",
    ] {
        said(&world, &reader, query).await;
        assert_eq!(code_as(&world, &readings, query).await, "FORBIDDEN", "{query}");
        assert_eq!(code_as(&world, &limited, query).await, "FORBIDDEN", "{query}");
        assert_eq!(
            world.error(query).await["extensions"]["code"],
            "UNAUTHENTICATED",
            "{query}"
        );
    }
    let mutation = "mutation { replayQuarantine { id } }";
    assert_eq!(
        world.error(mutation).await["extensions"]["code"],
        "UNAUTHENTICATED"
    );
    for key in [&reader, &readings, &limited] {
        assert_eq!(code_as(&world, key, mutation).await, "FORBIDDEN");
    }
    let steward = steward(&world, |key| {
        key.datasets = Some(vec!["quarantined-messages".to_owned()]);
    })
    .await;
    let data = said(&world, &steward, "mutation { replayQuarantine { requested } }").await;
    assert_eq!(data["replayQuarantine"]["requested"], json!(5.0));
}

#[tokio::test]
async fn payloads_of_an_answer_have_a_size() {
    let limits = api::Limits {
        raw_bytes_max: 10,
        ..api::Limits::default()
    };
    let world = World::with(crate::world::with_limits(limits)).await;
    some(&world).await;
    let (_, body) = world
        .post(json!({ "query": "{ quarantine { nodes { payload } } }" }))
        .await;
    for error in body["errors"].as_array().unwrap() {
        assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{error}");
    }
    assert_eq!(body["data"]["quarantine"]["nodes"][0]["payload"], Value::Null);
    let one = world
        .data("{ quarantine(reason: \"not_utf8\") { nodes { payloadBase64 } } }")
        .await;
    assert_eq!(one["quarantine"]["nodes"][0]["payloadBase64"], "/wA=");
    world
        .data("{ quarantine { nodes { payloadSize payloadCut } } }")
        .await;
}
