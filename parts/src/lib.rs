//! Private parts for one machine: a broker, a database and an object store, so that Fieldbook runs and is tested with
//! real servers where there is no Docker.
//!
//! Each part lives in one directory of its own, listens on loopback or on a Unix socket only, writes one log file
//! there, and keeps its data from one start to the next. Nothing is downloaded: the programs are those of the machine.
//!
//! | Part                | What it is                          | Where it answers            |
//! |---------------------|-------------------------------------|-----------------------------|
//! | [`broker`]          | a Mosquitto process                 | a loopback port             |
//! | [`database`]        | a PostgreSQL process                | a Unix socket               |
//! | [`object_store`]    | s3s-fs inside this process          | a loopback port             |
//!
//! **Lives.** A part that is a process has its own process group, so a terminal's Ctrl-C does not reach it: whoever
//! started it ends it last, by `stop`. It outlives a parent that was killed, and a handle that was dropped; the next
//! start in the same directory adopts it, after making sure that it is the same program on the same directory and that
//! it answers.
//!
//! **Root.** PostgreSQL refuses to run as root and a broker should not, so a root process runs them as an unprivileged
//! user and hands the part's directory over to that user (see [`place`]).

pub mod broker;
pub mod database;
pub mod object_store;
pub mod place;
pub mod ports;
pub mod process;
pub mod program;

mod files;

pub use crate::broker::Broker;
pub use crate::database::Database;
pub use crate::object_store::ObjectStore;
