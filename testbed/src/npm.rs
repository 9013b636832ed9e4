//! Installing npm packages as a lock file says.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Stdio;

/// Installs a folder's packages, if they are not there. Test binaries that run side by side take turns.
pub fn ci(folder: &Path) -> io::Result<()> {
    let wanted = folder.join("package-lock.json");
    let turn = File::open(&wanted)?;
    turn.lock()?;
    // npm writes this file last.
    let installed = folder.join("node_modules/.package-lock.json");
    if modified(&installed).is_ok_and(|at| modified(&wanted).is_ok_and(|wanted_at| at >= wanted_at)) {
        return Ok(());
    }
    let output = std::process::Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("npm (install Node 20 or newer): {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "npm ci says: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    )))
}

fn modified(path: &Path) -> io::Result<std::time::SystemTime> {
    fs::metadata(path)?.modified()
}
