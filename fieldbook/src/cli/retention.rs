//! `fieldbook retention`.

use clap::{Args, Subcommand, ValueEnum};

use super::parts::{DatabaseArgs, StoreArgs};

#[derive(Debug, Args)]
pub(crate) struct RetentionArgs {
    #[command(subcommand)]
    pub(crate) action: RetentionAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RetentionAction {
    /// See how long readings and rollups are kept
    Show {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Say how long they are kept; ingestors delete what is older, raw messages stay on S3
    Set(RetentionSetArgs),
    /// A rule that has the bucket move raw messages to a cheaper storage class; they stay for ever
    Raw(RetentionRawArgs),
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct RetentionSetArgs {
    /// Days that readings are kept, 7 or more, or "forever"
    #[arg(long, value_name = "DAYS", group = "what", value_parser = days)]
    pub(crate) readings: Option<Days>,
    /// Days that rollups by the minute are kept, at least as long as readings
    #[arg(long, value_name = "DAYS", group = "what", value_parser = days)]
    pub(crate) minutes: Option<Days>,
    /// Days that rollups by the hour are kept, at least as long as those by the minute
    #[arg(long, value_name = "DAYS", group = "what", value_parser = days)]
    pub(crate) hours: Option<Days>,
    /// Days that rollups by the day are kept, at least as long as those by the hour
    #[arg(long, value_name = "DAYS", group = "what", value_parser = days)]
    pub(crate) days: Option<Days>,
    /// Who says so, as `show` tells it
    #[arg(long, value_name = "NAME", env = "USER", default_value = "command line")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// So many days, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) Option<u16>);

fn days(text: &str) -> Result<Days, String> {
    if text == "forever" {
        return Ok(Days(None));
    }
    let days = text.strip_suffix('d').unwrap_or(text).parse();
    days.map(|days| Days(Some(days)))
        .map_err(|_| "a number of days such as 400, or forever".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct RetentionRawArgs {
    /// Days after which raw messages move, 30 or more
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(30..))]
    pub(crate) after: u16,
    /// Where they move; only classes whose objects can be read at once
    #[arg(long, value_name = "CLASS", default_value = "GLACIER_IR")]
    pub(crate) class: ClassArg,
    /// Give the rule to the bucket, beside those that it has, instead of showing it
    #[arg(long)]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassArg {
    /// Glacier Instant Retrieval.
    #[value(name = "GLACIER_IR")]
    GlacierIr,
    /// Infrequent Access.
    #[value(name = "STANDARD_IA")]
    StandardIa,
    /// The store watches who reads what.
    #[value(name = "INTELLIGENT_TIERING")]
    IntelligentTiering,
}
