//! One connection to the broker, from CONNECT to its end.

use journal::{AppendError, Journal};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::session::{self, Client, Delivered, Events, Granted, Heard, Opening};
use super::{Receiver, ReceiverError};
use crate::events;
use crate::message::{Kind, Record};

/// How a connection ended.
#[derive(Debug)]
pub(super) enum ConnectionEnd {
    /// As asked, with everything journaled acknowledged.
    Shutdown,
    /// By itself.
    Lost {
        /// Why, for the log.
        reason: String,
        /// Messages could flow before.
        was_up: bool,
        /// Messages came, or could for a while: another try at once is no waste.
        was_of_use: bool,
    },
}

/// A delivered message on its way into the journal.
#[derive(Debug)]
struct Delivery {
    /// The record's bytes; copied, because a payload borrowed from the socket's buffer would pin all of it.
    body: Vec<u8>,
    /// The packet to acknowledge; none for QoS 0.
    packet: Option<u16>,
}

/// A message in the journal that waits for the disk.
#[derive(Debug)]
struct Unacknowledged {
    seq: u64,
    packet: u16,
}

/// What may be in the journal and wait for its acknowledgement, whatever the broker makes of our Receive Maximum.
///
/// Mosquitto up to 2.0.12 forgets it when a session resumes, and sends its whole queue at once. The acknowledgements go out
/// one for some ten messages while it does. Were the journal's intake to wait for them, and the poller for that intake,
/// nobody would send them any more. An entry takes 16 bytes.
const UNACKNOWLEDGED_MAX: usize = 1 << 20;

/// How long a stop waits for the disk and the last acknowledgements.
const STOP_MAX: Duration = Duration::from_secs(5);

/// Runs one connection until it is lost or `shutdown`; an error is one of the journal, and ends the receiver.
pub(super) async fn run(
    receiver: &Receiver,
    subscribe_always: bool,
    shutdown: &CancellationToken,
) -> Result<ConnectionEnd, ReceiverError> {
    let window = usize::from(receiver.options.receive_maximum);
    // Room for an ack of everything unacknowledged, so that the acknowledger hardly ever waits for the poller.
    let opening = Opening {
        source: &receiver.source,
        options: &receiver.options,
        client_id: &receiver.client_id(),
        keeps_session: true,
    };
    let (client, events) = session::open(opening, window + 16);
    let (deliveries, to_append) = mpsc::channel(window + receiver.options.qos0_waiting_max);
    let (appended, to_acknowledge) = mpsc::channel(UNACKNOWLEDGED_MAX);
    let journal = &receiver.journal;
    let mut appender = AbortOnDropHandle::new(tokio::spawn(append(
        journal.clone(),
        to_append,
        appended,
        shutdown.clone(),
    )));
    let _acknowledger = AbortOnDropHandle::new(tokio::spawn(acknowledge(
        journal.clone(),
        to_acknowledge,
        client.clone(),
        shutdown.clone(),
    )));
    let began = Instant::now();
    let mut poller = Poller {
        receiver,
        client,
        events,
        deliveries,
        subscribe_always,
        up: false,
        took: false,
    };
    let stop_late = async {
        shutdown.cancelled().await;
        let delivers = *receiver.subscribed.borrow();
        if delivers {
            tokio::time::sleep(STOP_MAX).await;
        }
        delivers
    };
    tokio::select! {
        // On shutdown the appender closes its queue and ends, the acknowledger follows and disconnects, and that ends
        // the poller: each in its turn, so that what is in the journal is acknowledged.
        reason = poller.run() => {
            let Poller { up: was_up, took, deliveries, .. } = poller;
            let was_of_use = took || (was_up && began.elapsed() >= receiver.options.backoff_max);
            if shutdown.is_cancelled() {
                return Ok(ConnectionEnd::Shutdown);
            }
            drop(deliveries);
            finished(appender.await)?;
            Ok(ConnectionEnd::Lost { reason, was_up, was_of_use })
        }
        error = failed(&mut appender) => Err(error),
        delivered = stop_late => {
            if delivered {
                let source = &receiver.source.name;
                tracing::warn!(source, "the broker did not take the last acknowledgements in time: it will send those messages again");
            }
            Ok(ConnectionEnd::Shutdown)
        }
    }
}

type Appender = AbortOnDropHandle<Result<(), AppendError>>;

/// Waits for the appender to fail; its ordinary end is the poller's business.
async fn failed(appender: &mut Appender) -> ReceiverError {
    match finished(appender.await) {
        Err(error) => error,
        Ok(()) => std::future::pending().await,
    }
}

fn finished(result: Result<Result<(), AppendError>, tokio::task::JoinError>) -> Result<(), ReceiverError> {
    match result {
        Ok(result) => Ok(result?),
        Err(join) if join.is_panic() => std::panic::resume_unwind(join.into_panic()),
        Err(_) => Ok(()),
    }
}

/// Takes deliveries into the journal, waiting while it has no room.
async fn append(
    journal: Journal,
    mut deliveries: mpsc::Receiver<Delivery>,
    appended: mpsc::Sender<Unacknowledged>,
    shutdown: CancellationToken,
) -> Result<(), AppendError> {
    loop {
        let delivery = tokio::select! {
            biased;
            () = shutdown.cancelled(), if !deliveries.is_closed() => {
                deliveries.close();
                continue;
            }
            delivery = deliveries.recv() => delivery,
        };
        let Some(Delivery { body, packet }) = delivery else {
            return Ok(());
        };
        let seq = loop {
            match journal.try_append(&body) {
                Ok(seq) => break seq,
                Err(AppendError::Busy { .. } | AppendError::Full { .. }) => {
                    tokio::select! {
                        room = journal.room() => room?,
                        // Not acknowledged: the broker keeps it.
                        () = shutdown.cancelled() => return Ok(()),
                    }
                }
                Err(error) => return Err(error),
            }
        };
        if let Some(packet) = packet {
            // The queue holds as many as can be unacknowledged; it is closed when the connection is gone.
            let _ = appended.send(Unacknowledged { seq, packet }).await;
        }
    }
}

