//! The tables of the main job: journals, sensors, readings, quarantine, the manifest of segments, checkpoints.
//! With TimescaleDB `reading` is a hypertable, compressed after a week where its licence allows; its columns, keys and
//! answers are the same without.

use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, sea_orm::ConnectionTrait};

use crate::timescaledb;

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261123_000001_spine"
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
        db.execute_unprepared(include_str!("m20261123_000001_spine/up.sql"))
            .await?;
        let Some(timescaledb) = timescaledb::installed(db).await? else {
            return Ok(());
        };
        db.execute_unprepared(include_str!("m20261123_000001_spine/hypertable.sql"))
            .await?;
        if timescaledb.compresses() {
            db.execute_unprepared(include_str!("m20261123_000001_spine/compression.sql"))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("m20261123_000001_spine/down.sql"))
            .await?;
        Ok(())
    }
}
