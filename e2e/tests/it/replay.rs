//! History from files and the archive into another database, by the binary: killed in the middle, and begun again.

use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, binary};

fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args).env_clear().kill_on_drop(true);
    command.arg("--data-dir").arg(data);
    command
}

async fn run(command: &mut Command) -> Output {
    command.output().await.expect("it runs")
}

#[track_caller]
fn said(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(error));
    String::from_utf8_lossy(out).into_owned()
}

const READINGS: &str = "SELECT count(*) FROM reading";

#[tokio::test]
async fn a_file_is_imported_and_the_archive_replayed_whatever_ends_in_between() {
    const ROWS: i64 = 60_000;
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &["--segment-seconds", "2"]).await;
    let now = chrono::Utc::now().to_rfc3339();
    fieldbook
        .mosquitto_pub(
            1,
            &format!("{{\"id\": \"s\", \"dt\": \"{now}\", \"value\": 1}}\nnonsense\n"),
        )
        .await;
    fieldbook.wait_number(READINGS, 1).await;

    let file = data.path().join("history.csv");
    let rows = (0..ROWS).map(|index| format!("s,{},{}.5\n", 1_500_000_000 + index, index % 100));
    let csv: String = std::iter::once("sensor,ts,value\n".to_owned())
        .chain(rows)
        .collect();
    std::fs::write(&file, csv).expect("a file");
    let name = file.to_str().expect("text");
    let import = ["import", name, "--time-format", "s"];

    // Killed some moments after it began, twice.
    for _ in 0..2 {
        let mut child = command(data.path(), &import).spawn().expect("it starts");
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        child.kill().await.expect("a signal");
    }
    let text = said(&run(&mut command(data.path(), &import)).await);
    assert!(
        text.contains(&format!("{ROWS} rows: {ROWS} readings new")) || text.contains("--again"),
        "{text}"
    );
    fieldbook.wait_number(READINGS, ROWS + 1).await;
    let text = said(&run(&mut command(data.path(), &import)).await);
    assert!(text.contains("--again"), "{text}");

    // All of it is on S3 when the ingestor has stopped; the neighbours are needed still.
    let other = other_database(&fieldbook).await;
    let migrated = run(Command::new(binary())
        .arg("migrate")
        .env_clear()
        .env("DATABASE_URL", &other))
    .await;
    said(&migrated);
    fieldbook
        .wait_number(
            "SELECT sum(messages)::int8 FROM segment WHERE object_key IS NOT NULL",
            ROWS + 2,
        )
        .await;
    let text = said(&run(command(data.path(), &["replay", "--survey"]).env("DATABASE_URL", &other)).await);
    assert!(text.contains(&format!("{} messages", ROWS + 2)), "{text}");
    let mut child = command(data.path(), &["replay"])
        .env("DATABASE_URL", &other)
        .spawn()
        .expect("it starts");
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    child.kill().await.expect("a signal");
    let text = said(&run(command(data.path(), &["replay"]).env("DATABASE_URL", &other)).await);
    assert!(text.contains("readings new"), "{text}");

    let hash = "SELECT md5(string_agg(concat_ws(' ', name, time, value, flag, reading.received_at, seq), ',' ORDER BY name, time)) \
                FROM reading JOIN sensor ON sensor.id = sensor_id";
    let original: String = sqlx::query_scalar(hash)
        .fetch_one(&fieldbook.database().await)
        .await
        .expect("a hash");
    let pool = sqlx::PgPool::connect(&other).await.expect("the database");
    let replayed: String = sqlx::query_scalar(hash).fetch_one(&pool).await.expect("a hash");
    assert_eq!(replayed, original);
    pool.close().await;
    fieldbook.stop().await;
}

/// An empty database on the same server.
async fn other_database(fieldbook: &Fieldbook) -> String {
    let url = fieldbook.database_url();
    let admin = url.replacen("postgres://fieldbook@", "postgres://postgres@", 1);
    let pool = sqlx::PgPool::connect(&admin).await.expect("the server");
    sqlx::query("CREATE DATABASE other OWNER fieldbook")
        .execute(&pool)
        .await
        .expect("a database");
    pool.close().await;
    url.replacen("/fieldbook?", "/other?", 1)
}

#[tokio::test]
async fn what_can_t_be_done_is_said_in_a_line() {
    let data = DataDir::new();
    for (args, expected) in [
        (vec!["replay"], "start fieldbook up there"),
        (
            vec!["replay", "--from", "2026-02-01", "--to", "2026-01-01"],
            "is not before",
        ),
        (vec!["import"], "FILE"),
        (vec!["import", "a.csv", "--time-format", "fortnights"], "pattern"),
        (
            vec!["import", "a.csv", "--sensor", "a", "--sensor-column", "b"],
            "cannot be used with",
        ),
    ] {
        let output = run(&mut command(data.path(), &args)).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(expected),
            "{args:?}: {error}"
        );
    }
}
