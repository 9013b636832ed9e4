//! MQTT 5 and MQTT 3.1.1 behind one face: what a connection asks of its broker, and what it hears.
//!
//! Where they differ: 3.1.1 has no Receive Maximum and no Maximum Packet Size, so the broker's own limits hold; how long it
//! keeps the session is the broker's to say; and it sends retained messages at each subscription, not at a new one only.

use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5 as packets5;
use rumqttc::{Outgoing, TlsConfiguration, Transport, v5};

use super::{Protocol, ReceiverOptions, Source};

/// What a connection is opened with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening<'o> {
    pub(super) source: &'o Source,
    pub(super) options: &'o ReceiverOptions,
    pub(super) client_id: &'o str,
    /// Whether the broker keeps what comes while we are away, until we come again.
    pub(super) keeps_session: bool,
}

/// Why a connection is there no more, or never was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Broken {
    /// Of what kind.
    pub kind: BrokenKind,
    /// In a sentence.
    pub reason: String,
}

/// What a person would look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenKind {
    /// Nobody answers there, or no longer.
    Network,
    /// One side does not trust the other.
    Tls,
    /// The broker takes user, password or client id not.
    Login,
    /// The broker does not speak this version of MQTT.
    Version,
    /// A topic filter was refused.
    Filter,
    /// Something else was said than MQTT expects.
    Protocol,
}

/// A message as the broker delivered it.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) topic: Bytes,
    pub(super) payload: Bytes,
    pub(super) qos: u8,
    pub(super) retain: bool,
    pub(super) dup: bool,
    /// Its packet identifier, where it is to be acknowledged.
    pub(super) packet: Option<u16>,
}

/// What a connection heard.
#[derive(Debug)]
pub(super) enum Heard {
    Connected {
        session_present: bool,
    },
    Subscribed(Vec<Granted>),
    Delivered(Delivered),
    Disconnected(String),
    /// Our own DISCONNECT has gone out.
    Stopped,
    Other,
}

/// The answer to a topic filter.
#[derive(Debug)]
pub(super) enum Granted {
    /// With acknowledgements.
    Qos1,
    Qos0,
    Refused(String),
}

/// The half that says something.
#[derive(Debug, Clone)]
pub(super) enum Client {
    V5(v5::AsyncClient),
    V311(rumqttc::AsyncClient),
}

/// The half that hears; polled by one task, never cancelled within a poll.
pub(super) enum Events {
    V5(Box<v5::EventLoop>),
    V311(Box<rumqttc::EventLoop>),
}

impl std::fmt::Debug for Events {
    /// rumqttc's own have none.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::V5(_) => "V5",
            Self::V311(_) => "V311",
        })
    }
}

/// The connection is gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone;

/// Messages on their way to the broker: none is ever sent.
const OUTGOING_MAX: u16 = 16;

/// What MQTT lets a packet have at most.
const PACKET_BYTES_MAX: usize = 268_435_455;

/// Both halves of a connection that is made by the first poll.
pub(super) fn open(opening: Opening<'_>, requests_max: usize) -> (Client, Events) {
    match opening.source.broker.protocol {
        Protocol::V5 => {
            let (client, events) = v5::AsyncClient::new(options5(opening), requests_max);
            (Client::V5(client), Events::V5(Box::new(events)))
        }
        Protocol::V311 => {
            let (client, mut events) = rumqttc::AsyncClient::new(options311(opening), requests_max);
            events.network_options = network(events.network_options.clone());
            (Client::V311(client), Events::V311(Box::new(events)))
        }
    }
}

impl Client {
    /// Asks for topics of a source, without waiting.
    pub(super) fn subscribe(&self, source: &Source, topics: &[String]) -> Result<(), String> {
        let topics = topics.iter();
        match self {
            Self::V5(client) => {
                // Where a reading takes the time of its receipt, the flag must tell what the broker had kept from what is new.
                let preserve_retain = !source.manner.format.is_timed_by_receipt();
                let filters = topics.map(|topic| packets5::Filter {
                    path: topic.clone(),
                    qos: v5::mqttbytes::QoS::AtLeastOnce,
                    nolocal: false,
                    preserve_retain,
                    // Subscribing again must not bring every retained message again.
                    retain_forward_rule: packets5::RetainForwardRule::OnNewSubscribe,
                });
                client
                    .try_subscribe_many(filters)
                    .map_err(|error| format!("subscribe: {error}"))
            }
            Self::V311(client) => {
                let filters = topics
                    .map(|topic| rumqttc::SubscribeFilter::new(topic.clone(), rumqttc::QoS::AtLeastOnce));
                client
                    .try_subscribe_many(filters)
                    .map_err(|error| format!("subscribe: {error}"))
            }
        }
    }

