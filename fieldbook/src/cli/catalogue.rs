//! What `up` and `serve` are told of the catalogue.

use std::path::PathBuf;

use catalogue::feeds::{Address, DatabaseServer};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CatalogueArgs {
    /// What no machine can know of the datasets, as TOML: owners, contacts, licences, promises
    #[arg(long = "catalogue", env = "FIELDBOOK_CATALOGUE", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The address by which others reach this service, such as `https://data.example.org`; feeds name it [default: the one
    /// by which each request came]
    #[arg(long, env = "FIELDBOOK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<String>,
    /// The database, as those reach it who may ask it directly, such as `db.example.org:5432/fieldbook`; contracts of datasets
    /// name it, so that they can be tested against it [default: none does]
    #[arg(long, env = "FIELDBOOK_PUBLIC_DATABASE", value_name = "HOST:PORT/NAME")]
    pub(crate) public_database: Option<DatabaseServer>,
    /// Post to webhooks of this machine and of private networks, too: everybody who may add webhooks can then reach them
    #[arg(long, env = "FIELDBOOK_PRIVATE_WEBHOOKS")]
    pub(crate) private_webhooks: bool,
}

/// An address that feeds can name.
fn public_url(url: &str) -> Result<String, String> {
    match Address::new(url) {
        Ok(_) => Ok(url.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
