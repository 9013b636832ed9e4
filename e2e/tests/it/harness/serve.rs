//! A `fieldbook serve` of its own on a database.

use std::net::SocketAddr;
use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{binary, free_address, wait_until};

/// It ends with this.
#[derive(Debug)]
pub(crate) struct Serve {
    child: Child,
    http: SocketAddr,
}

impl Serve {
    /// Starts one that is open to everybody, and waits until it is ready.
    pub(crate) async fn start(database_url: &str) -> Self {
        Self::start_for(database_url, "data").await
    }

    /// The same that is open to those without a key as `--anonymous` says.
    pub(crate) async fn start_for(database_url: &str, anonymous: &str) -> Self {
        let http = free_address();
        let child = Command::new(binary())
            .args(["serve", "--http", &http.to_string(), "--anonymous", anonymous])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let serve = Self { child, http };
        let ready = wait_until(async || serve.readiness().await == Some(StatusCode::OK));
        assert!(ready.await, "serve is not ready");
        serve
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// What `/readyz` answers.
    pub(crate) async fn readiness(&self) -> Option<StatusCode> {
        let answer = reqwest::get(format!("{}/readyz", self.url())).await;
        Some(answer.ok()?.status())
    }

    /// SIGKILL.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("a signal");
    }

    /// The answer to a question.
    pub(crate) async fn graphql(&self, query: &str) -> Value {
        let client = reqwest::Client::new();
        let request = client
            .post(format!("{}/graphql", self.url()))
            .json(&json!({ "query": query }));
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }
}
