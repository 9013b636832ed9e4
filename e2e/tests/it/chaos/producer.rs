//! A producer that goes on through everything, and knows which message the broker has acknowledged.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::time::Instant;

/// Messages under way at once.
const WINDOW: usize = 100;

/// Sends all of them at QoS 1, spread over `within`, again and again where a connection breaks, until each is
/// acknowledged. Gives those that the broker had somebody for; the others it has thrown away, and said so.
pub(super) async fn send(broker: SocketAddr, payloads: Vec<Vec<u8>>, within: Duration) -> Vec<Vec<u8>> {
    let mut sending = Sending {
        waiting: (0..payloads.len()).collect(),
        payloads,
        begin: Instant::now(),
        within,
        kept: Vec::new(),
    };
    while !sending.waiting.is_empty() {
        sending.connection(broker).await;
    }
    let Sending {
        mut payloads, kept, ..
    } = sending;
    kept.into_iter()
        .map(|index| std::mem::take(&mut payloads[index]))
        .collect()
}

struct Sending {
    payloads: Vec<Vec<u8>>,
    /// Not sent on this connection, in order.
    waiting: VecDeque<usize>,
    begin: Instant,
    within: Duration,
    kept: Vec<usize>,
}

/// What one connection has under way.
#[derive(Default)]
struct UnderWay {
    /// Given to the client, and not yet given an identifier by it.
    asked: VecDeque<usize>,
    by_packet: HashMap<u16, usize>,
}

impl Sending {
    /// Goes on until all is acknowledged or the connection breaks; what was under way then waits again.
    async fn connection(&mut self, broker: SocketAddr) {
        let id = format!("producer-{}", uuid::Uuid::new_v4().simple());
        let mut options = MqttOptions::new(id, broker.ip().to_string(), broker.port());
        options.set_max_packet_size(Some(4 << 20));
        let (client, mut events) = AsyncClient::new(options, WINDOW + 10);
        let mut under_way = UnderWay::default();
        let mut connected = false;
        while !connected || !self.waiting.is_empty() || under_way.count() > 0 {
            let event = {
                // Never dropped half way: it could stop within a packet.
                let mut poll = pin!(events.poll());
                loop {
                    if connected {
                        self.top_up(&client, &mut under_way);
                    }
                    tokio::select! {
                        event = &mut poll => break event,
                        () = tokio::time::sleep(Duration::from_millis(5)) => {}
                    }
                }
            };
            match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => connected = true,
                Ok(Event::Outgoing(Outgoing::Publish(packet))) => {
                    let index = under_way.asked.pop_front().expect("it was asked for");
                    under_way.by_packet.insert(packet, index);
                }
                Ok(Event::Incoming(Packet::PubAck(ack))) => {
                    if let Some(index) = under_way.by_packet.remove(&ack.pkid)
                        && ack.reason == PubAckReason::Success
                    {
                        self.kept.push(index);
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let mut again: Vec<usize> = under_way.by_packet.into_values().chain(under_way.asked).collect();
        again.sort_unstable_by(|a, b| b.cmp(a));
        for index in again {
            self.waiting.push_front(index);
        }
        if !self.waiting.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends what is due by now.
    fn top_up(&mut self, client: &AsyncClient, under_way: &mut UnderWay) {
        let total = self.payloads.len();
        let share = self.begin.elapsed().as_secs_f64() / self.within.as_secs_f64().max(0.001);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few thousand"
        )]
        let due = (total as f64 * share.min(1.0)) as usize;
        while under_way.count() < WINDOW
            && let Some(index) = self.waiting.front().copied()
            && (index < due || due == total)
        {
            let payload = self.payloads[index].clone();
            if client
                .try_publish("sensors", QoS::AtLeastOnce, false, payload)
                .is_err()
            {
                return;
            }
            self.waiting.pop_front();
            under_way.asked.push_back(index);
        }
    }
}

impl UnderWay {
    fn count(&self) -> usize {
        self.asked.len() + self.by_packet.len()
    }
}
