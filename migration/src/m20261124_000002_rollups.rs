//! Rollups of readings by the minute, the hour and the day, and the notes that keep them exact.

use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, sea_orm::ConnectionTrait};

use crate::timescaledb;

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261124_000002_rollups"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves the lifetime out, and its impl must match"
)]
#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(include_str!("m20261124_000002_rollups/up.sql"))
            .await?;
        if timescaledb::installed(db).await?.is_some() {
            db.execute_unprepared(include_str!("m20261124_000002_rollups/hypertables.sql"))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("m20261124_000002_rollups/down.sql"))
            .await?;
        Ok(())
    }
}
