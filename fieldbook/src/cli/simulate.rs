//! `fieldbook simulate`.

use std::path::PathBuf;

use clap::Args;

use crate::mqtt_url::MqttUrl;

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The broker, with user, password or TLS; it goes before --mqtt-host and --mqtt-port
    #[arg(long, env = "MQTT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mqtt_url: Option<MqttUrl>,
    /// The broker's host
    #[arg(long, env = "MQTT_HOST", value_name = "HOST", default_value = "127.0.0.1")]
    pub(crate) mqtt_host: String,
    /// The broker's port
    #[arg(long, env = "MQTT_PORT", value_name = "PORT", default_value_t = 1883)]
    pub(crate) mqtt_port: u16,
    /// The topic
    #[arg(long, env = "MQTT_TOPIC", value_name = "TOPIC", default_value = "sensors")]
    pub(crate) topic: String,
    /// Simulate the sensors of this list [default: the dozen of an imagined plant]
    #[arg(long, env = "FIELDBOOK_SENSORS", value_name = "FILE")]
    pub(crate) sensors: Option<PathBuf>,
    /// Messages a second over all sensors; 0: as fast as the broker takes them
    #[arg(long, value_name = "N", default_value_t = 12.0)]
    pub(crate) rate: f64,
    /// Stop after so many messages [default: never]
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Quality of service: 0 at most once, 1 at least once
    #[arg(long, value_name = "QOS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=1))]
    pub(crate) qos: u8,
}

impl SimulateArgs {
    /// The broker that the arguments name, in one way or the other.
    pub(crate) fn broker(&self) -> MqttUrl {
        self.mqtt_url
            .clone()
            .unwrap_or_else(|| MqttUrl::plain(self.mqtt_host.clone(), self.mqtt_port))
    }
}
