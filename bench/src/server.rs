//! A private PostgreSQL with Fieldbook's schema, durable as in production.

use anyhow::Context as _;
use entity::load::{self, LoadTransaction, NewSensor};
use entity::{ConnectOptions, DatabaseConnection};
use parts::database::{Database, Options};
use tempfile::TempDir;

pub(crate) struct Server {
    pub(crate) db: DatabaseConnection,
    pub(crate) url: String,
    database: Database,
    _room: TempDir,
}

impl Server {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let room = tempfile::tempdir().context("make a temporary directory")?;
        let mut options = Options::new(room.path().join("postgres"));
        options.shared_buffers_mb = 1_024;
        let database = Database::start(&options).await.context("start PostgreSQL")?;
        let url = database.url();
        let db = connect(&url).await?;
        migration::up(&db).await.context("migrate")?;
        Ok(Self {
            db,
            url,
            database,
            _room: room,
        })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.database.stop().await.context("stop PostgreSQL")
    }
}

pub(crate) async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    entity::connect(&ConnectOptions {
        url: url.to_owned(),
        application_name: "fieldbook-bench",
        connections_max: 4,
        statement_timeout: None,
    })
    .await
    .context("connect to the database")
}

/// Registers so many sensors, and gives a journal and their numbers.
pub(crate) async fn sensors(db: &DatabaseConnection, count: usize) -> anyhow::Result<(i16, Vec<i32>)> {
    let now = chrono::Utc::now();
    let journal_id = load::journal_id(db, uuid::Uuid::new_v4(), now).await?;
    load::checkpoint(db, journal_id).await?;
    let mut ids = Vec::with_capacity(count);
    let names: Vec<NewSensor> = (0..count)
        .map(|number| NewSensor {
            source: "bench".to_owned(),
            name: format!("Sensor {number}"),
            registered_at: now,
        })
        .collect();
    for part in names.chunks(10_000) {
        let mut transaction = LoadTransaction::begin(db, journal_id).await?;
        let known = transaction.register_sensors(part).await?;
        transaction.commit().await?;
        ids.extend(known.iter().map(|sensor| sensor.id));
    }
    Ok((journal_id, ids))
}
