//! The whole way: published at QoS 1, journaled, fsynced, acknowledged, in the database and on S3, with `fieldbook ingest`
//! as a process of this build. Publisher, broker, database, S3 and ingest share the machine.
//!
//! A message is visible when the transaction that loads it has committed; PostgreSQL tells of it in the loader's
//! notification. Positions are given in the order of publishing, for there is one publisher and one topic.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::Utc;
use entity::load::{CHANNEL, Loaded};
use sqlx::postgres::PgListener;
use tokio::process::{Child, Command};

use super::of_stream;
use super::publisher::{Plan, Publisher, Sent};
use crate::server::Server;

const SENSORS: u64 = 1_000;
/// Messages a second, and for how many seconds.
const PACES: [(f64, u64); 2] = [(2_000.0, 60), (15_000.0, 60)];
const SUSTAINED: f64 = 20_000.0;
/// Once, before anything is measured: each sensor registers.
const FIRST: u64 = 20_000;

pub(crate) async fn run(minutes: u64) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let broker = testbed::broker().await;
    let objects = testbed::object_store().await;
    let room = tempfile::tempdir().context("make a directory")?;
    let ingest = Ingest::start(&server, &broker, &objects, room.path()).await?;
    let mut stream = Stream {
        broker: broker.address(),
        listener: PgListener::connect_with(server.db.get_postgres_connection_pool()).await?,
        published: 0,
    };
    stream.listener.listen(CHANNEL).await?;
    let _ = stream.send(5_000.0, FIRST, |_, _| Ok(())).await?;
    for (rate, seconds) in PACES {
        let mut told = stream.send(rate, rate as u64 * seconds, |_, _| Ok(())).await?;
        println!(
            "published to visible at {rate} messages/s for {seconds} s: {}",
            delays(&mut told.delays)
        );
    }
    let (mut lags, mut memory) = (Vec::new(), Vec::new());
    let count = SUSTAINED as u64 * 60 * minutes;
    let mut told = stream
        .send(SUSTAINED, count, |sent, visible| {
            lags.push(sent.saturating_sub(visible));
            memory.push(ingest.memory("VmRSS:")?);
            Ok(())
        })
        .await?;
    println!(
        "whole way at {SUSTAINED} messages/s for {minutes} minutes: {:.0} messages/s visible; {}",
        count as f64 / told.took.as_secs_f64(),
        delays(&mut told.delays),
    );
    let tenth = lags.len().div_ceil(10).max(1);
    let (begin, end) = (&lags[..tenth], &lags[lags.len() - tenth..]);
    println!(
        "published and not visible yet: {:.0} messages in the first tenth of that time, {:.0} in the last, {} at most",
        mean(begin),
        mean(end),
        lags.iter().max().copied().unwrap_or_default(),
    );
    println!(
        "memory of the ingest: {:.1} MB after a tenth of that time, {:.1} MB in the end, {:.1} MB at most since its start",
        memory[tenth - 1],
        memory[memory.len() - 1],
        ingest.memory("VmHWM:")?,
    );
    let published = stream.published;
    ingest.stop().await?;
    check(&server, published).await?;
    server.stop().await
}

/// Everything is there, once, and on S3.
async fn check(server: &Server, published: u64) -> anyhow::Result<()> {
    let sums = "SELECT (SELECT count(*) FROM reading), sum(readings_new)::int8, sum(messages)::int8, sum(bytes_compressed)::int8 FROM segment";
    let pool = server.db.get_postgres_connection_pool();
    let (readings, new, archived, bytes): (i64, i64, i64, i64) = sqlx::query_as(sums).fetch_one(pool).await?;
    let published = published as i64;
    anyhow::ensure!(
        [readings, new, archived] == [published; 3],
        "{published} published, {new} new, {readings} readings, {archived} archived"
    );
    println!(
        "of {published} messages every one is a reading and on S3, at {:.1} bytes each",
        bytes as f64 / archived as f64
    );
    Ok(())
}

/// What came of a stream of messages.
struct Told {
    /// Microseconds from publishing to visible, of each.
    delays: Vec<u32>,
    /// From the first message until the last was visible.
    took: Duration,
}

