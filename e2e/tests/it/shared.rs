//! Several ingestors share one stream: one dies and comes back with its data, and nothing is lost or there twice.

use crate::harness::{DataDir, Fieldbook, Ingest, LEAVE_SENSORS, Producer};

const READINGS: &str = "SELECT count(*) FROM reading";

/// Each has a sensor and a time of its own.
fn payload(start: i64, index: usize) -> Vec<u8> {
    let offset = i64::try_from(index).expect("small") * 1_000;
    let time = chrono::DateTime::from_timestamp_micros(start + offset).expect("a time");
    let time = time.format("%Y-%m-%dT%H:%M:%S%.6f");
    format!(
        r#"{{"id": "Sensor {}", "dt": "{time}", "value": {index}}}"#,
        index % 7
    )
    .into_bytes()
}

fn ingest(fieldbook: &Fieldbook, data: &DataDir, name: &str) -> Ingest {
    let args = ["--topic", "$share/fieldbook/sensors", "--segment-seconds", "1"];
    Ingest::start(fieldbook, &data.path().join(name), fieldbook.s3, &[], &args)
}

#[tokio::test]
async fn of_ingestors_that_share_a_stream_one_may_die_and_come_back() {
    const ROUND: usize = 3_000;
    const ROUNDS: usize = 4;
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let start = chrono::Utc::now().timestamp_micros() - 60_000_000;
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    let mut one = ingest(&fieldbook, &data, "one");
    let mut other = ingest(&fieldbook, &data, "other");
    one.wait_subscribed(&mut producer, &payload(start, 0)).await;
    other.wait_subscribed(&mut producer, &payload(start, 0)).await;

    let mut sent = 1;
    for round in 0..ROUNDS {
        let end = (round + 1) * ROUND;
        let batch: Vec<Vec<u8>> = (sent..end).map(|index| payload(start, index)).collect();
        sent = end;
        let send = tokio::spawn(async move {
            producer.publish_all(batch).await;
            producer
        });
        match round {
            // While messages are under way, one dies as fate has it; the other goes on with what comes.
            1 => {
                fieldbook_has(&fieldbook, ROUND + 100).await;
                other.kill().await;
                producer = send.await.expect("no panic");
                // Both stand idle for a moment: what the dead one was given waits for it.
                other = ingest(&fieldbook, &data, "other");
            }
            _ => producer = send.await.expect("no panic"),
        }
    }
    fieldbook
        .wait_number(READINGS, i64::try_from(sent).expect("small"))
        .await;
    let number = async |sql| fieldbook.number(sql).await;
    assert_eq!(
        number("SELECT count(DISTINCT value) FROM reading").await,
        number(READINGS).await
    );
    assert_eq!(
        number("SELECT count(DISTINCT journal_id) FROM reading").await,
        2,
        "both had their share"
    );
    assert_eq!(number("SELECT count(*) FROM reading_conflict").await, 0);
    assert_eq!(number("SELECT count(*) FROM quarantined_message").await, 0);
    one.stop().await;
    other.stop().await;
    // What came twice over a connection that broke was counted, and changed nothing.
    let unbalanced = "SELECT count(*) FROM segment
        WHERE decoded + quarantined <> messages
           OR decoded <> readings_new + readings_duplicate + readings_conflicting + readings_refused";
    assert_eq!(number(unbalanced).await, 0);
    let new = "SELECT sum(readings_new)::int8 FROM segment";
    assert_eq!(number(new).await, number(READINGS).await);
    fieldbook.stop().await;
}

/// Waits until so many readings are loaded.
async fn fieldbook_has(fieldbook: &Fieldbook, readings: usize) {
    let least = i64::try_from(readings).expect("small");
    let deadline = tokio::time::Instant::now() + crate::harness::DEADLINE;
    while fieldbook.number(READINGS).await < least {
        assert!(tokio::time::Instant::now() < deadline, "{}", fieldbook.log());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
