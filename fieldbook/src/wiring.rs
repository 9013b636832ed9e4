//! From command-line arguments to the crates' options.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use archive::Secret;
use entity::{ConnectOptions, DatabaseConnection};
use entity::load::OnConflict;
use ingestor::archiver::ArchiverOptions;
use ingestor::clock::SystemClock;
use ingestor::loader::LoaderOptions;
use ingestor::receiver::{ReceiverOptions, Source};
use ingestor::{Ingestor, IngestorOptions};

use crate::cli::{IngestLimits, OnConflictArg, SourceArgs, StoreArgs};
use crate::mqtt_url::MqttUrl;

/// A pool of connections.
pub(crate) async fn database(
    url: &str,
    application_name: &'static str,
    connections_max: u32,
    statement_timeout: Option<Duration>,
) -> anyhow::Result<DatabaseConnection> {
    let options = ConnectOptions { url: url.to_owned(), application_name, connections_max, statement_timeout };
    entity::connect(&options).await.context("open the database")
}

/// The object store that the arguments name.
pub(crate) fn store_config(args: &StoreArgs) -> anyhow::Result<archive::Config> {
    let key = |value: &Option<String>, name: &str| {
        value.clone().with_context(|| format!("{name} is not set: it is half of the object store's key"))
    };
    Ok(archive::Config {
        endpoint_url: args.s3_endpoint.clone(),
        region: args.s3_region.clone(),
        access_key_id: key(&args.s3_access_key_id, "AWS_ACCESS_KEY_ID")?,
        secret_access_key: Secret::new(key(&args.s3_secret_access_key, "AWS_SECRET_ACCESS_KEY")?),
        bucket: args.bucket.clone(),
        prefix: args.s3_prefix.clone(),
    })
}

/// What an ingestor needs besides its neighbours.
pub(crate) fn ingestor_options(
    journal_dir: &Path,
    broker: &MqttUrl,
    source: &SourceArgs,
    limits: &IngestLimits,
) -> anyhow::Result<IngestorOptions> {
    let source = Source {
        name: source.source.clone(),
        broker: broker.broker()?,
        topics: source.topics.clone(),
        on_conflict: match source.on_conflict {
            OnConflictArg::First => OnConflict::First,
            OnConflictArg::Latest => OnConflict::Latest,
        },
    };
    Ok(IngestorOptions {
        sources: vec![source],
        journal_dir: journal_dir.to_owned(),
        journal: journal::Options {
            segment_age_max: Duration::from_secs(limits.segment_seconds),
            budget_bytes: limits.journal_mb * 1_000_000,
            ..journal::Options::default()
        },
        receiver: ReceiverOptions::default(),
        loader: LoaderOptions { auto_sensors_max: limits.auto_sensors_max, ..LoaderOptions::default() },
        archiver: ArchiverOptions::default(),
    })
}

/// Starts the ingestor on a database and an object store.
pub(crate) fn start_ingestor(
    options: IngestorOptions,
    db: DatabaseConnection,
    store: archive::Store,
) -> anyhow::Result<Ingestor> {
    Ingestor::start(options, db, store, Arc::new(SystemClock)).context("start the ingestor")
}

/// The ingest's pool. Nothing bounds its statements: a batch takes the time that it takes, and shutdown does not wait.
pub(crate) async fn ingest_database(url: &str) -> anyhow::Result<DatabaseConnection> {
    database(url, "fieldbook-ingest", 4, None).await
}

/// The API's pool; a statement ends before its client's patience does.
pub(crate) async fn api_database(url: &str) -> anyhow::Result<DatabaseConnection> {
    database(url, "fieldbook-api", 16, Some(Duration::from_secs(25))).await
}

/// Reaches the object store. One that does not answer now is waited for by the archiver; one that refuses is an error.
pub(crate) async fn open_store(config: &archive::Config) -> anyhow::Result<archive::Store> {
    let store = archive::Store::new(config.clone()).context("set up the object store")?;
    match store.check().await {
        Err(error) if !error.retryable() => return Err(error).context("open the object store"),
        Err(error) => tracing::warn!("the object store does not answer yet, the journal waits for it: {error}"),
        Ok(()) => {}
    }
    Ok(store)
}
