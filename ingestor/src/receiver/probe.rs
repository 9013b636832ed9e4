//! A look at a source's broker, without a trace: whether it answers, lets us in and grants the topics.
//!
//! It comes as a client of its own, whose session ends with the connection. Of a shared subscription it asks for the filter in
//! a group of its own, and so takes no message from those who share the stream.

use std::time::{Duration, Instant};

use tokio::time::timeout;
use uuid::Uuid;

use super::session::{self, Broken, BrokenKind, Granted, Heard, Opening};
use super::{ReceiverOptions, Source};

/// What a broker said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// How long it took to be let in.
    pub connected_in: Duration,
    /// Filters of which it grants only `QoS` 0: what comes while we are away would be lost.
    pub without_acknowledgement: Vec<String>,
}

/// For all of it.
const PROBE_MAX: Duration = Duration::from_secs(15);

/// Connects to a source's broker, asks for its topics, and leaves.
pub async fn probe(source: &Source) -> Result<Probed, Broken> {
    let late = |_| Broken {
        kind: BrokenKind::Network,
        reason: format!("no answer within {} s", PROBE_MAX.as_secs()),
    };
    timeout(PROBE_MAX, look(source)).await.map_err(late)?
}

async fn look(source: &Source) -> Result<Probed, Broken> {
    let begun = Instant::now();
    let id = Uuid::new_v4().simple();
    let options = ReceiverOptions::default();
    let opening = Opening {
        source,
        options: &options,
        client_id: &format!("fieldbook-probe-{id}"),
        keeps_session: false,
    };
    let (client, mut events) = session::open(opening, 16);
    let topics: Vec<String> = source
        .topics
        .iter()
        .map(|topic| beside(topic, &id.to_string()))
        .collect();
    let mut probed = Probed {
        connected_in: Duration::ZERO,
        without_acknowledgement: Vec::new(),
    };
    loop {
        match events.poll().await? {
            Heard::Connected { .. } => {
                probed.connected_in = begun.elapsed();
                client.subscribe(source, &topics).map_err(|reason| Broken {
                    kind: BrokenKind::Protocol,
                    reason,
                })?;
            }
            Heard::Subscribed(granted) => {
                for (topic, granted) in source.topics.iter().zip(granted) {
                    match granted {
                        Granted::Qos1 => {}
                        Granted::Qos0 => probed.without_acknowledgement.push(topic.clone()),
                        Granted::Refused(why) => {
                            return Err(Broken {
                                kind: BrokenKind::Filter,
                                reason: format!("the broker refuses the topic filter {topic:?}: {why}"),
                            });
                        }
                    }
                }
                client.disconnect().await;
            }
            Heard::Disconnected(reason) => {
                return Err(Broken {
                    kind: BrokenKind::Protocol,
                    reason: format!("the broker disconnected: {reason}"),
                });
            }
            Heard::Stopped => return Ok(probed),
            Heard::Delivered(_) | Heard::Other => {}
        }
    }
}

/// The same filter, but not out of the group that shares it.
fn beside(topic: &str, id: &str) -> String {
    let shared = topic
        .strip_prefix("$share/")
        .and_then(|shared| shared.split_once('/'));
    shared.map_or_else(
        || topic.to_owned(),
        |(_, filter)| format!("$share/fieldbook-probe-{id}/{filter}"),
    )
}
