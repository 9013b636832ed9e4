//! What pages say where something is not there: no database, no key, part of the data, no news, nothing at all.

use reqwest::StatusCode;

use crate::harness::{DataDir, Fieldbook, Serve, wait_until};
use crate::pages::{declare, drive, make_key};

/// How fresh the readings are.
const STATUS: &str = "{ dataset(slug: \"readings\") { freshness { status } } }";

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
    let serve = Serve::start(&fieldbook.database_url()).await;
    drive("states.mjs", &["empty"], &serve.url(), "").await;
    serve.kill().await;

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
    let serve = Serve::start(&fieldbook.database_url()).await;
    let stale = wait_until(async || {
        let answer = serve.graphql(STATUS).await;
        answer["data"]["dataset"]["freshness"]["status"] == "STALE"
    });
    assert!(stale.await, "silent sensors are stale");
    drive("states.mjs", &["stale"], &serve.url(), "").await;

    let closed = Serve::start_for(&fieldbook.database_url(), "none").await;
    drive("states.mjs", &["closed"], &closed.url(), "").await;
    let key = make_key(&fieldbook, &["--name", "Pressures", "--type", "pressure"]).await;
    drive("states.mjs", &["part"], &closed.url(), &key).await;
    closed.kill().await;

    kill_database(&data);
    let away = wait_until(async || serve.readiness().await == Some(StatusCode::SERVICE_UNAVAILABLE));
    assert!(away.await, "the database is gone");
    drive("states.mjs", &["away"], &serve.url(), "").await;
    serve.kill().await;
    fieldbook.kill().await;
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
