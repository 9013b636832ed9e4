//! From command-line arguments to the crates' options.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use archive::Secret;
use async_trait::async_trait;
use catalogue::Annotations;
use entity::load::OnConflict;
use entity::{ConnectOptions, DatabaseConnection};
use ingestor::archiver::ArchiverOptions;
use ingestor::clock::SystemClock;
use ingestor::loader::LoaderOptions;
use ingestor::receiver::ReceiverOptions;
use ingestor::refresher::RefresherOptions;
use ingestor::replayer::ReplayerOptions;
use ingestor::sweeper::SweeperOptions;
use ingestor::{Ingestor, IngestorOptions};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::OpenDisk;
use crate::cli::{
    AccessArgs, AnonymousArg, CatalogueArgs, DataArgs, DatabaseArgs, IngestLimits, OnConflictArg, StoreArgs,
};
use crate::mqtt_url::MqttUrl;
use crate::pages::WebPages;
use crate::sources::Configured;

/// A pool of connections.
pub(crate) async fn database(
    url: &str,
    application_name: &'static str,
    connections_max: u32,
    statement_timeout: Option<Duration>,
) -> anyhow::Result<DatabaseConnection> {
    let options = ConnectOptions {
        url: url.to_owned(),
        application_name,
        connections_max,
        statement_timeout,
    };
    entity::connect(&options).await.context("open the database")
}

/// What the tables are, for people.
pub(crate) fn database_kind(outcome: &migration::timescaledb::Outcome) -> String {
    use migration::timescaledb::Outcome;
    match outcome {
        Outcome::Used(extension) => format!("TimescaleDB {} ({})", extension.version, extension.license),
        Outcome::NotAvailable => "plain PostgreSQL, for TimescaleDB is not installed".to_owned(),
        Outcome::Refused { reason } => format!("plain PostgreSQL, for TimescaleDB can't be used: {reason}"),
    }
}

