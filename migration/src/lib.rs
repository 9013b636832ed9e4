//! The database's schema, forward and back.
//!
//! [`up`] brings a database to this program's schema, [`down`] takes steps back, [`status`] lists them, and [`check()`]
//! says whether a program may work on a database. A step is a folder of plain SQL files, with a Rust file beside it where
//! the databases differ; the list of steps in [`Migrator`] only grows.
//!
//! `up` and `down` run in one transaction under an advisory lock: two processes may migrate at once, the second waits
//! and finds nothing to do, and a failing step leaves the database as it was.

mod check;
mod m20261123_000001_spine;
mod m20261124_000002_rollups;
mod run;
mod step;
pub mod timescaledb;

use async_trait::async_trait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use crate::check::{CheckError, check};
pub use crate::run::{MigrateError, Step, Up, down, status, up};
pub use crate::timescaledb::Timescaledb;

use crate::step::plain_step;

/// The steps of the schema's history, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_spine::Migration),
            Box::new(m20261124_000002_rollups::Migration),
            // Keys of the API, and who may see that a dataset is there.
            plain_step!("m20261125_000003_api_keys"),
            // Rollups know time: where it begins and ends in them, and what lies under their lines.
            plain_step!("m20261125_000004_time_weighted"),
            // An index by which sensors are found by name, and listed by name.
            plain_step!("m20261125_000005_sensor_name"),
            // What the catalogue reads off the schema, and the versions of datasets.
            plain_step!("m20261126_000006_catalogue"),
            // How fresh things are and have been, what went wrong, and who is told.
            plain_step!("m20261126_000007_freshness"),
            // How good readings were, window by window.
            plain_step!("m20261126_000008_quality"),
            // What sensors are found by.
            plain_step!("m20261126_000009_search"),
            // What stewards say over the catalogue's file, and announce.
            plain_step!("m20261126_000010_stewardship"),
            // What came of a sensor and is no reading, counted for its quality.
            plain_step!("m20261126_000011_sensor_intake"),
            // Sign-in by browser, keys that their users make, requests for access.
            plain_step!("m20261126_000012_sign_in"),
            // Messages that were set aside come in after the cause is mended.
            plain_step!("m20261126_000013_quarantine_replay"),
            // The archive comes into a database again, and goes on where it was broken off.
            plain_step!("m20261126_000014_archive_replay"),
            // Which messages are rows of imported files.
            plain_step!("m20261126_000015_imported"),
            // How long readings and rollups are kept.
            plain_step!("m20261126_000017_retention"),
        ]
    }
}

/// Names of the steps that this program knows, oldest first.
pub fn known() -> Vec<String> {
    Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect()
}
