//! `fieldbook migrate`: the database's schema.

use anyhow::Context as _;

use super::answer;
use crate::cli::{MigrateAction, MigrateArgs};
use crate::wiring;

pub(crate) async fn run(args: MigrateArgs) -> anyhow::Result<()> {
    let db = wiring::database(&args.database_url, "fieldbook-migrate", 2, None).await?;
    match args.action.unwrap_or(MigrateAction::Up) {
        MigrateAction::Up => {
            let done = migration::up(&db).await.context("migrate the database")?;
            tracing::info!(
                "the database's schema is up to date: {}",
                wiring::database_kind(&done.timescaledb)
            );
        }
        MigrateAction::Down { steps } => {
            let undone = migration::down(&db, Some(steps))
                .await
                .context("migrate the database back")?;
            tracing::info!("undid {}", undone.join(", "));
        }
        MigrateAction::Status => status(&db).await?,
    }
    Ok(())
}

async fn status(db: &entity::DatabaseConnection) -> anyhow::Result<()> {
    for migration in migration::status(db)
        .await
        .context("read the database's schema")?
    {
        answer::line(format_args!(
            "{} {}",
            if migration.applied { "applied" } else { "pending" },
            migration.name
        ))?;
    }
    Ok(())
}
