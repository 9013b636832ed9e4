//! From the broker to the disk, to the database and to S3, each step beside its limit.

mod loader;
mod publisher;
mod raw;
mod receiving;
mod slow_disk;
mod whole;

pub(crate) use loader::run as loader;
pub(crate) use raw::run as raw;
pub(crate) use receiving::run as receiving;
pub(crate) use whole::run as whole;

use std::net::SocketAddr;
use std::path::Path;

use archive::Store;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ingestor::IngestorOptions;
use ingestor::archiver::ArchiverOptions;
use ingestor::loader::LoaderOptions;
use ingestor::receiver::{BrokerAddress, Manner, Protocol, ReceiverOptions, Source};
use ingestor::refresher::RefresherOptions;
use ingestor::replayer::ReplayerOptions;
use ingestor::sweeper::SweeperOptions;

/// What the messages are published to.
const TOPIC: &str = "sensors";

/// A message as the challenge's generator sends it.
fn message(sensor: u64, time: DateTime<Utc>, value: f64) -> String {
    // Without an offset, as Python writes a time that has none.
    let dt = time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let dt = &dt[..dt.len() - 1];
    format!("{{\"id\": \"Sensor {sensor}\", \"dt\": \"{dt}\", \"value\": {value}}}")
}

/// The message of a stream in which `sensors` take turns, so many messages a second from `start` on.
fn of_stream(index: u64, sensors: u64, start: DateTime<Utc>, rate: f64) -> String {
    let time = start + TimeDelta::microseconds((index as f64 / rate * 1e6) as i64);
    message(index % sensors + 1, time, (index * 7_919 % 1_000) as f64 / 10.0)
}

/// An ingestor as it is by default.
fn options(broker: SocketAddr, journal_dir: &Path) -> IngestorOptions {
    let source = Source {
        name: "bench".to_owned(),
        broker: BrokerAddress {
            protocol: Protocol::V5,
            host: broker.ip().to_string(),
            port: broker.port(),
            tls: None,
            login: None,
        },
        topics: vec![TOPIC.to_owned()],
        manner: Manner::default(),
    };
    IngestorOptions {
        sources: vec![source],
        journal_dir: journal_dir.to_owned(),
        journal: journal::Options::default(),
        receiver: ReceiverOptions::default(),
        loader: LoaderOptions::default(),
        archiver: ArchiverOptions::default(),
        refresher: RefresherOptions::default(),
        replayer: ReplayerOptions::default(),
        sweeper: SweeperOptions::default(),
    }
}

/// A store that nobody answers for.
fn no_store() -> anyhow::Result<Store> {
    Ok(Store::new(archive::Config {
        endpoint_url: Some(format!("http://{NOBODY}")),
        region: "us-east-1".to_owned(),
        access_key_id: "nobody".to_owned(),
        secret_access_key: archive::Secret::new("nobody"),
        bucket: "nothing".to_owned(),
        prefix: String::new(),
    })?)
}

/// The port of the discard service, which nobody runs.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);
