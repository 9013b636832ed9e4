//! From MQTT to the journal, to S3 and to the database.
//!
//! ```text
//!  broker ──► receiver ──► journal ──► loader ──► database ◄──► refresher (rollups)
//!                             │                        ▲
//!                             │                        ├── replayer (what was set aside, on request)
//!                             │                        └── sweeper (what is no longer kept)
//!                             └──────► archiver ──► S3 ──► manifest (a row of `segment`)
//! ```
//!
//! [`restore::Restore`] goes the other way: what is on S3 into a database again.
//!
//! [`Ingestor::start`] opens the journal and runs the parts side by side; [`Ingestor::stop`] ends them in the order in which
//! data flows, so that nothing is left behind that need not be. Each part goes on by itself through failures of its
//! neighbour: no broker, no database, no S3. What no retry can mend ends the ingestor with an error, for a person to see.

mod archived;
pub mod archiver;
pub mod clock;
pub mod control;
pub mod decode;
mod events;
pub mod history;
mod import;
pub mod loader;
mod manifest;
pub mod message;
pub mod receiver;
pub mod refresher;
pub mod replayer;
pub mod restore;
pub mod sensor_list;
mod service;
pub mod sweeper;
mod tier;

pub use import::{ImportError, import_sensors_alone};
pub use service::{Ingestor, IngestorError, IngestorOptions};

/// The options of a journal with its consumers: it keeps a segment until each of them is done with it, or, for want of room,
/// until it is verified on S3.
pub(crate) fn with_consumers(options: journal::Options) -> journal::Options {
    journal::Options {
        consumers: [CONSUMER_LOADER, CONSUMER_ARCHIVER, CONSUMER_MANIFEST]
            .map(str::to_owned)
            .to_vec(),
        evict_behind: vec![CONSUMER_ARCHIVER.to_owned()],
        ..options
    }
}

pub(crate) const CONSUMER_LOADER: &str = "loader";
pub(crate) const CONSUMER_ARCHIVER: &str = "archiver";
pub(crate) const CONSUMER_MANIFEST: &str = "manifest";

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
