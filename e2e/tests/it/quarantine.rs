//! What could not be used, on the command line and over GraphQL, and trying it again.

use std::process::Output;

use serde_json::json;
use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, Ingest, LEAVE_SENSORS, Producer, binary};

async fn run(data: &DataDir, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.arg("quarantine").args(args).env_clear();
    command.arg("--data-dir").arg(data.path());
    command.output().await.expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command that succeeds says.
async fn said(data: &DataDir, args: &[&str]) -> String {
    let output = run(data, args).await;
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What a command that fails says.
async fn refused(data: &DataDir, args: &[&str]) -> String {
    let output = run(data, args).await;
    assert!(!output.status.success(), "{args:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn reading(id: &str, value: u32) -> Vec<u8> {
    let now = chrono::Utc::now().to_rfc3339();
    format!(r#"{{"id": "{id}", "dt": "{now}", "value": {value}}}"#).into_bytes()
}

fn start(fieldbook: &Fieldbook, data: &DataDir, limit: &str) -> Ingest {
    let dir = data.path().join("ingest");
    Ingest::start(fieldbook, &dir, fieldbook.s3, &[], &["--auto-sensors-max", limit])
}

#[tokio::test]
async fn messages_are_listed_shown_and_replayed_after_the_cause_is_mended() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let mut producer = Producer::connect(fieldbook.mqtt).await;

    // One sensor may register itself; the others' messages are set aside.
    let mut ingest = start(&fieldbook, &data, "1");
    ingest.wait_subscribed(&mut producer, &reading("s0", 1)).await;
    producer
        .publish_all([
            reading("s1", 1),
            reading("s2", 2),
            reading("s2", 3),
            b"nonsense".to_vec(),
        ])
        .await;
    fieldbook
        .wait_number("SELECT count(*) FROM quarantined_message", 4)
        .await;
    they_are_seen(&data).await;

    // Nobody there: the request says so, and stays.
    ingest.stop().await;
    let replay = [
        "replay",
        "--reason",
        "sensor_limit",
        "--patience",
        "3",
        "--by",
        "ada",
    ];
    let error = refused(&data, &replay).await;
    assert!(error.contains("no ingestor took up replay 1"), "{error}");

    // The cause is mended.
    let ingest = start(&fieldbook, &data, "10");
    fieldbook
        .wait_number(
            "SELECT count(*) FROM quarantine_replay WHERE finished_at IS NOT NULL AND replayed = 3",
            1,
        )
        .await;
    let sensors = "SELECT count(DISTINCT sensor_id) FROM reading";
    assert_eq!(fieldbook.number(sensors).await, 3);
    the_rest_is_replayed_in_vain(&data, &fieldbook).await;
    ingest.stop().await;
    fieldbook.stop().await;
}

/// The four messages on the command line.
async fn they_are_seen(data: &DataDir) {
    let listed = said(data, &["list"]).await;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines.len() == 5 && lines[0].starts_with("RECEIVED"), "{listed}");
    assert!(
        lines[1].contains("not_json") && lines[4].contains("sensor_limit"),
        "{listed}"
    );
    let by_reason = said(data, &["list", "--reasons"]).await;
    let counted = by_reason.lines().find(|line| line.starts_with("sensor_limit"));
    assert!(
        counted.is_some_and(|line| line.contains(" 3 ") && line.contains("--auto-sensors-max")),
        "{by_reason}"
    );
    let of_s1 = said(data, &["list", "--sensor", "s1", "--from", "2026-01-01"]).await;
    assert_eq!(of_s1.lines().count(), 2, "{of_s1}");
    let message = of_s1.split_whitespace().last().expect("a message");
    let shown = said(data, &["show", message]).await;
    assert!(
        shown.contains("sensor_limit: ") && shown.contains(r#"{"id": "s1", "#),
        "{shown}"
    );
    let error = refused(data, &["show", "7"]).await;
    assert!(error.contains("fieldbook quarantine list"), "{error}");
    let error = refused(data, &["list", "--from", "yesterday"]).await;
    assert!(error.contains("2026-11-23T10:00:00Z"), "{error}");
}

/// What is nonsense stays so, and GraphQL says the same.
async fn the_rest_is_replayed_in_vain(data: &DataDir, fieldbook: &Fieldbook) {
    let outcome = said(data, &["replay"]).await;
    let expected = "0 of 1 message used now; 1 message still can't be used";
    assert!(outcome.contains(expected), "{outcome}");
    let listed = said(data, &["list"]).await;
    assert!(listed.contains("replayed in vain"), "{listed}");
    let nothing = said(data, &["replay", "--source", "nobody"]).await;
    assert!(nothing.contains("nothing that is set aside matches"), "{nothing}");
    let requested = said(data, &["replay", "--no-wait"]).await;
    assert!(requested.contains("of 1 message is requested"), "{requested}");

    let answer = fieldbook
        .graphql(
            "{ quarantine(reason: \"not_json\") { totalCount { value } nodes { payload sensor } } \
               quarantineReplays(open: false) { nodes { requestedBy replayed failed } } }",
        )
        .await;
    assert_eq!(
        answer["quarantine"],
        json!({ "totalCount": { "value": 1.0 }, "nodes": [{ "payload": "nonsense", "sensor": null }] })
    );
    let replays = answer["quarantineReplays"]["nodes"].as_array();
    let first = replays.and_then(|replays| replays.last());
    assert_eq!(
        first,
        Some(&json!({ "requestedBy": "ada", "replayed": 3.0, "failed": 0.0 }))
    );
    let unbalanced = "SELECT count(*) FROM segment \
                      WHERE decoded <> readings_new + readings_duplicate + readings_conflicting";
    assert_eq!(fieldbook.number(unbalanced).await, 0);
}