/// The object store that the arguments name.
pub(crate) fn store_config(args: &StoreArgs) -> anyhow::Result<archive::Config> {
    let key = |value: &Option<String>, name: &str| {
        value
            .clone()
            .with_context(|| format!("{name} is not set: it is half of the object store's key"))
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

/// The object store that the arguments name, or the private one of a running `up`.
pub(crate) fn store_config_of(args: &StoreArgs, data: &DataArgs) -> anyhow::Result<archive::Config> {
    if args.s3_endpoint.is_some() || args.s3_access_key_id.is_some() || args.s3_secret_access_key.is_some() {
        return store_config(args);
    }
    let read = |file: PathBuf| {
        std::fs::read_to_string(file).with_context(|| {
            format!(
                "find the object store in {}: start fieldbook up there, or set AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY",
                data.data_dir.display()
            )
        })
    };
    let endpoint = read(private_store_file(&data.data_dir))?;
    let key = read(data.data_dir.join("s3/credentials"))?;
    let (id, secret) = key
        .trim()
        .split_once('\n')
        .context("read the private object store's key: two lines are expected")?;
    Ok(archive::Config {
        endpoint_url: Some(endpoint.trim().to_owned()),
        region: args.s3_region.clone(),
        access_key_id: id.to_owned(),
        secret_access_key: Secret::new(secret),
        bucket: args.bucket.clone(),
        prefix: args.s3_prefix.clone(),
    })
}

/// Reaches the object store now: for commands that somebody waits for.
pub(crate) async fn store_now(args: &StoreArgs, data: &DataArgs) -> anyhow::Result<archive::Store> {
    let store = archive::Store::new(store_config_of(args, data)?).context("set up the object store")?;
    store.check().await.context("open the object store")?;
    Ok(store)
}

impl From<OnConflictArg> for OnConflict {
    fn from(arg: OnConflictArg) -> Self {
        match arg {
            OnConflictArg::First => Self::First,
            OnConflictArg::Latest => Self::Latest,
        }
    }
}

/// What an ingestor needs besides its neighbours.
pub(crate) fn ingestor_options(
    journal_dir: &Path,
    sources: &[Configured],
    limits: &IngestLimits,
) -> IngestorOptions {
    IngestorOptions {
        sources: sources
            .iter()
            .map(|configured| configured.source.clone())
            .collect(),
        journal_dir: journal_dir.to_owned(),
        journal: journal::Options {
            segment_age_max: Duration::from_secs(limits.segment_seconds),
            budget_bytes: limits.journal_mb * 1_000_000,
            ..journal::Options::default()
        },
        receiver: ReceiverOptions::default(),
        loader: LoaderOptions {
            auto_sensors_max: limits.auto_sensors_max,
            ..LoaderOptions::default()
        },
        archiver: ArchiverOptions::default(),
        refresher: RefresherOptions::default(),
        replayer: ReplayerOptions::default(),
        sweeper: SweeperOptions::default(),
    }
}

/// Starts the ingestor on a disk, a database and an object store.
pub(crate) fn start_ingestor(
    options: IngestorOptions,
    disk: OpenDisk,
    db: DatabaseConnection,
    store: archive::Store,
) -> anyhow::Result<Ingestor> {
    let disk = disk(&options.journal_dir);
    Ingestor::start_on(disk, options, db, store, Arc::new(SystemClock)).context("start the ingestor")
}

/// Declares the sensors of the lists that sources name.
pub(crate) async fn declare(ingestor: &Ingestor, sources: &[Configured]) -> anyhow::Result<()> {
    for configured in sources {
        let Some(list) = &configured.sensors else {
            continue;
        };
        let name = &configured.source.name;
        let imported = ingestor
            .import_sensors(name, list)
            .await
            .with_context(|| format!("import the sensor list of the source {name:?}"))?;
        tracing::info!(
            source = name,
            sensors = imported.sensors,
            "the sensor list is in the journal"
        );
    }
    Ok(())
}

/// The ingest's pool; a database that is away now is waited for, one with another schema is refused.
///
/// Nothing bounds its statements: a batch takes the time that it takes, and a shutdown does not wait for it.
pub(crate) async fn ingest_database(url: &str) -> anyhow::Result<DatabaseConnection> {
    let options = ConnectOptions {
        url: url.to_owned(),
        application_name: "fieldbook-ingest",
        connections_max: 4,
        statement_timeout: None,
    };
    let db = entity::connect_lazy(&options).context("open the database")?;
    match migration::check(&db).await {
        Err(migration::CheckError::Database(error)) => {
            tracing::warn!("the database does not answer yet, the journal waits for it: {error}");
        }
        checked => checked.context("check the database's schema")?,
    }
    Ok(db)
}

/// The API's pool; a statement ends before its client's patience does.
pub(crate) async fn api_database(url: &str) -> anyhow::Result<DatabaseConnection> {
    database(url, "fieldbook-api", 16, Some(Duration::from_secs(25))).await
}

/// Reaches the object store. One that does not answer now is waited for by the archiver; one that refuses is an error.
pub(crate) async fn open_store(config: &archive::Config) -> anyhow::Result<archive::Store> {
    let store = archive::Store::new(config.clone()).context("set up the object store")?;
    if let Err(error) = store.check().await {
        if !error.retryable() {
            return Err(error).context("open the object store");
        }
        tracing::warn!("the object store does not answer yet, the journal waits for it: {error}");
    }
    Ok(store)
}

/// The object store that raw messages are fetched from, where the arguments name one by an address or a key.
pub(crate) fn api_store(args: &StoreArgs) -> anyhow::Result<Option<archive::Store>> {
    if args.s3_endpoint.is_none() && args.s3_access_key_id.is_none() && args.s3_secret_access_key.is_none() {
        return Ok(None);
    }
    let store = archive::Store::new(store_config(args)?).context("set up the object store")?;
    Ok(Some(store))
}

/// How the API is served. Without a word on it, nothing is read without a key; beyond loopback a word is demanded.
pub(crate) fn api_options(
    http: SocketAddr,
    anonymous: Option<AnonymousArg>,
    access: &AccessArgs,
    time_zone: entity::Zone,
    catalogue: &CatalogueArgs,
) -> anyhow::Result<api::Options> {
    let oidc = match (&access.oidc_issuer, &access.oidc_audience) {
        (Some(issuer), Some(audience)) => {
            Some(oidc(issuer, audience, access).context("read FIELDBOOK_OIDC_ISSUER and its companions")?)
        }
        _ => None,
    };
    Ok(api::Options {
        http,
        anonymous: match anonymous {
            None | Some(AnonymousArg::None) => api::Anonymous::None,
            Some(AnonymousArg::Catalogue) => api::Anonymous::Catalogue,
            Some(AnonymousArg::Data) => api::Anonymous::Data,
        },
        anonymous_explicit: anonymous.is_some(),
        oidc,
        time_zone,
        public_url: catalogue.public_url.clone(),
        public_database: catalogue.public_database.clone(),
        private_webhooks: catalogue.private_webhooks,
        annotations: annotations(catalogue)?,
        limits: api::Limits {
            requests_per_second_max: access.requests_per_second,
            requests_burst_max: access.requests_per_second.saturating_mul(4),
            ..api::Limits::default()
        },
        ..api::Options::default()
    })
}

fn oidc(
    issuer: &str,
    audience: &str,
    access: &AccessArgs,
) -> Result<api::OidcOptions, api::options::OidcOptionsError> {
    let mut options = api::OidcOptions::new(issuer, audience, &access.oidc_roles_claim)?;
    if let Some(claim) = &access.oidc_datasets_claim {
        options = options.with_datasets_claim(claim)?;
    }
    if let Some(id) = &access.oidc_client_id {
        let secret = access.oidc_client_secret.0.as_deref();
        options = options.with_client(api::OidcClient::new(id, secret, &access.oidc_scopes)?);
    }
    Ok(options)
}

/// What people said of the datasets.
fn annotations(args: &CatalogueArgs) -> anyhow::Result<Annotations> {
    let Some(file) = &args.file else {
        return Ok(Annotations::default());
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("read the catalogue's file {}", file.display()))?;
    Annotations::parse(&text).with_context(|| format!("use the catalogue's file {}", file.display()))
}

/// Listens, unless that would be open to the world by accident.
pub(crate) async fn bind_api(state: &api::ApiState) -> anyhow::Result<TcpListener> {
    let http = state.options().http;
    state.check_exposure(http).await?;
    TcpListener::bind(http)
        .await
        .with_context(|| format!("listen on {http}: choose another address with --http"))
}

/// Serves until `stop` resolves, and keeps the catalogue beside.
pub(crate) async fn serve_api(
    listener: TcpListener,
    state: api::ApiState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), api::ServeError> {
    let kept = state.clone();
    tokio::select! {
        served = api::serve(listener, state, stop) => served,
        never = kept.keep_catalogue() => match never {},
    }
}

/// The API over a database and, for raw messages, an object store.
pub(crate) fn api_state(
    options: api::Options,
    db: DatabaseConnection,
    archive: Option<archive::Store>,
    metrics: PrometheusHandle,
) -> api::ApiState {
    let schema = Arc::new(SchemaIsKnown { db: db.clone() });
    api::ApiState::new(
        options,
        api::Parts {
            db,
            archive,
            metrics,
            ready: vec![schema],
            pages: Some(Arc::new(WebPages::new())),
        },
    )
}

/// `/readyz` says no while the database's schema is another than this program's.
struct SchemaIsKnown {
    db: DatabaseConnection,
}

#[async_trait]
impl api::ReadyCheck for SchemaIsKnown {
    fn name(&self) -> &'static str {
        "schema"
    }

    async fn check(&self) -> Result<(), String> {
        migration::check(&self.db)
            .await
            .map_err(|error| error.to_string())
    }
}

/// Where `up` writes its private database's address, for the commands beside it.
pub(crate) fn private_database_file(data_dir: &Path) -> PathBuf {
    data_dir.join("database-url")
}

/// Where `up` writes its private broker's address, for the same.
pub(crate) fn private_broker_file(data_dir: &Path) -> PathBuf {
    data_dir.join("mqtt-url")
}

/// The address of the private broker of a running `up`; nothing where there is none.
pub(crate) fn private_broker_url(data_dir: &Path) -> Option<MqttUrl> {
    let url = std::fs::read_to_string(private_broker_file(data_dir)).ok()?;
    url.trim().parse().ok()
}

/// Where `up` writes its private object store's address, for the same.
pub(crate) fn private_store_file(data_dir: &Path) -> PathBuf {
    data_dir.join("object-store-url")
}

/// The address of the private database of a running `up`.
pub(crate) fn private_database_url(data_dir: &Path) -> anyhow::Result<String> {
    let file = private_database_file(data_dir);
    let url = std::fs::read_to_string(&file).with_context(|| {
        format!(
            "find the database in {}: start fieldbook up there, or set DATABASE_URL",
            data_dir.display()
        )
    })?;
    Ok(url.trim().to_owned())
}

/// The database that the arguments name, or the private one of their data directory, with this program's schema.
pub(crate) async fn database_of(
    args: &DatabaseArgs,
    application_name: &'static str,
) -> anyhow::Result<DatabaseConnection> {
    let url = match &args.database_url {
        Some(url) => url.clone(),
        None => private_database_url(&args.data.data_dir)?,
    };
    let db = database(&url, application_name, 2, None).await?;
    migration::check(&db)
        .await
        .context("check the database's schema")?;
    Ok(db)
}
