//! Steps that are SQL alone, the same on both databases.

use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, sea_orm::ConnectionTrait};

/// A step that is two files. Made by [`plain_step!`].
#[derive(Debug)]
pub(crate) struct PlainStep {
    pub(crate) name: &'static str,
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
}

/// The step in the folder of this name, `up.sql` and `down.sql`.
macro_rules! plain_step {
    ($name:literal) => {
        Box::new($crate::step::PlainStep {
            name: $name,
            up: include_str!(concat!($name, "/up.sql")),
            down: include_str!(concat!($name, "/down.sql")),
        })
    };
}
pub(crate) use plain_step;

impl MigrationName for PlainStep {
    fn name(&self) -> &'static str {
        self.name
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves the lifetime out, and its impl must match"
)]
#[async_trait]
impl MigrationTrait for PlainStep {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(self.up).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(self.down).await.map(drop)
    }
}
