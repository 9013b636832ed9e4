//! A temporary directory for a server, and the watchdog that clears it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::OrGiveUp;
use crate::watchdog::Watchdog;

/// A directory that goes, together with the servers in it, when this value or the process does.
#[derive(Debug)]
pub(crate) struct Room {
    path: PathBuf,
    _watchdog: Watchdog,
}

impl Room {
    pub(crate) fn new(what: &str) -> Self {
        let path = tempfile::Builder::new()
            .prefix(&format!("fieldbook-test-{what}-"))
            .tempdir()
            .or_give_up("make a temporary directory")
            // The watchdog removes it, after it has ended the servers in it.
            .keep();
        // Servers that root starts run as other users, who must get through to their own directories.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711))
            .or_give_up("open a temporary directory");
        let watchdog = Watchdog::over(&path);
        Self {
            path,
            _watchdog: watchdog,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
