//! Whether the database answers, and whether it has this program's schema.

use std::time::Duration;

use chrono::TimeDelta;
use entity::query::service;
use entity::{ConnectOptions, DatabaseConnection};
use migration::CheckError;

use super::Finding;
use crate::cli::DatabaseArgs;
use crate::wiring;

/// None of what is asked takes long.
const STATEMENT_MAX: Duration = Duration::from_secs(10);

/// What was found, and how far the server's clock is ahead of ours.
pub(super) async fn look(args: &DatabaseArgs) -> (Vec<Finding>, Option<TimeDelta>) {
    let url = match &args.database_url {
        Some(url) => url.clone(),
        None => match wiring::private_database_url(&args.data.data_dir) {
            Ok(url) => url,
            Err(error) => {
                let hint = "set DATABASE_URL, such as postgres://user:password@host/name";
                return (
                    vec![Finding::broken("database", format!("{error:#}"), hint)],
                    None,
                );
            }
        },
    };
    let db = match open(url).await {
        Ok(db) => db,
        Err(error) => {
            let hint = "is PostgreSQL running, are host, user, password and name of DATABASE_URL right, and does pg_hba.conf let \
                        this machine in?";
            return (
                vec![Finding::broken("database", format!("{error:#}"), hint)],
                None,
            );
        }
    };
    let mut findings = Vec::new();
    match service::backend(&db).await {
        Ok(backend) => findings.push(of_backend(&backend)),
        Err(error) => {
            let hint = "its log says what is the matter";
            findings.push(Finding::broken("database", error.to_string(), hint));
            return (findings, None);
        }
    }
    findings.push(match migration::check(&db).await {
        Ok(()) => Finding::well("schema", "just the one that this program knows"),
        Err(error @ CheckError::Behind { .. }) => {
            let hint = "run fieldbook migrate with a user that owns the tables";
            Finding::broken("schema", error.to_string(), hint)
        }
        Err(error @ CheckError::Newer { .. }) => {
            let hint = "run the Fieldbook that made it, or a newer one";
            Finding::broken("schema", error.to_string(), hint)
        }
        Err(CheckError::Database(error)) => {
            Finding::broken("schema", error.to_string(), "its log says what is the matter")
        }
    });
    let before = chrono::Utc::now();
    let ahead = service::now(&db).await.ok().map(|there| {
        // The answer was given some time between asking and hearing.
        let ours = before + (chrono::Utc::now() - before) / 2;
        there - ours
    });
    (findings, ahead)
}

async fn open(url: String) -> anyhow::Result<DatabaseConnection> {
    let options = ConnectOptions {
        url,
        application_name: "fieldbook-doctor",
        connections_max: 1,
        statement_timeout: Some(STATEMENT_MAX),
    };
    entity::reach(&options).await?;
    Ok(entity::connect(&options).await?)
}

fn of_backend(backend: &service::Backend) -> Finding {
    let server = &backend.server;
    match (&backend.timescaledb, backend.timescaledb_license.as_deref()) {
        (Some(version), Some("timescale")) => {
            Finding::well("database", format!("{server} with TimescaleDB {version}"))
        }
        (Some(version), _) => Finding::well(
            "database",
            format!("{server} with TimescaleDB {version} (Apache licence: no compression, no policies)"),
        ),
        (None, _) => Finding::well(
            "database",
            format!("{server} without TimescaleDB: tables are plain ones"),
        ),
    }
}
