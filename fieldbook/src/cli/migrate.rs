//! `fieldbook migrate`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// The database, such as `postgres://user:password@host/name`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: String,
    #[command(subcommand)]
    pub(crate) action: Option<MigrateAction>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum MigrateAction {
    /// Apply what is missing (the default)
    Up,
    /// Undo the last ones; what only they hold is lost
    Down {
        /// How many
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// Say which are applied
    Status,
}
