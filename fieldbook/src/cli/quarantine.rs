//! `fieldbook quarantine`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::parts::DatabaseArgs;
use super::time::instant;

#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    pub(crate) action: QuarantineAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineAction {
    /// Show messages that could not be used as a table, those received last first
    List(QuarantineListArgs),
    /// Show one of them: what is wrong with it, and its payload
    Show {
        /// The message, as the list shows it in its last column
        message: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Have the ingestor try messages again, and wait until it has: what can be used comes in as if it had been good at once,
    /// what can't stays with its new reason
    Replay(QuarantineReplayArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineListArgs {
    #[command(flatten)]
    pub(crate) which: QuarantineWhich,
    /// Count them by reason and source instead
    #[arg(long)]
    pub(crate) reasons: bool,
    /// Lines at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// Which messages; all that is given must hold.
#[derive(Debug, Args)]
pub(crate) struct QuarantineWhich {
    /// Only those with this reason, such as `sensor_limit`; list --reasons shows which there are
    #[arg(long, value_name = "WORD")]
    pub(crate) reason: Option<String>,
    /// Only those of this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Only those of the sensor with this name, as the messages say it
    #[arg(long, value_name = "NAME")]
    pub(crate) sensor: Option<String>,
    /// Only those received at this time or later, such as 2026-11-23 or 2026-11-23T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Only those received before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) to: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineReplayArgs {
    #[command(flatten)]
    pub(crate) which: QuarantineWhich,
    /// Only this one, as the list shows it in its last column
    #[arg(long, value_name = "MESSAGE")]
    pub(crate) message: Option<String>,
    /// Don't wait: say the number of the request
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Give up waiting when nothing has moved for so long; the request stays
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) patience: u32,
    /// Who requests it, as lists of requests show it
    #[arg(long, env = "USER", value_name = "NAME", default_value = "command line")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}
