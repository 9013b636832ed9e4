//! The cluster's files: made once and whole, configured at each start, and what they say of a running server.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::Pid;
use tokio::time::Instant;

use crate::database::installation::Installation;
use crate::database::{Durability, NAME, SUPERUSER};
use crate::files;
use crate::place::Place;
use crate::process;

/// The line of `postmaster.pid` that says how far the server is (PostgreSQL's `pidfile.h`: `LOCK_FILE_LINE_PM_STATUS`).
const STATUS_LINE: usize = 8;

const SETTINGS_FILE: &str = "fieldbook.conf";

/// What initdb sets in `postgresql.conf`, where it would come above Fieldbook's.
const INITDB_CHOICES: [&str; 5] = [
    "shared_buffers",
    "max_connections",
    "timezone",
    "log_timezone",
    "max_wal_size",
];

/// Why there is no cluster, or it cannot be configured.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A program of PostgreSQL could not be executed.
    #[error("run {program}")]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It failed.
    #[error("make the database's cluster: {program} says: {message}")]
    Create {
        /// The program.
        program: PathBuf,
        /// The last line of what it said.
        message: String,
    },
    /// A file of the cluster.
    #[error("prepare {path} of the database's cluster")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
    let path = path.to_owned();
    move |source| ClusterError::File { path, source }
}

/// The major version that made the cluster; `None` when there is no cluster yet.
pub(crate) fn version(data: &Path) -> Result<Option<u32>, ClusterError> {
    let path = data.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let version = text.trim().parse().map_err(io::Error::other);
            Ok(Some(version.map_err(file_error(&path))?))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !data.exists() => Ok(None),
        Err(error) => Err(file_error(&path)(error)),
    }
}

/// Makes the cluster with its role and database.
pub(crate) fn create(
    place: &Place,
    data: &Path,
    installation: &Installation,
    durability: Durability,
) -> Result<(), ClusterError> {
    let partial = place.directory.join("data.partial");
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file_error(&partial)(error)),
        _ => {}
    }
    initialise(place, &partial, installation, durability)?;
    create_database(place, &partial, installation)?;
    fs::rename(&partial, data).map_err(file_error(data))?;
    files::sync_parent(data).map_err(file_error(data))
}

