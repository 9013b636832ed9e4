//! Who may see what: API keys, and which datasets show that they are there.

use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, sea_orm::ConnectionTrait};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261125_000003_api_keys"
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
            .execute_unprepared(include_str!("m20261125_000003_api_keys/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("m20261125_000003_api_keys/down.sql"))
            .await?;
        Ok(())
    }
}
