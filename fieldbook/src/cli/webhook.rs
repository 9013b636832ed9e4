//! `fieldbook webhook`.

use clap::{Args, Subcommand};
use entity::webhooks::EventKind;
use uuid::Uuid;

use super::parts::DatabaseArgs;

#[derive(Debug, Args)]
pub(crate) struct WebhookArgs {
    #[command(subcommand)]
    pub(crate) action: WebhookAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookAction {
    /// Add a webhook and print the secret with which its messages are signed, this once
    Add(WebhookAddArgs),
    /// Show the webhooks as a table, the newest first; never their secrets
    List(DatabaseArgs),
    /// Switch a webhook on again: it is told of what happens from now on
    Enable {
        /// Its id, as the list shows it
        id: Uuid,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Remove a webhook with all that waits for it
    Remove {
        /// Its id, as the list shows it
        id: Uuid,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct WebhookAddArgs {
    /// Where messages are posted to, such as `https://example.org/hooks/fieldbook`
    pub(crate) url: String,
    /// What it is told of: freshness, quality, incident, release
    #[arg(long = "event", value_name = "EVENT", required = true)]
    pub(crate) events: Vec<EventKind>,
    /// Of this dataset alone [default: of all]
    #[arg(long, value_name = "SLUG")]
    pub(crate) dataset: Option<String>,
    /// Take an address of this machine or a private network, too; `serve` needs --private-webhooks to reach it
    #[arg(long)]
    pub(crate) private: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}
