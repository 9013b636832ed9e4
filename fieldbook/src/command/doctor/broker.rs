//! Whether a source's broker answers, lets us in and grants the topics.

use ingestor::receiver::{BrokenKind, Protocol, probe};

use super::Finding;
use crate::sources::Configured;

pub(super) async fn look(configured: &Configured) -> Finding {
    let source = &configured.source;
    let what = format!("broker of {} ({})", source.name, configured.broker);
    let version = match source.broker.protocol {
        Protocol::V5 => "MQTT 5",
        Protocol::V311 => "MQTT 3.1.1",
    };
    let topics = source.topics.join(", ");
    match probe(source).await {
        Ok(probed) if probed.without_acknowledgement.is_empty() => Finding::well(
            what,
            format!(
                "{version}, let in within {} ms, grants {topics}",
                probed.connected_in.as_millis()
            ),
        ),
        Ok(probed) => Finding::warning(
            what,
            format!(
                "grants only QoS 0 on {}",
                probed.without_acknowledgement.join(", ")
            ),
            "what it delivers while Fieldbook is away is lost: allow QoS 1 on the broker (of Mosquitto: max_qos)",
        ),
        Err(broken) => Finding::broken(what, broken.reason, hint(broken.kind, configured.at_home)),
    }
}

fn hint(kind: BrokenKind, at_home: bool) -> &'static str {
    match (kind, at_home) {
        (BrokenKind::Network, true) => {
            "is the broker running, is MQTT_URL its address, and does a firewall let this machine reach it?"
        }
        (BrokenKind::Network, false) => {
            "is the broker running, is broker in the file of sources its address, and does a firewall let this machine reach it?"
        }
        (BrokenKind::Tls, _) => {
            "name the CA that signed the broker's certificate (tls.ca_file), use the host name that the certificate is for, and \
             give a client certificate if it wants one (tls.certificate_file, tls.key_file)"
        }
        (BrokenKind::Login, true) => {
            "say who Fieldbook is: MQTT_URL=mqtts://user:password@host:8883, with special characters percent-encoded"
        }
        (BrokenKind::Login, false) => "say who Fieldbook is: login.user with password_file or password_env",
        (BrokenKind::Version, _) => {
            "the broker speaks another version of MQTT: say protocol = \"3.1.1\" in a file of sources"
        }
        (BrokenKind::Filter, _) => {
            "allow the user to subscribe to this filter in the broker's access list, or correct the filter"
        }
        (BrokenKind::Protocol, _) => {
            "is it an MQTT broker, and does its port expect TLS (mqtts://) or not (mqtt://)? Its log says more"
        }
    }
}
