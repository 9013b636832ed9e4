//! Whoever reads what the program says may leave, or have no room: that stops nothing that matters.

use std::fs::File;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, Ingest, LEAVE_SENSORS, Producer, binary};

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

        let full = File::create("/dev/full").expect("a device that is always full");
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
    let start = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let reading = |second: usize| {
        let at = start + chrono::TimeDelta::seconds(i64::try_from(second).expect("small"));
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        format!(r#"{{"id":"a","dt":"{at}","value":{second}}}"#).into_bytes()
    };
    ingest.wait_subscribed(&mut producer, &reading(0)).await;
    producer.publish_all((1..100).map(reading)).await;
    fieldbook.wait_number("SELECT count(*) FROM reading", 100).await;
    ingest.stop().await;
    assert_eq!(fieldbook.number("SELECT count(*) FROM reading").await, 100);
    fieldbook.stop().await;
}
