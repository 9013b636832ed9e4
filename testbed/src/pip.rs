//! Python environments, installed as a list of requirements says.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The Python of a folder's environment, `.python`, which has what its `requirements.txt` lists.
///
/// The list names everything, so nothing is resolved. A mark says what is installed; it is made last. Test binaries
/// that run side by side take turns.
pub(crate) fn environment(folder: &Path) -> io::Result<PathBuf> {
    let requirements = folder.join("requirements.txt");
    let turn = File::open(&requirements)?;
    turn.lock()?;
    let wanted = fs::read_to_string(&requirements)?;
    let room = folder.join(".python");
    let python = room.join("bin/python");
    let mark = room.join("installed.txt");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    fs::create_dir_all(&room)?;
    let venv = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&room)
        .stdin(Stdio::null())
        .output();
    succeeded(venv, "python3 -m venv (on Debian, install python3-venv)")?;
    let pip = Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ])
        // Most modules are never imported: each is compiled when it first is.
        .args(["--no-deps", "--no-compile", "--requirement"])
        .arg(&requirements)
        .stdin(Stdio::null())
        .output();
    succeeded(pip, "pip")?;
    fs::write(&mark, wanted)?;
    Ok(python)
}

fn succeeded(output: io::Result<Output>, program: &str) -> io::Result<()> {
    let output = output.map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Err(io::Error::other(format!(
        "{program} says: {} {}",
        out.trim(),
        err.trim()
    )))
}
