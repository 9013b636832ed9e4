//! What pages say where something is not there: no database, no key, part of the data, no news, nothing at all.

use std::path::Path;
use std::process::Stdio;

use reqwest::StatusCode;
use tokio::process::{Child, Command};

use crate::harness::{DataDir, Fieldbook, binary, free_address, wait_until};
use crate::pages::drive;

/// A `fieldbook serve` on the database of a running `up`.
struct Serve {
    child: Child,
    url: String,
}

impl Serve {
    async fn start(fieldbook: &Fieldbook, anonymous: &str) -> Self {
        let http = free_address();
        let child = Command::new(binary())
            .args(["serve", "--http", &http.to_string(), "--anonymous", anonymous])
            .env_clear()
            .env("DATABASE_URL", fieldbook.database_url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let url = format!("http://{http}");
        let ready = wait_until(async || status(&format!("{url}/readyz")).await == Some(StatusCode::OK));
        assert!(ready.await, "it does not serve");
        Self { child, url }
    }

    async fn get(&self, path: &str) -> String {
        let answer = reqwest::get(format!("{}{path}", self.url))
            .await
            .expect("an answer");
        answer.text().await.expect("a text")
    }

    async fn stop(mut self) {
        self.child.kill().await.expect("a signal");
    }
}

async fn status(url: &str) -> Option<StatusCode> {
    Some(reqwest::get(url).await.ok()?.status())
}

/// How fresh the readings are.
const STATUS: &str = "/graphql?query=%7Bdataset(slug%3A%22readings%22)%7Bfreshness%7Bstatus%7D%7D%7D";

#[tokio::test]
async fn pages_say_what_is_not_there() {
    let data = DataDir::new();
    let list = data.path().join("list.json");
    std::fs::write(
        &list,
        r#"{"Boiler pressure": {"unit": "bar", "type": "pressure", "interval": 1}, "Hall": {"unit": "C", "type": "temperature", "interval": 1}}"#,
    )
    .expect("a file");
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let serve = Serve::start(&fieldbook, "data").await;
    drive("states.mjs", &["empty"], &serve.url, "").await;
    serve.stop().await;

    // Sensors that sent each second until an hour ago.
    declare(&data, &list).await;
    let now = chrono::Utc::now();
    let mut lines = String::new();
    for second in 0..600 {
        let time = now - chrono::TimeDelta::seconds(4_200 - second);
        for sensor in ["Boiler pressure", "Hall"] {
            lines.push_str(&serde_json::json!({ "id": sensor, "dt": time, "value": second }).to_string());
            lines.push('\n');
        }
    }
    fieldbook.mosquitto_pub(1, &lines).await;
    fieldbook.wait_number("SELECT count(*) FROM reading", 1_200).await;
    // Its first look goes as far back as readings do.
    let serve = Serve::start(&fieldbook, "data").await;
    let stale = wait_until(async || serve.get(STATUS).await.contains("\"STALE\""));
    assert!(
        stale.await,
        "silent sensors are stale: {}",
        serve.get(STATUS).await
    );
    drive("states.mjs", &["stale"], &serve.url, "").await;

    let closed = Serve::start(&fieldbook, "none").await;
    drive("states.mjs", &["closed"], &closed.url, "").await;
    let key = key(&fieldbook, &["--name", "Pressures", "--type", "pressure"]).await;
    drive("states.mjs", &["part"], &closed.url, &key).await;
    closed.stop().await;

    kill_database(&data);
    let away = wait_until(async || {
        status(&format!("{}/readyz", serve.url)).await == Some(StatusCode::SERVICE_UNAVAILABLE)
    });
    assert!(away.await, "the database is gone");
    drive("states.mjs", &["away"], &serve.url, "").await;
    serve.stop().await;
    fieldbook.kill().await;
}

async fn declare(data: &DataDir, list: &Path) {
    let mut import = Command::new(binary());
    import
        .args(["sensors", "import"])
        .arg(list)
        .arg("--data-dir")
        .arg(data.path());
    testbed::clients::run(import).await;
}

async fn key(fieldbook: &Fieldbook, args: &[&str]) -> String {
    let mut create = Command::new(binary());
    create
        .args(["key", "create"])
        .args(args)
        .env("DATABASE_URL", fieldbook.database_url());
    testbed::clients::run(create).await.trim().to_owned()
}

/// SIGQUIT: PostgreSQL's immediate shutdown, as a crash.
fn kill_database(data: &DataDir) {
    let file = data.path().join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(&file).expect("a running database");
    let pid: i32 = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok())
        .expect("a process id");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
    rustix::process::kill_process(pid, rustix::process::Signal::QUIT).expect("a signal");
}
