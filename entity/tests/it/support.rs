//! A migrated database of its own for each test, and small things to fill it with.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::{
    self, KnownSensor, LoadError, LoadTransaction, NewReading, NewSensor, OnConflict, Written,
};
use entity::{DatabaseConnection, QualityFlag};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use testbed::TestDatabase;
use uuid::Uuid;

pub(crate) struct Server {
    pub(crate) db: DatabaseConnection,
    pub(crate) url: String,
    /// The server behind it lives as long.
    _database: TestDatabase,
}

pub(crate) async fn postgres() -> Server {
    open(testbed::postgres().await).await
}

pub(crate) async fn timescale() -> Server {
    open(testbed::timescale().await).await
}

async fn open(database: TestDatabase) -> Server {
    let url = database.url().to_owned();
    let db = entity::connect(&options(&url, database.connections_max()))
        .await
        .unwrap();
    Server {
        db,
        url,
        _database: database,
    }
}

fn options(url: &str, connections_max: u32) -> entity::ConnectOptions {
    entity::ConnectOptions {
        url: url.to_owned(),
        application_name: "fieldbook-test",
        connections_max,
        statement_timeout: Some(Duration::from_mins(1)),
    }
}

/// Makes a test of each claim on each database.
macro_rules! on_both {
    ($($claim:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                let server = crate::support::postgres().await;
                super::$claim(&server.db).await;
            })+
        }
        mod timescale {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                let server = crate::support::timescale().await;
                super::$claim(&server.db).await;
            })+
        }
    };
}
pub(crate) use on_both;

/// A journal of its own.
pub(crate) async fn journal(db: &DatabaseConnection) -> i16 {
    load::journal_id(db, Uuid::new_v4(), at(0)).await.unwrap()
}

/// Sensors with these names, of the source `plant`.
pub(crate) async fn sensors(db: &DatabaseConnection, names: &[&str]) -> Vec<KnownSensor> {
    let journal_id = journal(db).await;
    let new: Vec<NewSensor> = names
        .iter()
        .map(|&name| NewSensor {
            source: "plant".to_owned(),
            name: name.to_owned(),
            registered_at: at(0),
        })
        .collect();
    let mut transaction = LoadTransaction::begin(db, journal_id).await.unwrap();
    let known = transaction.register_sensors(&new).await.unwrap();
    transaction.commit().await.unwrap();
    known
}

/// Loads readings in a transaction of their own.
pub(crate) async fn write(
    db: &DatabaseConnection,
    journal_id: i16,
    readings: &[NewReading],
) -> Result<Written, LoadError> {
    let mut transaction = LoadTransaction::begin(db, journal_id).await?;
    let written = transaction.write_readings(readings).await?;
    transaction.commit().await?;
    Ok(written)
}

/// A reading received a second after its time, at the position `seq`.
pub(crate) fn reading(sensor_id: i32, second: i64, value: f64, seq: i64) -> NewReading {
    NewReading {
        sensor_id,
        time: at(second),
        value,
        flag: QualityFlag::Pass,
        received_at: at(second) + TimeDelta::seconds(1),
        seq,
        on_conflict: OnConflict::First,
    }
}

/// So many seconds after the tests' beginning of time.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

/// The rows of a query.
pub(crate) async fn rows(db: &DatabaseConnection, select: &str) -> Vec<QueryResult> {
    db.query_all_raw(Statement::from_string(DbBackend::Postgres, select))
        .await
        .unwrap()
}

/// The one value of a query.
pub(crate) async fn one<T: sea_orm::TryGetable>(db: &DatabaseConnection, select: &str) -> T {
    rows(db, select).await[0].try_get_by_index(0).unwrap()
}
