//! The command line. Every flag has a variable of the environment beside it, for containers; a flag wins.
//!
//! Passwords and keys come from the environment only: a command line is seen by every user of the machine.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use catalogue::feeds::{Address, DatabaseServer};
use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use entity::Zone;
use entity::bucket::UnknownZone;
use entity::webhooks::EventKind;
use uuid::Uuid;

use crate::mqtt_url::MqttUrl;

/// Fieldbook keeps what sensors say and makes it easy to use.
#[derive(Debug, Parser)]
#[command(name = "fieldbook", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What to log: error, warn, info, debug, trace, or a filter such as "warn,ingestor=debug" [default: info; up: warn]
    #[arg(long, global = true, env = "FIELDBOOK_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How to write the log
    #[arg(
        long,
        global = true,
        env = "FIELDBOOK_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine: broker, object store, database, simulator, ingestor, API
    Up(Box<UpArgs>),
    /// Take messages from the broker into the journal, onto S3 and into the database
    Ingest(IngestArgs),
    /// Serve GraphQL and REST
    Serve(ServeArgs),
    /// Bring the database's schema up to date
    Migrate(MigrateArgs),
    /// Send what an imagined plant would measure
    Simulate(SimulateArgs),
    /// Declare sensors, or see which there are
    Sensors(SensorsArgs),
    /// Make keys for the API, see which there are, and revoke them
    Key(KeyArgs),
    /// See which datasets show that they are there, and say which do
    Datasets(DatasetsArgs),
    /// Tell programs elsewhere of changes: late data, incidents, new versions of datasets
    Webhook(WebhookArgs),
    /// See which messages could not be used, and try them again after the cause is mended
    Quarantine(QuarantineArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Where API and pages listen
    #[arg(
        long,
        env = "FIELDBOOK_HTTP",
        value_name = "ADDR",
        default_value = "127.0.0.1:8000"
    )]
    pub(crate) http: SocketAddr,
    /// Where the private broker listens
    #[arg(
        long,
        env = "FIELDBOOK_MQTT",
        value_name = "ADDR",
        default_value = "127.0.0.1:1883"
    )]
    pub(crate) mqtt: SocketAddr,
    /// Where the private object store listens; on a free port when this one is taken
    #[arg(
        long,
        env = "FIELDBOOK_S3",
        value_name = "ADDR",
        default_value = "127.0.0.1:9000"
    )]
    pub(crate) s3: SocketAddr,
    /// Look for Mosquitto's and PostgreSQL's programs in these directories only
    #[arg(long, env = "FIELDBOOK_PROGRAM_PATH", value_name = "DIRS")]
    pub(crate) program_path: Option<std::ffi::OsString>,
    /// Send nothing of our own
    #[arg(long)]
    pub(crate) no_simulator: bool,
    /// Don't send 30 days of history at the first start
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Declare the sensors of this list, and simulate those instead of our own
    #[arg(long, value_name = "FILE")]
    pub(crate) sensors: Option<PathBuf>,
    /// Use this broker instead of a private one
    #[arg(long, env = "MQTT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mqtt_url: Option<MqttUrl>,
    /// Use this database instead of a private one
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) ingest: IngestLimits,
    /// What may be read without a key [default: data on loopback, none elsewhere]
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

/// A time zone, or which ones are meant.
fn time_zone(name: &str) -> Result<Zone, String> {
    name.parse()
        .map_err(|error: UnknownZone| format!("{error}: give {}", error.accepted()))
}

#[derive(Debug, Args)]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The broker, such as `mqtts://user:password@broker.example:8883`
    #[arg(long, env = "MQTT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mqtt_url: MqttUrl,
    /// The database, such as `postgres://user:password@host/name`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) ingest: IngestLimits,
    /// Where to serve /healthz and /metrics; loopback, for they ask for no key [default: nowhere]
    #[arg(long, env = "FIELDBOOK_METRICS", value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Declare the sensors of this list at the start
    #[arg(long, env = "FIELDBOOK_SENSORS", value_name = "FILE")]
    pub(crate) sensors: Option<PathBuf>,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnonymousArg {
    /// Nothing.
    None,
    /// What the service and its datasets are.
    Catalogue,
    /// Everything.
    Data,
}

/// Only from the environment: a command line is seen by every user of the machine.
#[derive(Clone)]
pub(crate) struct ClientSecret(pub(crate) Option<String>);

