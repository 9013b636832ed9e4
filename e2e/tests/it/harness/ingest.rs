//! A `fieldbook ingest` of its own beside a running `fieldbook up`, whose broker, database and object store it uses.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use super::{DEADLINE, Fieldbook, Producer, binary, free_address, number, signal, wait_until};

/// What `up` is told so that it leaves the topic `sensors` to the ingest under test.
pub(crate) const LEAVE_SENSORS: [&str; 4] = ["--topic", "nobody", "--source", "nobody"];

/// A running `fieldbook ingest`.
#[derive(Debug)]
pub(crate) struct Ingest {
    child: Child,
    metrics: SocketAddr,
    log: PathBuf,
}

impl Ingest {
    /// Starts one in a directory of its own, by a command that ends in running its arguments. Its log
    /// begins anew.
    pub(crate) fn start(
        fieldbook: &Fieldbook,
        dir: &Path,
        s3: SocketAddr,
        through: &[&str],
        args: &[&str],
    ) -> Self {
        std::fs::create_dir_all(dir).expect("a directory");
        let log = dir.with_extension("log");
        let output = std::fs::File::create(&log).expect("a log");
        let metrics = free_address();
        let binary = binary();
        let mut words = through.iter().map(AsRef::as_ref).chain([binary.as_os_str()]);
        let child = Command::new(words.next().expect("at least the binary"))
            .args(words)
            .arg("ingest")
            .args(["--data-dir".as_ref(), dir.as_os_str()])
            .args(["--metrics", &metrics.to_string()])
            .args(["--mqtt-url", &format!("mqtt://{}", fieldbook.mqtt)])
            .args(["--s3-endpoint", &format!("http://{s3}")])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", fieldbook.database_url())
            .envs(fieldbook.s3_key())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a log"))
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        // For the watchdog: a test that is killed drops nothing.
        let pid = child.id().expect("it has just begun");
        std::fs::write(dir.join("ingest.pid"), format!("{pid}\n")).expect("a file");
        Self { child, metrics, log }
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Numbers that it tells; none while it doesn't answer or lacks one of them.
    async fn metrics<const N: usize>(&self, names: [&str; N]) -> Option<[u64; N]> {
        let answer = reqwest::get(format!("http://{}/metrics", self.metrics))
            .await
            .ok()?;
        let text = answer.text().await.ok()?;
        let mut numbers = [0; N];
        for (told, name) in numbers.iter_mut().zip(names) {
            *told = number(&text, name)?;
        }
        Some(numbers)
    }

    /// Waits until the numbers that it tells are as wanted, and gives them.
    pub(crate) async fn wait_metrics<const N: usize>(
        &mut self,
        names: [&str; N],
        wanted: impl Fn([u64; N]) -> bool,
    ) -> [u64; N] {
        let mut last = None;
        let reached = wait_until(async || {
            if let Some(status) = self.child.try_wait().expect("its state") {
                panic!("the ingest ended with {status}:\n{}", self.log());
            }
            last = self.metrics(names).await;
            last.is_some_and(&wanted)
        });
        let reached = reached.await;
        assert!(reached, "{names:?} are {last:?}\n{}", self.log());
        last.expect("they were looked at")
    }

    /// Publishes one message, more than once if need be, until the broker delivers it here. From then on it keeps for
    /// this ingest what comes.
    pub(crate) async fn wait_subscribed(&mut self, producer: &mut Producer, payload: &[u8]) {
        let delivered = wait_until(async || {
            producer.publish_all([payload.to_vec()]).await;
            let received = self
                .metrics(["fieldbook_ingest_messages_received_total{qos=\"1\"}"])
                .await;
            received.is_some_and(|[received]| received > 0)
        });
        let delivered = delivered.await;
        assert!(delivered, "the broker delivers nothing\n{}", self.log());
    }

    /// Waits until it ends by itself.
    pub(crate) async fn wait_end(mut self) -> (ExitStatus, String) {
        let ended = tokio::time::timeout(DEADLINE, self.child.wait()).await;
        let status = ended
            .unwrap_or_else(|_| panic!("it goes on:\n{}", self.log()))
            .expect("its state");
        (status, self.log())
    }

    /// SIGKILL, as fate does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("a signal");
    }

    /// SIGTERM, as a service manager stops it.
    pub(crate) async fn stop(self) {
        signal(&self.child, rustix::process::Signal::TERM);
        let (status, log) = self.wait_end().await;
        assert!(status.success(), "it stopped with {status}:\n{log}");
    }
}
