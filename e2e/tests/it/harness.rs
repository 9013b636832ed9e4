//! A Fieldbook to test, and the tools to look at it from outside.

mod gate;
mod ingest;
mod producer;
mod raw;
mod serve;

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

pub(crate) use gate::Gate;
pub(crate) use ingest::{Ingest, LEAVE_SENSORS};
pub(crate) use producer::Producer;
pub(crate) use raw::{RawMessage, raw_files, raw_lines, raw_messages};
pub(crate) use serve::Serve;

/// Nothing here takes this long; a test that reaches it has failed.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// The binary under test, built beside this one.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let path = test
        .parent()
        .and_then(Path::parent)
        .expect("target/debug/deps")
        .join("fieldbook");
    assert!(
        path.exists(),
        "{} is missing: cargo build --package fieldbook",
        path.display()
    );
    path
}

/// An address on loopback that nobody has, and that nobody else is given.
///
/// Its port lies below those that the system gives to outgoing connections, or another test's request could take it
/// before the program that is told of it listens.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another test binary may run beside this one: each begins at a place of its own.
    let begin = u16::try_from(std::process::id() % 400).expect("small") * 50;
    loop {
        let port = 12_000 + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// A data directory that goes when the test does, with the servers that run in it.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    watchdog: std::process::Child,
}

impl DataDir {
    pub(crate) fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let path = tempfile::Builder::new()
            .prefix("fieldbook-e2e-")
            .tempdir()
            .expect("a directory")
            .keep();
        // A database that must not run as root enters it as another user.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o711)).expect("its mode");
        // Its standard input ends when this process does, even by SIGKILL.
        let watchdog = std::process::Command::new("sh")
            .args(["-c", include_str!("harness/watchdog.sh"), "watchdog"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh");
        Self { path, watchdog }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = child
        .id()
        .and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()))
        .expect("it runs");
    rustix::process::kill_process(pid, signal).expect("a signal");
}

/// Asks again and again until the answer is yes; `false` when it never was.
pub(crate) async fn wait_until(mut reached: impl AsyncFnMut() -> bool) -> bool {
    let reached = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, reached).await.is_ok()
}

/// A number that a process tells at `/metrics`; none while it doesn't answer or doesn't know it.
pub(crate) async fn metric(address: SocketAddr, name: &str) -> Option<u64> {
    let answer = reqwest::get(format!("http://{address}/metrics")).await.ok()?;
    number(&answer.text().await.ok()?, name)
}

/// A number of the text at `/metrics`.
pub(crate) fn number(metrics: &str, name: &str) -> Option<u64> {
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    value.trim().parse().ok()
}

/// A running `fieldbook up`.
#[derive(Debug)]
pub(crate) struct Fieldbook {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) mqtt: SocketAddr,
    pub(crate) s3: SocketAddr,
    data: PathBuf,
    client: reqwest::Client,
}

impl Fieldbook {
    /// Starts one without simulator, and waits until it answers.
    pub(crate) async fn up(data: &DataDir, args: &[&str]) -> Self {
        let mut all = vec!["--no-simulator"];
        all.extend(args);
        Self::up_with(data, free_address(), free_address(), &all).await
    }