impl Default for ClientSecret {
    fn default() -> Self {
        let secret = std::env::var_os("FIELDBOOK_OIDC_CLIENT_SECRET");
        // One that is no text is none that the issuer knows, and it says so.
        Self(secret.map(|secret| secret.to_string_lossy().into_owned()))
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() {
            "ClientSecret(…)"
        } else {
            "ClientSecret(none)"
        })
    }
}

/// Who may ask besides those with a key, and how often.
#[derive(Debug, Clone, Args)]
pub(crate) struct AccessArgs {
    /// Take tokens of this OpenID Connect issuer, too, such as `https://login.example.org/realms/plant`
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_ISSUER",
        value_name = "URL",
        requires = "oidc_audience"
    )]
    pub(crate) oidc_issuer: Option<String>,
    /// What the issuer's tokens for Fieldbook have as their audience (aud)
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_AUDIENCE",
        value_name = "NAME",
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_audience: Option<String>,
    /// The claim that holds the roles, or the path to it, such as `realm_access.roles`
    #[arg(long, env = "FIELDBOOK_OIDC_ROLES_CLAIM", value_name = "CLAIM", default_value = api::OidcOptions::ROLES_CLAIM)]
    pub(crate) oidc_roles_claim: String,
    /// The claim that holds the datasets that a token opens, or the path to it; stewards open others [default: a token opens all]
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_DATASETS_CLAIM",
        value_name = "CLAIM",
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_datasets_claim: Option<String>,
    /// What the issuer calls Fieldbook as a client: people sign in there by browser then [its secret, if it has one: the variable
    /// `FIELDBOOK_OIDC_CLIENT_SECRET`]
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_CLIENT_ID",
        value_name = "NAME",
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_client_id: Option<String>,
    #[arg(skip)]
    pub(crate) oidc_client_secret: ClientSecret,
    /// What is asked of the issuer when somebody signs in there, openid among it
    #[arg(long, env = "FIELDBOOK_OIDC_SCOPES", value_name = "WORDS", default_value = api::OidcClient::SCOPES)]
    pub(crate) oidc_scopes: String,
    /// Requests a second of each key, subject or, beyond loopback, address; four times as many at once; 0: any number
    #[arg(
        long,
        env = "FIELDBOOK_REQUESTS_PER_SECOND",
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub(crate) requests_per_second: u32,
}

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

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The broker, with user, password or TLS; it goes before --mqtt-host and --mqtt-port
    #[arg(long, env = "MQTT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) mqtt_url: Option<MqttUrl>,
    /// The broker's host
    #[arg(long, env = "MQTT_HOST", value_name = "HOST", default_value = "127.0.0.1")]
    pub(crate) mqtt_host: String,
    /// The broker's port
    #[arg(long, env = "MQTT_PORT", value_name = "PORT", default_value_t = 1883)]
    pub(crate) mqtt_port: u16,
    /// The topic
    #[arg(long, env = "MQTT_TOPIC", value_name = "TOPIC", default_value = "sensors")]
    pub(crate) topic: String,
    /// Simulate the sensors of this list [default: the dozen of an imagined plant]
    #[arg(long, env = "FIELDBOOK_SENSORS", value_name = "FILE")]
    pub(crate) sensors: Option<PathBuf>,
    /// Messages a second over all sensors; 0: as fast as the broker takes them
    #[arg(long, value_name = "N", default_value_t = 12.0)]
    pub(crate) rate: f64,
    /// Stop after so many messages [default: never]
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Quality of service: 0 at most once, 1 at least once
    #[arg(long, value_name = "QOS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=1))]
    pub(crate) qos: u8,
}

impl SimulateArgs {
    /// The broker that the arguments name, in one way or the other.
    pub(crate) fn broker(&self) -> MqttUrl {
        self.mqtt_url
            .clone()
            .unwrap_or_else(|| MqttUrl::plain(self.mqtt_host.clone(), self.mqtt_port))
    }
}

