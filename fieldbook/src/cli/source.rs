//! What is received, and within which bounds.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArgs {
    /// Several sources, or messages in other forms: a TOML file (docs/reference/sources.md), instead of the flags for one
    #[arg(
        long,
        env = "FIELDBOOK_SOURCES",
        value_name = "FILE",
        conflicts_with_all = ["source", "topics", "on_conflict"]
    )]
    pub(crate) sources: Option<PathBuf>,
    /// The name of this source of messages: the namespace of its sensors' names
    #[arg(long, env = "FIELDBOOK_SOURCE", value_name = "NAME", default_value = "mqtt")]
    pub(crate) source: String,
    /// Topic filters, with + and #; $share/group/filter shares a stream among ingestors
    #[arg(
        long = "topic",
        env = "MQTT_TOPIC",
        value_name = "FILTER",
        value_delimiter = ',',
        default_value = "sensors"
    )]
    pub(crate) topics: Vec<String>,
    /// Which of two values for the same sensor and time is served; the other is kept aside
    #[arg(
        long,
        env = "FIELDBOOK_ON_CONFLICT",
        value_name = "WHICH",
        default_value = "first"
    )]
    pub(crate) on_conflict: OnConflictArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnConflictArg {
    /// The first received.
    First,
    /// The latest received.
    Latest,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct IngestLimits {
    /// A segment of the journal goes to S3 after so many seconds, or at 64 MB
    #[arg(long, env = "FIELDBOOK_SEGMENT_SECONDS", value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) segment_seconds: u64,
    /// The journal's disk budget in MB; when it is used up, what S3 has goes, and without that, messages are no longer
    /// acknowledged
    #[arg(long, env = "FIELDBOOK_JOURNAL_MB", value_name = "MB", default_value_t = 8192,
          value_parser = clap::value_parser!(u64).range(64..))]
    pub(crate) journal_mb: u64,
    /// Sensors that may register themselves by their messages; the messages of further ones are quarantined
    #[arg(
        long,
        env = "FIELDBOOK_AUTO_SENSORS_MAX",
        value_name = "N",
        default_value_t = 10_000
    )]
    pub(crate) auto_sensors_max: usize,
}
