//! Subscriptions: what is loaded is heard, once and whole.

mod access;
mod behind;
mod changes;
mod choice;
mod clients;
mod events;
mod protocol;
mod resume;
pub(crate) mod socket;
mod stuck;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::{self, Counts, DeclaredSensor, LoadTransaction, NewReading, NewSensorList, OnConflict};
use entity::{DatabaseConnection, QualityFlag};
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use crate::world::{SOURCE, World, at};

/// Nothing here takes this long; a test that reaches it has failed.
const DEADLINE: Duration = Duration::from_mins(1);

/// Positions of one of the tests' segments.
const SEGMENT: i64 = 50;

/// Waits for something that must come.
#[track_caller]
fn in_time<T>(waiting: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let came = tokio::time::timeout(DEADLINE, waiting).await;
        came.unwrap_or_else(|_| panic!("it does not come, at {caller}"))
    }
}

/// Loads as the ingest does: readings, counts of segments, checkpoint, in one transaction.
struct Loader {
    db: DatabaseConnection,
    journal_id: i16,
    seq: i64,
}

impl Loader {
    async fn new(world: &World) -> Self {
        let db = world.db.clone();
        let journal_id = load::journal_id(&db, Uuid::new_v4(), at("2026-01-01"))
            .await
            .unwrap();
        Self {
            db,
            journal_id,
            seq: 0,
        }
    }

    /// Loads a reading of each sensor and time, with its position as its value.
    async fn load(&mut self, readings: &[(i32, DateTime<Utc>)]) {
        let first = self.seq;
        let transaction = LoadTransaction::begin(&self.db, self.journal_id).await.unwrap();
        let mut transaction = self.write(transaction, readings).await;
        transaction.move_checkpoint(first, self.seq).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// The same, but nobody is notified.
    async fn load_silently(&mut self, readings: &[(i32, DateTime<Utc>)]) {
        let first = self.seq;
        let transaction = LoadTransaction::begin(&self.db, self.journal_id).await.unwrap();
        self.write(transaction, readings).await.commit().await.unwrap();
        let last = self.seq;
        let journal_id = self.journal_id;
        let moved = format!(
            "UPDATE ingest_checkpoint SET seq = {last} WHERE journal_id = {journal_id} AND seq = {first}"
        );
        self.db.execute_unprepared(&moved).await.unwrap();
    }

    /// Declares sensors, as a list in the journal does.
    async fn declare(&mut self, sensors: Vec<DeclaredSensor>) {
        let first = self.seq;
        self.seq += 1;
        let list = NewSensorList {
            source: SOURCE.into(),
            received_at: at("2026-02-01"),
            seq: self.seq,
            sha256: [1; 32],
            sensors,
        };
        let mut transaction = LoadTransaction::begin(&self.db, self.journal_id).await.unwrap();
        transaction.apply_sensor_list(&list).await.unwrap();
        transaction.move_checkpoint(first, self.seq).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn write(
        &mut self,
        mut transaction: LoadTransaction,
        readings: &[(i32, DateTime<Utc>)],
    ) -> LoadTransaction {
        let new: Vec<NewReading> = readings
            .iter()
            .map(|(sensor_id, time)| {
                self.seq += 1;
                self.reading(*sensor_id, *time)
            })
            .collect();
        transaction.write_readings(&new).await.unwrap();
        for segment in new.chunk_by(|a, b| (a.seq - 1) / SEGMENT == (b.seq - 1) / SEGMENT) {
            let micros = |reading: &NewReading| reading.time.timestamp_micros();
            let counts = Counts {
                decoded: i64::try_from(segment.len()).unwrap(),
                readings_new: i64::try_from(segment.len()).unwrap(),
                time_min_us: segment.iter().map(micros).min(),
                time_max_us: segment.iter().map(micros).max(),
                ..Counts::default()
            };
            let first_seq = (segment[0].seq - 1) / SEGMENT * SEGMENT + 1;
            transaction.add_counts(first_seq, counts).await.unwrap();
        }
        transaction
    }

    #[expect(clippy::cast_precision_loss, reason = "positions of a test")]
    fn reading(&self, sensor_id: i32, time: DateTime<Utc>) -> NewReading {
        NewReading {
            sensor_id,
            time,
            value: self.seq as f64,
            flag: QualityFlag::Pass,
            received_at: time + TimeDelta::seconds(1),
            seq: self.seq,
            on_conflict: OnConflict::First,
        }
    }

    /// Loads `count` readings of a sensor, a second apart, after those loaded already.
    async fn load_some(&mut self, sensor_id: i32, count: i64) {
        let first = self.seq;
        let readings: Vec<_> = (0..count).map(|i| (sensor_id, second(first + i))).collect();
        self.load(&readings).await;
    }
}

/// So many seconds after the tests' beginning of time.
fn second(seconds: i64) -> DateTime<Utc> {
    at("2026-11-01") + TimeDelta::seconds(seconds)
}