#[derive(Debug, Args)]
pub(crate) struct SensorsArgs {
    #[command(subcommand)]
    pub(crate) action: SensorsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SensorsAction {
    /// Declare the sensors of a list: {"Sensor 1": {"lat": 10, "lng": 10, "unit": "C", "type": "temperature", "range": [0, 45], "description": "Main Entrance"}}
    Import {
        /// The list; - reads standard input
        file: PathBuf,
        /// The source whose messages name these sensors
        #[arg(long, env = "FIELDBOOK_SOURCE", value_name = "NAME", default_value = "mqtt")]
        source: String,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Show the sensors as a table
    List(SensorsFrom),
    /// Write the sensors as a list that can be imported
    Export(SensorsFrom),
}

#[derive(Debug, Args)]
pub(crate) struct SensorsFrom {
    /// Only those of this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// A database, or the private one of a running `up`.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The database [default: the private one of the data directory]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

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

#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    pub(crate) action: QuarantineAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineAction {
    /// Show messages that could not be used as a table, those received last first
    List(QuarantineListArgs),
    /// Show one of them: what is wrong with it, and its payload
    Show {
        /// The message, as the list shows it in its last column
        message: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Have the ingestor try messages again, and wait until it has: what can be used comes in as if it had been good at once,
    /// what can't stays with its new reason
    Replay(QuarantineReplayArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineListArgs {
    #[command(flatten)]
    pub(crate) which: QuarantineWhich,
    /// Count them by reason and source instead
    #[arg(long)]
    pub(crate) reasons: bool,
    /// Lines at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// Which messages; all that is given must hold.
#[derive(Debug, Args)]
pub(crate) struct QuarantineWhich {
    /// Only those with this reason, such as `sensor_limit`; list --reasons shows which there are
    #[arg(long, value_name = "WORD")]
    pub(crate) reason: Option<String>,
    /// Only those of this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Only those of the sensor with this name, as the messages say it
    #[arg(long, value_name = "NAME")]
    pub(crate) sensor: Option<String>,
    /// Only those received at this time or later, such as 2026-11-23 or 2026-11-23T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Only those received before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) to: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineReplayArgs {
    #[command(flatten)]
    pub(crate) which: QuarantineWhich,
    /// Only this one, as the list shows it in its last column
    #[arg(long, value_name = "MESSAGE")]
    pub(crate) message: Option<String>,
    /// Don't wait: say the number of the request
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Give up waiting when nothing has moved for so long; the request stays
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) patience: u32,
    /// Who requests it, as lists of requests show it
    #[arg(long, env = "USER", value_name = "NAME", default_value = "command line")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

/// A time, or how one is written.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let midnight = format!("{text}T00:00:00Z");
    let found = ingestor::decode::time::parse(text).or_else(|| ingestor::decode::time::parse(&midnight));
    found.ok_or_else(|| {
        "a time is written 2026-11-23T10:00:00Z, with any offset and in UTC without one, or as a date, its midnight in UTC"
            .to_owned()
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VisibilityArg {
    /// Its name and description are seen.
    Listed,
    /// For them it does not exist.
    Hidden,
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

#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArgs {
    /// The name of this source of messages: the namespace of its sensors' names
    #[arg(long, env = "FIELDBOOK_SOURCE", value_name = "NAME", default_value = "mqtt")]
    pub(crate) source: String,
    /// Topic filters, with + and #; $share/group/filter shares a stream among ingestors
    #[arg(
        long = "topic",
        env = "MQTT_TOPIC",
        value_name = "FILTER",
        value_delimiter = ',',
        default_value = "sensors"
    )]
    pub(crate) topics: Vec<String>,
    /// Which of two values for the same sensor and time is served; the other is kept aside
    #[arg(
        long,
        env = "FIELDBOOK_ON_CONFLICT",
        value_name = "WHICH",
        default_value = "first"
    )]
    pub(crate) on_conflict: OnConflictArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnConflictArg {
    /// The first received.
    First,
    /// The latest received.
    Latest,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct IngestLimits {
    /// A segment of the journal goes to S3 after so many seconds, or at 64 MB
    #[arg(long, env = "FIELDBOOK_SEGMENT_SECONDS", value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) segment_seconds: u64,
    /// The journal's disk budget in MB; when it is used up, messages are no longer acknowledged
    #[arg(long, env = "FIELDBOOK_JOURNAL_MB", value_name = "MB", default_value_t = 8192,
          value_parser = clap::value_parser!(u64).range(64..))]
    pub(crate) journal_mb: u64,
    /// Sensors that may register themselves by their messages; the messages of further ones are quarantined
    #[arg(
        long,
        env = "FIELDBOOK_AUTO_SENSORS_MAX",
        value_name = "N",
        default_value_t = 10_000
    )]
    pub(crate) auto_sensors_max: usize,
}
