//! Keeping what the catalogue knows: one process writes it at a time.
//!
//! ```text
//! process A ── begin ── lock ── reads what is kept ── writes ── commit (lets the lock go)
//! process B ── begin ── no lock: None; it only reads
//! ```
//!
//! Whoever writes what is kept of datasets takes a [`Keeping`], so the lock can't be forgotten, and one lock serves all of
//! it: freshness, incidents, messages to webhooks, versions. The lock belongs to the transaction: a process that dies lets
//! it go, and whatever it had not committed never happened. Processes may take turns from one look to the next, so each
//! reads what is kept inside of the transaction before it says what has changed.

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, TransactionTrait as _};

use crate::sql;

/// A transaction of the one process that keeps at this moment. Dropped without [`commit`](Self::commit), nothing of it
/// happened.
#[derive(Debug)]
pub struct Keeping {
    pub(crate) transaction: DatabaseTransaction,
}

impl Keeping {
    /// Begins one; `None` when another process is at it.
    pub async fn begin(db: &DatabaseConnection) -> Result<Option<Self>, DbErr> {
        let transaction = db
            .begin_with_config(Some(IsolationLevel::ReadCommitted), None)
            .await?;
        let locked: Vec<bool> = sql::query(&transaction, include_str!("keeping/try_lock.sql"), [], |row| {
            row.get(0)
        })
        .await?;
        Ok((locked == [true]).then_some(Self { transaction }))
    }

    /// The transaction, for this crate's queries that should read inside of it.
    pub fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Commits, and lets another process have its turn.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.transaction.commit().await
    }
}
