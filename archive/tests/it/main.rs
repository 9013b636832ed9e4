//! The archive against a real S3 protocol: a server in this process, files in a temporary folder.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod fixture;
mod fuzz;
mod lifecycle;
mod server;
mod store;
mod trouble;
