//! `fieldbook ingest`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::parts::{DataArgs, StoreArgs};
use super::source::{IngestLimits, SourceArgs};
use crate::mqtt_url::MqttUrl;

#[derive(Debug, Args)]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The broker, such as `mqtts://user:password@broker.example:8883`; with --sources, of those that name none
    #[arg(
        long,
        env = "MQTT_URL",
        value_name = "URL",
        hide_env_values = true,
        required_unless_present = "sources"
    )]
    pub(crate) mqtt_url: Option<MqttUrl>,
    /// The database, such as `postgres://user:password@host/name`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) ingest: IngestLimits,
    /// Where to serve /healthz and /metrics; loopback, for they ask for no key [default: nowhere]
    #[arg(long, env = "FIELDBOOK_METRICS", value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Declare the sensors of this list at the start; with --sources, each source names its own
    #[arg(
        long,
        env = "FIELDBOOK_SENSORS",
        value_name = "FILE",
        conflicts_with = "sources"
    )]
    pub(crate) sensors: Option<PathBuf>,
}