    /// Acknowledges a packet of QoS 1.
    pub(super) async fn acknowledge(&self, packet: u16) -> Result<(), Gone> {
        match self {
            Self::V5(client) => {
                let token = packets5::Publish {
                    qos: v5::mqttbytes::QoS::AtLeastOnce,
                    pkid: packet,
                    ..packets5::Publish::default()
                };
                client.ack(&token).await.map_err(|_| Gone)
            }
            Self::V311(client) => {
                let token = rumqttc::Publish {
                    dup: false,
                    qos: rumqttc::QoS::AtLeastOnce,
                    retain: false,
                    topic: String::new(),
                    pkid: packet,
                    payload: Bytes::new(),
                };
                client.ack(&token).await.map_err(|_| Gone)
            }
        }
    }

    /// Says goodbye; the session stays.
    pub(super) async fn disconnect(&self) {
        // A connection that is gone needs none.
        match self {
            Self::V5(client) => drop(client.disconnect().await),
            Self::V311(client) => drop(client.disconnect().await),
        }
    }
}

impl Events {
    /// The next thing heard, or why there is no more.
    pub(super) async fn poll(&mut self) -> Result<Heard, Broken> {
        match self {
            Self::V5(events) => events.poll().await.map(heard5).map_err(|error| broken5(&error)),
            Self::V311(events) => events
                .poll()
                .await
                .map(heard311)
                .map_err(|error| broken311(&error)),
        }
    }

    /// What was read from the socket and not heard yet; for when the connection has broken.
    pub(super) fn buffered(&mut self) -> Vec<Heard> {
        match self {
            Self::V5(events) => events.state.events.drain(..).map(heard5).collect(),
            Self::V311(events) => events.state.events.drain(..).map(heard311).collect(),
        }
    }
}

fn heard5(event: v5::Event) -> Heard {
    use packets5::{Packet, SubscribeReasonCode};
    use v5::mqttbytes::QoS;
    match event {
        v5::Event::Incoming(Packet::Publish(publish)) => Heard::Delivered(Delivered {
            packet: (publish.qos != QoS::AtMostOnce).then_some(publish.pkid),
            topic: publish.topic,
            payload: publish.payload,
            qos: publish.qos as u8,
            retain: publish.retain,
            dup: publish.dup,
        }),
        v5::Event::Incoming(Packet::ConnAck(ack)) => Heard::Connected {
            session_present: ack.session_present,
        },
        v5::Event::Incoming(Packet::SubAck(ack)) => {
            let granted = ack.return_codes.into_iter().map(|code| match code {
                SubscribeReasonCode::Success(QoS::AtMostOnce) => Granted::Qos0,
                SubscribeReasonCode::Success(_) => Granted::Qos1,
                refused => Granted::Refused(format!("{refused:?}")),
            });
            Heard::Subscribed(granted.collect())
        }
        v5::Event::Incoming(Packet::Disconnect(disconnect)) => {
            Heard::Disconnected(format!("{:?}", disconnect.reason_code))
        }
        v5::Event::Outgoing(Outgoing::Disconnect) => Heard::Stopped,
        _ => Heard::Other,
    }
}

fn heard311(event: rumqttc::Event) -> Heard {
    use rumqttc::{Packet, QoS, SubscribeReasonCode};
    match event {
        rumqttc::Event::Incoming(Packet::Publish(publish)) => Heard::Delivered(Delivered {
            packet: (publish.qos != QoS::AtMostOnce).then_some(publish.pkid),
            topic: Bytes::from(publish.topic),
            payload: publish.payload,
            qos: publish.qos as u8,
            retain: publish.retain,
            dup: publish.dup,
        }),
        rumqttc::Event::Incoming(Packet::ConnAck(ack)) => Heard::Connected {
            session_present: ack.session_present,
        },
        rumqttc::Event::Incoming(Packet::SubAck(ack)) => {
            let granted = ack.return_codes.into_iter().map(|code| match code {
                SubscribeReasonCode::Success(QoS::AtMostOnce) => Granted::Qos0,
                SubscribeReasonCode::Success(_) => Granted::Qos1,
                SubscribeReasonCode::Failure => Granted::Refused("failure".to_owned()),
            });
            Heard::Subscribed(granted.collect())
        }
        rumqttc::Event::Outgoing(Outgoing::Disconnect) => Heard::Stopped,
        _ => Heard::Other,
    }
}

fn broken5(error: &v5::ConnectionError) -> Broken {
    use packets5::ConnectReturnCode::{
        BadAuthenticationMethod, BadClientId, BadUserNamePassword, Banned, ClientIdentifierNotValid,
        NotAuthorized, RefusedProtocolVersion, UnsupportedProtocolVersion,
    };
    use v5::ConnectionError;
    let kind = match error {
        ConnectionError::Tls(_) => BrokenKind::Tls,
        ConnectionError::Io(error) => kind_of_io(error),
        ConnectionError::Timeout(_) | ConnectionError::MqttState(v5::StateError::Io(_)) => {
            BrokenKind::Network
        }
        ConnectionError::ConnectionRefused(code) => match code {
            RefusedProtocolVersion | UnsupportedProtocolVersion => BrokenKind::Version,
            BadUserNamePassword
            | NotAuthorized
            | Banned
            | BadAuthenticationMethod
            | BadClientId
            | ClientIdentifierNotValid => BrokenKind::Login,
            _ => BrokenKind::Protocol,
        },
        _ => BrokenKind::Protocol,
    };
    Broken {
        kind,
        reason: error.to_string(),
    }
}

