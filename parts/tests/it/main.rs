//! The private parts with real clients: they work, keep their data, are adopted, and say what is missing.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod broker;
mod database;
mod object_store;
mod ports;

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

/// A directory that the users of root's parts can pass through.
fn room() -> TempDir {
    let room = tempfile::tempdir().unwrap();
    std::fs::set_permissions(room.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    room
}

/// An error with all its sources, as a user reads it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
