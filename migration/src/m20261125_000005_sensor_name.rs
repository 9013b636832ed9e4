//! An index by which sensors are found by name, and listed by name.

use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, sea_orm::ConnectionTrait};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261125_000005_sensor_name"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves the lifetime out, and its impl must match"
)]
#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("m20261125_000005_sensor_name/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("m20261125_000005_sensor_name/down.sql"))
            .await?;
        Ok(())
    }
}
