//! `fieldbook replay`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;

use super::parts::{DatabaseArgs, StoreArgs};
use super::source::OnConflictArg;
use super::time::instant;

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Only segments with messages received at this time or later, such as 2026-11-23 or 2026-11-23T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Only segments with messages received before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) to: Option<DateTime<Utc>>,
    /// Say what the archive has and what it lacks, and change nothing
    #[arg(long)]
    pub(crate) survey: bool,
    /// Go on without objects that are missing or damaged, and say which
    #[arg(long)]
    pub(crate) skip_damaged: bool,
    /// Begin anew where the same replay was broken off
    #[arg(long)]
    pub(crate) restart: bool,
    /// The file of sources that the ingest reads messages by (docs/reference/sources.md), instead of --source and --on-conflict
    #[arg(
        long,
        env = "FIELDBOOK_SOURCES",
        value_name = "FILE",
        conflicts_with_all = ["source", "on_conflict"]
    )]
    pub(crate) sources: Option<PathBuf>,
    /// The source whose values are served as --on-conflict says; the first received is served of any other
    #[arg(long, env = "FIELDBOOK_SOURCE", value_name = "NAME", default_value = "mqtt")]
    pub(crate) source: String,
    /// Which of two values for the same sensor and time is served, as the ingest of this source has it
    #[arg(
        long,
        env = "FIELDBOOK_ON_CONFLICT",
        value_name = "WHICH",
        default_value = "first"
    )]
    pub(crate) on_conflict: OnConflictArg,
    /// Sensors that may register themselves by their messages, as the ingest has it
    #[arg(
        long,
        env = "FIELDBOOK_AUTO_SENSORS_MAX",
        value_name = "N",
        default_value_t = 10_000
    )]
    pub(crate) auto_sensors_max: usize,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}
