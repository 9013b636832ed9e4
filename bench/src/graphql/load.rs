//! Sixteen clients at once: `wrk` for servers, `pgbench` for the database.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use super::peer::Peer;
use crate::server::Server;

const CLIENTS: usize = 16;

/// How long each figure is measured.
const SECONDS: &str = "4";

/// Sensors that are asked for in turn.
const SENSORS: usize = 1_000;

/// What `wrk` tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// Answers a second.
    pub(crate) rate: f64,
    /// The median of the times until an answer.
    pub(crate) middle: Duration,
    /// Their 99th percentile.
    pub(crate) p99: Duration,
}

/// The programs, and a room for their files.
pub(crate) struct Load {
    pgbench: PathBuf,
    database_url: String,
    room: TempDir,
}

impl Load {
    pub(crate) fn new(server: &Server) -> anyhow::Result<Self> {
        let pgbench = parts::program::search_here()
            .iter()
            .map(|directory| directory.join("pgbench"))
            .find(|program| program.is_file())
            .context("find pgbench, which comes with PostgreSQL's server")?;
        Ok(Self {
            pgbench,
            database_url: server.url.clone(),
            room: tempfile::tempdir().context("make a temporary directory")?,
        })
    }

    /// Answers a second.
    pub(crate) async fn wrk(&self, peer: &Peer, query: &str) -> anyhow::Result<f64> {
        let bodies: Vec<String> = (0..SENSORS)
            .map(|sensor| {
                // Not one after the other, as they lie in the database.
                let name = format!("Sensor {}", sensor * 7_919 % SENSORS);
                json!({ "query": query, "variables": { "name": name } }).to_string()
            })
            .collect();
        Ok(self.post(&peer.url, &bodies, CLIENTS).await?.rate)
    }

    /// What is told of these bodies, posted in turn over so many connections that are kept.
    pub(crate) async fn post(
        &self,
        url: &str,
        bodies: &[String],
        connections: usize,
    ) -> anyhow::Result<Told> {
        let path = self.room.path().join("bodies");
        std::fs::write(&path, bodies.join("\n")).context("write the bodies")?;
        let mut command = Command::new("wrk");
        command
            .args(["--threads", "1", "--duration", SECONDS, "--latency"])
            .arg("--connections")
            .arg(connections.to_string())
            .arg("--script")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql/post.lua"))
            .arg(url)
            .arg("--")
            .arg(&path);
        let said = run(command, "wrk").await?;
        for failure in ["Non-2xx", "Socket errors"] {
            anyhow::ensure!(!said.contains(failure), "wrk says:\n{said}");
        }
        Ok(Told {
            rate: figure(&said, "Requests/sec:")?,
            middle: latency(&said, "50%")?,
            p99: latency(&said, "99%")?,
        })
    }

    /// Transactions a second.
    pub(crate) async fn pgbench(&self, sql: &str) -> anyhow::Result<f64> {
        let path = self.room.path().join("statement.sql");
        std::fs::write(&path, sql).context("write the statement")?;
        let mut command = Command::new(&self.pgbench);
        command
            .args(["--no-vacuum", "--protocol", "prepared", "--client"])
            .arg(CLIENTS.to_string())
            .args(["--jobs", "1", "--time", SECONDS, "--file"])
            .arg(&path)
            .arg(&self.database_url);
        figure(&run(command, "pgbench").await?, "tps =")
    }
}

async fn run(mut command: Command, name: &str) -> anyhow::Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .await
        .with_context(|| format!("run {name}: scripts/install-programs.sh bench installs it"))?;
    let (said, complained) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    anyhow::ensure!(
        status.success(),
        "{name} failed ({status}):\n{said}\n{complained}"
    );
    Ok(said.into_owned())
}

/// The time behind a percentage, such as `1.27ms`.
fn latency(said: &str, percentage: &str) -> anyhow::Result<Duration> {
    let (_, rest) = said
        .split_once("Latency Distribution")
        .with_context(|| format!("no latencies in:\n{said}"))?;
    let line = rest
        .lines()
        .find_map(|line| line.trim().strip_prefix(percentage))
        .with_context(|| format!("no {percentage} in:\n{said}"))?
        .trim();
    let number = line.trim_end_matches(char::is_alphabetic);
    let seconds = match &line[number.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        unit => anyhow::bail!("read the unit {unit:?} of {line:?}"),
    };
    let number: f64 = number.parse().with_context(|| format!("read {line:?}"))?;
    Ok(Duration::from_secs_f64(number * seconds))
}

/// The number behind a word.
fn figure(said: &str, word: &str) -> anyhow::Result<f64> {
    let (_, rest) = said
        .split_once(word)
        .with_context(|| format!("no {word} in:\n{said}"))?;
    let number = rest.split_whitespace().next().unwrap_or_default();
    number.parse().with_context(|| format!("read {number:?}"))
}
