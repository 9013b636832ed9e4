//! Whoever reads what the program says may leave, or have no room: that stops nothing that matters.

use std::process::{Output, Stdio};
use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::harness::{DEADLINE, DataDir, Fieldbook, Ingest, LEAVE_SENSORS, Producer, binary};

/// The end of a pipe that one writes into, and nobody reads.
fn unread() -> Stdio {
    let (_, writer) = std::io::pipe().expect("a pipe");
    writer.into()
}

/// Runs a command on a data directory.
async fn run(data: &DataDir, args: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let mut command = Command::new(binary());
    command
        .args(args)
        .arg("--data-dir")
        .arg(data.path())
        .stdout(stdout)
        .stderr(stderr);
    let child = command.spawn().expect("it starts");
    child.wait_with_output().await.expect("it ends")
}

#[tokio::test]
async fn a_command_whose_reader_leaves_ends_without_a_word_and_one_without_room_says_so() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    for args in [
        ["doctor"].as_slice(),
        &["key", "list"],
        &["datasets", "list"],
        &["sensors", "export"],
        &["quarantine", "list"],
        &["retention", "show"],
    ] {
        let ended = run(&data, args, unread(), Stdio::piped()).await;
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(128 + 13), "{args:?}: {said}");
        assert!(!said.contains("standard output"), "{args:?}: {said}");

        let full = std::fs::File::create("/dev/full").expect("a device that is always full");
        let ended = run(&data, args, full.into(), Stdio::piped()).await;
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{args:?}: {said}");
        assert!(
            said.contains("fieldbook: write to standard output: No space left"),
            "{args:?}: {said}"
        );
    }

    // What is shown once and was not seen is of no use to anybody.
    let args = ["key", "create", "--name", "Anna"];
    let ended = run(&data, &args, unread(), Stdio::piped()).await;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains("could not be shown") && said.contains("fieldbook key revoke fb_"),
        "{said}"
    );

    let ended = run(&data, &["key", "revoke", "nobody"], Stdio::piped(), unread()).await;
    assert_eq!(
        ended.status.code(),
        Some(1),
        "its error is lost, and is an error nonetheless"
    );
    fieldbook.stop().await;
}

static START: LazyLock<DateTime<Utc>> = LazyLock::new(|| Utc::now() - TimeDelta::days(1));

/// A reading of each millisecond since a day ago.
fn reading(millisecond: i64) -> Vec<u8> {
    let at = *START + TimeDelta::milliseconds(millisecond);
    let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!(r#"{{"id":"a","dt":"{at}","value":{millisecond}}}"#).into_bytes()
}

#[tokio::test]
async fn an_ingest_whose_log_nobody_reads_goes_on() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let unread = [
        "bash",
        "-c",
        r#"exec 3> >(:); wait $!; exec "$@" >&3 2>&3"#,
        "bash",
    ];
    let dir = data.path().join("unread");
    let mut ingest = Ingest::start(&fieldbook, &dir, fieldbook.s3, &unread, &[]);
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    ingest.wait_subscribed(&mut producer, &reading(0)).await;
    producer.publish_all((1..100).map(reading)).await;
    fieldbook.wait_number("SELECT count(*) FROM reading", 100).await;
    ingest.stop().await;
    assert_eq!(fieldbook.number("SELECT count(*) FROM reading").await, 100);
    fieldbook.stop().await;
}

#[tokio::test]
async fn an_ingest_whose_log_is_not_taken_goes_on_and_says_later_what_was_dropped() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    // A pipe that never breaks, for the program itself could read from it.
    let pipe = data.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().await;
    assert!(made.expect("it runs").success());
    let through = [
        "bash",
        "-c",
        r#"exec 2<>"$0" >&2 "$@""#,
        pipe.to_str().expect("text"),
    ];
    let dir = data.path().join("untaken");
    // An upload each second, of which the client of S3 has much to say.
    let talkative = ["--log", "trace", "--segment-seconds", "1"];
    let mut ingest = Ingest::start(&fieldbook, &dir, fieldbook.s3, &through, &talkative);
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    ingest.wait_subscribed(&mut producer, &reading(0)).await;
    let mut published = 1;
    let first = fill(&mut ingest, &mut producer, &mut published, 0).await;
    let sql = "SELECT count(*) FROM reading";
    fieldbook.wait_number(sql, published).await;

    // Somebody reads again.
    let mut log = BufReader::new(File::open(&pipe).await.expect("a pipe")).lines();
    let told = async {
        while let Some(line) = log.next_line().await.expect("a line") {
            if line.contains("lines of this log were dropped") {
                return line;
            }
        }
        String::new()
    };
    let told = tokio::time::timeout(DEADLINE, told).await.expect("it is told");
    assert!(told.contains("WARN") && told.contains("lines="), "{told}");

    // It ends, too, when nobody takes its last words.
    fill(&mut ingest, &mut producer, &mut published, first).await;
    ingest.stop().await;
    assert_eq!(fieldbook.number(sql).await, published);
    drop(log);
    fieldbook.stop().await;
}

/// Publishes until more than so many lines of a log were dropped; gives how many.
async fn fill(ingest: &mut Ingest, producer: &mut Producer, published: &mut i64, before: u64) -> u64 {
    let filling = async {
        loop {
            let next = *published + 100;
            producer.publish_all((*published..next).map(reading)).await;
            *published = next;
            let [dropped] = ingest
                .wait_metrics(["fieldbook_log_lines_dropped_total"], |_| true)
                .await;
            if dropped > before {
                return dropped;
            }
        }
    };
    let filled = tokio::time::timeout(DEADLINE, filling).await;
    filled.expect("lines are dropped")
}