fn initialise(
    place: &Place,
    partial: &Path,
    installation: &Installation,
    durability: Durability,
) -> Result<(), ClusterError> {
    // PostgreSQL 17 brings a C.UTF-8 of its own, older ones take the system's, which not every system has.
    let mut last = None;
    for locale in ["C.UTF-8", "C"] {
        let mut command = Command::new(installation.program("initdb"));
        command
            .arg("--pgdata")
            .arg(partial)
            .args([
                "--encoding=UTF8",
                "--locale",
                locale,
                "--data-checksums",
                "--username",
                SUPERUSER,
            ])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
        if durability == Durability::None {
            command.arg("--no-sync");
        }
        match run(command, place, "") {
            Ok(()) => return include_settings(place, partial),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("there is at least one locale to try"))
}

/// Lets the operator's settings, in `postgresql.conf` below and by `ALTER SYSTEM`, stand above Fieldbook's.
fn include_settings(place: &Place, partial: &Path) -> Result<(), ClusterError> {
    let path = partial.join("postgresql.conf");
    let text = fs::read_to_string(&path).map_err(file_error(&path))?;
    let mut lines = vec![
        "# Fieldbook writes its settings to this file at each start. What you set here, below it, comes above them.",
        "include_if_exists = 'fieldbook.conf'",
        "",
    ];
    lines.extend(text.lines().filter(|line| {
        let name = line.split(['=', ' ', '\t']).next().unwrap_or_default();
        !INITDB_CHOICES.contains(&name)
    }));
    write_owned(place, &path, &(lines.join("\n") + "\n"))
}

/// Makes the role and the database in single-user mode: nobody can meet the cluster before they are there.
fn create_database(place: &Place, partial: &Path, installation: &Installation) -> Result<(), ClusterError> {
    let mut command = Command::new(installation.program("postgres"));
    command.args(["--single", "-j", "-D"]).arg(partial);
    command.args(["-c", "exit_on_error=on", "postgres"]);
    // With -j a statement ends at a semicolon followed by an empty line.
    let statements = format!("CREATE ROLE {NAME} LOGIN;\n\nCREATE DATABASE {NAME} OWNER {NAME};\n\n");
    run(command, place, &statements)
}

/// Writes Fieldbook's settings.
pub(crate) fn configure(place: &Place, data: &Path, settings: &[(&str, String)]) -> Result<(), ClusterError> {
    let mut text = String::from(
        "# Written by Fieldbook at each start. Set yours in postgresql.conf, or by ALTER SYSTEM.\n",
    );
    for (name, value) in settings {
        writeln!(text, "{name} = '{value}'").expect("a string takes everything");
    }
    write_owned(place, &data.join(SETTINGS_FILE), &text)
}

fn write_owned(place: &Place, path: &Path, text: &str) -> Result<(), ClusterError> {
    files::write_whole(path, text.as_bytes(), 0o600).map_err(file_error(path))?;
    place.account.own(path).map_err(file_error(path))
}

/// The server that runs on this cluster, be it still starting. One that is ending is waited for first, for as long as
/// `stop_within`: it answers nobody any more.
pub(crate) async fn running(data: &Path, stop_within: Duration) -> Option<Pid> {
    let pid = process::read_pid(&data.join("postmaster.pid"))?;
    if !process::is_alive(pid) || super::serves(pid, data) != Some(true) {
        return None;
    }
    let until = Instant::now() + stop_within;
    while process::is_alive(pid) && status(data).as_deref() == Some("stopping") && Instant::now() < until {
        tokio::time::sleep(process::LOOK_AGAIN).await;
    }
    process::is_alive(pid).then_some(pid)
}

/// Removes a `postmaster.pid` whose process is certainly another program. PostgreSQL itself sees only that a process
/// of that id runs, which in a restarted container is nearly always so, and refuses to start.
pub(crate) fn forget_stale_pid(data: &Path) -> Result<(), ClusterError> {
    let path = data.join("postmaster.pid");
    let Some(pid) = process::read_pid(&path) else {
        return Ok(());
    };
    if process::is_alive(pid) && super::serves(pid, data) == Some(false) {
        fs::remove_file(&path).map_err(file_error(&path))?;
    }
    Ok(())
}

/// Whether the server `pid` says that it takes connections.
pub(crate) fn is_ready(data: &Path, pid: Pid) -> bool {
    process::read_pid(&data.join("postmaster.pid")) == Some(pid) && status(data).as_deref() == Some("ready")
}

fn status(data: &Path) -> Option<String> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    text.lines()
        .nth(STATUS_LINE - 1)
        .map(|line| line.trim().to_owned())
}

/// Runs a program of PostgreSQL to its end, as the cluster's user.
fn run(mut command: Command, place: &Place, input: &str) -> Result<(), ClusterError> {
    let program = PathBuf::from(command.get_program());
    place.account.apply(&mut command);
    let output = feed(command.current_dir(&place.directory), input).map_err(|source| ClusterError::Run {
        program: program.clone(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let message = said
        .lines()
        .find(|line| line.contains("error:") || line.contains("FATAL:") || line.contains("PANIC:"))
        .or_else(|| said.lines().last())
        .unwrap_or("nothing");
    Err(ClusterError::Create {
        program,
        message: message.trim().to_owned(),
    })
}

fn feed(command: &mut Command, input: &str) -> io::Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    // A program that ended early has said why on its error output.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_its_pid_file_says_so() {
        let data = tempfile::tempdir().unwrap();
        let me = rustix::process::getpid();
        let lines = format!(
            "{}\n/data\n1700000000\n5432\n/run\n\n  123 4\n",
            me.as_raw_nonzero()
        );
        fs::write(data.path().join("postmaster.pid"), format!("{lines}starting\n")).unwrap();
        assert!(!is_ready(data.path(), me));
        fs::write(data.path().join("postmaster.pid"), format!("{lines}ready   \n")).unwrap();
        assert!(is_ready(data.path(), me));
    }

    #[test]
    fn the_pid_of_another_program_is_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("postmaster.pid");
        fs::write(&path, format!("{}\n", rustix::process::getpid().as_raw_nonzero())).unwrap();
        forget_stale_pid(data.path()).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_without_a_version_is_not_a_new_cluster() {
        let data = tempfile::tempdir().unwrap();
        assert!(version(data.path()).is_err());
        assert_eq!(version(&data.path().join("data")).unwrap(), None);
    }
}
