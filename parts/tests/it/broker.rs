//! Mosquitto.

use std::net::SocketAddr;
use std::time::Duration;

use parts::Broker;
use parts::broker::Options;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

fn client(id: &str, address: SocketAddr) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, address.ip().to_string(), address.port());
    options
        .set_clean_start(false)
        .set_session_expiry_interval(Some(3600));
    options.set_credentials("default_user", "any password");
    AsyncClient::new(options, 10)
}

/// Polls until `wanted` has come.
async fn until<T>(events: &mut EventLoop, wanted: impl Fn(&Packet) -> Option<T>) -> T {
    let seek = async {
        loop {
            if let Event::Incoming(packet) = events.poll().await.unwrap()
                && let Some(found) = wanted(&packet)
            {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seek).await.unwrap()
}

async fn subscribe(address: SocketAddr) {
    let (subscriber, mut events) = client("subscriber", address);
    subscriber.subscribe("sensors", QoS::AtLeastOnce).await.unwrap();
    until(&mut events, |packet| {
        matches!(packet, Packet::SubAck(_)).then_some(())
    })
    .await;
}

async fn publish(address: SocketAddr, payload: &'static str) {
    let (publisher, mut events) = client("publisher", address);
    publisher
        .publish("sensors", QoS::AtLeastOnce, false, payload)
        .await
        .unwrap();
    until(&mut events, |packet| {
        matches!(packet, Packet::PubAck(_)).then_some(())
    })
    .await;
}

async fn receive(address: SocketAddr) -> Vec<u8> {
    let (_subscriber, mut events) = client("subscriber", address);
    let payload = |packet: &Packet| match packet {
        Packet::Publish(publish) => Some(publish.payload.to_vec()),
        _ => None,
    };
    until(&mut events, payload).await
}

#[tokio::test]
async fn it_takes_any_user_and_keeps_messages_over_a_restart() {
    let room = super::room();
    let options = Options::new(room.path().join("broker"));
    let first = Broker::start(&options).await.unwrap();
    subscribe(first.address()).await;
    publish(first.address(), "kept").await;
    first.stop().await.unwrap();

    let second = Broker::start(&options).await.unwrap();
    assert!(!second.is_adopted());
    assert_eq!(receive(second.address()).await, b"kept");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_broker_that_still_runs_is_adopted() {
    let room = super::room();
    let mut options = Options::new(room.path().join("broker"));
    let forgotten = Broker::start(&options).await.unwrap();
    let (pid, address) = (forgotten.pid(), forgotten.address());
    drop(forgotten);
    let adopted = Broker::start(&options).await.unwrap();
    assert!(adopted.is_adopted());
    assert_eq!((adopted.pid(), adopted.address()), (pid, address));
    drop(adopted);
    options.listen = address;
    let adopted = Broker::start(&options).await.unwrap();
    assert!(adopted.is_adopted());
    drop(adopted);
    // On another address the old one would be in nobody's hands: it is ended.
    options.listen = parts::ports::free(address.ip()).unwrap();
    let moved = Broker::start(&options).await.unwrap();
    assert!(!moved.is_adopted());
    assert_ne!(moved.pid(), pid);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    moved.stop().await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let room = super::room();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = Options::new(room.path().join("broker"));
    options.listen = taken.local_addr().unwrap();
    let error = super::chain(&Broker::start(&options).await.unwrap_err());
    assert!(
        error.contains(&format!("port {} is in use", options.listen.port())),
        "{error}"
    );
    assert!(error.contains("--mqtt 127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn a_missing_program_says_how_to_install_it() {
    let room = super::room();
    let mut options = Options::new(room.path().join("broker"));
    options.search = Vec::new();
    let error = super::chain(&Broker::start(&options).await.unwrap_err());
    assert!(error.contains("apt-get install mosquitto"), "{error}");
}

#[tokio::test]
async fn it_does_not_listen_beyond_loopback() {
    let room = super::room();
    let mut options = Options::new(room.path().join("broker"));
    options.listen = "0.0.0.0:0".parse().unwrap();
    let error = super::chain(&Broker::start(&options).await.unwrap_err());
    assert!(error.contains("loopback only"), "{error}");
}
