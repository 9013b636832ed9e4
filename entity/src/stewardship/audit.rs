//! Who changed what, and when.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Value};
use serde_json::Value as Json;

use super::Stewarding;
use crate::query::page::PageAt;
use crate::query::{Page, PageRequest};
use crate::sql;

/// A change to be noted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewChange<'a> {
    /// The dataset that it is about, by slug.
    pub dataset: &'a str,
    /// What is changed.
    pub what: &'a str,
    /// What stewards said of it before; `None` where they had said nothing.
    pub before: Option<&'a Json>,
    /// What they say of it from now on; `None` where they take it back.
    pub after: Option<&'a Json>,
}

/// A change that a steward made.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its number; later ones are higher.
    pub id: i64,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// The dataset that it is about, by slug.
    pub dataset: String,
    /// Who: the name of a key, or the subject of a token.
    pub steward: String,
    /// The beginning of the key's text, or the word `token`.
    pub credential: String,
    /// What was changed.
    pub what: String,
    /// What stewards said of it before; `None` where they had said nothing.
    pub before: Option<Json>,
    /// What they say of it since; `None` where they took it back.
    pub after: Option<Json>,
}

impl Stewarding {
    /// Notes a change.
    pub async fn note(&self, change: NewChange<'_>) -> Result<(), DbErr> {
        let values: [Value; 7] = [
            self.at.into(),
            change.dataset.into(),
            self.steward.name.as_str().into(),
            self.steward.credential.as_str().into(),
            change.what.into(),
            change.before.cloned().into(),
            change.after.cloned().into(),
        ];
        sql::execute(&self.transaction, include_str!("insert_change.sql"), values).await?;
        Ok(())
    }
}

/// A page of the changes about these datasets, the newest first.
pub async fn changes(
    db: &DatabaseConnection,
    datasets: &[String],
    limit: u64,
    after: Option<i64>,
) -> Result<Page<Change>, DbErr> {
    let request = PageRequest {
        limit,
        at: PageAt::First(after),
    };
    let values: [Value; 3] = [
        datasets.to_vec().into(),
        after.into(),
        i64::try_from(request.rows_to_read()).unwrap_or(i64::MAX).into(),
    ];
    let rows = sql::query(db, include_str!("select_changes.sql"), values, |row| {
        Ok(Change {
            id: row.get(0)?,
            changed_at: row.get(1)?,
            dataset: row.get(2)?,
            steward: row.get(3)?,
            credential: row.get(4)?,
            what: row.get(5)?,
            before: row.get(6)?,
            after: row.get(7)?,
        })
    })
    .await?;
    Ok(request.page(rows))
}

/// Forgets changes from before `before`, and all but about the last `max`.
pub(super) async fn prune<C: ConnectionTrait>(db: &C, before: DateTime<Utc>, max: u32) -> Result<u64, DbErr> {
    let values: [Value; 2] = [before.into(), i64::from(max).into()];
    sql::execute(db, include_str!("prune_changes.sql"), values).await
}
