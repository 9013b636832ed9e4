//! The commands, a file each.

pub(crate) mod answer;
mod count;
mod datasets;
mod doctor;
mod import;
mod ingest;
mod key;
mod migrate;
mod quarantine;
mod replay;
mod retention;
mod sensors;
mod serve;
mod simulate;
mod table;
mod up;
mod webhook;

use std::path::Path;

use anyhow::Context as _;
use ingestor::sensor_list::SensorList;

use crate::OpenDisk;
use crate::cli::{Cli, Command};

/// Runs what the command line asks for.
pub(crate) async fn run(cli: Cli, disk: OpenDisk) -> anyhow::Result<()> {
    match cli.command {
        Command::Up(args) => Box::pin(up::run(*args, disk)).await,
        Command::Ingest(args) => Box::pin(ingest::run(args, disk)).await,
        Command::Serve(args) => Box::pin(serve::run(args)).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::Sensors(args) => Box::pin(sensors::run(args)).await,
        Command::Key(args) => Box::pin(key::run(args)).await,
        Command::Datasets(args) => datasets::run(args).await,
        Command::Webhook(args) => webhook::run(args).await,
        Command::Retention(args) => Box::pin(retention::run(*args)).await,
        Command::Doctor(args) => Box::pin(doctor::run(*args)).await,
        Command::Import(args) => Box::pin(import::run(*args)).await,
        Command::Replay(args) => Box::pin(replay::run(*args)).await,
        Command::Quarantine(args) => Box::pin(quarantine::run(args)).await,
    }
}

/// A sensor list's text, and what it says.
pub(crate) fn read_sensor_list(path: &Path) -> anyhow::Result<(String, SensorList)> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).context("read standard input")?;
        bytes
    } else {
        std::fs::read(path).with_context(|| format!("read the sensor list {}", path.display()))?
    };
    let list = ingestor::sensor_list::parse(&bytes)
        .with_context(|| format!("read the sensor list {}", path.display()))?;
    // What parses as JSON is UTF-8.
    Ok((String::from_utf8(bytes).context("read the sensor list")?, list))
}

/// Tells what of a list is ignored.
pub(crate) fn warn_of(list: &SensorList) {
    for warning in &list.warnings {
        tracing::warn!("{warning}");
    }
}
