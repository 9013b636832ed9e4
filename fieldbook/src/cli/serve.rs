//! `fieldbook serve`.

use std::net::SocketAddr;

use clap::Args;
use entity::Zone;

use super::access::{AccessArgs, AnonymousArg};
use super::catalogue::CatalogueArgs;
use super::parts::StoreArgs;
use super::zone::time_zone;

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen
    #[arg(
        long,
        env = "FIELDBOOK_HTTP",
        value_name = "ADDR",
        default_value = "127.0.0.1:8000"
    )]
    pub(crate) http: SocketAddr,
    /// The database, such as `postgres://user:password@host/name`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: String,
    // For raw messages; without an address or a key of an object store they say why they are not there.
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// What may be read without a key; beyond loopback it must be said, or there must be a key [default: none]
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
