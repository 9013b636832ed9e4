//! `fieldbook key`.

use clap::{Args, Subcommand, ValueEnum};

use super::parts::DatabaseArgs;

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    pub(crate) action: KeyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Make a key and print it, this once; what it opens goes to standard error
    Create(KeyCreateArgs),
    /// Show the keys as a table, the newest first; never the keys themselves
    List(DatabaseArgs),
    /// Take a key no longer: within five seconds it opens nothing
    Revoke {
        /// The key's prefix, such as `fb_7k2mq4xa`, its id, or its name
        key: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct KeyCreateArgs {
    /// Who or what it is for, such as "Power BI of the harbour"
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What its holder is
    #[arg(long, value_name = "ROLE", default_value = "reader")]
    pub(crate) role: RoleArg,
    /// Open the data of this dataset only, such as readings; may be given several times [default: all]
    #[arg(long = "dataset", value_name = "SLUG")]
    pub(crate) datasets: Vec<String>,
    /// Open sensors of this type only, such as temperature; given several times, of any of them [default: all]
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Open sensors with this label only, such as site=Harbour; given several times, with all of them
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    /// Take it for so many days [default: until it is revoked]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) expires_in_days: Option<u32>,
    /// Let it ask so often, instead of what the service lets everybody
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) requests_per_minute: Option<u32>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// A label, or how one is written.
fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is written KEY=VALUE, such as site=Harbour".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Reads.
    Reader,
    /// Looks after the data, too.
    Steward,
    /// Looks after the service, too.
    Admin,
}
