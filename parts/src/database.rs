//! A private PostgreSQL, reached over a Unix socket that only its own user and root can open.
//!
//! ```text
//! DIR/            0700, the server's user
//! ├─ data/        the cluster; made as data.partial/ and renamed, so that a half-made one is never used
//! ├─ run/         0700, the socket; in the system's temporary directory when the path is too long for a socket
//! └─ postgres.log
//! ```
//!
//! The installation is one found on the machine; of several, one of the cluster's major version, for a new cluster the
//! newest, those with TimescaleDB first. `postgresql.conf` and `ALTER SYSTEM` are the operator's: what Fieldbook sets
//! stands in `fieldbook.conf`, included above them and written anew at each start. An adopted server goes on with the
//! settings that it was started with.
//!
//! Everybody who can open the socket may be anybody in the database (`trust`): the directory's mode is the guard.
//! Nothing listens on TCP.

mod cluster;
mod installation;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::files;
use crate::place::{self, Account, Place, PlaceError};
use crate::process::{self, ProcessError, Server};

pub use crate::database::cluster::ClusterError;
pub use crate::database::installation::InstallationError;

use crate::database::installation::Installation;

/// The role that owns the database, and the database's name.
pub const NAME: &str = "fieldbook";

/// The cluster's superuser.
pub const SUPERUSER: &str = "postgres";

/// Names the socket in its directory; nothing listens on this port.
const PORT: u16 = 5432;

/// `sun_path` of unix(7) has 108 bytes, the last of them zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// What a private database is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its own directory.
    pub directory: PathBuf,
    /// Where to look for PostgreSQL's programs.
    pub search: Vec<PathBuf>,
    /// Memory for the server's own cache, in megabytes.
    pub shared_buffers_mb: u32,
    /// Connections at most.
    pub connections_max: u32,
    /// Whether a commit is on disk when it is answered. Off for tests only.
    pub durability: Durability,
    /// How long a start may take. After a crash it replays the log, which takes longer than an ordinary start.
    pub start_within: Duration,
    /// How long an end may take.
    pub stop_within: Duration,
}

/// What survives a crash of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Every commit.
    Full,
    /// Nothing: the cluster may be beyond repair. It is much faster.
    None,
}

impl Options {
    /// A database in `directory` for one machine's work.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            search: crate::program::search_here(),
            shared_buffers_mb: 256,
            connections_max: 100,
            durability: Durability::Full,
            start_within: Duration::from_mins(5),
            stop_within: Duration::from_mins(1),
        }
    }
}

/// Why there is no private database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// PostgreSQL is not there, or not in the version that the cluster needs.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// It has nowhere to live.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The cluster could not be made.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The server does not start or end.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The socket's directory in the shared temporary directory is not ours alone.
    #[error(
        "use the directory {path} for the database's socket: it is not the database's user's alone; remove it"
    )]
    SocketDirectory {
        /// The directory.
        path: PathBuf,
    },
}

/// A running private PostgreSQL. Dropping it leaves the server running; [`Database::stop`] ends it.
#[derive(Debug)]
pub struct Database {
    server: Server,
    directory: PathBuf,
    socket_directory: String,
    version: u32,
    timescaledb: bool,
    stop_within: Duration,
}

impl Database {
    /// Starts the database of `options.directory`, and makes it at the first start. A server that still runs there is
    /// adopted.
    pub async fn start(options: &Options) -> Result<Self, DatabaseError> {
        let place = place::settle(&options.directory, "PostgreSQL", SUPERUSER)?;
        let data = place.directory.join("data");
        let installation = installation::find(&options.search, cluster::version(&data)?)?;
        let socket_directory = socket_directory(&place)?;
        let mut server = if let Some(pid) = cluster::running(&data, options.stop_within).await {
            Server::adopt("PostgreSQL", pid, &place.directory.join("postgres.log"))
        } else {
            if !data.exists() {
                create_cluster(&place, &data, &installation, options.durability).await?;
            }
            start_server(options, &place, &data, &installation, &socket_directory)?
        };
        let socket = Path::new(&socket_directory).join(format!(".s.PGSQL.{PORT}"));
        server
            .wait_ready(options.start_within, |pid| {
                std::future::ready(cluster::is_ready(&data, pid) && UnixStream::connect(&socket).is_ok())
            })
            .await?;
        Ok(Self {
            server,
            directory: place.directory,
            socket_directory,
            version: installation.version,
            timescaledb: installation.timescaledb,
            stop_within: options.stop_within,
        })
    }

    /// `postgres://…` for the owner of Fieldbook's database.
    pub fn url(&self) -> String {
        self.url_of(NAME, NAME)
    }

    /// `postgres://…` for `role` in `database`; both are plain names.
    pub fn url_of(&self, role: &str, database: &str) -> String {
        // The port is named because clients take it from PGPORT otherwise.
        format!(
            "postgres://{role}@localhost:{PORT}/{database}?host={}",
            percent_encode(&self.socket_directory)
        )
    }

    /// Where it really lives, which differs from the asked directory for a root process that had to move it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// PostgreSQL's major version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether TimescaleDB is installed beside this PostgreSQL.
    pub fn has_timescaledb(&self) -> bool {
        self.timescaledb
    }

    /// Whether the server still ran from an earlier start.
    pub fn is_adopted(&self) -> bool {
        self.server.is_adopted()
    }

    /// The server's process id.
    pub fn pid(&self) -> i32 {
        self.server.pid().as_raw_nonzero().get()
    }

    /// The server's log.
    pub fn log(&self) -> &Path {
        self.server.log()
    }

    /// Completes when the server has ended, for whatever reason.
    pub async fn ended(&mut self) {
        self.server.ended().await;
    }

