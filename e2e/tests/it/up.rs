//! `fieldbook up`: everything at one command, stopped in order, started again with its data, and clear when it can't.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, binary, free_address, raw_messages};

#[tokio::test]
async fn a_newcomer_sees_readings_of_the_imagined_plant_and_a_second_start_goes_on_with_them() {
    let data = DataDir::new();
    let (http, mqtt) = (free_address(), free_address());
    let fieldbook = Fieldbook::up_with(&data, http, mqtt, &["--no-history"]).await;
    fieldbook
        .wait_number(
            "SELECT count(*) FROM sensor WHERE declared AND labels->>'simulated' = 'true'",
            12,
        )
        .await;
    // One of them is dead.
    fieldbook
        .wait_number("SELECT count(DISTINCT sensor_id) FROM reading", 11)
        .await;
    let answer = fieldbook
        .graphql("{ latest { sensor { name unit { symbol } } time value flag } }")
        .await;
    assert_eq!(answer["latest"].as_array().map(Vec::len), Some(11), "{answer}");
    let list: serde_json::Value = serde_json::from_str(&fieldbook.get("/sensors/").await).expect("JSON");
    assert!(list.to_string().contains("Grid frequency"), "{list}");
    let log = fieldbook.log();
    for words in ["Fieldbook is up", "/graphql", "Ctrl-C"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    fieldbook.stop().await;
    let before = raw_messages(data.path()).len();
    assert!(before > 11, "{before} messages on S3");

    let fieldbook = Fieldbook::up_with(&data, http, mqtt, &["--no-simulator"]).await;
    let readings = fieldbook.number("SELECT count(*) FROM reading").await;
    assert!(readings >= 11, "{readings} readings");
    assert_eq!(fieldbook.number("SELECT count(*) FROM journal").await, 1);
    fieldbook.stop().await;
}

#[tokio::test]
async fn the_service_says_what_it_is() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let answer = fieldbook.graphql("{ service { version schemaVersion } }").await;
    assert_eq!(
        answer["service"]["version"],
        env!("CARGO_PKG_VERSION"),
        "{answer}"
    );
    for path in ["/healthz", "/readyz", "/metrics", "/sensors/"] {
        fieldbook.get(path).await;
    }
    fieldbook.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let data = DataDir::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address");
    for (flag, other) in [("--http", "--mqtt"), ("--mqtt", "--http")] {
        let error = refused(
            &data,
            &[flag, &port.to_string(), other, &free_address().to_string()],
        )
        .await;
        assert!(
            error.contains(&port.port().to_string()) && error.contains(flag),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_missing_program_is_one_clear_line() {
    let data = DataDir::new();
    let error = refused(
        &data,
        &[
            "--program-path",
            "/nonexistent",
            "--http",
            &free_address().to_string(),
        ],
    )
    .await;
    assert!(error.contains("apt-get install mosquitto"), "{error}");
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_refused() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let error = refused(
        &data,
        &[
            "--http",
            &free_address().to_string(),
            "--mqtt",
            &free_address().to_string(),
        ],
    )
    .await;
    assert!(
        error.contains("another fieldbook up") && error.contains("--data-dir"),
        "{error}"
    );
    fieldbook.stop().await;
}

#[tokio::test]
async fn a_database_of_a_newer_schema_is_refused_and_left_alone() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_future', 0)";
    sqlx::query(newer)
        .execute(&fieldbook.database().await)
        .await
        .expect("a row");
    fieldbook.stop().await;
    let error = refused(
        &data,
        &[
            "--http",
            &free_address().to_string(),
            "--mqtt",
            &free_address().to_string(),
        ],
    )
    .await;
    assert!(error.contains("newer"), "{error}");
}

/// Starts one that must not start, and gives its last line.
async fn refused(data: &DataDir, args: &[&str]) -> String {
    let child = Command::new(binary())
        .arg("up")
        .args(["--data-dir".as_ref(), data.path().as_os_str()])
        .args(["--no-simulator"])
        .args(args)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_mins(1), child)
        .await
        .expect("it ends")
        .expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it must not start: {error}");
    error.lines().last().unwrap_or_default().to_owned()
}
