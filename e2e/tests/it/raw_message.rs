//! From a reading back to the message that it came in.

use serde_json::{Value, json};

use crate::harness::{DataDir, Fieldbook};

#[tokio::test]
async fn a_reading_shows_the_message_that_it_came_in() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &["--segment-seconds", "1"]).await;
    let message = r#"{"id": "Sensor 1", "dt": "2026-11-23T10:00:00.123456", "value": 17}"#;
    fieldbook.mosquitto_pub(1, &format!("{message}\n")).await;
    fieldbook
        .wait_number(
            "SELECT count(*) FROM segment WHERE readings_new = 1 AND object_key IS NOT NULL",
            1,
        )
        .await;
    let answer = fieldbook
        .graphql("{ latest { raw { source topic qos payload payloadBase64 notAvailable } } }")
        .await;
    assert_eq!(
        answer["latest"],
        json!([{ "raw": {
            "source": "mqtt", "topic": "sensors", "qos": 1, "payload": message, "payloadBase64": Value::Null,
            "notAvailable": Value::Null,
        } }])
    );
    fieldbook.stop().await;
}
