//! Which PostgreSQL of this machine is used.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;

/// The oldest major version that Fieldbook's SQL is tested on.
const VERSION_MIN: u32 = 15;

/// Where distributions keep versions beside each other: a directory, what is between it and `bin`.
const VERSIONED: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/usr/lib64", "pgsql"),
    ("/usr/local", "pgsql"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
];

/// Why no installation fits.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// None at all.
    #[error(
        "find PostgreSQL: its programs initdb and postgres are not on this machine; install them (on Debian and \
         Ubuntu: apt-get install postgresql), or set DATABASE_URL to a database of yours"
    )]
    Missing,
    /// Only ones that are too old.
    #[error(
        "use PostgreSQL {found}: Fieldbook needs {VERSION_MIN} or newer; install it, or set DATABASE_URL"
    )]
    TooOld {
        /// The newest one there.
        found: u32,
    },
    /// The cluster was made by another major version.
    #[error(
        "start the database: it was made by PostgreSQL {wanted}, and this machine has {found}; install version \
         {wanted} (on Debian and Ubuntu: apt-get install postgresql-{wanted}), or choose another directory with \
         --data-dir"
    )]
    OtherVersion {
        /// The cluster's version.
        wanted: u32,
        /// The versions there.
        found: String,
    },
}

/// A PostgreSQL on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) bin: PathBuf,
    pub(crate) version: u32,
    pub(crate) timescaledb: bool,
}

impl Installation {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// Finds the installation for a cluster of version `cluster`, or for a new one. Only `search` is looked at, and what
/// lies beside the distribution's directories when `search` holds anything at all.
pub(crate) fn find(search: &[PathBuf], cluster: Option<u32>) -> Result<Installation, InstallationError> {
    let installations: Vec<Installation> = bin_directories(search)
        .iter()
        .filter_map(|bin| inspect(bin))
        .collect();
    pick(installations, cluster)
}

fn pick(
    mut installations: Vec<Installation>,
    cluster: Option<u32>,
) -> Result<Installation, InstallationError> {
    // The sort is stable: of equals, the one that was found first, which is the one of PATH.
    installations.sort_by_key(|each| std::cmp::Reverse((each.timescaledb, each.version)));
    let Some(newest) = installations.iter().map(|each| each.version).max() else {
        return Err(InstallationError::Missing);
    };
    let found = || {
        let versions: Vec<String> = installations
            .iter()
            .map(|each| each.version.to_string())
            .collect();
        versions.join(", ")
    };
    match cluster {
        Some(wanted) => installations
            .iter()
            .find(|each| each.version == wanted)
            .cloned()
            .ok_or_else(|| InstallationError::OtherVersion {
                wanted,
                found: found(),
            }),
        None => installations
            .into_iter()
            .find(|each| each.version >= VERSION_MIN)
            .ok_or(InstallationError::TooOld { found: newest }),
    }
}

/// Directories that hold both `initdb` and `postgres`, links followed, so that a lone link to one program leads to
/// where they all are.
fn bin_directories(search: &[PathBuf]) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut add = |bin: PathBuf| {
        if let Ok(program) = bin.join("initdb").canonicalize()
            && let Some(bin) = program.parent()
            && program::is_program(&program)
            && program::is_program(&bin.join("postgres"))
            && !directories.iter().any(|known| known == bin)
        {
            directories.push(bin.to_owned());
        }
    };
    for directory in search {
        add(directory.clone());
    }
    if let Some(config) = program::find("pg_config", search)
        && let Some(bin) = ask(&config, "--bindir")
    {
        add(PathBuf::from(bin));
    }
    if !search.is_empty() {
        for (room, prefix) in VERSIONED {
            versioned(Path::new(room), prefix).into_iter().for_each(&mut add);
        }
    }
    directories
}

fn versioned(room: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(room) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(prefix.as_bytes())
        })
        .map(|entry| entry.path().join("bin"))
        .collect()
}

fn inspect(bin: &Path) -> Option<Installation> {
    let version = parse_version(&ask(&bin.join("postgres"), "--version")?)?;
    Some(Installation {
        bin: bin.to_owned(),
        version,
        timescaledb: has_timescaledb(bin, version),
    })
}

fn ask(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1".
fn parse_version(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    let digits = version
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// PostgreSQL loads TimescaleDB only when both its control file and its library are there. Where they lie is compiled
/// into the server; `pg_config` of the same installation would say, but belongs to packages for developers.
fn has_timescaledb(bin: &Path, version: u32) -> bool {
    let Some(prefix) = bin.parent() else { return false };
    let share = [
        prefix.join("share/extension"),
        prefix.join("share/postgresql/extension"),
        prefix.join(format!("share/postgresql@{version}/extension")),
        PathBuf::from(format!("/usr/share/postgresql/{version}/extension")),
    ];
    let libraries = [
        prefix.join("lib"),
        prefix.join("lib/postgresql"),
        prefix.join(format!("lib/postgresql@{version}")),
        PathBuf::from(format!("/usr/lib/postgresql/{version}/lib")),
    ];
    let has_library = |directory: &PathBuf| {
        ["so", "dylib"]
            .iter()
            .any(|end| directory.join(format!("timescaledb.{end}")).exists())
    };
    share
        .iter()
        .any(|directory| directory.join("timescaledb.control").exists())
        && libraries.iter().any(has_library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(version: u32, timescaledb: bool) -> Installation {
        Installation {
            bin: PathBuf::from(format!("/pg/{version}/bin")),
            version,
            timescaledb,
        }
    }

    #[test]
    fn a_version_is_read_from_what_the_server_says() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(parse_version(debian), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_version("postgres (PostgreSQL)"), None);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn a_new_cluster_gets_the_newest_and_timescaledb_first() {
        let both = vec![installation(15, false), installation(17, false)];
        assert_eq!(pick(both, None).unwrap().version, 17);
        let older_with_timescaledb = vec![installation(16, true), installation(17, false)];
        assert_eq!(pick(older_with_timescaledb, None).unwrap().version, 16);
    }

    #[test]
    fn a_cluster_keeps_its_version() {
        let both = || vec![installation(15, false), installation(17, true)];
        assert_eq!(pick(both(), Some(15)).unwrap().version, 15);
        let error = pick(both(), Some(16)).unwrap_err().to_string();
        assert!(
            error.contains("made by PostgreSQL 16, and this machine has 17, 15"),
            "{error}"
        );
    }

    #[test]
    fn an_old_or_missing_installation_is_named() {
        let error = pick(vec![installation(9, false)], None).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 9: Fieldbook needs 15"), "{error}");
        let error = pick(Vec::new(), None).unwrap_err().to_string();
        assert!(error.contains("apt-get install postgresql"), "{error}");
    }
}
