//! Where the programs of this machine are.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Directories that hold servers but are missing from an ordinary user's `PATH`.
const SYSTEM: [&str; 8] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/homebrew/sbin",
    "/opt/homebrew/bin",
];

/// The directories to look for programs in: those of `path` (the value of the variable `PATH`), then the system's.
pub fn search(path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    let from_path = path
        .map(|path| env::split_paths(path).collect::<Vec<_>>())
        .unwrap_or_default();
    for directory in from_path.into_iter().chain(SYSTEM.iter().map(PathBuf::from)) {
        if directory.is_absolute() && !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    directories
}

/// The directories of this process's own `PATH`, then the system's.
pub fn search_here() -> Vec<PathBuf> {
    search(env::var_os("PATH").as_deref())
}

/// The first program `name` in `directories`.
pub(crate) fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    directories
        .iter()
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
}

/// Whether `path` is a file that somebody may execute.
pub(crate) fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_entries_of_the_path_are_left_out() {
        let directories = search(Some(OsStr::new("bin:/opt/tools:.:/usr/bin")));
        assert_eq!(
            directories[..2],
            [PathBuf::from("/opt/tools"), PathBuf::from("/usr/bin")]
        );
        assert!(directories.iter().all(|directory| directory.is_absolute()));
    }

    #[test]
    fn each_directory_is_looked_at_once() {
        let directories = search(Some(OsStr::new("/usr/bin:/usr/bin")));
        assert_eq!(
            directories
                .iter()
                .filter(|directory| directory.ends_with("usr/bin"))
                .count(),
            1
        );
    }

    #[test]
    fn nothing_is_found_in_no_directories() {
        assert_eq!(find("sh", &[]), None);
        assert!(find("sh", &search(None)).is_some());
    }
}
