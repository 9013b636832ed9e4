//! The command line. Every flag has a variable of the environment beside it, for containers; a flag wins.
//!
//! Passwords and keys come from the environment only: a command line is seen by every user of the machine.

mod access;
mod catalogue;
mod datasets;
mod doctor;
mod import;
mod ingest;
mod key;
mod migrate;
mod parts;
mod quarantine;
mod replay;
mod retention;
mod sensors;
mod serve;
mod simulate;
mod source;
mod time;
mod up;
mod webhook;
mod zone;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use access::{AccessArgs, AnonymousArg};
pub(crate) use catalogue::CatalogueArgs;
pub(crate) use datasets::{DatasetsAction, DatasetsArgs, VisibilityArg};
pub(crate) use doctor::DoctorArgs;
pub(crate) use import::ImportArgs;
pub(crate) use ingest::IngestArgs;
pub(crate) use key::{KeyAction, KeyArgs, KeyCreateArgs, RoleArg};
pub(crate) use migrate::{MigrateAction, MigrateArgs};
pub(crate) use parts::{DataArgs, DatabaseArgs, StoreArgs};
pub(crate) use quarantine::{
    QuarantineAction, QuarantineArgs, QuarantineListArgs, QuarantineReplayArgs, QuarantineWhich,
};
pub(crate) use replay::ReplayArgs;
pub(crate) use retention::{
    ClassArg, Days, RetentionAction, RetentionArgs, RetentionRawArgs, RetentionSetArgs,
};
pub(crate) use sensors::{SensorsAction, SensorsArgs, SensorsFrom};
pub(crate) use serve::ServeArgs;
pub(crate) use simulate::SimulateArgs;
pub(crate) use source::{IngestLimits, OnConflictArg, SourceArgs};
pub(crate) use up::UpArgs;
pub(crate) use webhook::{WebhookAction, WebhookAddArgs, WebhookArgs};

/// Fieldbook keeps what sensors say and makes it easy to use.
#[derive(Debug, Parser)]
#[command(name = "fieldbook", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What to log: error, warn, info, debug, trace, or a filter such as "warn,ingestor=debug" [default: info; up: warn]
    #[arg(long, global = true, env = "FIELDBOOK_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How to write the log
    #[arg(
        long,
        global = true,
        env = "FIELDBOOK_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine: broker, object store, database, simulator, ingestor, API
    Up(Box<UpArgs>),
    /// Take messages from the broker into the journal, onto S3 and into the database
    Ingest(IngestArgs),
    /// Serve GraphQL and REST
    Serve(ServeArgs),
    /// Bring the database's schema up to date
    Migrate(MigrateArgs),
    /// Send what an imagined plant would measure
    Simulate(SimulateArgs),
    /// Declare sensors, or see which there are
    Sensors(SensorsArgs),
    /// Make keys for the API, see which there are, and revoke them
    Key(KeyArgs),
    /// See which datasets show that they are there, and say which do
    Datasets(DatasetsArgs),
    /// Tell programs elsewhere of changes: late data, incidents, new versions of datasets
    Webhook(WebhookArgs),
    /// Say how long readings, rollups and raw messages are kept, and where
    Retention(Box<RetentionArgs>),
    /// Look at broker, bucket, database, schema, disk and clock, and say what would mend what is broken
    Doctor(Box<DoctorArgs>),
    /// Import history from CSV, NDJSON or Parquet files
    Import(Box<ImportArgs>),
    /// Load the archive into a database again: an empty one, or one that lost something
    Replay(Box<ReplayArgs>),
    /// See which messages could not be used, and try them again after the cause is mended
    Quarantine(QuarantineArgs),
}