/// Acknowledges, in the order of delivery as MQTT demands, what is on disk.
async fn acknowledge(
    journal: Journal,
    mut appended: mpsc::Receiver<Unacknowledged>,
    client: Client,
    shutdown: CancellationToken,
) {
    let mut durable = 0;
    while let Some(Unacknowledged { seq, packet }) = appended.recv().await {
        // A group of records becomes durable at once: most need no look.
        if seq > durable {
            if journal.wait_durable(seq).await.is_err() {
                // Never on disk, never acknowledged; the appender meets the same error and tells it.
                return;
            }
            durable = journal.watch().borrow().durable_seq;
        }
        if client.acknowledge(packet).await.is_err() {
            return;
        }
        events::acknowledged();
    }
    if shutdown.is_cancelled() {
        client.disconnect().await;
    }
}

struct Poller<'a> {
    receiver: &'a Receiver,
    client: Client,
    events: Events,
    deliveries: mpsc::Sender<Delivery>,
    /// Subscribe although the session is there: the topics may have changed since the last run.
    subscribe_always: bool,
    up: bool,
    /// Whether a message came.
    took: bool,
}

impl Poller<'_> {
    /// Polls until the connection ends, and says why. `poll` is never cancelled: it could stop within a packet.
    async fn run(&mut self) -> String {
        // A half-open connection shows no error by itself.
        let silence_max = self.receiver.options.keep_alive * 2;
        loop {
            let heard = match timeout(silence_max, self.events.poll()).await {
                Ok(Ok(heard)) => heard,
                Ok(Err(broken)) => {
                    self.save_buffered();
                    return broken.reason;
                }
                Err(_) => return format!("no sign of the broker for {} s", silence_max.as_secs()),
            };
            let outcome = match heard {
                Heard::Delivered(message) => {
                    self.took = true;
                    self.deliver(&message)
                }
                Heard::Connected { session_present } => self.connected(session_present),
                Heard::Subscribed(granted) => self.subscribed(&granted),
                Heard::Disconnected(reason) => Err(format!("the broker disconnected: {reason}")),
                Heard::Stopped => Err("stopped".to_owned()),
                Heard::Other => Ok(()),
            };
            if let Err(reason) = outcome {
                return reason;
            }
        }
    }

    fn connected(&mut self, session_present: bool) -> Result<(), String> {
        let receiver = self.receiver;
        events::connected(&receiver.source.name, session_present);
        if !session_present && receiver.remembered.is_made() {
            events::session_lost(&receiver.source.name);
        }
        if session_present && !self.subscribe_always {
            self.delivers();
            return Ok(());
        }
        let source = &self.receiver.source;
        self.client.subscribe(source, &source.topics)
    }

    fn subscribed(&mut self, granted: &[Granted]) -> Result<(), String> {
        for (topic, granted) in self.receiver.source.topics.iter().zip(granted) {
            match granted {
                Granted::Qos1 => {}
                // Nothing would be acknowledged, and so nothing kept by the broker while we are away.
                Granted::Qos0 => events::granted_qos0(topic),
                Granted::Refused(why) => {
                    return Err(format!("the broker refuses the topic filter {topic:?}: {why}"));
                }
            }
        }
        self.delivers();
        Ok(())
    }

    fn delivers(&mut self) {
        self.up = true;
        self.receiver.remembered.make();
        self.receiver.subscribed.send_replace(true);
    }

    fn deliver(&self, message: &Delivered) -> Result<(), String> {
        let mut body = Vec::new();
        Record {
            kind: Kind::Message,
            qos: message.qos,
            retain: message.retain,
            dup: message.dup,
            received_at_us: self.receiver.clock.now().timestamp_micros(),
            source: &self.receiver.source.name,
            topic: &message.topic,
            payload: &message.payload,
        }
        .encode(&mut body);
        events::received(message.qos);
        let packet = message.packet;
        if packet.is_none() {
            // The places of the QoS 1 window stay free of QoS 0.
            let reserved = usize::from(self.receiver.options.receive_maximum);
            let room = self.deliveries.capacity() > reserved;
            if !room || self.deliveries.try_send(Delivery { body, packet }).is_err() {
                events::qos0_lost();
            }
            return Ok(());
        }
        match self.deliveries.try_send(Delivery { body, packet }) {
            // Closed only while we stop: it stays unacknowledged, and the broker sends it again.
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            // Passed over, it would never be acknowledged on this connection, and what comes behind it would.
            Err(TrySendError::Full(_)) => {
                Err("the broker sends more than our Receive Maximum while the journal has no room".to_owned())
            }
        }
    }

    /// What was read from the socket before it broke: QoS 0 will not come again, QoS 1 will.
    fn save_buffered(&mut self) {
        for heard in self.events.buffered() {
            if let Heard::Delivered(message) = heard
                && message.packet.is_none()
            {
                // Without a packet identifier it is taken or counted as lost.
                let _ = self.deliver(&message);
            }
        }
    }
}
