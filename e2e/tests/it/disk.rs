//! A disk that fails and a disk that is full, under the journal of `fieldbook ingest`: nothing acknowledged is lost.

use std::collections::HashSet;
use std::process::Command;

use crate::harness::{DataDir, Fieldbook, Gate, Ingest, LEAVE_SENSORS, Producer, raw_messages};

const READINGS: &str = "SELECT count(*) FROM reading";

/// A reading of its own for each index, `bytes` long.
fn payloads(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    let start = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let payload = |index: usize| {
        let offset = chrono::TimeDelta::milliseconds(i64::try_from(index).expect("small"));
        let time = (start + offset).format("%Y-%m-%dT%H:%M:%S%.6f");
        let sensor = index % 7;
        let reading = format!(r#"{{"id": "Sensor {sensor}", "dt": "{time}", "value": {index}}}"#);
        format!("{reading:<bytes$}").into_bytes()
    };
    (0..count).map(payload).collect()
}

/// Every message is on S3, and no position is missing or there twice.
fn assert_archived(data: &DataDir, payloads: &[Vec<u8>]) {
    let raw = raw_messages(data.path());
    let seqs: Vec<u64> = raw.iter().map(|message| message.seq).collect();
    let expected: Vec<u64> = (1..=seqs.len() as u64).collect();
    assert_eq!(seqs, expected, "every position once");
    let archived: HashSet<&[u8]> = raw.iter().map(|message| message.payload.as_slice()).collect();
    let missing = payloads
        .iter()
        .filter(|payload| !archived.contains(payload.as_slice()))
        .count();
    assert_eq!((missing, archived.len()), (0, payloads.len()));
}

/// Files can't grow beyond 2 or 4 MB, by the shell's unit: the disk then says EFBIG, which no waiting mends.
const LIMITED: [&str; 4] = ["sh", "-c", r#"trap '' XFSZ && ulimit -f 4096 && exec "$@""#, "sh"];

#[tokio::test]
async fn an_error_of_the_journals_disk_ends_the_ingest_clearly_and_a_restart_has_all_that_was_acknowledged() {
    let payloads = payloads(4_000, 3_000);
    let total = i64::try_from(payloads.len()).expect("small");
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let dir = data.path().join("edge");
    // One segment that grows into the limit.
    let args = ["--segment-seconds", "3600"];
    let mut ingest = Ingest::start(&fieldbook, &dir, fieldbook.s3, &LIMITED, &args);
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    ingest.wait_subscribed(&mut producer, &payloads[0]).await;
    assert_eq!(producer.publish_all(payloads.clone()).await, payloads.len());

    let (status, log) = ingest.wait_end().await;
    assert_eq!(status.code(), Some(1), "{log}");
    let journal = dir.join("journal").display().to_string();
    let last = log.lines().last().unwrap_or_default();
    for words in [
        "fieldbook: ",
        &journal,
        "check the disk and restart",
        "File too large",
    ] {
        assert!(last.contains(words), "{words}: {log}");
    }
    let before = fieldbook.number(READINGS).await;
    assert!(
        before < total,
        "the disk failed before the end: {before} readings"
    );

    let args = ["--segment-seconds", "1"];
    let ingest = Ingest::start(&fieldbook, &dir, fieldbook.s3, &[], &args);
    fieldbook.wait_number(READINGS, total).await;
    assert_eq!(fieldbook.number("SELECT count(*) FROM reading_conflict").await, 0);
    ingest.stop().await;
    fieldbook.stop().await;
    assert_archived(&data, &payloads);
}

/// What the journal may take of a disk on which it leaves 256 MiB to others.
const ROOM_BYTES: u64 = 64_000_000;

/// A command that runs its arguments with a small disk of their own at `dir`; none where nobody may mount one.
fn with_small_disk(dir: &str) -> Option<Vec<String>> {
    let size = (256 << 20) + ROOM_BYTES;
    let script = format!(r#"mount -t tmpfs -o size={size} tmpfs '{dir}' && exec "$@""#);
    ["-m", "-rm"].into_iter().find_map(|namespace| {
        let words = ["unshare", namespace, "sh", "-c", &script, "sh"].map(str::to_owned);
        let tried = Command::new(&words[0]).args(&words[1..]).arg("true").output();
        tried
            .is_ok_and(|tried| tried.status.success())
            .then(|| words.to_vec())
    })
}

#[tokio::test]
async fn a_disk_that_is_full_while_s3_is_away_stops_acknowledgements_and_loses_nothing() {
    let payloads = payloads(6_000, 16_000);
    let total = i64::try_from(payloads.len()).expect("small");
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let dir = data.path().join("edge");
    std::fs::create_dir(&dir).expect("a directory");
    let through = with_small_disk(&dir.display().to_string());
    let mut args = vec!["--segment-seconds", "1"];
    if through.is_none() {
        eprintln!(
            "NOT TESTED: this machine lets nobody mount a tmpfs; the journal's budget is what is full instead of a disk"
        );
        args.extend(["--journal-mb", "64"]);
    }
    let through = through.unwrap_or_default();
    let through: Vec<&str> = through.iter().map(String::as_str).collect();
    let mut s3 = Gate::before(fieldbook.s3);
    let mut ingest = Ingest::start(&fieldbook, &dir, s3.address, &through, &args);
    let mut producer = Producer::connect(fieldbook.mqtt).await;
    ingest.wait_subscribed(&mut producer, &payloads[0]).await;
    assert_eq!(producer.publish_all(payloads.clone()).await, payloads.len());

    // The journal is full, the broker has an acknowledgement for each message on disk, the database has just those.
    let [_, durable, ..] = ingest
        .wait_metrics(
            [
                "fieldbook_ingest_journal_full",
                "fieldbook_ingest_durable_seq",
                "fieldbook_ingest_messages_acknowledged_total",
                "fieldbook_ingest_loaded_seq",
            ],
            |[full, durable, acknowledged, loaded]| full == 1 && durable == acknowledged && durable == loaded,
        )
        .await;
    assert!(
        durable > 3_000 && durable < 4_000,
        "{durable} messages of 16 kB in 64 MB"
    );
    assert!(fieldbook.number(READINGS).await < total);
    let log = ingest.log();
    assert!(log.contains("messages are no longer acknowledged"), "{log}");

    s3.open().await;
    fieldbook.wait_number(READINGS, total).await;
    let names = [
        "fieldbook_ingest_journal_full",
        "fieldbook_ingest_loaded_seq",
        "fieldbook_ingest_archived_seq",
    ];
    ingest
        .wait_metrics(names, |[full, loaded, archived]| full == 0 && archived >= loaded)
        .await;
    ingest.stop().await;
    fieldbook.stop().await;
    assert_archived(&data, &payloads);
}
