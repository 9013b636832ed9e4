//! The one binary: reads the command line, wires the crates, and ends with one clear line when it can't.
//!
//! It is a library so that tests can put another disk under the journal of the very same program ([`main_on`]).

mod cli;
mod command;
#[cfg(test)]
mod deploy_tests;
mod mqtt_url;
mod pages;
mod signals;
mod simulator;
mod sources;
mod telemetry;
mod wiring;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser as _;

use cli::Command;
use command::answer::{self, AnswerError};
use telemetry::{Log, Logs};

/// Answers are made of many small pieces and a few large ones: of a list of sensors with readings of each, the system's
/// allocator takes a third of the time (docs/benchmarks.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What shells see of a program that SIGPIPE ended, as it ends most programs whose reader leaves: 128 and the signal's number.
const READER_LEFT: u8 = 128 + 13;

/// Opens the disk on which the journal of a directory lies.
pub type OpenDisk = fn(&Path) -> Arc<dyn journal::Storage>;

/// The whole program, from its command line to its exit code, with a disk for the journal.
pub fn main_on(disk: OpenDisk) -> ExitCode {
    let cli = cli::Cli::parse();
    // The whole process speaks TLS by ring: AWS and MQTT clients find it here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let begun = begin_log(&cli).and_then(|log| Ok((log, runtime()?)));
    let (log, runtime) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            say(&error);
            return ExitCode::FAILURE;
        }
    };
    runtime.spawn(log.watch());
    let outcome = runtime.block_on(command::run(cli, disk));
    let (code, error) = match outcome {
        Ok(()) => (ExitCode::SUCCESS, None),
        Err(error) => match error.downcast_ref() {
            Some(AnswerError::ReaderLeft) => (ExitCode::from(READER_LEFT), None),
            _ => (ExitCode::FAILURE, Some(error)),
        },
    };
    log.end(move || {
        if let Some(error) = error {
            say(&error);
        }
    });
    code
}

fn begin_log(cli: &cli::Cli) -> anyhow::Result<Log> {
    let (logs, default) = match cli.command {
        Command::Up(_) => (Logs::Service, "warn"),
        Command::Ingest(_) | Command::Serve(_) => (Logs::Service, "info"),
        _ => (Logs::Command, "info"),
    };
    Log::begin(&cli.log, logs, default)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("start the runtime")
}

/// One line on standard error: what failed, and why, from cause to cause.
fn say(error: &anyhow::Error) {
    answer::beside(format_args!("fieldbook: {error:#}"));
}
