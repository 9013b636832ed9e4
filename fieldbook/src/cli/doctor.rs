//! `fieldbook doctor`.

use clap::Args;

use super::parts::{DatabaseArgs, StoreArgs};
use super::source::{IngestLimits, SourceArgs};
use crate::mqtt_url::MqttUrl;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// The broker, such as `mqtts://user:password@broker.example:8883`; with --sources, of those that name none
    #[arg(long, env = "MQTT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mqtt_url: Option<MqttUrl>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) ingest: IngestLimits,
}