    /// Ends the server: open transactions are rolled back, and the cluster is left clean.
    pub async fn stop(mut self) -> Result<(), DatabaseError> {
        // "Fast" shutdown, see the chapter "Shutting Down the Server" of PostgreSQL's manual.
        self.server.stop(Signal::INT, self.stop_within).await?;
        if !Path::new(&self.socket_directory).starts_with(&self.directory) {
            // One in the temporary directory is made again at the next start; that it stays does no harm.
            let _ = std::fs::remove_dir(&self.socket_directory);
        }
        Ok(())
    }
}

/// Takes a second or two of initdb's work, which must not hold up the runtime.
async fn create_cluster(
    place: &Place,
    data: &Path,
    installation: &Installation,
    durability: Durability,
) -> Result<(), ClusterError> {
    let (place, data, installation) = (place.clone(), data.to_owned(), installation.clone());
    let work = move || cluster::create(&place, &data, &installation, durability);
    tokio::task::spawn_blocking(work)
        .await
        .expect("making a cluster does not panic")
}

fn start_server(
    options: &Options,
    place: &Place,
    data: &Path,
    installation: &Installation,
    socket_directory: &str,
) -> Result<Server, DatabaseError> {
    cluster::forget_stale_pid(data)?;
    cluster::configure(place, data, &settings(options, installation))?;
    let mut command = Command::new(installation.program("postgres"));
    command.arg("-D").arg(data);
    // Where it listens is Fieldbook's alone, so it stands above every file.
    let listen = [
        ("listen_addresses", ""),
        ("unix_socket_directories", socket_directory),
        ("unix_socket_permissions", "0700"),
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
    ];
    for (name, value) in listen {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
        .arg("-p")
        .arg(PORT.to_string())
        .current_dir(&place.directory);
    Ok(Server::start(
        "PostgreSQL",
        command,
        &place.account,
        &place.directory.join("postgres.log"),
    )?)
}

/// What stands in `fieldbook.conf`. Values are quoted there, so they hold no quotes.
fn settings(options: &Options, installation: &Installation) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("shared_buffers", format!("{}MB", options.shared_buffers_mb)),
        ("max_connections", options.connections_max.to_string()),
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("log_checkpoints", "off".to_owned()),
        ("wal_compression", "on".to_owned()),
        ("max_wal_size", "2GB".to_owned()),
        ("password_encryption", "scram-sha-256".to_owned()),
    ];
    if options.durability == Durability::None {
        for name in ["fsync", "synchronous_commit", "full_page_writes", "autovacuum"] {
            settings.push((name, "off".to_owned()));
        }
    }
    if installation.timescaledb {
        settings.push(("shared_preload_libraries", "timescaledb".to_owned()));
        settings.push(("timescaledb.telemetry_level", "off".to_owned()));
    }
    settings
}

/// `run/` beside the cluster, or a private directory with a stable name in the temporary directory when that path is
/// too long for a socket or not UTF-8.
fn socket_directory(place: &Place) -> Result<String, DatabaseError> {
    let socket_name_bytes = format!("/.s.PGSQL.{PORT}").len();
    let directory = pick_socket_directory(&place.directory, SOCKET_PATH_BYTES_MAX - socket_name_bytes);
    let failed = |source| PlaceError::Directory {
        path: directory.clone(),
        source,
    };
    if directory.symlink_metadata().is_err() {
        files::create_private_dir(&directory).map_err(failed)?;
        place.account.own(&directory).map_err(failed)?;
    }
    // Anybody may have made a directory of that name in the temporary directory.
    if !is_private(&directory, &place.account) {
        return Err(DatabaseError::SocketDirectory { path: directory });
    }
    Ok(directory.to_str().expect("picked because it is UTF-8").to_owned())
}

fn pick_socket_directory(directory: &Path, bytes_max: usize) -> PathBuf {
    let beside = directory.join("run");
    // A comma separates directories in the setting that names this one.
    if place::fits(beside.as_os_str(), bytes_max) && !beside.as_os_str().as_encoded_bytes().contains(&b',') {
        return beside;
    }
    let name = format!("fieldbook-{}", place::stable_name(directory));
    let temporary = std::env::temp_dir().join(&name);
    if place::fits(temporary.as_os_str(), bytes_max) {
        temporary
    } else {
        Path::new("/tmp").join(name)
    }
}

fn is_private(directory: &Path, account: &Account) -> bool {
    use std::os::unix::fs::MetadataExt;
    directory.symlink_metadata().is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == account.uid() && metadata.mode() & 0o777 == 0o700
    })
}

/// Encodes what RFC 3986 (2.3) does not call unreserved.
fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => write!(encoded, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    encoded
}

/// Whether a running process is the server of this cluster.
fn serves(pid: rustix::process::Pid, data: &Path) -> Option<bool> {
    process::has_argument(pid, data.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_has_its_socket_in_the_temporary_directory() {
        let short = Path::new("/data/postgres");
        assert_eq!(pick_socket_directory(short, 90), short.join("run"));
        let long = Path::new("/data").join("x".repeat(90));
        let picked = pick_socket_directory(&long, 90);
        assert!(picked.as_os_str().len() <= 90);
        assert_eq!(picked, pick_socket_directory(&long, 90));
        assert_ne!(picked, pick_socket_directory(&long.join("y"), 90));
    }

    #[test]
    fn a_comma_in_the_path_does_not_make_two_sockets() {
        let picked = pick_socket_directory(Path::new("/data/a,b"), 90);
        assert!(!picked.to_str().unwrap().contains(','));
    }

    #[test]
    fn the_socket_directory_is_encoded_in_the_url() {
        assert_eq!(percent_encode("/a b/ü~1"), "%2Fa%20b%2F%C3%BC~1");
    }
}
