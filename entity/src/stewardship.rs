//! What stewards say, over the catalogue's file: of datasets and of thresholds of quality; and who changed what.
//!
//! ```text
//! begin ── lock ── read what is said ── check it with what is new ── write, note the change ── commit
//! ```
//!
//! Whether what a steward says makes sense depends on what others said before, so stewards write one after the other:
//! whoever writes takes a [`Stewarding`], which has the lock and says who it is. Of the same word the last one holds; each
//! change is noted.

mod audit;
mod rules;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait as _, Value,
};
use serde_json::Value as Json;

pub use self::audit::{Change, NewChange, changes};
pub use self::rules::{RuleOverride, RulesOf, rules};
use crate::sql;

/// Changes are kept for so long,
pub const CHANGES_KEPT_FOR: TimeDelta = TimeDelta::days(3_653);

/// and so many of them at most.
pub const CHANGES_MAX: u32 = 100_000;

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steward {
    /// The name of a key, or the subject of a token.
    pub name: String,
    /// The beginning of the key's text, or the word `token`.
    pub credential: String,
}

/// A transaction of the one steward who writes at this moment. Dropped without [`commit`](Self::commit), nothing of it
/// happened.
#[derive(Debug)]
pub struct Stewarding {
    pub(crate) transaction: DatabaseTransaction,
    pub(crate) steward: Steward,
    pub(crate) at: DateTime<Utc>,
}

impl Stewarding {
    /// Begins one, when those who write before are done.
    pub async fn begin(db: &DatabaseConnection, steward: Steward, at: DateTime<Utc>) -> Result<Self, DbErr> {
        // Said, for a service whose user reads by default may still write here.
        let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
        sql::execute(&transaction, include_str!("stewardship/lock.sql"), []).await?;
        Ok(Self {
            transaction,
            steward,
            at,
        })
    }

    /// When it is that they write.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// What stewards say of a dataset, by slug; `None` where they say nothing.
    pub async fn said(&self, dataset: &str) -> Result<Option<Json>, DbErr> {
        let values: [Value; 1] = [dataset.into()];
        let select = include_str!("stewardship/select_said_of.sql");
        let found = sql::query(&self.transaction, select, values, |row| row.get(0)).await?;
        Ok(found.into_iter().next())
    }

    /// Says this of a dataset in place of all that stewards said of it; `None` takes it back.
    pub async fn say(&self, dataset: &str, said: Option<&Json>) -> Result<(), DbErr> {
        let Some(said) = said else {
            let values: [Value; 1] = [dataset.into()];
            sql::execute(
                &self.transaction,
                include_str!("stewardship/delete_said.sql"),
                values,
            )
            .await?;
            return Ok(());
        };
        let values: [Value; 3] = [dataset.into(), said.clone().into(), self.at.into()];
        sql::execute(
            &self.transaction,
            include_str!("stewardship/upsert_said.sql"),
            values,
        )
        .await?;
        Ok(())
    }

    /// Commits, and lets the next steward write.
    pub async fn commit(self) -> Result<(), DbErr> {
        audit::prune(&self.transaction, self.at - CHANGES_KEPT_FOR, CHANGES_MAX).await?;
        self.transaction.commit().await
    }
}

/// What stewards say of each dataset of which they say anything, by slug.
pub async fn said<C: ConnectionTrait>(db: &C) -> Result<Vec<(String, Json)>, DbErr> {
    sql::query(db, include_str!("stewardship/select_said.sql"), [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .await
}
