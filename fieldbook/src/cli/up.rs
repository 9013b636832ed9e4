//! `fieldbook up`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use entity::Zone;

use super::access::{AccessArgs, AnonymousArg};
use super::catalogue::CatalogueArgs;
use super::parts::{DataArgs, StoreArgs};
use super::source::{IngestLimits, SourceArgs};
use super::zone::time_zone;
use crate::mqtt_url::MqttUrl;

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Where API and pages listen
    #[arg(
        long,
        env = "FIELDBOOK_HTTP",
        value_name = "ADDR",
        default_value = "127.0.0.1:8000"
    )]
    pub(crate) http: SocketAddr,
    /// Where the private broker listens
    #[arg(
        long,
        env = "FIELDBOOK_MQTT",
        value_name = "ADDR",
        default_value = "127.0.0.1:1883"
    )]
    pub(crate) mqtt: SocketAddr,
    /// Where the private object store listens; on a free port when this one is taken
    #[arg(
        long,
        env = "FIELDBOOK_S3",
        value_name = "ADDR",
        default_value = "127.0.0.1:9000"
    )]
    pub(crate) s3: SocketAddr,
    /// Look for Mosquitto's and PostgreSQL's programs in these directories only
    #[arg(long, env = "FIELDBOOK_PROGRAM_PATH", value_name = "DIRS")]
    pub(crate) program_path: Option<std::ffi::OsString>,
    /// Send nothing of our own
    #[arg(long)]
    pub(crate) no_simulator: bool,
    /// Don't send 30 days of history at the first start
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Declare the sensors of this list, and simulate those instead of our own
    #[arg(long, value_name = "FILE")]
    pub(crate) sensors: Option<PathBuf>,
    /// Use this broker instead of a private one, for sources that name none
    #[arg(long, env = "MQTT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mqtt_url: Option<MqttUrl>,
    /// Use this database instead of a private one
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) ingest: IngestLimits,
    /// What may be read without a key [default: data on loopback, none elsewhere]
    #[arg(long, env = "FIELDBOOK_ANONYMOUS", value_name = "ACCESS")]
    pub(crate) anonymous: Option<AnonymousArg>,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Time zone of buckets of a day and more where a question names none, such as Europe/Zurich
    #[arg(long, env = "FIELDBOOK_TIME_ZONE", value_name = "ZONE", default_value = "UTC", value_parser = time_zone)]
    pub(crate) time_zone: Zone,
    #[command(flatten)]
    pub(crate) catalogue: CatalogueArgs,
}