    /// Starts one at given addresses with just these arguments.
    pub(crate) async fn up_with(data: &DataDir, http: SocketAddr, mqtt: SocketAddr, args: &[&str]) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(data.path().join("test.log"))
            .expect("a log");
        let s3 = free_address();
        let child = Command::new(binary())
            .arg("up")
            .args(["--data-dir".as_ref(), data.path().as_os_str()])
            .args(["--http", &http.to_string(), "--mqtt", &mqtt.to_string()])
            .args(["--s3", &s3.to_string()])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let mut fieldbook = Self {
            child,
            http,
            mqtt,
            s3,
            data: data.path().to_owned(),
            client: reqwest::Client::new(),
        };
        fieldbook.wait_ready().await;
        fieldbook
    }

    async fn wait_ready(&mut self) {
        let url = format!("http://{}/readyz", self.http);
        let ready = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("its state") {
                    panic!("fieldbook ended with {status}:\n{}", self.log());
                }
                if self
                    .client
                    .get(&url)
                    .send()
                    .await
                    .is_ok_and(|answer| answer.status().is_success())
                {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, ready).await;
        assert!(in_time.is_ok(), "fieldbook is not ready:\n{}", self.log());
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("test.log")).unwrap_or_default()
    }

    /// Ctrl-C, as a person stops it; all parts end.
    pub(crate) async fn stop(mut self) {
        signal(&self.child, rustix::process::Signal::INT);
        let ended = tokio::time::timeout(DEADLINE, self.child.wait()).await;
        let status = ended
            .unwrap_or_else(|_| panic!("it does not stop:\n{}", self.log()))
            .expect("its state");
        assert!(status.success(), "it stopped with {status}:\n{}", self.log());
    }

    /// SIGKILL, as fate does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("a signal");
    }

    /// Asks GraphQL; errors fail the test.
    #[track_caller]
    pub(crate) fn graphql(&self, query: &str) -> impl Future<Output = Value> {
        let request = self
            .client
            .post(format!("http://{}/graphql", self.http))
            .json(&json!({"query": query}));
        let query = query.to_owned();
        async move {
            let answer: Value = request
                .send()
                .await
                .expect("an answer")
                .json()
                .await
                .expect("JSON");
            assert!(answer.get("errors").is_none(), "{query}: {answer}");
            answer["data"].clone()
        }
    }

    /// Gets a path as text.
    pub(crate) async fn get(&self, path: &str) -> String {
        let answer = self
            .client
            .get(format!("http://{}{path}", self.http))
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.expect("a text")
    }

    /// The private database's address.
    pub(crate) fn database_url(&self) -> String {
        let url = std::fs::read_to_string(self.data.join("database-url")).expect("the database's address");
        url.trim().to_owned()
    }

    /// The key of the private object store, as the environment of its clients.
    pub(crate) fn s3_key(&self) -> [(&'static str, String); 2] {
        let key = std::fs::read_to_string(self.data.join("s3/credentials")).expect("the object store's key");
        let (id, secret) = key.trim().split_once('\n').expect("two lines");
        [
            ("AWS_ACCESS_KEY_ID", id.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
        ]
    }

    /// The private database.
    pub(crate) async fn database(&self) -> sqlx::PgPool {
        let url = self.database_url();
        sqlx::PgPool::connect(&url).await.expect("the database")
    }

    /// One number from the database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.database().await)
            .await
            .expect("a number")
    }

    /// Waits until a number in the database is `expected`.
    pub(crate) async fn wait_number(&self, sql: &'static str, expected: i64) {
        let pool = self.database().await;
        let mut last = None;
        let reached = async {
            loop {
                let number: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.expect("a number");
                last = Some(number);
                if number == expected {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, reached).await;
        assert!(
            in_time.is_ok(),
            "{sql}: {last:?} instead of {expected}\n{}",
            self.log()
        );
    }

    /// Publishes lines with `mosquitto_pub -l`.
    pub(crate) async fn mosquitto_pub(&self, qos: u8, lines: &str) {
        let mut child = std::process::Command::new("mosquitto_pub")
            .args(["-h", "127.0.0.1", "-p", &self.mqtt.port().to_string()])
            .args(["-u", "default_user", "-P", "anything"])
            .args(["-t", "sensors", "-q", &qos.to_string(), "-l"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("mosquitto_pub");
        let mut stdin = child.stdin.take().expect("its input");
        let lines = lines.to_owned();
        let status = tokio::task::spawn_blocking(move || {
            stdin.write_all(lines.as_bytes()).expect("it reads");
            drop(stdin);
            child.wait().expect("it ends")
        });
        assert!(status.await.expect("no panic").success());
    }
}
