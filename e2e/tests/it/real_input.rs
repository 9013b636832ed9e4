//! What real devices and people send arrives, all of it.

use std::fmt::Write as _;

use crate::harness::{DataDir, Fieldbook, Producer, raw_messages};

fn message(name: &str, micros: i64, value: impl std::fmt::Display) -> String {
    let time = chrono::DateTime::from_timestamp_micros(micros).expect("a time");
    format!(
        r#"{{"id": "{name}", "dt": "{}", "value": {value}}}"#,
        time.format("%Y-%m-%dT%H:%M:%S%.6f")
    )
}

fn now_micros() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

#[tokio::test]
async fn a_burst_of_10_000_lines_is_in_the_database_on_s3_and_over_graphql() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let start = now_micros() - 20_000_000_000;
    let mut lines = String::new();
    for index in 0..10_000_i64 {
        let name = format!("Sensor {}", index % 5 + 1);
        writeln!(lines, "{}", message(&name, start + index * 1_000_000, index % 45)).expect("memory");
    }
    fieldbook.mosquitto_pub(1, &lines).await;
    fieldbook
        .wait_number("SELECT count(*) FROM reading", 10_000)
        .await;
    let from = chrono::DateTime::from_timestamp_micros(start)
        .expect("a time")
        .to_rfc3339();
    let answer = fieldbook
        .graphql(&format!(r#"{{ readings(from: "{}", first: 1) {{ totalCount {{ value exact }} }} sensors {{ nodes {{ name declared }} }} }}"#, from.replace("+00:00", "Z")))
        .await;
    assert_eq!(answer["readings"]["totalCount"]["value"], 10_000.0, "{answer}");
    assert_eq!(
        answer["sensors"]["nodes"].as_array().map(Vec::len),
        Some(5),
        "{answer}"
    );
    fieldbook.stop().await;
    let raw = raw_messages(data.path());
    let sent: Vec<&str> = lines.lines().collect();
    assert_eq!(raw.len(), sent.len());
    for (raw, sent) in raw.iter().zip(sent) {
        assert_eq!(raw.payload, sent.as_bytes());
    }
}

#[tokio::test]
async fn both_qualities_of_service_and_every_writing_of_a_number_arrive() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let now = now_micros();
    let values = [
        "17",
        "-4",
        "0.1",
        "1e3",
        "-2.5E-7",
        "9007199254740991",
        "123456789.123456789",
    ];
    for (qos, name) in [(0, "Zähler №1"), (1, "温度 🌡")] {
        let lines: String = (0_i64..)
            .zip(values)
            .map(|(index, value)| message(name, now - index * 1_000_000, value) + "\n")
            .collect();
        fieldbook.mosquitto_pub(qos, &lines).await;
    }
    fieldbook.wait_number("SELECT count(*) FROM reading", 14).await;
    let answer = fieldbook
        .graphql("{ sensors { nodes { name readings(order: DESC) { nodes { value } } } } }")
        .await;
    for sensor in answer["sensors"]["nodes"].as_array().expect("sensors") {
        let read: Vec<f64> = sensor["readings"]["nodes"]
            .as_array()
            .expect("readings")
            .iter()
            .map(|reading| reading["value"].as_f64().expect("a number"))
            .collect();
        let sent: Vec<f64> = values
            .iter()
            .map(|value| value.parse().expect("a number"))
            .collect();
        assert_eq!(read, sent, "{sensor}");
    }
    fieldbook.stop().await;
}

#[tokio::test]
async fn the_same_message_twice_changes_nothing_and_another_value_is_kept_as_a_conflict() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let time = now_micros();
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    for value in [17, 17, 18] {
        producer
            .publish_all([message("Sensor 1", time, value).into_bytes()])
            .await;
    }
    producer
        .publish_all([message("Sensor 1", time + 1, 1).into_bytes()])
        .await;
    fieldbook.wait_number("SELECT count(*) FROM reading", 2).await;
    assert_eq!(
        fieldbook
            .number("SELECT value::int8 FROM reading ORDER BY time LIMIT 1")
            .await,
        17
    );
    assert_eq!(
        fieldbook.number("SELECT value::int8 FROM reading_conflict").await,
        18
    );
    let counts =
        "SELECT sum(readings_new * 100 + readings_duplicate * 10 + readings_conflicting)::int8 FROM segment";
    assert_eq!(fieldbook.number(counts).await, 211);
    fieldbook.stop().await;
}

#[tokio::test]
async fn a_sensor_list_gives_its_sensors_units_ranges_and_flags() {
    let data = DataDir::new();
    let list = data.path().join("sensors.json");
    std::fs::write(
        &list,
        r#"{"Sensor 1": {"lat": 10, "lng": 10, "unit": "C", "type": "temperature", "range": [0, 45], "description": "Main Entrance"},
            "Sensor 2": {"lat": 90, "lng": 90, "unit": "C", "type": "temperature", "range": [0, 45], "description": "Kitchen"}}"#,
    )
    .expect("a file");
    let fieldbook = Fieldbook::up(&data, &["--sensors", &list.to_string_lossy()]).await;
    fieldbook
        .wait_number("SELECT count(*) FROM sensor WHERE declared", 2)
        .await;
    let now = now_micros();
    let lines = [("Sensor 1", 45), ("Sensor 2", 46), ("Sensor 3", 47)]
        .map(|(name, value)| message(name, now, value) + "\n")
        .concat();
    fieldbook.mosquitto_pub(1, &lines).await;
    fieldbook.wait_number("SELECT count(*) FROM reading", 3).await;
    let answer = fieldbook
        .graphql("{ latest { sensor { name declared unit { declared ucum symbol } location { lat } range { max } } value flag } }")
        .await;
    let mut latest = answer["latest"].as_array().expect("readings").clone();
    latest.sort_by_key(|reading| reading["sensor"]["name"].to_string());
    let flags: Vec<&str> = latest
        .iter()
        .filter_map(|reading| reading["flag"].as_str())
        .collect();
    assert_eq!(flags, ["PASS", "FAIL", "NOT_EVALUATED"], "{answer}");
    assert_eq!(latest[1]["sensor"]["unit"]["ucum"], "Cel");
    assert_eq!(latest[1]["sensor"]["location"]["lat"], 90.0);
    assert_eq!(latest[2]["sensor"]["declared"], false);
    fieldbook.stop().await;
}
