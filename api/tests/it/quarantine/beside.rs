//! What stands beside readings: other values, why they are flagged, what doubts them.

use entity::QualityFlag;
use entity::load::{DeclaredSensor, LoadTransaction, NewReading, OnConflict, journal_id};
use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{JOURNAL, code_as, said};
use crate::world::{World, at, open, thermometer};

/// Loads a value of a sensor for an instant, at a position.
async fn load(world: &World, sensor_id: i32, time: &str, (seq, value, flag): (i64, f64, QualityFlag)) {
    let id = journal_id(&world.db, JOURNAL, at("2026-01-01")).await.unwrap();
    let mut load = LoadTransaction::begin(&world.db, id).await.unwrap();
    let reading = NewReading {
        sensor_id,
        time: at(time),
        value,
        flag,
        received_at: at("2026-03-01") + chrono::TimeDelta::seconds(seq),
        seq,
        on_conflict: OnConflict::First,
    };
    load.write_readings(&[reading]).await.unwrap();
    load.commit().await.unwrap();
}

const BESIDE: &str =
    "value flag flagReason otherValues { value receivedAt flag } doubts { test flag ruleVersion }";

async fn beside(world: &World, sensor: &str) -> Vec<Value> {
    let query = format!(
        "{{ sensor(name: \"{sensor}\") {{ readings(from: \"2026-01-01\", to: \"2026-04-01\") {{ nodes {{ {BESIDE} }} }} }} }}"
    );
    let mut data = world.data(&query).await;
    serde_json::from_value(data["sensor"]["readings"]["nodes"].take()).unwrap()
}

testbed::both! {
    async fn a_reading_says_what_contradicts_and_doubts_it_and_why_it_failed(database: TestDatabase) {
        let world = World::on(database, open()).await;
        // 0 to 45 from position 5 on, and from position 20 on something else.
        let sensor = world.declare_at("2026-03-01T00:00:05Z", 5, vec![thermometer("a")]).await[0];
        let wider = DeclaredSensor { range_max: Some(100.0), range_min: Some(50.0), ..thermometer("a") };
        world.declare_at("2026-03-01T00:00:20Z", 20, vec![wider]).await;
        let (pass, fail) = (QualityFlag::Pass, QualityFlag::Fail);
        for (time, loaded) in [
            ("2026-02-01T00:00:00Z", (3, 1.0, QualityFlag::NotEvaluated)),
            ("2026-02-01T00:01:00Z", (6, 45.3, fail)),
            ("2026-02-01T00:01:00Z", (9, 3.0, pass)),
            ("2026-02-01T00:01:00Z", (8, -4.0, fail)),
            ("2026-02-01T00:02:00Z", (10, 20.0, pass)),
            ("2026-02-01T00:03:00Z", (21, 20.0, fail)),
        ] {
            load(&world, sensor, time, loaded).await;
        }
        world.run("INSERT INTO quality_rules (version, first_used_at, rules) VALUES (7, now(), '{}'); \
                   INSERT INTO reading_flag (time, rule_version, sensor_id, flag, test) \
                   SELECT '2026-02-01T00:02:00Z', 7, id, 3, test FROM sensor, unnest('{spike,rate_of_change}'::text[]) AS test").await;
        let nodes = beside(&world, "a").await;
        assert!(nodes[0]["flagReason"].as_str().unwrap().contains("nobody had declared"), "{}", nodes[0]);
        assert_eq!(nodes[1], json!({
            "value": 45.3, "flag": "FAIL", "flagReason": "45.3 is above 45, the highest that the sensor reports",
            "otherValues": [
                { "value": -4.0, "receivedAt": "2026-03-01T00:00:08Z", "flag": "FAIL" },
                { "value": 3.0, "receivedAt": "2026-03-01T00:00:09Z", "flag": "PASS" },
            ],
            "doubts": [],
        }));
        assert_eq!(nodes[2], json!({
            "value": 20.0, "flag": "PASS", "flagReason": null, "otherValues": [],
            "doubts": [
                { "test": "RATE_OF_CHANGE", "flag": "SUSPECT", "ruleVersion": 7.0 },
                { "test": "SPIKE", "flag": "SUSPECT", "ruleVersion": 7.0 },
            ],
        }));
        assert_eq!(nodes[3]["flagReason"], json!("20 is below 50, the lowest that the sensor reports"));

        // The same in the lists of all sensors, and of the latest.
        let data = world.data(&format!(
            "{{ readings(from: \"2026-01-01\", to: \"2026-04-01\") {{ nodes {{ {BESIDE} }} }} latest {{ {BESIDE} }} }}"
        )).await;
        assert_eq!(data["readings"]["nodes"], json!(nodes));
        assert_eq!(data["latest"][0], nodes[3]);
    }
}

#[tokio::test]
async fn other_values_are_for_those_to_whom_conflicts_are_open() {
    let world = World::new().await;
    let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
    for sensor in &sensors {
        load(
            &world,
            *sensor,
            "2026-02-01T00:00:00Z",
            (1, 1.0, QualityFlag::Pass),
        )
        .await;
        load(
            &world,
            *sensor,
            "2026-02-01T00:00:00Z",
            (2, 2.0, QualityFlag::Pass),
        )
        .await;
    }
    let query = "{ readings(first: 10, from: \"2026-01-01\", to: \"2026-04-01\") { nodes { value otherValues { value raw { position } } } } }";
    let readings = world
        .key(|key| key.datasets = Some(vec!["readings".to_owned()]))
        .await;
    assert_eq!(code_as(&world, &readings, query).await, "FORBIDDEN");
    let (_, _, body) = world.ask_as(readings.reveal(), query).await;
    assert_eq!(
        body["data"]["readings"]["nodes"][0],
        json!({ "value": 1.0, "otherValues": null })
    );
    let both = world
        .key(|key| key.datasets = Some(vec!["readings".to_owned(), "reading-conflicts".to_owned()]))
        .await;
    let data = said(&world, &both, query).await;
    let position = format!("{JOURNAL}/2");
    assert_eq!(
        data["readings"]["nodes"][0]["otherValues"],
        json!([{ "value": 2.0, "raw": { "position": position } }])
    );
}

#[tokio::test]
async fn what_stands_beside_readings_counts_in_the_cost_of_a_question() {
    let world = World::new().await;
    let cost = async |below: &str| {
        let query = format!("{{ readings(first: 10) {{ nodes {{ {below} }} }} }}");
        let (_, body) = world.post_whole(json!({ "query": query })).await;
        let cost = &body["extensions"]["cost"];
        (
            cost["values"]["asked"].as_u64().unwrap(),
            cost["rows"]["asked"].as_u64().unwrap(),
            cost["rawMessages"]["asked"].as_u64().unwrap(),
        )
    };
    let (values, rows, raw) = cost("value").await;
    assert_eq!(cost("value flagReason").await, (values + 10, rows + 10, raw));
    assert_eq!(
        cost("value otherValues { value }").await,
        (values + 10 * 3, rows + 10 * 2, raw)
    );
    assert_eq!(
        cost("value doubts { test }").await,
        (values + 10 * 6, rows + 10 * 5, raw)
    );
    assert_eq!(cost("value otherValues { raw { topic } }").await.2, 20);
}
