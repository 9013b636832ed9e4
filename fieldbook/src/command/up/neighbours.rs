//! Broker, object store and database: private ones, or the user's.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use archive::Secret;
use parts::broker::{self, Broker};
use parts::database::{self, Database};
use parts::object_store::{self, ObjectStore};

use super::screen::Screen;
use crate::cli::UpArgs;
use crate::mqtt_url::MqttUrl;
use crate::sources::Configured;
use crate::wiring;

/// What the ingestor and the API work with, and what of it is ours to stop.
#[derive(Debug)]
pub(super) struct Neighbours {
    pub(super) mqtt: MqttUrl,
    /// What is received from where, for people.
    pub(super) brokers: String,
    /// Whether a source is to be received from the broker of this `up`.
    wants_broker: bool,
    pub(super) store: archive::Config,
    /// Where raw messages lie, for people.
    pub(super) store_place: String,
    pub(super) database_url: String,
    /// How to look at the database, for people.
    pub(super) database_place: String,
    broker: Option<Broker>,
    object_store: Option<ObjectStore>,
    database: Option<Database>,
}

impl Neighbours {
    /// Starts what no URL names, broker first: it keeps messages while the others start.
    pub(super) async fn start(
        args: &UpArgs,
        home: MqttUrl,
        sources: &[Configured],
        data_dir: &Path,
        screen: &Screen,
    ) -> anyhow::Result<Self> {
        let mut started = Self {
            brokers: brokers(sources),
            wants_broker: sources.iter().any(|configured| configured.at_home),
            mqtt: home,
            store: archive::Config {
                endpoint_url: None,
                region: args.store.s3_region.clone(),
                access_key_id: String::new(),
                secret_access_key: Secret::new(""),
                bucket: args.store.bucket.clone(),
                prefix: args.store.s3_prefix.clone(),
            },
            store_place: String::new(),
            database_url: String::new(),
            database_place: String::new(),
            broker: None,
            object_store: None,
            database: None,
        };
        match started.start_all(args, data_dir, screen).await {
            Ok(()) => Ok(started),
            Err(error) => {
                if let Err(stop) = started.stop(screen).await {
                    tracing::warn!("{stop:#}");
                }
                Err(error)
            }
        }
    }

    async fn start_all(&mut self, args: &UpArgs, data_dir: &Path, screen: &Screen) -> anyhow::Result<()> {
        if args.mqtt_url.is_none() && self.wants_broker {
            self.start_broker(args, data_dir, screen).await?;
        }
        if args.store.s3_access_key_id.is_some() || args.store.s3_endpoint.is_some() {
            self.store = wiring::store_config(&args.store)?;
            self.store_place = format!("s3://{}", args.store.bucket);
        } else {
            self.start_object_store(args, data_dir, screen).await?;
        }
        match &args.database_url {
            Some(url) => {
                self.database_url.clone_from(url);
                "yours (DATABASE_URL)".clone_into(&mut self.database_place);
            }
            None => self.start_database(args, data_dir, screen).await?,
        }
        self.migrate(screen).await
    }

    async fn start_broker(&mut self, args: &UpArgs, data_dir: &Path, screen: &Screen) -> anyhow::Result<()> {
        let step = screen.step("Starting the broker (Mosquitto)");
        let options = broker::Options {
            listen: args.mqtt,
            search: search(args),
            ..broker::Options::new(data_dir.join("broker"))
        };
        let broker = Broker::start(&options).await.context("start the broker")?;
        step.done_with(remark(broker.is_adopted()));
        self.broker = Some(broker);
        leave(
            &wiring::private_broker_file(data_dir),
            &format!("mqtt://{}", args.mqtt),
        )
    }

    async fn start_object_store(
        &mut self,
        args: &UpArgs,
        data_dir: &Path,
        screen: &Screen,
    ) -> anyhow::Result<()> {
        let step = screen.step("Starting the object store (S3)");
        let options = object_store::Options {
            preferred: args.s3,
            ..object_store::Options::new(data_dir.join("s3"), &args.store.bucket)
        };
        let store = ObjectStore::start(&options)
            .await
            .context("start the object store")?;
        let endpoint = store.endpoint();
        self.store.endpoint_url = Some(endpoint.clone());
        store.access_key_id().clone_into(&mut self.store.access_key_id);
        self.store.secret_access_key = Secret::new(store.secret_access_key());
        self.store_place = format!(
            "{} (bucket {}), files in {}",
            store.endpoint(),
            store.bucket(),
            store.directory().display()
        );
        self.object_store = Some(store);
        step.done();
        leave(&wiring::private_store_file(data_dir), &endpoint)
    }

    async fn start_database(
        &mut self,
        args: &UpArgs,
        data_dir: &Path,
        screen: &Screen,
    ) -> anyhow::Result<()> {
        let step = screen.step("Starting the database (PostgreSQL)");
        let options = database::Options {
            search: search(args),
            ..database::Options::new(data_dir.join("postgres"))
        };
        let database = Database::start(&options).await.context("start the database")?;
        self.database_url = database.url();
        self.database_place = format!("psql '{}'", self.database_url);
        step.done_with(remark(database.is_adopted()));
        self.database = Some(database);
        leave(&wiring::private_database_file(data_dir), &self.database_url)
    }

    async fn migrate(&self, screen: &Screen) -> anyhow::Result<()> {
        let step = screen.step("Bringing the database's schema up to date");
        let db = wiring::database(&self.database_url, "fieldbook-migrate", 2, None).await?;
        let done = migration::up(&db)
            .await
            .context("bring the database's schema up to date")?;
        step.done_with(&wiring::database_kind(&done.timescaledb));
        Ok(())
    }

    /// Stops what is ours: the database first, and the broker last, for it keeps what comes meanwhile.
    pub(super) async fn stop(self, screen: &Screen) -> anyhow::Result<()> {
        let step = screen.step("Stopping database, object store and broker");
        let database = match self.database {
            Some(database) => database.stop().await.context("stop the database"),
            None => Ok(()),
        };
        if let Some(store) = self.object_store {
            store.stop().await;
        }
        let broker = match self.broker {
            Some(broker) => broker.stop().await.context("stop the broker"),
            None => Ok(()),
        };
        step.done();
        database.and(broker)
    }
}

/// Writes down an address for the commands beside this `up`.
fn leave(file: &Path, address: &str) -> anyhow::Result<()> {
    std::fs::write(file, format!("{address}\n")).with_context(|| format!("write {}", file.display()))
}

/// The broker of sources that name none: the user's, or a private one.
pub(super) fn home(args: &UpArgs) -> MqttUrl {
    let private = || MqttUrl::plain(args.mqtt.ip().to_string(), args.mqtt.port());
    args.mqtt_url.clone().unwrap_or_else(private)
}

fn brokers(sources: &[Configured]) -> String {
    let each: Vec<String> = sources
        .iter()
        .map(|configured| {
            let topics = configured.source.topics.join(", ");
            format!("{} (topic {topics})", configured.broker)
        })
        .collect();
    each.join("\n                ")
}

fn remark(adopted: bool) -> &'static str {
    if adopted { "it still ran, and goes on" } else { "" }
}

/// Where to look for Mosquitto's and PostgreSQL's programs.
fn search(args: &UpArgs) -> Vec<PathBuf> {
    match &args.program_path {
        Some(path) => std::env::split_paths(path).collect(),
        None => parts::program::search_here(),
    }
}
