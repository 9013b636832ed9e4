//! The database's schema, forward and back.
//!
//! [`up`] brings a database to this program's schema, [`down`] takes steps back, [`status`] lists them, and [`check()`]
//! says whether a program may work on a database. A step is a folder of plain SQL files beside its Rust file; the list
//! of steps in [`Migrator`] only grows.
//!
//! `up` and `down` run in one transaction under an advisory lock: two processes may migrate at once, the second waits
//! and finds nothing to do, and a failing step leaves the database as it was.

mod check;
mod m20261123_000001_spine;
mod m20261124_000002_rollups;
mod m20261125_000003_api_keys;
mod run;
pub mod timescaledb;

use async_trait::async_trait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use crate::check::{CheckError, check};
pub use crate::run::{MigrateError, Step, Up, down, status, up};
pub use crate::timescaledb::Timescaledb;

/// The steps of the schema's history, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_spine::Migration),
            Box::new(m20261124_000002_rollups::Migration),
            Box::new(m20261125_000003_api_keys::Migration),
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
