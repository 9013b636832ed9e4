//! The versions of datasets, as the catalogue keeps them.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::keeping::Keeping;
use crate::sql;

/// A version of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The dataset.
    pub slug: String,
    /// Major, minor and patch of the version.
    pub version: [i32; 3],
    /// When the change was noticed.
    pub released_at: DateTime<Utc>,
    /// What the dataset was in it.
    pub schema: serde_json::Value,
    /// What it changed.
    pub changes: serde_json::Value,
}

/// Every version of every dataset, the newest first.
pub async fn all<C: ConnectionTrait>(db: &C) -> Result<Vec<Release>, DbErr> {
    sql::query(db, include_str!("releases/select_releases.sql"), [], |row| {
        Ok(Release {
            slug: row.get(0)?,
            version: [row.get(1)?, row.get(2)?, row.get(3)?],
            released_at: row.get(4)?,
            schema: row.get(5)?,
            changes: row.get(6)?,
        })
    })
    .await
}

/// Keeps a version.
pub async fn insert(keeping: &Keeping, release: &Release) -> Result<(), DbErr> {
    let [major, minor, patch] = release.version;
    let values: [Value; 7] = [
        release.slug.as_str().into(),
        major.into(),
        minor.into(),
        patch.into(),
        release.released_at.into(),
        release.schema.clone().into(),
        release.changes.clone().into(),
    ];
    let db = keeping.transaction();
    sql::execute(db, include_str!("releases/insert_release.sql"), values).await?;
    Ok(())
}
