//! An ingestor on a real broker, database and object store.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use archive::{Config, Secret, Store};
use entity::rollup::RefreshOptions;
use ingestor::archiver::ArchiverOptions;
use ingestor::clock::SystemClock;
use ingestor::loader::LoaderOptions;
use ingestor::receiver::{BrokerAddress, Manner, Protocol, ReceiverOptions, Source};
use ingestor::refresher::RefresherOptions;
use ingestor::replayer::ReplayerOptions;
use ingestor::sweeper::SweeperOptions;
use ingestor::{Ingestor, IngestorOptions};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use sqlx::PgPool;
use testbed::TestDatabase;

/// Nothing here takes this long; a test that reaches it has failed.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Options for small and quick tests.
pub(crate) fn options(journal_dir: &Path, broker: SocketAddr) -> IngestorOptions {
    let quick = Duration::from_millis(20);
    IngestorOptions {
        sources: vec![Source {
            name: "mqtt".to_owned(),
            broker: BrokerAddress {
                protocol: Protocol::V5,
                host: broker.ip().to_string(),
                port: broker.port(),
                tls: None,
                login: Some(("default_user".to_owned(), Secret::new("anything"))),
            },
            topics: vec!["sensors".to_owned()],
            manner: Manner::default(),
        }],
        journal_dir: journal_dir.to_owned(),
        journal: journal::Options::default(),
        receiver: ReceiverOptions {
            backoff_min: quick,
            backoff_max: 5 * quick,
            ..ReceiverOptions::default()
        },
        loader: LoaderOptions {
            backoff_min: quick,
            backoff_max: 5 * quick,
            ..LoaderOptions::default()
        },
        archiver: ArchiverOptions {
            backoff_min: quick,
            backoff_max: 5 * quick,
        },
        refresher: RefresherOptions {
            step: RefreshOptions {
                minute_patience: Duration::ZERO,
                hour_patience: Duration::ZERO,
                day_patience: Duration::ZERO,
                ..RefreshOptions::default()
            },
            every: quick,
            backoff_min: quick,
            backoff_max: 5 * quick,
        },
        replayer: ReplayerOptions {
            every: quick,
            backoff_min: quick,
            backoff_max: 5 * quick,
            ..ReplayerOptions::default()
        },
        sweeper: SweeperOptions {
            every: quick,
            again: quick,
        },
    }
}

/// The private store at `endpoint`.
pub(crate) fn store(endpoint: String, access_key_id: &str, secret_access_key: &str) -> Store {
    Store::new(Config {
        endpoint_url: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key_id: access_key_id.to_owned(),
        secret_access_key: Secret::new(secret_access_key),
        bucket: "fieldbook".to_owned(),
        prefix: String::new(),
    })
    .expect("a store")
}

/// Starts an ingestor, and waits until the broker delivers to it.
pub(crate) async fn start(options: IngestorOptions, database: &TestDatabase, store: Store) -> Ingestor {
    let db = database.connect().await;
    let ingestor = Ingestor::start(options, db, store, Arc::new(SystemClock)).expect("an ingestor");
    tokio::time::timeout(DEADLINE, ingestor.subscribed())
        .await
        .expect("a subscription");
    ingestor
}

/// A reading of the sensor "a", a millisecond for each index.
pub(crate) fn message(index: usize) -> Vec<u8> {
    let now = chrono::Utc::now().timestamp() / 3600 * 3600 * 1000;
    let offset = i64::try_from(index).expect("small");
    let time = chrono::DateTime::from_timestamp_millis(now - offset).expect("a time");
    serde_json::json!({"id": "a", "dt": time.to_rfc3339(), "value": index})
        .to_string()
        .into_bytes()
}

/// Publishes at QoS 1 until the broker has acknowledged all of it.
pub(crate) async fn publish(broker: SocketAddr, payloads: impl IntoIterator<Item = Vec<u8>>) {
    let id = format!("producer-{}", uuid::Uuid::new_v4().simple());
    let mut options = MqttOptions::new(id, broker.ip().to_string(), broker.port());
    options.set_keep_alive(Duration::from_mins(1));
    let (client, mut events) = AsyncClient::new(options, 200);
    let mut payloads = payloads.into_iter();
    let (mut under_way, mut ended) = (0, false);
    let all = async {
        while !ended || under_way > 0 {
            while !ended && under_way < 100 {
                let Some(payload) = payloads.next() else {
                    ended = true;
                    break;
                };
                client
                    .try_publish("sensors", QoS::AtLeastOnce, false, payload)
                    .expect("room");
                under_way += 1;
            }
            if let Event::Incoming(Packet::PubAck(_)) = events.poll().await.expect("a broker") {
                under_way -= 1;
            }
        }
    };
    tokio::time::timeout(DEADLINE, all)
        .await
        .expect("published in time");
}

/// Waits until a number in the database is `expected`.
pub(crate) async fn wait_number(pool: &PgPool, sql: &'static str, expected: i64) {
    let mut last = None;
    let reached = async {
        loop {
            let number: Option<i64> = sqlx::query_scalar(sql).fetch_one(pool).await.ok();
            last = number;
            if number == Some(expected) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, reached).await;
    assert!(in_time.is_ok(), "{sql}: {last:?} instead of {expected}");
}

pub(crate) async fn pool(database: &TestDatabase) -> PgPool {
    PgPool::connect(database.url()).await.expect("the database")
}
