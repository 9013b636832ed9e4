//! Where the parts are: data directory, database, object store.

use std::path::PathBuf;

use clap::Args;

/// A database, or the private one of a running `up`.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The database [default: the private one of the data directory]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DataArgs {
    /// Where the journal is kept, and by `up` everything else too
    #[arg(long, env = "FIELDBOOK_DATA_DIR", value_name = "DIR", default_value = "data")]
    pub(crate) data_dir: PathBuf,
}

impl DataArgs {
    pub(crate) fn journal_dir(&self) -> PathBuf {
        self.data_dir.join("journal")
    }
}

/// S3, by the names that its other clients know too.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// The object store's address, such as `https://s3.example` [its key: the variables `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`]
    #[arg(long, env = "AWS_ENDPOINT_URL_S3", value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
    /// Its region
    #[arg(long, env = "AWS_REGION", value_name = "REGION", default_value = "us-east-1")]
    pub(crate) s3_region: String,
    /// The bucket
    #[arg(
        long,
        env = "FIELDBOOK_BUCKET",
        value_name = "NAME",
        default_value = "fieldbook"
    )]
    pub(crate) bucket: String,
    /// Before every key in the bucket, such as plant-a
    #[arg(long, env = "FIELDBOOK_S3_PREFIX", value_name = "PREFIX", default_value = "")]
    pub(crate) s3_prefix: String,
    /// Only from the environment: a command line is seen by every user of the machine.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide = true, hide_env_values = true)]
    pub(crate) s3_access_key_id: Option<String>,
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide = true, hide_env_values = true)]
    pub(crate) s3_secret_access_key: Option<String>,
}
