//! Subscriptions across processes: one ingests, another one answers.

use std::collections::HashSet;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::harness::{DEADLINE, DataDir, Fieldbook, Ingest, LEAVE_SENSORS, Producer};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const SENSORS: usize = 1_000;

/// Subscriptions of one connection.
const OF_EACH: usize = 100;

fn payloads(second: usize) -> Vec<Vec<u8>> {
    let payload = |sensor| {
        format!(r#"{{"id": "Sensor {sensor}", "dt": "2026-11-01T00:00:{second:02}", "value": {sensor}}}"#)
            .into_bytes()
    };
    (0..SENSORS).map(payload).collect()
}

async fn connect(fieldbook: &Fieldbook) -> Socket {
    let mut request = format!("ws://{}/graphql", fieldbook.http)
        .into_client_request()
        .expect("an address");
    let protocol = "graphql-transport-ws".parse().expect("a header");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = tokio_tungstenite::connect_async(request)
        .await
        .expect("a WebSocket");
    say(&mut socket, &json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut socket).await["type"], "connection_ack");
    socket
}

async fn say(socket: &mut Socket, message: &Value) {
    socket
        .send(Message::Text(message.to_string().into()))
        .await
        .expect("it is taken");
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(DEADLINE, socket.next())
            .await
            .expect("in time");
        match message.expect("it is open").expect("a message") {
            Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Subscribes to some sensors, each by itself, and waits until all of it has begun.
async fn subscribe(fieldbook: &Fieldbook, first: usize) -> Socket {
    let mut socket = connect(fieldbook).await;
    for sensor in first..first + OF_EACH {
        let query = format!(
            "subscription {{ readingStream(sensors: [\"Sensor {sensor}\"]) {{ readings {{ value sensor {{ name }} }} }} }}"
        );
        let payload = json!({ "query": query });
        say(
            &mut socket,
            &json!({ "id": sensor.to_string(), "type": "subscribe", "payload": payload }),
        )
        .await;
        let begin = hear(&mut socket).await;
        assert_eq!(
            begin["payload"]["data"]["readingStream"]["readings"],
            json!([]),
            "{begin:#}"
        );
    }
    socket
}

async fn looks(fieldbook: &Fieldbook) -> u64 {
    let metrics = fieldbook.get("/metrics").await;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("fieldbook_live_looks_total "));
    value.map_or(0, |value| value.trim().parse().expect("a number"))
}

#[tokio::test]
async fn a_thousand_subscribers_in_another_process_cost_no_more_looks_than_there_are_commits() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let mut ingest = Ingest::start(&fieldbook, &data.path().join("edge"), fieldbook.s3, &[], &[]);
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    let first = payloads(0);
    ingest.wait_subscribed(&mut producer, &first[0]).await;
    producer.publish_all(first).await;
    fieldbook
        .wait_number(
            "SELECT count(*) FROM reading",
            i64::try_from(SENSORS).expect("small"),
        )
        .await;

    let mut sockets = Vec::new();
    for first in (0..SENSORS).step_by(OF_EACH) {
        sockets.push(subscribe(&fieldbook, first).await);
    }
    let commits = "SELECT coalesce(sum(epoch), 0)::int8 FROM ingest_checkpoint WHERE consumer = 'loader'";
    let (looks_before, commits_before) = (looks(&fieldbook).await, fieldbook.number(commits).await);
    producer.publish_all(payloads(1)).await;
    let mut found = HashSet::new();
    for socket in &mut sockets {
        for _ in 0..OF_EACH {
            let event = hear(socket).await;
            let readings = &event["payload"]["data"]["readingStream"]["readings"];
            let id = event["id"].as_str().expect("an id").to_owned();
            let sensor: u32 = id.parse().expect("a number");
            let expected =
                json!([{ "value": f64::from(sensor), "sensor": { "name": format!("Sensor {sensor}") } }]);
            assert_eq!(readings, &expected);
            assert!(found.insert(id), "each once");
        }
    }
    assert_eq!(found.len(), SENSORS);
    let looks = looks(&fieldbook).await - looks_before;
    let commits = fieldbook.number(commits).await - commits_before;
    assert!(
        looks >= 1 && looks <= commits.unsigned_abs(),
        "{looks} looks, {commits} commits"
    );
    ingest.stop().await;
    fieldbook.stop().await;
    for socket in &mut sockets {
        let end = tokio::time::timeout(DEADLINE, socket.next())
            .await
            .expect("in time");
        match end {
            Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1001),
            other => panic!("{other:?}"),
        }
    }
}
