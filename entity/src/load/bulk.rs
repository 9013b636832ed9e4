//! Many readings that nobody has yet, copied straight into `reading`: for histories, where it is twice as fast.
//!
//! COPY knows no ON CONFLICT: one reading that is there already ends it. So a [`BulkTransaction`] is for batches of which
//! everything is hoped to be new. When that does not hold it says so, is dropped, and the batch goes in by a
//! [`LoadTransaction`](super::LoadTransaction), which finds out what is what. Both leave the same rows.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, RuntimeErr, Value};
use sea_query_sqlx::SqlxValues;
use sqlx::{PgConnection, Postgres, Transaction};

use super::error::Fault;
use super::intake::Intake;
use super::notify::Touched;
use super::replays::ReplayStep;
use super::transaction::GONE_BEFORE;
use super::{
    Counts, LoadError, NewQuarantined, NewReading, checkpoint, quarantine, readings, replays, segment,
};

/// A transaction that copies. Dropped without [`commit`](Self::commit), nothing of it happened.
#[derive(Debug)]
pub struct BulkTransaction {
    transaction: Transaction<'static, Postgres>,
    journal_id: i16,
    touched: Touched,
    intake: Intake,
}

impl BulkTransaction {
    /// Begins one for `journal_id`, READ COMMITTED as the loader's.
    pub async fn begin(db: &DatabaseConnection, journal_id: i16) -> Result<Self, LoadError> {
        let pool = db.get_postgres_connection_pool();
        let transaction = pool
            .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
            .await
            .map_err(database)?;
        Ok(Self {
            transaction,
            journal_id,
            touched: Touched::default(),
            intake: Intake::default(),
        })
    }

    /// Writes readings that are all new. `false` says that they are not, or that the database does not like one of them:
    /// then this transaction is of no more use, and is dropped.
    pub async fn copy_readings(&mut self, readings: &[NewReading]) -> Result<bool, LoadError> {
        if readings.is_empty() {
            return Ok(true);
        }
        let Some(order) = readings::sorted_and_distinct(readings) else {
            return Ok(false);
        };
        // One that is no longer kept is refused, which is the other way's work.
        let gone_before = self.gone_before().await?;
        if gone_before.is_some_and(|gone| readings.iter().any(|reading| reading.time < gone)) {
            return Ok(false);
        }
        let rows = readings::copy_rows(readings, &order, self.journal_id);
        match self.copy(rows).await {
            Ok(()) => {}
            Err(error) => {
                return match Fault::of(&error) {
                    Fault::Row | Fault::Size | Fault::Decompression => Ok(false),
                    Fault::Elsewhere | Fault::Work => Err(error.into()),
                };
            }
        }
        let noted = order
            .iter()
            .map(|&index| (readings[index].time, readings[index].sensor_id));
        self.execute(readings::INSERT_NOTES, readings::note_values(noted))
            .await?;
        let earliest = readings::activity_values(readings, &[]);
        self.execute(readings::UPDATE_ACTIVE_SINCE, earliest).await?;
        self.touched.readings(readings.iter().map(|reading| reading.time));
        Ok(true)
    }

    /// As [`LoadTransaction::quarantine`](super::LoadTransaction::quarantine).
    pub async fn quarantine(&mut self, messages: &[NewQuarantined]) -> Result<(), LoadError> {
        if messages.is_empty() {
            return Ok(());
        }
        let values = quarantine::values(self.journal_id, messages);
        self.execute(quarantine::INSERT, values).await?;
        Ok(())
    }

    /// As [`LoadTransaction::count_refused`](super::LoadTransaction::count_refused).
    pub fn count_refused(&mut self, refused: impl IntoIterator<Item = (i32, DateTime<Utc>)>) {
        self.intake.refused_messages(refused);
    }

    /// As [`LoadTransaction::count`](super::LoadTransaction::count).
    pub async fn count(&mut self, first_seq: i64, counted: i64, counts: Counts) -> Result<(), LoadError> {
        let values = segment::count_values(self.journal_id, first_seq, counted, counts)?;
        let written = self.execute(segment::COUNT, values).await?;
        segment::was_counted(written)
    }

    /// As [`LoadTransaction::move_checkpoint`](super::LoadTransaction::move_checkpoint).
    pub async fn move_checkpoint(&mut self, from: i64, to: i64) -> Result<(), LoadError> {
        let loaded = self.touched.take(self.journal_id, from, to);
        let values = checkpoint::move_values(&loaded);
        let moved = self.execute(checkpoint::MOVE, values).await?;
        checkpoint::was_moved(moved, self.journal_id, from)
    }

    /// As [`LoadTransaction::step`](super::LoadTransaction::step).
    pub async fn step(&mut self, step: &ReplayStep<'_>) -> Result<(), LoadError> {
        let stepped = self.execute(replays::STEP, step.values()).await?;
        step.was_taken(stepped)
    }

    /// Commits.
    pub async fn commit(mut self) -> Result<(), LoadError> {
        if let Some((sql, values)) = std::mem::take(&mut self.intake).statement() {
            self.execute(sql, values).await?;
        }
        Ok(self.transaction.commit().await.map_err(database)?)
    }

    async fn gone_before(&mut self) -> Result<Option<DateTime<Utc>>, LoadError> {
        let found: Option<Option<DateTime<Utc>>> = sqlx::query_scalar(GONE_BEFORE)
            .fetch_optional(&mut *self.transaction)
            .await
            .map_err(database)?;
        Ok(found.flatten())
    }

    async fn copy(&mut self, rows: Vec<u8>) -> Result<(), DbErr> {
        let connection: &mut PgConnection = &mut self.transaction;
        let mut copy = connection
            .copy_in_raw(readings::COPY_READINGS)
            .await
            .map_err(database)?;
        copy.send(rows).await.map_err(database)?;
        copy.finish().await.map_err(database)?;
        Ok(())
    }

    async fn execute<const N: usize>(
        &mut self,
        sql: &'static str,
        values: [Value; N],
    ) -> Result<u64, LoadError> {
        let values = SqlxValues(sea_orm::Values(values.into()));
        let done = sqlx::query_with(sql, values)
            .execute(&mut *self.transaction)
            .await
            .map_err(database)?;
        Ok(done.rows_affected())
    }
}

/// A driver's error, as SeaORM tells it.
fn database(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
