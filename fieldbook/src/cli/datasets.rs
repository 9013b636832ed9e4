//! `fieldbook datasets`.

use clap::{Args, Subcommand, ValueEnum};

use super::parts::DatabaseArgs;

#[derive(Debug, Args)]
pub(crate) struct DatasetsArgs {
    #[command(subcommand)]
    pub(crate) action: DatasetsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DatasetsAction {
    /// Show the datasets as a table
    List(DatabaseArgs),
    /// Say what those see of a dataset who may not see its data
    Set {
        /// The dataset, such as readings
        slug: String,
        /// Its name and description, or nothing at all
        #[arg(long, value_name = "VISIBILITY")]
        visibility: VisibilityArg,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VisibilityArg {
    /// Its name and description are seen.
    Listed,
    /// For them it does not exist.
    Hidden,
}
