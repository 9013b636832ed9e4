//! A `fieldbook serve` of its own on a database, open to everybody.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{binary, free_address, wait_until};

/// It ends with this.
#[derive(Debug)]
pub(crate) struct Serve {
    _child: Child,
    http: SocketAddr,
}

impl Serve {
    /// Starts one, and waits until it is ready.
    pub(crate) async fn start(database_url: &str) -> Self {
        let http = free_address();
        let child = Command::new(binary())
            .args(["serve", "--http", &http.to_string(), "--anonymous", "data"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let ready = wait_until(async || {
            let answer = reqwest::get(format!("http://{http}/readyz")).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        });
        assert!(ready.await, "serve is not ready");
        Self { _child: child, http }
    }

    /// The answer to a question.
    pub(crate) async fn graphql(&self, query: &str) -> Value {
        let client = reqwest::Client::new();
        let request = client
            .post(format!("http://{}/graphql", self.http))
            .json(&json!({ "query": query }));
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }
}
