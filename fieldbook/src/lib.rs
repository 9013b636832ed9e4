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

use clap::Parser as _;

use command::answer::{self, AnswerError};

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
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::from(error).context("start the runtime")),
    };
    match runtime.block_on(command::run(cli, disk)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// One line on standard error: what failed, and why, from cause to cause.
fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(AnswerError::ReaderLeft) = error.downcast_ref() {
        return ExitCode::from(READER_LEFT);
    }
    answer::beside(format_args!("fieldbook: {error:#}"));
    ExitCode::FAILURE
}
