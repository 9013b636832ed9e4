//! Fieldbook's ingest and its neighbours, each behind a gate.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use parts::{Broker, Database, ObjectStore};
use sqlx::PgPool;
use tokio::process::{Child, Command};

use super::gates::broker::BrokerGate;
use super::gates::database::DatabaseGate;
use super::gates::store::StoreGate;
use super::small_disk::SmallDisk;
use crate::harness::{DEADLINE, DataDir, binary, free_address, metric, signal};

#[derive(Debug)]
pub(super) struct World {
    pub(super) database_gate: DatabaseGate,
    pub(super) store_gate: StoreGate,
    pub(super) broker_gate: BrokerGate,
    /// Past the gate.
    pub(super) pool: PgPool,
    broker: Option<Broker>,
    broker_options: parts::broker::Options,
    database: Option<Database>,
    database_options: parts::database::Options,
    store: ObjectStore,
    ingest: Option<Running>,
    /// Ends of the ingest that no fault explains.
    pub(super) surprises: Vec<String>,
    metrics: SocketAddr,
    /// Dropped last: what runs in it ends, and it goes.
    data: DataDir,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// How bad its disk is, if it is.
    disk: Option<String>,
}

impl World {
    pub(super) async fn new() -> Self {
        let data = DataDir::new();
        let mut database_options = parts::database::Options::new(data.path().join("postgres"));
        database_options.shared_buffers_mb = 64;
        let database = Database::start(&database_options).await.expect("a database");
        let mut broker_options = parts::broker::Options::new(data.path().join("broker"));
        broker_options.listen = free_address();
        let broker = Broker::start(&broker_options).await.expect("a broker");
        let store = ObjectStore::start(&parts::object_store::Options::new(
            data.path().join("s3"),
            "fieldbook",
        ))
        .await
        .expect("an object store");
        let migrated = Command::new(binary())
            .arg("migrate")
            .env("DATABASE_URL", database.url())
            .output()
            .await
            .expect("it runs");
        assert!(
            migrated.status.success(),
            "{}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(2)
            .connect(&database.url())
            .await
            .expect("the database");
        let mut world = Self {
            database_gate: DatabaseGate::before(socket(&database)).await,
            store_gate: StoreGate::before(store.address()).await,
            broker_gate: BrokerGate::before(broker.address()).await,
            pool,
            broker: Some(broker),
            broker_options,
            database: Some(database),
            database_options,
            store,
            ingest: None,
            surprises: Vec::new(),
            metrics: free_address(),
            data,
        };
        world.start_ingest(None);
        world
    }

    pub(super) fn broker_address(&self) -> SocketAddr {
        self.broker_options.listen
    }

    pub(super) fn store_directory(&self) -> PathBuf {
        self.data.path().join("s3")
    }

    pub(super) fn journal_directory(&self) -> PathBuf {
        self.data.path().join("edge/journal")
    }

    fn log_path(&self) -> PathBuf {
        self.data.path().join("edge.log")
    }

    /// The end of what the ingest has said.
    pub(super) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    pub(super) fn start_ingest(&mut self, disk: Option<String>) {
        self.spawn_ingest(disk, &[], &self.data.path().join("edge"), &[]);
    }

    /// Starts it where the journal has little room: on a small disk, or within a small budget.
    pub(super) fn start_ingest_on(&mut self, disk: Option<&SmallDisk>) {
        match disk {
            Some(disk) => self.spawn_ingest(None, &disk.through(), disk.directory(), &[]),
            None => self.spawn_ingest(None, &[], &self.data.path().join("edge"), &["--journal-mb", "64"]),
        }
    }

    /// Starts it by a command that ends in running its arguments.
    fn spawn_ingest(&mut self, disk: Option<String>, through: &[String], directory: &Path, args: &[&str]) {
        assert!(self.ingest.is_none(), "one at a time");
        let program = match disk {
            Some(_) => PathBuf::from(env!("CARGO_BIN_EXE_fieldbook-on-bad-disk")),
            None => binary(),
        };
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("a log");
        let mut words = through.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
        let mut command = Command::new(words.next().expect("at least the program"));
        let key = (self.store.access_key_id(), self.store.secret_access_key());
        command
            .args(words)
            .arg("ingest")
            .args(["--data-dir".as_ref(), directory.as_os_str()])
            .args(["--metrics", &self.metrics.to_string()])
            .args(["--mqtt-url", &format!("mqtt://{}", self.broker_gate.address)])
            .args(["--s3-endpoint", &format!("http://{}", self.store_gate.address)])
            .args(["--segment-seconds", "1"])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", database_url(self.database_gate.address))
            .env("AWS_ACCESS_KEY_ID", key.0)
            .env("AWS_SECRET_ACCESS_KEY", key.1)
            .envs(disk.as_ref().map(|disk| (e2e::bad_disk::VARIABLE, disk)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .kill_on_drop(true);
        let child = command.spawn().expect("it starts");
        // For the watchdog: a test that is killed drops nothing.
        let edge = self.data.path().join("edge");
        std::fs::create_dir_all(&edge).expect("a directory");
        let pid = child.id().expect("it has just begun");
        std::fs::write(edge.join("ingest.pid"), format!("{pid}\n")).expect("a file");
        self.ingest = Some(Running { child, disk });
    }

    /// SIGKILL, and a start again.
    pub(super) async fn kill_ingest(&mut self, disk: Option<String>) {
        self.end_ingest().await;
        self.start_ingest(disk);
    }

    /// SIGKILL; if it has just ended by itself, so be it.
    pub(super) async fn end_ingest(&mut self) {
        let Some(mut running) = self.ingest.take() else {
            return;
        };
        match running.child.try_wait().expect("its state") {
            Some(status) => self.note_end(running.disk.as_deref(), status),
            None => running.child.kill().await.expect("it ends"),
        }
    }

    /// SIGTERM, as a service manager stops it.
    pub(super) async fn stop_ingest(&mut self) {
        let Some(mut running) = self.ingest.take() else {
            return;
        };
        signal(&running.child, rustix::process::Signal::TERM);
        let ended = tokio::time::timeout(DEADLINE, running.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("it does not stop:\n{}", self.log()));
        let status = status.expect("its state");
        assert!(status.success(), "it stopped with {status}:\n{}", self.log());
    }

    pub(super) fn ingest_has_bad_disk(&self) -> bool {
        self.ingest.as_ref().is_some_and(|running| running.disk.is_some())
    }

    /// Starts an ingest that has ended, and notes an end that nothing explains. Says whether it had ended.
    pub(super) fn tend_ingest(&mut self) -> bool {
        let Some(running) = &mut self.ingest else {
            return false;
        };
        let Some(status) = running.child.try_wait().expect("its state") else {
            return false;
        };
        let disk = running.disk.take();
        self.ingest = None;
        self.note_end(disk.as_deref(), status);
        self.start_ingest(None);
        true
    }

    fn note_end(&mut self, disk: Option<&str>, status: ExitStatus) {
        if !is_explained(disk, status) {
            let log = self.log();
            let last = log.lines().last().unwrap_or_default();
            self.surprises
                .push(format!("the ingest ended with {status}: {last}"));
        }
    }

    /// Ends the database as fate does: nothing is finished, nothing is written down.
    pub(super) async fn crash_database(&mut self) {
        let Some(mut database) = self.database.take() else {
            return;
        };
        let pid = rustix::process::Pid::from_raw(database.pid()).expect("it runs");
        // "Immediate" shutdown, see the chapter "Shutting Down the Server" of PostgreSQL's manual.
        rustix::process::kill_process(pid, rustix::process::Signal::QUIT).expect("a signal");
        tokio::time::timeout(DEADLINE, database.ended())
            .await
            .expect("it ends");
    }

    pub(super) async fn start_database(&mut self) {
        if self.database.is_none() {
            self.database = Some(Database::start(&self.database_options).await.expect("a database"));
        }
    }

    /// Ends the broker; what it keeps for its sessions it writes down, and `forgets` throws that away.
    pub(super) async fn restart_broker(&mut self, away: Duration, forgets: bool) {
        let broker = self.broker.take().expect("it runs");
        let directory = broker.directory().to_owned();
        broker.stop().await.expect("it ends");
        if forgets {
            std::fs::remove_file(directory.join("mosquitto.db")).expect("what it wrote down");
        }
        tokio::time::sleep(away).await;
        self.broker = Some(Broker::start(&self.broker_options).await.expect("a broker"));
    }

    /// All neighbours are there and all lines are open.
    pub(super) async fn heal(&mut self) {
        self.start_database().await;
        self.database_gate.heal();
        self.store_gate.heal();
        self.broker_gate.heal();
        self.tend_ingest();
    }

    /// Looks after the ingest until the answer is yes.
    pub(super) async fn wait_for(&mut self, what: &str, mut reached: impl AsyncFnMut(&Self) -> bool) {
        let begin = tokio::time::Instant::now();
        while !reached(self).await {
            self.tend_ingest();
            assert!(
                begin.elapsed() < DEADLINE,
                "{what}: not in time; {:?}\n{}",
                self.surprises,
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A number of the database, when it answers.
    pub(super) async fn number(&self, sql: &'static str) -> Option<i64> {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.ok()
    }

    /// A number that the ingest tells.
    pub(super) async fn metric(&self, name: &str) -> Option<u64> {
        metric(self.metrics, name).await
    }

    /// Moves the journal of an ingest that is stopped.
    pub(super) fn journal_to(&self, disk: &SmallDisk) {
        disk.copy(&self.journal_directory(), &disk.directory().join("journal"));
    }

    /// Moves it back.
    pub(super) fn journal_from(&self, disk: &SmallDisk) {
        std::fs::remove_dir_all(self.journal_directory()).expect("it goes");
        disk.copy(&disk.directory().join("journal"), &self.journal_directory());
    }

    pub(super) fn small_disk_directory(&self) -> PathBuf {
        self.data.path().join("small")
    }

    pub(super) fn database_url(&self) -> String {
        self.database.as_ref().expect("it runs").url()
    }

    /// Ends everything in order.
    pub(super) async fn stop(mut self) {
        self.stop_ingest().await;
        self.pool.close().await;
        if let Some(broker) = self.broker.take() {
            broker.stop().await.expect("it ends");
        }
        if let Some(database) = self.database.take() {
            database.stop().await.expect("it ends");
        }
        self.store.stop().await;
    }
}

/// Whether its own disk has ended it.
fn is_explained(disk: Option<&str>, status: ExitStatus) -> bool {
    let Some(disk) = disk else { return false };
    let killed = status.signal() == Some(9) && disk.contains("kill=");
    let failed = status.code() == Some(1) && disk.contains("fail=");
    killed || failed
}

/// The socket in the address that a private database says.
fn socket(database: &Database) -> PathBuf {
    let url = database.url();
    let (_, directory) = url.split_once("?host=").expect("its directory");
    let directory = directory.replace("%2F", "/");
    let socket = Path::new(&directory).join(".s.PGSQL.5432");
    assert!(socket.exists(), "{} of {url}", socket.display());
    socket
}

fn database_url(gate: SocketAddr) -> String {
    format!("postgres://fieldbook@{gate}/fieldbook?sslmode=disable")
}
