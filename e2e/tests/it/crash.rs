//! SIGKILL in the middle, and a start again: nothing acknowledged is lost, nothing is there twice.

use std::collections::HashSet;
use std::time::Duration;

use crate::harness::{DataDir, Fieldbook, Producer, free_address, raw_messages};

#[tokio::test]
async fn what_the_broker_acknowledged_survives_kills_of_the_whole_process() {
    const ROUNDS: usize = 3;
    const MESSAGES: usize = 4_000;
    let data = DataDir::new();
    let (http, mqtt) = (free_address(), free_address());
    let args = ["--no-simulator", "--segment-seconds", "1"];
    let start = chrono::Utc::now().timestamp_micros() - 60_000_000;
    let payload = move |index: usize| {
        let offset = i64::try_from(index).expect("small") * 1_000;
        let time = chrono::DateTime::from_timestamp_micros(start + offset).expect("a time");
        format!(
            r#"{{"id": "Sensor {}", "dt": "{}", "value": {index}}}"#,
            index % 7,
            time.format("%Y-%m-%dT%H:%M:%S%.6f")
        )
    };
    let mut fieldbook = Fieldbook::up_with(&data, http, mqtt, &args).await;
    for round in 0..ROUNDS {
        // The broker is a process of its own and outlives the kill, as it would in production.
        let mut producer = Producer::connect(mqtt).await;
        let indices = round * MESSAGES..(round + 1) * MESSAGES;
        let send = tokio::spawn(async move {
            producer
                .publish_all(indices.map(|index| payload(index).into_bytes()))
                .await
        });
        // Another instant in each round, while messages are under way or just behind.
        tokio::time::sleep(Duration::from_millis(60 + 170 * round as u64)).await;
        fieldbook.kill().await;
        assert_eq!(send.await.expect("no panic"), MESSAGES);
        fieldbook = Fieldbook::up_with(&data, http, mqtt, &args).await;
    }
    let total = i64::try_from(ROUNDS * MESSAGES).expect("small");
    fieldbook.wait_number("SELECT count(*) FROM reading", total).await;
    assert_eq!(fieldbook.number("SELECT count(*) FROM reading_conflict").await, 0);
    assert_eq!(
        fieldbook.number("SELECT count(*) FROM quarantined_message").await,
        0
    );
    let wrong = "SELECT count(*) FROM reading r JOIN sensor s ON s.id = r.sensor_id
                 WHERE s.name <> 'Sensor ' || (r.value::int8 % 7)";
    assert_eq!(fieldbook.number(wrong).await, 0);
    fieldbook.stop().await;

    let raw = raw_messages(data.path());
    let positions: HashSet<(String, u64)> = raw
        .iter()
        .map(|message| (message.journal.clone(), message.seq))
        .collect();
    assert_eq!(positions.len(), raw.len(), "a position lies in one object only");
    let payloads: HashSet<&[u8]> = raw.iter().map(|message| message.payload.as_slice()).collect();
    assert_eq!(payloads.len(), ROUNDS * MESSAGES);
    for index in 0..ROUNDS * MESSAGES {
        assert!(
            payloads.contains(payload(index).as_bytes()),
            "message {index} is not on S3"
        );
    }
    let seqs: Vec<u64> = raw.iter().map(|message| message.seq).collect();
    let expected: Vec<u64> = (1..=seqs.len() as u64).collect();
    assert_eq!(seqs, expected, "no position is missing");
}
