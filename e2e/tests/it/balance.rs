//! The mass balance: each message becomes one thing, and every place that counts them says the same.

use serde_json::json;

use crate::harness::{DataDir, Fieldbook, Producer, free_address, number};

#[tokio::test]
async fn metrics_segments_and_lineage_say_the_same_of_all_messages() {
    let data = DataDir::new();
    let (http, mqtt) = (free_address(), free_address());
    let args = ["--no-simulator", "--segment-seconds", "1"];
    let fieldbook = Fieldbook::up_with(&data, http, mqtt, &args).await;
    let list = data.path().join("sensors.json");
    std::fs::write(
        &list,
        r#"{"a": {"range": [0, 100], "unit": "C", "type": "temperature"}}"#,
    )
    .expect("a file");
    let imported = tokio::process::Command::new(crate::harness::binary())
        .args(["sensors", "import"])
        .arg(&list)
        .arg("--data-dir")
        .arg(data.path())
        .output()
        .await
        .expect("it runs");
    assert!(
        imported.status.success(),
        "{}",
        String::from_utf8_lossy(&imported.stderr)
    );

    let now = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let reading = |index: i64, value: i64| {
        let dt = (now + chrono::TimeDelta::milliseconds(index)).to_rfc3339();
        json!({"id": "a", "dt": dt, "value": value})
            .to_string()
            .into_bytes()
    };
    // 50 readings, ten of them again, five contradictions, three that can't be used.
    let mut messages: Vec<Vec<u8>> = (0..50).map(|index| reading(index, index)).collect();
    messages.extend((0..10).map(|index| reading(index, index)));
    messages.extend((0..5).map(|index| reading(index, 77)));
    messages.extend((0..3).map(|index| format!("nothing {index}").into_bytes()));
    let total = messages.len() as u64 + 1;
    Producer::connect(mqtt).await.publish_all(messages).await;
    let archived = "SELECT coalesce(sum(messages), 0)::int8 FROM segment WHERE object_key IS NOT NULL";
    fieldbook.wait_number(archived, total.cast_signed()).await;
    let loaded = "SELECT coalesce(sum(decoded + quarantined), 0)::int8 FROM segment";
    fieldbook.wait_number(loaded, total.cast_signed()).await;

    let metrics = fieldbook.get("/metrics").await;
    let told = |name: &str| {
        number(&metrics, &format!("fieldbook_ingest_{name}"))
            .unwrap_or_else(|| panic!("no {name} in {metrics}"))
    };
    let readings = |result: &str| told(&format!("readings_total{{result=\"{result}\"}}"));
    assert_eq!(told("messages_loaded_total"), total);
    assert_eq!(told("messages_archived_total"), total);
    assert_eq!(told("messages_decoded_total"), total - 3);
    assert_eq!(told("messages_quarantined_total{reason=\"not_json\"}"), 3);
    assert_eq!(
        ["new", "duplicate", "conflicting", "refused"].map(readings),
        [50, 10, 5, 0]
    );
    assert_eq!(told("unbalanced_total{item=\"messages\"}"), 0);
    assert_eq!(told("unbalanced_total{item=\"readings\"}"), 0);

    let unbalanced = "SELECT count(*) FROM segment WHERE messages <> decoded + quarantined
        OR decoded <> readings_new + readings_duplicate + readings_conflicting + readings_refused
                      + (SELECT count(*) FROM sensor_list l WHERE l.journal_id = segment.journal_id
                           AND l.seq BETWEEN segment.first_seq AND segment.last_seq)";
    assert_eq!(fieldbook.number(unbalanced).await, 0);
    fieldbook.stop().await;
}
