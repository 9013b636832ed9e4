//! A producer that remembers what the broker has not acknowledged, and sends it again after a lost connection.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::mqtt_url::{MqttUrl, MqttUrlError};

/// Where and how to publish.
#[derive(Debug, Clone)]
pub(crate) struct PublisherOptions {
    pub(crate) url: MqttUrl,
    pub(crate) client_id: String,
    pub(crate) topic: String,
    /// 0 or 1.
    pub(crate) qos: u8,
}

/// Messages sent and not acknowledged at most.
const WINDOW: usize = 500;
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// How far a publisher is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Messages given to the broker: at QoS 1, acknowledged by it.
    pub(crate) delivered: u64,
    /// The connection is up.
    pub(crate) connected: bool,
}

/// Publishes messages in order, at least once each at QoS 1.
#[derive(Debug)]
pub(crate) struct Publisher {
    queue: Option<mpsc::Sender<Vec<u8>>>,
    progress: watch::Receiver<Progress>,
    task: AbortOnDropHandle<()>,
}

impl Publisher {
    /// Starts one; it connects by itself, and again whenever it must.
    pub(crate) fn start(options: PublisherOptions) -> Result<Self, MqttUrlError> {
        let mqtt = options.url.options(&options.client_id)?;
        let (queue, messages) = mpsc::channel(WINDOW);
        let (report, progress) = watch::channel(Progress::default());
        let task = Task {
            options,
            mqtt,
            messages,
            waiting: VecDeque::new(),
            ended: false,
            report,
        };
        Ok(Self {
            queue: Some(queue),
            progress,
            task: AbortOnDropHandle::new(tokio::spawn(task.run())),
        })
    }

    /// Queues a message, waiting while too many are under way.
    pub(crate) async fn publish(&self, payload: Vec<u8>) {
        if let Some(queue) = &self.queue {
            // Closed only when the task is gone, and it is gone only with us.
            let _ = queue.send(payload).await;
        }
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Waits until everything is delivered, and gives how much that was.
    pub(crate) async fn finish(mut self) -> u64 {
        self.queue = None;
        let _ = (&mut self.task).await;
        self.progress.borrow().delivered
    }
}

struct Task {
    options: PublisherOptions,
    mqtt: MqttOptions,
    messages: mpsc::Receiver<Vec<u8>>,
    /// Taken, not yet delivered, from before the connection.
    waiting: VecDeque<Vec<u8>>,
    ended: bool,
    report: watch::Sender<Progress>,
}

impl Task {
    async fn run(mut self) {
        loop {
            match self.connection().await {
                Ok(()) => return,
                Err(error) => {
                    self.report.send_modify(|progress| progress.connected = false);
                    tracing::debug!("the simulator lost the broker, connecting again: {error}");
                    tokio::time::sleep(RETRY_EVERY).await;
                }
            }
        }
    }

    /// One connection: until everything is delivered, or it is lost.
    async fn connection(&mut self) -> Result<(), ConnectionError> {
        let (client, mut event_loop) = AsyncClient::new(self.mqtt_options(), WINDOW + 16);
        let qos = if self.options.qos == 0 {
            QoS::AtMostOnce
        } else {
            QoS::AtLeastOnce
        };
        let mut under_way = UnderWay::default();
        let mut up = false;
        let result = loop {
            // The client needs them in one channel with what is new.
            while up
                && under_way.len() < WINDOW
                && let Some(payload) = self.waiting.pop_front()
            {
                under_way.send(&client, &self.options.topic, qos, payload);
            }
            if self.ended && self.waiting.is_empty() && under_way.is_empty() {
                let _ = client.try_disconnect();
            }
            let event = match self
                .next_event(&mut event_loop, &client, qos, up, &mut under_way)
                .await
            {
                Ok(event) => event,
                Err(error) => break Err(error),
            };
            match event {
                Event::Incoming(Packet::ConnAck(_)) => {
                    up = true;
                    self.report.send_modify(|progress| progress.connected = true);
                }
                Event::Outgoing(Outgoing::Publish(packet)) => {
                    under_way.sent(packet);
                    if qos == QoS::AtMostOnce {
                        under_way.acknowledged(packet);
                        self.report.send_modify(|progress| progress.delivered += 1);
                    }
                }
                Event::Incoming(Packet::PubAck(ack)) => {
                    under_way.acknowledged(ack.pkid);
                    self.report.send_modify(|progress| progress.delivered += 1);
                }
                Event::Outgoing(Outgoing::Disconnect) => break Ok(()),
                _ => {}
            }
        };
        under_way.give_back(&mut self.waiting);
        result
    }

    /// The next event; meanwhile new messages go out. `poll` is never dropped half way: it could be within a packet.
    async fn next_event(
        &mut self,
        event_loop: &mut EventLoop,
        client: &AsyncClient,
        qos: QoS,
        up: bool,
        under_way: &mut UnderWay,
    ) -> Result<Event, ConnectionError> {
        let poll = event_loop.poll();
        tokio::pin!(poll);
        loop {
            let take = up && !self.ended && self.waiting.is_empty() && under_way.len() < WINDOW;
            tokio::select! {
                event = &mut poll => return event,
                message = self.messages.recv(), if take => {
                    let Some(payload) = message else {
                        self.ended = true;
                        if under_way.is_empty() {
                            let _ = client.try_disconnect();
                        }
                        continue;
                    };
                    under_way.send(client, &self.options.topic, qos, payload);
                }
            }
        }
    }

    fn mqtt_options(&self) -> MqttOptions {
        let mut options = self.mqtt.clone();
        options
            .set_keep_alive(Duration::from_secs(30))
            .set_clean_start(true)
            .set_connection_timeout(5);
        let mut network = options.network_options();
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        options
    }
}

/// Messages given to the client, first without and then with a packet identifier.
#[derive(Default)]
struct UnderWay {
    queued: VecDeque<Vec<u8>>,
    sent: HashMap<u16, Vec<u8>>,
}

impl UnderWay {
    fn len(&self) -> usize {
        self.queued.len() + self.sent.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn send(&mut self, client: &AsyncClient, topic: &str, qos: QoS, payload: Vec<u8>) {
        // The client's queue is longer than the window.
        if client.try_publish(topic, qos, false, payload.clone()).is_ok() {
            self.queued.push_back(payload);
        }
    }

    fn sent(&mut self, packet: u16) {
        if let Some(payload) = self.queued.pop_front() {
            self.sent.insert(packet, payload);
        }
    }

    fn acknowledged(&mut self, packet: u16) {
        self.sent.remove(&packet);
    }

    /// What the broker may not have: it goes out again.
    fn give_back(self, waiting: &mut VecDeque<Vec<u8>>) {
        for payload in self.queued.into_iter().rev().chain(self.sent.into_values()) {
            waiting.push_front(payload);
        }
    }
}