struct Stream {
    broker: std::net::SocketAddr,
    listener: PgListener,
    published: u64,
}

impl Stream {
    /// Publishes so many messages at this pace, and waits until all are visible. `each_second` is given how many are sent
    /// and visible.
    async fn send(
        &mut self,
        rate: f64,
        count: u64,
        mut each_second: impl FnMut(u64, u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<Told> {
        let base = self.published;
        let start = Utc::now();
        let visible = Arc::new(AtomicU64::new(0));
        let plan = Plan {
            count,
            rate: Some(rate),
        };
        let taken = Arc::clone(&visible);
        let payload = move |index| of_stream(index, SENSORS, start, rate);
        // What is not visible may wait in the broker or in the journal: the pace is kept as long as neither is full.
        let publisher = Publisher::start(self.broker, plan, payload, move || {
            taken.load(Ordering::Relaxed).saturating_add(u64::from(u32::MAX))
        });
        let sent: Arc<Sent> = Arc::clone(&publisher.sent);
        let mut delays = Vec::with_capacity(count as usize);
        let mut next_second = Duration::from_secs(1);
        while visible.load(Ordering::Relaxed) < count {
            let heard = self.listener.recv().await.context("listen")?;
            let now = Instant::now();
            let loaded = Loaded::parse(heard.payload()).context("a notification")?;
            let upto = loaded.upto as u64 - base;
            for index in visible.load(Ordering::Relaxed)..upto {
                delays.push(now.duration_since(sent.at(index)).as_micros() as u32);
            }
            visible.store(upto, Ordering::Relaxed);
            if sent.began.elapsed() >= next_second {
                next_second += Duration::from_secs(1);
                each_second(sent.count(), upto)?;
            }
        }
        let took = sent.began.elapsed();
        self.published += count;
        publisher.finish().await?;
        Ok(Told { delays, took })
    }
}

/// Half, 99 % and all of them are this fast.
fn delays(of: &mut [u32]) -> String {
    of.sort_unstable();
    let at = |share: f64| f64::from(of[((of.len() - 1) as f64 * share) as usize]) / 1e3;
    format!(
        "p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    )
}

fn mean(of: &[u64]) -> f64 {
    of.iter().sum::<u64>() as f64 / of.len() as f64
}

/// `fieldbook ingest`, the binary beside this one.
struct Ingest {
    process: Child,
}

impl Ingest {
    async fn start(
        server: &Server,
        broker: &testbed::TestBroker,
        objects: &testbed::TestObjectStore,
        room: &std::path::Path,
    ) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("fieldbook");
        let metrics = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new(&binary)
            .args(["ingest", "--log", "warn", "--source", "bench"])
            .arg("--data-dir")
            .arg(room)
            .args(["--metrics", &metrics.to_string()])
            .env("MQTT_URL", format!("mqtt://{}", broker.address()))
            .env("DATABASE_URL", &server.url)
            .env("AWS_ENDPOINT_URL_S3", objects.endpoint())
            .env("AWS_ACCESS_KEY_ID", objects.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", objects.secret_access_key())
            .env("FIELDBOOK_BUCKET", objects.bucket())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("run {}: build it as this one was built", binary.display()))?;
        let ingest = Self { process };
        let began = Instant::now();
        let address = format!("http://{metrics}/metrics");
        loop {
            let text = match reqwest::get(&address).await {
                Ok(answer) => answer.text().await?,
                Err(_) => String::new(),
            };
            if text.contains("fieldbook_ingest_connected{source=\"bench\"} 1") {
                return Ok(ingest);
            }
            anyhow::ensure!(
                began.elapsed() < Duration::from_mins(1),
                "the ingest does not connect"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A line of its memory, in MB.
    fn memory(&self, line: &str) -> anyhow::Result<f64> {
        crate::report::megabytes(self.process.id().context("the ingest has ended")?, line)
    }

    /// As an operator stops it: all that is in the journal goes where it belongs.
    async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.process.id().context("the ingest has ended")?;
        let status = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
        anyhow::ensure!(status.success(), "send it a signal");
        let status = self.process.wait().await?;
        anyhow::ensure!(status.success(), "the ingest ended: {status}");
        Ok(())
    }
}
