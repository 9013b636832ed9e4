//! The real TimescaleDB with its full licence, as WebAssembly in Node: a fresh server in memory for each test.
//!
//! ```text
//! timescale/package-lock.json ─ npm ci ─► node_modules/ ─ first start ─► an empty template   (once a checkout)
//!                                                             └─ migrations ─► a template    (once a test process)
//!                                                                                └─► a server (each test, about 1 s)
//! ```
//!
//! What differs from a server with processes: connections share one session, a transaction at a time; background jobs don't
//! run, so call policies yourself. `timescale/server.mjs` says more.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::OrGiveUp;
use crate::database::TestDatabase;
use crate::npm;
use crate::room::Room;

/// The session is one, but a pool may hand out several connections to it.
const POOL_CONNECTIONS_MAX: u32 = 4;

/// Below `node_modules/`, so that it goes with the version that made it.
const EMPTY_TEMPLATE: &str = "node_modules/.fieldbook-empty.tar";

static FOLDER: OnceCell<PathBuf> = OnceCell::const_new();
static MIGRATED: OnceCell<Migrated> = OnceCell::const_new();
static SLOTS: OnceCell<Semaphore> = OnceCell::const_new();

struct Migrated {
    template: PathBuf,
    _room: Room,
}

/// A fresh TimescaleDB with Fieldbook's schema.
pub async fn timescale() -> TestDatabase {
    let migrated = MIGRATED.get_or_init(migrate).await;
    database(&migrated.template).await
}

/// A fresh TimescaleDB with nothing in it.
pub async fn timescale_empty() -> TestDatabase {
    database(&empty_template().await).await
}

async fn migrate() -> Migrated {
    let room = Room::new("timescale");
    let template = room.path().join("migrated.tar");
    let database = database(&empty_template().await).await;
    crate::schema::apply(&database).await;
    let server = database
        .into_server()
        .expect("a TimescaleDB of tests has a server of its own");
    server.dump(&template).await;
    Migrated {
        template,
        _room: room,
    }
}

async fn empty_template() -> PathBuf {
    FOLDER.get_or_init(install).await.join(EMPTY_TEMPLATE)
}

async fn database(template: &Path) -> TestDatabase {
    // A server takes some 300 MB and, at its start, a core.
    let slots = SLOTS
        .get_or_init(async || {
            Semaphore::new(thread::available_parallelism().map_or(2, |cores| cores.get() + 1))
        })
        .await;
    let slot = slots.acquire().await.expect("it is never closed");
    let server = Server::start(template, slot).await;
    // PGCONNECT_TIMEOUT and others of the environment have no say: all that matters is named.
    let url = format!(
        "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
        server.port
    );
    TestDatabase::on(server, url, POOL_CONNECTIONS_MAX)
}

/// One server's process. It ends when its input does, so it cannot outlive the test process.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
    _slot: SemaphorePermit<'static>,
}

impl Server {
    async fn start(template: &Path, slot: SemaphorePermit<'static>) -> Self {
        let mut process = Command::new("node")
            // It is compiled for a second or two of work: the optimising compiler would cost more than it gives.
            .arg("--liftoff-only")
            .arg(folder().join("server.mjs"))
            .arg(template)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .or_give_up("start TimescaleDB in Node");
        let input = process.stdin.take().expect("it was asked for");
        let output = process.stdout.take().expect("it was asked for");
        let mut server = Self {
            port: 0,
            input,
            output: BufReader::new(output),
            _process: process,
            _slot: slot,
        };
        server.port = server
            .hear("listening ")
            .await
            .parse()
            .or_give_up("read TimescaleDB's port");
        server
    }

    /// Writes the whole database to `path`, and ends the server.
    async fn dump(mut self, path: &Path) {
        let command = format!("dump {}\n", path.display());
        self.input
            .write_all(command.as_bytes())
            .await
            .or_give_up("ask TimescaleDB for a dump");
        self.hear("dumped").await;
    }

    /// Waits for the line that begins with `word`, and gives its rest.
    async fn hear(&mut self, word: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let bytes = self
                .output
                .read_line(&mut line)
                .await
                .or_give_up("hear from TimescaleDB");
            assert!(bytes > 0, "TimescaleDB in Node has ended; what it said is above");
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
        }
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/timescale"))
}

/// Installs the server's one package, if it is not there. Test binaries that run side by side take turns.
async fn install() -> PathBuf {
    tokio::task::spawn_blocking(|| npm::ci(folder()).or_give_up("install TimescaleDB for Node"))
        .await
        .or_give_up("install TimescaleDB for Node");
    folder().to_owned()
}
