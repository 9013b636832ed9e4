//! Sensors and readings by plain SQL, a time of the tests' own, and looks at it.

use catalogue::freshness::{Checked, Checker, Finding, Follows, FreshnessOptions, WatchedDataset};
use catalogue::model::{FreshnessStatus, Promise};
use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::rollup::Level;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// So many seconds after the tests' beginning of time.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    "2020-11-26T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// A declared sensor; gives its key.
pub(crate) async fn sensor(db: &DatabaseConnection, name: &str, interval: Option<f64>) -> i32 {
    let insert = "INSERT INTO sensor (uuid, source, name, declared, expected_interval_seconds) \
                  VALUES (gen_random_uuid(), 'plant', $1, true, $2) RETURNING id";
    one(db, insert, [name.into(), interval.into()]).await
}

/// A reading of that second, received as many seconds later.
pub(crate) async fn reading(db: &DatabaseConnection, sensor: i32, second: i64, received_later: i64) {
    let insert = "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
                  VALUES ($1, 1, $2, 1, $3, 1, 1)";
    let values = [
        at(second).into(),
        at(second + received_later).into(),
        sensor.into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(
        DbBackend::Postgres,
        insert,
        values,
    ))
    .await
    .unwrap();
}

/// The one value of a query.
pub(crate) async fn one<T: sea_orm::TryGetable>(
    db: &DatabaseConnection,
    select: &str,
    values: impl IntoIterator<Item = Value>,
) -> T {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, select, values);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

pub(crate) async fn count(db: &DatabaseConnection, select: &str) -> i64 {
    one(db, select, []).await
}

/// The readings and their minutes.
pub(crate) fn datasets() -> Vec<WatchedDataset> {
    [
        ("readings", Follows::Sensors),
        ("readings-1m", Follows::Rollup(Level::Minute)),
    ]
    .map(|(slug, follows)| WatchedDataset::new(slug, follows, &Promise::default()).unwrap())
    .to_vec()
}

/// A process that looks.
pub(crate) fn checker() -> Checker {
    Checker::new(FreshnessOptions::default())
}

/// A look at that second, which must succeed.
#[track_caller]
pub(crate) fn look<'a>(
    checker: &'a mut Checker,
    db: &'a DatabaseConnection,
    second: i64,
) -> impl Future<Output = Checked> + 'a {
    look_with(checker, db, second, None)
}

/// The same with what others found.
pub(crate) async fn look_with(
    checker: &mut Checker,
    db: &DatabaseConnection,
    second: i64,
    findings: Option<Vec<Finding>>,
) -> Checked {
    let checked = checker.check(db, at(second), &datasets(), findings).await;
    assert!(checked.error.is_none(), "{:?}", checked.error);
    checked
}

/// A sensor's status.
#[track_caller]
pub(crate) fn status(checked: &Checked, sensor: i32) -> FreshnessStatus {
    checked.sensor(sensor).unwrap().status
}
