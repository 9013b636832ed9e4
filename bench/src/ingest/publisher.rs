//! A publisher that leaves the machine to others: MQTT 3.1.1 written by hand, at QoS 1, from a thread of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::TOPIC;

/// Messages that the broker has not acknowledged, at most: fewer than there are packet identifiers.
const WINDOW: u64 = 1_000;
/// Messages that the subscriber has not taken, at most: far below what the broker drops beyond.
const AHEAD: u64 = 20_000;
/// Packets in one write.
const GROUP: u64 = 50;
/// How long it waits when it may not send.
const NAP: Duration = Duration::from_micros(200);

/// CONNECT: protocol level 4, clean session, no keep-alive, an empty client id.
const CONNECT: [u8; 14] = [
    0x10, 0x0C, 0x00, 0x04, b'M', b'Q', b'T', b'T', 0x04, 0x02, 0x00, 0x00, 0x00, 0x00,
];

/// How much is published, and how fast.
pub(super) struct Plan {
    pub(super) count: u64,
    /// Messages a second; `None` as fast as they are taken.
    pub(super) rate: Option<f64>,
}

/// When messages were sent, and how many.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) began: Instant,
    /// Microseconds after `began`, by message.
    at: Vec<AtomicU64>,
    count: AtomicU64,
}

impl Sent {
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// When it was handed to the network.
    pub(super) fn at(&self, index: u64) -> Instant {
        self.began + Duration::from_micros(self.at[index as usize].load(Ordering::Relaxed))
    }
}

/// A running publisher.
pub(super) struct Publisher {
    pub(super) sent: Arc<Sent>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Publisher {
    /// Publishes what `payload` gives; `taken` says how many of them the subscriber has.
    pub(super) fn start(
        broker: SocketAddr,
        plan: Plan,
        payload: impl Fn(u64) -> String + Send + 'static,
        taken: impl Fn() -> u64 + Send + 'static,
    ) -> Self {
        let sent = Arc::new(Sent {
            began: Instant::now(),
            at: (0..plan.count).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicU64::new(0),
        });
        let thread = std::thread::spawn({
            let sent = Arc::clone(&sent);
            move || publish(broker, &plan, &sent, payload, taken)
        });
        Self { sent, thread }
    }

    /// Waits until the broker has all of it.
    pub(super) async fn finish(self) -> anyhow::Result<()> {
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("the publisher panicked"))?
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a thread of its own, off the runtime that is measured"
)]
fn publish(
    broker: SocketAddr,
    plan: &Plan,
    sent: &Sent,
    payload: impl Fn(u64) -> String,
    taken: impl Fn() -> u64,
) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(broker).context("connect to the broker")?;
    stream.set_nodelay(true)?;
    stream.write_all(&CONNECT)?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer)?;
    anyhow::ensure!(answer == [0x20, 2, 0, 0], "the broker answers {answer:?}");
    let acknowledged = Arc::new(AtomicU64::new(0));
    let broken = Arc::new(AtomicBool::new(false));
    std::thread::spawn({
        let (stream, acknowledged, broken) = (
            stream.try_clone()?,
            Arc::clone(&acknowledged),
            Arc::clone(&broken),
        );
        move || count_acknowledgements(stream, &acknowledged, &broken)
    });
    let mut packets = Vec::new();
    let mut next = 0;
    while acknowledged.load(Ordering::Acquire) < plan.count {
        anyhow::ensure!(
            !broken.load(Ordering::Acquire),
            "the broker ended the publisher's connection"
        );
        let due = plan.rate.map_or(plan.count, |rate| {
            (sent.began.elapsed().as_secs_f64() * rate) as u64
        });
        let until = due
            .min(plan.count)
            .min(acknowledged.load(Ordering::Acquire) + WINDOW)
            .min(taken() + AHEAD)
            .min(next + GROUP);
        if until <= next {
            std::thread::sleep(NAP);
            continue;
        }
        packets.clear();
        let now = sent.began.elapsed().as_micros() as u64;
        for index in next..until {
            push_packet(&mut packets, index, payload(index).as_bytes());
            sent.at[index as usize].store(now, Ordering::Relaxed);
        }
        stream.write_all(&packets)?;
        next = until;
        sent.count.store(next, Ordering::Release);
    }
    stream.shutdown(std::net::Shutdown::Both)?;
    Ok(())
}

/// A PUBLISH at QoS 1.
fn push_packet(packets: &mut Vec<u8>, index: u64, payload: &[u8]) {
    let length = 2 + TOPIC.len() + 2 + payload.len();
    let id = (index % 65_535 + 1) as u16;
    packets.push(0x32);
    if length >= 128 {
        packets.push((length % 128) as u8 | 0x80);
    }
    packets.push(if length >= 128 { length / 128 } else { length } as u8);
    packets.extend_from_slice(&(TOPIC.len() as u16).to_be_bytes());
    packets.extend_from_slice(TOPIC.as_bytes());
    packets.extend_from_slice(&id.to_be_bytes());
    packets.extend_from_slice(payload);
}

/// The broker says nothing but PUBACKs of four bytes.
fn count_acknowledgements(mut stream: TcpStream, acknowledged: &AtomicU64, broken: &AtomicBool) {
    let mut buffer = [0; 4096];
    let mut bytes = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        bytes += read as u64;
        acknowledged.store(bytes / 4, Ordering::Release);
    }
    broken.store(true, Ordering::Release);
}
