//! A broker that has not kept our session has lost what it received for us: that is told.

use parts::broker::{Broker, Options};

use crate::harness::{DataDir, Fieldbook, Ingest, LEAVE_SENSORS, Producer, free_address};

const LOST: [&str; 1] = ["fieldbook_ingest_sessions_lost_total{source=\"plant\"}"];
const CONNECTED: [&str; 1] = ["fieldbook_ingest_connected{source=\"plant\"}"];
const RECEIVED: [&str; 1] = ["fieldbook_ingest_messages_received_total{qos=\"1\"}"];
const WARNING: &str = "has not kept our session";

#[tokio::test]
async fn a_session_that_the_broker_has_not_kept_is_told_and_one_that_it_has_is_not() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let listen = free_address();
    let broker = async |name: &str| {
        let options = Options {
            listen,
            ..Options::new(data.path().join(name))
        };
        Broker::start(&options).await.expect("a broker")
    };
    let sources = data.path().join("plant.toml");
    let plant =
        format!("[[source]]\nname = \"plant\"\nbroker = \"mqtt://{listen}\"\ntopics = [\"sensors\"]\n");
    std::fs::write(&sources, plant).expect("a file");
    let sources = sources.display().to_string();
    let dir = data.path().join("ingest");
    let start = || Ingest::start(&fieldbook, &dir, fieldbook.s3, &[], &["--sources", &sources]);

    // The first time there is none to keep.
    let first = broker("first").await;
    let mut ingest = start();
    ingest.wait_metrics(CONNECTED, |[up]| up == 1).await;
    let mut producer = Producer::connect(listen).await;
    ingest.wait_subscribed(&mut producer, b"1").await;
    assert!(!ingest.log().contains(WARNING), "{}", ingest.log());
    ingest.stop().await;

    // It keeps the session while nobody is there, and what it receives for it.
    producer.publish_all([b"2".to_vec()]).await;
    let mut ingest = start();
    ingest.wait_metrics(RECEIVED, |[received]| received == 1).await;
    assert!(!ingest.log().contains(WARNING), "{}", ingest.log());

    // Another one at its address, while we run and while we don't.
    first.stop().await.expect("it ends");
    let second = broker("second").await;
    ingest.wait_metrics(LOST, |[lost]| lost == 1).await;
    assert!(ingest.log().contains(WARNING), "{}", ingest.log());
    ingest.stop().await;
    second.stop().await.expect("it ends");
    let third = broker("third").await;
    let mut ingest = start();
    ingest.wait_metrics(LOST, |[lost]| lost == 1).await;
    ingest.stop().await;
    third.stop().await.expect("it ends");
    fieldbook.stop().await;
}
