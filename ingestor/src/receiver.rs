//! The receiver: from an MQTT broker into the journal, and back the acknowledgements.
//!
//! ```text
//!  broker ──► poller ──► appender ──► journal ──(durable)──► acknowledger ──► broker
//!             (polls,    (waits for                          (in order, on the connection
//!              never      room)                               that delivered)
//!              waits)
//! ```
//!
//! MQTT 5 (3.1.1 where a source says so, `session.rs`), QoS 1 with a persistent session and manual acks. The promise: a PUBACK goes out only after the message is on
//! disk, and only on the connection that delivered it. The second half holds by construction: every connection has its own
//! client, its own queue of unacknowledged messages and its own acknowledger, and all three go with it, so that an
//! acknowledgement left over from a lost connection has nowhere to go. (Packet identifiers start anew with a session: such
//! an ack would acknowledge another message.)
//!
//! The poller never waits for the journal, nor the journal's intake for the acknowledgements. When the journal has no room,
//! QoS 1 messages wait in memory: `receive_maximum` of them, for the broker should send no more than that unacknowledged;
//! one that goes on sending has the connection ended, and sends them again. QoS 0 messages wait up to `qos0_waiting_max`;
//! what comes beyond is lost, as QoS 0 allows, and counted.
//!
//! A message of any size that the broker lets through is taken: the connection announces `message_bytes_max` as its
//! Maximum Packet Size, and a larger one is withheld by the broker, as MQTT 5 demands. It is large on purpose; what is too
//! large to decode is for the quarantine, not for the connection, where it would come again and again. In MQTT 3.1.1 nothing
//! can be announced: there a larger message stops its source, loudly, until the broker's own limit is lowered.

mod connection;
mod manner;
mod probe;
mod remembered;
mod session;

use std::sync::Arc;
use std::time::Duration;

use archive::Secret;
use journal::Journal;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use connection::ConnectionEnd;
pub use manner::{Manner, Manners};
pub use probe::{Probed, probe};
pub(crate) use remembered::Remembered;
pub use session::{Broken, BrokenKind};

/// Where messages come from, and how they are asked for.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name: the namespace of its sensors' names. At most 200 bytes.
    pub name: String,
    /// The broker.
    pub broker: BrokerAddress,
    /// Topic filters, subscribed at QoS 1; `$share/<group>/…` shares a stream among ingestors.
    pub topics: Vec<String>,
    /// How its messages become readings.
    pub manner: Manner,
}

/// How to reach a broker.
#[derive(Debug, Clone)]
pub struct BrokerAddress {
    /// What is spoken with it.
    pub protocol: Protocol,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encrypted, by this configuration.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

/// A version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// MQTT 3.1.1, for brokers that know no other.
    V311,
    /// MQTT 5.
    #[default]
    V5,
}

/// The receiver's bounds.
#[derive(Debug, Clone)]
pub struct ReceiverOptions {
    /// Messages that may be unacknowledged at once, 4,096 by default: times the bytes of a message, it bounds memory.
    pub receive_maximum: u16,
    /// A packet's bytes at most, 3 MiB by default; the broker withholds larger ones.
    pub message_bytes_max: u32,
    /// QoS 0 messages that wait in memory while the journal has no room, 10,000 by default.
    pub qos0_waiting_max: usize,
    /// Between two pings, 30 s by default; twice as long without any sign of the broker ends the connection.
    pub keep_alive: Duration,
    /// Before the first try to connect again, 100 ms by default; doubles up to `backoff_max`.
    pub backoff_min: Duration,
    /// 30 s by default.
    pub backoff_max: Duration,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            receive_maximum: 4096,
            message_bytes_max: 3 * 1024 * 1024,
            qos0_waiting_max: 10_000,
            keep_alive: Duration::from_secs(30),
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
        }
    }
}

/// Why the receiver ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// The journal takes nothing more.
    #[error("append to the journal")]
    Journal(#[from] journal::AppendError),
}

/// Receives from one source until told to stop.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) source: Source,
    pub(crate) options: ReceiverOptions,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the broker delivers to us: from then on it keeps for us what comes while we are away.
    pub(crate) subscribed: watch::Sender<bool>,
    /// Whether it did before.
    pub(crate) remembered: Remembered,
}

impl Receiver {
    /// Runs until `shutdown`, connecting again whenever the connection is lost.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<(), ReceiverError> {
        let mut backoff = self.options.backoff_min;
        let mut first = true;
        while !shutdown.is_cancelled() {
            match connection::run(&self, first, &shutdown).await? {
                ConnectionEnd::Shutdown => break,
                ConnectionEnd::Lost {
                    reason,
                    was_up,
                    was_of_use,
                } => {
                    self.subscribed.send_replace(false);
                    crate::events::connection_lost(&self.source.name, &reason);
                    if was_of_use {
                        backoff = self.options.backoff_min;
                    }
                    first = first && !was_up;
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(jittered(backoff)) => {}
            }
            backoff = (backoff * 2).min(self.options.backoff_max);
        }
        Ok(())
    }

    /// Stable for as long as the journal lives, so that the broker finds the session again.
    fn client_id(&self) -> String {
        format!("fieldbook-{}-{}", self.source.name, self.journal.id().simple())
    }
}

/// Between half and the whole of `delay`, so that many ingestors don't knock at once.
fn jittered(delay: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_u64_pair().0;
    #[expect(clippy::cast_precision_loss, reason = "a random share needs no 64 bits")]
    let share = 0.5 + 0.5 * (random as f64 / u64::MAX as f64);
    delay.mul_f64(share)
}
