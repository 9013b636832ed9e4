//! Bad input is kept with a reason, counted, on S3 with all the others, and never stops the stream.

use std::collections::BTreeMap;

use crate::harness::{DataDir, Fieldbook, Producer, raw_messages};

#[tokio::test]
async fn each_bad_message_is_kept_with_its_reason_and_the_stream_goes_on() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let reading =
        |id: &str, dt: &str, value: &str| format!(r#"{{"id":{id},"dt":{dt},"value":{value}}}"#).into_bytes();
    let now = format!("\"{}\"", chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S"));
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("not_json", b"hello".to_vec()),
        ("wrong_shape", b"[1,2]".to_vec()),
        ("sensor_missing", br#"{"temperature": 5}"#.to_vec()),
        ("sensor_empty", reading("\"\"", &now, "1")),
        ("sensor_invalid", reading("\"a\\u0000b\"", &now, "1")),
        (
            "value_missing",
            format!(r#"{{"id":"a","dt":{now}}}"#).into_bytes(),
        ),
        ("value_not_number", reading("\"a\"", &now, "null")),
        ("value_not_number", reading("\"a\"", &now, "\"17\"")),
        ("value_not_number", reading("\"a\"", &now, "true")),
        ("not_json", reading("\"a\"", &now, "NaN")),
        ("time_missing", br#"{"id":"a","value":1}"#.to_vec()),
        ("time_malformed", reading("\"a\"", "\"yesterday\"", "1")),
        ("time_too_old", reading("\"a\"", "\"1970-01-01T00:00:00\"", "1")),
        ("time_too_new", reading("\"a\"", "\"2199-01-01T00:00:00\"", "1")),
        ("empty", Vec::new()),
        ("too_large", vec![b'x'; 1 << 20]),
        ("not_utf8", vec![0xc3, 0x28, 0x00, 0xff]),
    ];
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    producer
        .publish_all(bad.iter().map(|(_, payload)| payload.clone()))
        .await;
    producer.publish_all([reading("\"good\"", &now, "17")]).await;

    fieldbook.wait_number("SELECT count(*) FROM reading", 1).await;
    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    for (code, _) in &bad {
        *expected.entry(code).or_default() += 1;
    }
    let pool = fieldbook.database().await;
    let found: Vec<(String, i64)> =
        sqlx::query_as("SELECT code, count(*) FROM quarantined_message GROUP BY code ORDER BY code")
            .fetch_all(&pool)
            .await
            .expect("the quarantine");
    let found: BTreeMap<&str, i64> = found
        .iter()
        .map(|(code, count)| (code.as_str(), *count))
        .collect();
    assert_eq!(found, expected);
    let reasons: Vec<String> = sqlx::query_scalar("SELECT reason FROM quarantined_message")
        .fetch_all(&pool)
        .await
        .expect("reasons");
    assert!(reasons.iter().all(|reason| reason.len() > 20), "{reasons:?}");
    let balance = "SELECT sum(decoded * 1000 + quarantined)::int8 FROM segment";
    assert_eq!(
        fieldbook.number(balance).await,
        1000 + i64::try_from(bad.len()).expect("small")
    );

    let metrics = fieldbook.get("/metrics").await;
    let counted = r#"fieldbook_ingest_messages_quarantined_total{reason="value_not_number"} 3"#;
    assert!(metrics.contains(counted), "{metrics}");
    fieldbook.stop().await;
    let raw = raw_messages(data.path());
    let payloads: Vec<&[u8]> = raw.iter().map(|message| message.payload.as_slice()).collect();
    let mut sent: Vec<&[u8]> = bad.iter().map(|(_, payload)| payload.as_slice()).collect();
    let good = reading("\"good\"", &now, "17");
    sent.push(&good);
    assert!(payloads == sent, "{} of {} messages", payloads.len(), sent.len());
}

#[tokio::test]
async fn unknown_sensors_register_up_to_the_limit_and_the_others_are_kept_aside() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &["--auto-sensors-max", "100"]).await;
    let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S");
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    let messages =
        (0..1000).map(|index| format!(r#"{{"id":"s{index}","dt":"{now}","value":1}}"#).into_bytes());
    producer.publish_all(messages).await;
    fieldbook
        .wait_number(
            "SELECT count(*) FROM quarantined_message WHERE code = 'sensor_limit'",
            900,
        )
        .await;
    assert_eq!(fieldbook.number("SELECT count(*) FROM sensor").await, 100);
    assert_eq!(fieldbook.number("SELECT count(*) FROM reading").await, 100);
    fieldbook.stop().await;
}

#[tokio::test]
async fn a_bad_question_gets_a_code_and_what_would_be_accepted() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let client = reqwest::Client::new();
    for (query, code) in [
        ("{ sensors {", "BAD_REQUEST"),
        ("{ nothing }", "BAD_REQUEST"),
        ("{ sensors(first: \"x\") { nodes { name } } }", "INVALID_ARGUMENT"),
        (
            r#"{ readings(from: "2026-11-23", to: "2026-11-22") { nodes { value } } }"#,
            "INVALID_ARGUMENT",
        ),
        (
            "{ readings(first: 1000000) { nodes { value } } }",
            "LIMIT_EXCEEDED",
        ),
        (
            r#"{ readings(after: "nonsense") { nodes { value } } }"#,
            "INVALID_ARGUMENT",
        ),
        (
            r#"{ series(sensors: ["none"], from: "x", to: "2026-11-22") { times } }"#,
            "INVALID_ARGUMENT",
        ),
    ] {
        let answer = client
            .post(format!("http://{}/graphql", fieldbook.http))
            .json(&serde_json::json!({"query": query}))
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().as_u16() < 500, "{query}: {}", answer.status());
        let answer: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], code,
            "{query}: {answer}"
        );
    }
    fieldbook.stop().await;
}