fn broken311(error: &rumqttc::ConnectionError) -> Broken {
    use rumqttc::ConnectReturnCode::{
        BadClientId, BadUserNamePassword, NotAuthorized, RefusedProtocolVersion,
    };
    use rumqttc::mqttbytes::Error::PayloadSizeLimitExceeded;
    use rumqttc::{ConnectionError, StateError};
    let kind = match error {
        // It can't be told to withhold what is too large, and sends it again after each new connection.
        ConnectionError::MqttState(StateError::Deserialization(PayloadSizeLimitExceeded(bytes))) => {
            return Broken {
                kind: BrokenKind::Protocol,
                reason: format!(
                    "the broker sends a message of {bytes} bytes, more than Fieldbook takes, and will send it again: MQTT \
                     3.1.1 has no way to refuse it; use MQTT 5 for this source, or lower the broker's own limit (of \
                     Mosquitto: max_packet_size) and remove the message"
                ),
            };
        }
        ConnectionError::Tls(_) => BrokenKind::Tls,
        ConnectionError::Io(error) => kind_of_io(error),
        ConnectionError::NetworkTimeout
        | ConnectionError::FlushTimeout
        | ConnectionError::MqttState(StateError::Io(_) | StateError::ConnectionAborted) => {
            BrokenKind::Network
        }
        ConnectionError::ConnectionRefused(code) => match code {
            RefusedProtocolVersion => BrokenKind::Version,
            BadUserNamePassword | NotAuthorized | BadClientId => BrokenKind::Login,
            _ => BrokenKind::Protocol,
        },
        _ => BrokenKind::Protocol,
    };
    Broken {
        kind,
        reason: error.to_string(),
    }
}

/// What rustls has to say comes wrapped as trouble of the socket.
fn kind_of_io(error: &std::io::Error) -> BrokenKind {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    if cause.is_some() {
        BrokenKind::Tls
    } else {
        BrokenKind::Network
    }
}

fn options5(opening: Opening<'_>) -> v5::MqttOptions {
    let broker = &opening.source.broker;
    let mut options = v5::MqttOptions::new(opening.client_id, &broker.host, broker.port);
    options
        .set_clean_start(!opening.keeps_session)
        .set_session_expiry_interval(opening.keeps_session.then_some(u32::MAX))
        .set_receive_maximum(Some(opening.options.receive_maximum))
        // Without it the client's own limit is 10 KiB, and a larger packet an error that comes again for ever.
        .set_max_packet_size(Some(opening.options.message_bytes_max))
        // It keeps room for each message that may be on its way to the broker: 14 MB by default, and ours are none.
        .set_outgoing_inflight_upper_limit(OUTGOING_MAX)
        .set_manual_acks(true)
        .set_keep_alive(opening.options.keep_alive)
        .set_connection_timeout(CONNECT_SECONDS_MAX);
    if let Some((user, password)) = &broker.login {
        options.set_credentials(user, password.expose());
    }
    if let Some(transport) = transport(opening.source) {
        options.set_transport(transport);
    }
    let network = network(options.network_options());
    options.set_network_options(network);
    options
}

fn options311(opening: Opening<'_>) -> rumqttc::MqttOptions {
    let broker = &opening.source.broker;
    let mut options = rumqttc::MqttOptions::new(opening.client_id, &broker.host, broker.port);
    let incoming = usize::try_from(opening.options.message_bytes_max).unwrap_or(PACKET_BYTES_MAX);
    options
        .set_clean_session(!opening.keeps_session)
        .set_max_packet_size(incoming.min(PACKET_BYTES_MAX), PACKET_BYTES_MAX)
        .set_manual_acks(true)
        .set_keep_alive(opening.options.keep_alive);
    if let Some((user, password)) = &broker.login {
        options.set_credentials(user, password.expose());
    }
    if let Some(transport) = transport(opening.source) {
        options.set_transport(transport);
    }
    options
}

/// How long connecting may take.
const CONNECT_SECONDS_MAX: u64 = 5;

fn transport(source: &Source) -> Option<Transport> {
    let tls = source.broker.tls.as_ref()?;
    Some(Transport::tls_with_config(TlsConfiguration::Rustls(
        std::sync::Arc::clone(tls),
    )))
}

fn network(mut network: rumqttc::NetworkOptions) -> rumqttc::NetworkOptions {
    // Nagle's algorithm would hold small acks back.
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(CONNECT_SECONDS_MAX);
    network
}
