//! The other commands, as a person types them.

use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, binary};

async fn run(args: &[&str]) -> Output {
    Command::new(binary()).args(args).output().await.expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[tokio::test]
async fn sensors_are_imported_listed_and_exported_and_the_export_can_be_imported_again() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let file = data.path().join("list.json");
    let list = r#"{"Kessel": {"lat": 47.5, "lng": 8.0, "unit": "C", "type": "temperature", "range": [0, 110], "description": "Vorlauf", "labels": {"site": "Nord"}, "interval": 10}}"#;
    std::fs::write(&file, list).expect("a file");
    let (dir, file) = (path(data.path()), path(&file));

    let imported = run(&["sensors", "import", &file, "--data-dir", &dir]).await;
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    assert!(
        text(&imported.stdout).contains("1 sensors declared, in the database"),
        "{}",
        text(&imported.stdout)
    );

    let listed = text(&run(&["sensors", "list", "--data-dir", &dir]).await.stdout);
    assert!(
        listed.contains("Kessel") && listed.contains("C (Cel)") && listed.contains("0 to 110"),
        "{listed}"
    );

    let exported = run(&["sensors", "export", "--data-dir", &dir]).await.stdout;
    let (exported, original): (serde_json::Value, serde_json::Value) = (
        serde_json::from_slice(&exported).expect("JSON"),
        serde_json::from_str(list).expect("JSON"),
    );
    assert_eq!(exported["Kessel"]["labels"], original["Kessel"]["labels"]);
    assert_eq!(exported["Kessel"]["lat"], 47.5);
    let again = data.path().join("again.json");
    std::fs::write(&again, exported.to_string()).expect("a file");
    let imported = run(&["sensors", "import", &path(&again), "--data-dir", &dir]).await;
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    assert_eq!(
        fieldbook.number("SELECT count(*) FROM sensor_version").await,
        1,
        "nothing has changed"
    );

    std::fs::write(&again, r#"{"Kessel": {"lat": 95, "lng": 8}}"#).expect("a file");
    let refused = run(&["sensors", "import", &path(&again), "--data-dir", &dir]).await;
    assert!(!refused.status.success());
    assert!(
        text(&refused.stderr).contains("degrees from -90 to 90"),
        "{}",
        text(&refused.stderr)
    );
    fieldbook.stop().await;
}

#[tokio::test]
async fn a_list_imported_while_nothing_runs_takes_effect_at_the_next_start() {
    let data = DataDir::new();
    Fieldbook::up(&data, &[]).await.stop().await;
    let file = data.path().join("list.json");
    std::fs::write(&file, r#"{"Kessel": {"unit": "bar", "type": "pressure"}}"#).expect("a file");
    let imported = run(&[
        "sensors",
        "import",
        &path(&file),
        "--data-dir",
        &path(data.path()),
    ])
    .await;
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let fieldbook = Fieldbook::up(&data, &[]).await;
    fieldbook
        .wait_number(
            "SELECT count(*) FROM sensor WHERE declared AND unit_ucum = 'bar'",
            1,
        )
        .await;
    fieldbook.stop().await;
}

#[tokio::test]
async fn simulate_sends_as_many_messages_as_asked() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let url = format!("mqtt://{}", fieldbook.mqtt);
    for qos in ["0", "1"] {
        let sent = run(&[
            "simulate",
            "--mqtt-url",
            &url,
            "--rate",
            "0",
            "--count",
            "500",
            "--qos",
            qos,
        ])
        .await;
        assert!(sent.status.success(), "{}", text(&sent.stderr));
        assert!(
            text(&sent.stderr).contains("delivered 500 messages"),
            "{}",
            text(&sent.stderr)
        );
    }
    fieldbook.wait_number("SELECT count(*) FROM reading", 1000).await;
    fieldbook.stop().await;
}
