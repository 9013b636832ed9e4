//! One transaction of the loader; what it writes stands in the files beside.

use sea_orm::{DatabaseConnection, DatabaseTransaction, IsolationLevel, TransactionTrait};

use super::LoadError;

/// One transaction of the loader, READ COMMITTED. Dropped without [`commit`](Self::commit), nothing of it happened.
///
/// READ COMMITTED is what makes the writes right: a statement that waited for another loader sees what that one wrote.
/// After an error the transaction is of no more use, and is dropped.
#[derive(Debug)]
pub struct LoadTransaction {
    pub(super) transaction: DatabaseTransaction,
    pub(super) journal_id: i16,
}

impl LoadTransaction {
    /// Begins one for `journal_id`.
    pub async fn begin(db: &DatabaseConnection, journal_id: i16) -> Result<Self, LoadError> {
        let transaction = db.begin_with_config(Some(IsolationLevel::ReadCommitted), None).await?;
        Ok(Self { transaction, journal_id })
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), LoadError> {
        Ok(self.transaction.commit().await?)
    }
}
