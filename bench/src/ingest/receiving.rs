//! Messages at QoS 1 received, journaled, fsynced and acknowledged, beside a subscriber that acknowledges and does nothing.
//!
//! Both in this process, with the same broker, publisher and window. The loader and the archiver have nothing to work with:
//! the database and S3 are away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::Utc;
use ingestor::Ingestor;
use ingestor::clock::SystemClock;
use ingestor::receiver::ReceiverOptions;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use testbed::TestBroker;

use super::publisher::{Plan, Publisher};
use super::slow_disk::SlowDisk;
use super::{TOPIC, of_stream};
use crate::report::median;
use crate::server::Server;

const MESSAGES: u64 = 500_000;
const SENSORS: u64 = 1_000;
/// What each fsync takes longer than the disk's own time.
const SLOWER: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(2),
    Duration::from_millis(10),
];

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let server = Server::start().await?;
    let db = crate::server::connect(&server.url).await?;
    server.stop().await?;
    let room = tempfile::tempdir().context("make a directory")?;
    println!("one fsync takes {:.2} ms", fsync(room.path())?);
    for by in SLOWER {
        let (mut bare, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        // The first pair warms up.
        for run in 0..=runs {
            // A broker of their own: it keeps the session of an ingest that is gone, and all that comes for it.
            let one = subscribe_only(&testbed::broker().await).await?;
            let dir = room.path().join(format!("{}-{run}", by.as_millis()));
            let other = ingest(&testbed::broker().await, db.clone(), &dir, by, &metrics).await?;
            std::fs::remove_dir_all(&dir)?;
            if run > 0 {
                bare.push(one);
                ours.push(other);
                ratios.push(other / one);
            }
        }
        println!(
            "QoS 1 received, journaled, fsynced ({} ms longer) and acknowledged: {} messages/s beside {} only acknowledged: \
             {:.2}",
            by.as_millis(),
            median(ours),
            median(bare),
            median(ratios).middle,
        );
    }
    Ok(())
}

/// What an fsync of a small write takes, the median of many.
fn fsync(room: &Path) -> anyhow::Result<f64> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(room.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..500 {
        file.write_all(&[0; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(times).middle)
}

fn publisher(broker: &TestBroker, taken: &Arc<AtomicU64>) -> Publisher {
    let (start, taken) = (Utc::now(), Arc::clone(taken));
    let plan = Plan {
        count: MESSAGES,
        rate: None,
    };
    let payload = move |index| of_stream(index, SENSORS, start, 50_000.0);
    Publisher::start(broker.address(), plan, payload, move || {
        taken.load(Ordering::Relaxed)
    })
}

async fn subscribe_only(broker: &TestBroker) -> anyhow::Result<f64> {
    let receiver = ReceiverOptions::default();
    let address = broker.address();
    let mut options = MqttOptions::new("bare", address.ip().to_string(), address.port());
    options
        .set_receive_maximum(Some(receiver.receive_maximum))
        .set_max_packet_size(Some(receiver.message_bytes_max))
        .set_manual_acks(true);
    let mut network = options.network_options();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    let (client, mut events) = AsyncClient::new(options, usize::from(receiver.receive_maximum) + 16);
    client.subscribe(TOPIC, QoS::AtLeastOnce).await?;
    while !matches!(events.poll().await?, Event::Incoming(Packet::SubAck(_))) {}
    let taken = Arc::new(AtomicU64::new(0));
    let publisher = publisher(broker, &taken);
    let began = Instant::now();
    while taken.load(Ordering::Relaxed) < MESSAGES {
        if let Event::Incoming(Packet::Publish(publish)) = events.poll().await? {
            client.ack(&publish).await?;
            taken.fetch_add(1, Ordering::Relaxed);
        }
    }
    let rate = MESSAGES as f64 / began.elapsed().as_secs_f64();
    publisher.finish().await?;
    client.disconnect().await?;
    while !matches!(
        events.poll().await?,
        Event::Outgoing(rumqttc::Outgoing::Disconnect)
    ) {}
    Ok(rate)
}

async fn ingest(
    broker: &TestBroker,
    db: entity::DatabaseConnection,
    dir: &Path,
    slower_by: Duration,
    metrics: &PrometheusHandle,
) -> anyhow::Result<f64> {
    let options = super::options(broker.address(), dir);
    let disk = Arc::new(SlowDisk::new(dir, slower_by));
    let ingestor = Ingestor::start_on(disk, options, db, super::no_store()?, Arc::new(SystemClock))?;
    ingestor.subscribed().await;
    let before = acknowledged(metrics);
    let taken = Arc::new(AtomicU64::new(0));
    let publisher = publisher(broker, &taken);
    let began = Instant::now();
    while taken.load(Ordering::Relaxed) < MESSAGES {
        anyhow::ensure!(
            began.elapsed() < Duration::from_mins(5),
            "the ingest takes no more"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
        taken.store(acknowledged(metrics) - before, Ordering::Relaxed);
    }
    let rate = MESSAGES as f64 / began.elapsed().as_secs_f64();
    publisher.finish().await?;
    // It would wait for the database and S3.
    drop(ingestor);
    Ok(rate)
}

fn acknowledged(metrics: &PrometheusHandle) -> u64 {
    let text = metrics.render();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("fieldbook_ingest_messages_acknowledged_total "));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
