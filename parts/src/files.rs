//! Small files and directories of a part: private ones, whole ones, and the end of a log.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A log that is longer than this when its part starts is set aside as `….1`, over an earlier one.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What is read of a log to find its last line.
const TAIL_BYTES: u64 = 8 * 1024;

/// Creates `directory` and those above it; what is created is open to its owner alone.
pub(crate) fn create_private_dir(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Writes a file that is either the old or the new one whole, also after a power cut.
pub(crate) fn write_whole(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&partial)?;
    // The mode above counts only for a new file, and is narrowed by the umask.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    sync_parent(path)
}

/// Makes the names in `path`'s directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Opens a log for appending, after setting an overlong one aside.
pub(crate) fn open_log(path: &Path) -> io::Result<File> {
    if path
        .metadata()
        .is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX)
    {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".1");
        fs::rename(path, &aside)?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

/// The last line of a log that says something, of what was written after byte `from`.
pub(crate) fn last_line(path: &Path, from: u64) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(
        length.saturating_sub(TAIL_BYTES).max(from.min(length)),
    ))
    .ok()?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail).ok()?;
    let tail = String::from_utf8_lossy(&tail);
    tail.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_of_this_start() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        fs::write(&log, "old\n").unwrap();
        assert_eq!(last_line(&log, 0).as_deref(), Some("old"));
        assert_eq!(last_line(&log, 4), None);
        fs::write(&log, "old\nnew: why\n\n").unwrap();
        assert_eq!(last_line(&log, 4).as_deref(), Some("new: why"));
    }

    #[test]
    fn a_secret_file_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, "open to all").unwrap();
        write_whole(&path, b"closed", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"closed");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
