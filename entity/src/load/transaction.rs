//! One transaction of the loader; what it writes stands in the files beside.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DatabaseTransaction, IsolationLevel, TransactionTrait};

use super::LoadError;
use super::intake::Intake;
use super::notify::Touched;
use crate::sql;

/// One transaction of the loader, READ COMMITTED. Dropped without [`commit`](Self::commit), nothing of it happened.
///
/// READ COMMITTED is what makes the writes right: a statement that waited for another loader sees what that one wrote.
/// After an error the transaction is of no more use, and is dropped.
#[derive(Debug)]
pub struct LoadTransaction {
    pub(super) transaction: DatabaseTransaction,
    pub(super) journal_id: i16,
    /// Whether the readings of this transaction met so many compressed rows that each is now written by itself.
    pub(super) row_by_row: bool,
    /// What whoever listens is told with the checkpoint.
    pub(super) touched: Touched,
    /// What came and is no reading.
    pub(super) intake: Intake,
    /// From before when readings are no longer taken, once it was asked for.
    gone_before: GoneBefore,
}

/// From before when readings are no longer kept; whoever wants to move it waits for the end of the transaction that asks.
pub(super) const GONE_BEFORE: &str =
    "SELECT gone_before FROM retention WHERE table_name = 'reading' FOR SHARE";

#[derive(Debug, Clone, Copy)]
enum GoneBefore {
    NotAsked,
    Asked(Option<DateTime<Utc>>),
}

impl LoadTransaction {
    /// Begins one for `journal_id`.
    pub async fn begin(db: &DatabaseConnection, journal_id: i16) -> Result<Self, LoadError> {
        let transaction = db
            .begin_with_config(Some(IsolationLevel::ReadCommitted), None)
            .await?;
        Ok(Self {
            transaction,
            journal_id,
            row_by_row: false,
            touched: Touched::default(),
            intake: Intake::default(),
            gone_before: GoneBefore::NotAsked,
        })
    }

    /// From before when readings are no longer kept, and so not taken. It stays so until this transaction ends: whoever
    /// wants to move it waits.
    pub(super) async fn gone_before(&mut self) -> Result<Option<DateTime<Utc>>, LoadError> {
        if let GoneBefore::Asked(known) = self.gone_before {
            return Ok(known);
        }
        let rows: Vec<Option<DateTime<Utc>>> =
            sql::query(&self.transaction, GONE_BEFORE, [], |row| row.get(0)).await?;
        let gone_before = rows.into_iter().next().flatten();
        self.gone_before = GoneBefore::Asked(gone_before);
        Ok(gone_before)
    }

    /// Commits.
    pub async fn commit(mut self) -> Result<(), LoadError> {
        self.write_intake().await?;
        Ok(self.transaction.commit().await?)
    }
}
