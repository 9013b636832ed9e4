//! A producer that remembers what the broker acknowledged to it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

/// Publishes on `sensors`.
pub(crate) struct Producer {
    client: AsyncClient,
    events: EventLoop,
}

impl Producer {
    pub(crate) async fn connect(broker: SocketAddr) -> Self {
        let id = format!("producer-{}", uuid::Uuid::new_v4().simple());
        let mut options = MqttOptions::new(id, broker.ip().to_string(), broker.port());
        options.set_max_packet_size(Some(4 << 20));
        let (client, mut events) = AsyncClient::new(options, 1000);
        loop {
            match tokio::time::timeout(Duration::from_secs(20), events.poll())
                .await
                .expect("a broker")
            {
                Ok(Event::Incoming(Packet::ConnAck(_))) => return Self { client, events },
                Ok(_) => {}
                Err(error) => panic!("connect to the broker: {error}"),
            }
        }
    }

    /// Publishes at QoS 1, and gives what the broker acknowledged when all is sent: everything, or the test fails.
    pub(crate) async fn publish_all(&mut self, payloads: impl IntoIterator<Item = Vec<u8>>) -> usize {
        const WINDOW: usize = 100;
        let mut payloads: VecDeque<Vec<u8>> = payloads.into_iter().collect();
        let total = payloads.len();
        let (mut under_way, mut acknowledged) = (0, 0);
        while acknowledged < total {
            while under_way < WINDOW
                && let Some(payload) = payloads.pop_front()
            {
                self.client
                    .try_publish("sensors", QoS::AtLeastOnce, false, payload)
                    .expect("room");
                under_way += 1;
            }
            let event = tokio::time::timeout(Duration::from_mins(1), self.events.poll()).await;
            if let Event::Incoming(Packet::PubAck(_)) = event.expect("in time").expect("a connection") {
                under_way -= 1;
                acknowledged += 1;
            }
        }
        acknowledged
    }
}
