//! The pages in a real browser: every page at every width, and what people do with them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, binary, free_address};

/// A script drives the browser so long at most: on a busy machine it takes several times as long.
const DRIVES_FOR: Duration = Duration::from_mins(10);

#[tokio::test]
async fn every_page_is_whole_and_people_find_their_way() {
    let data = DataDir::new();
    let (http, mqtt) = (free_address(), free_address());
    let fieldbook = Fieldbook::up_with(&data, http, mqtt, &["--no-history", "--segment-seconds", "2"]).await;
    // Some readings of every sensor that lives.
    fieldbook
        .wait_number("SELECT count(DISTINCT sensor_id) FROM reading", 11)
        .await;
    // Something to set aside, and names that nobody should have.
    publish(mqtt.port(), "<b>no JSON</b>").await;
    for name in hostile_names() {
        let message = serde_json::json!({ "id": name, "dt": chrono::Utc::now(), "value": 1 });
        publish(mqtt.port(), &message.to_string()).await;
    }
    declare_hostile_fields(&data).await;
    // Two values out of range for one time: the first is served, the other kept aside.
    let time = chrono::Utc::now() - chrono::TimeDelta::minutes(10);
    for value in [9_999, 9_998] {
        let message = serde_json::json!({ "id": "Boiler pressure", "dt": time, "value": value });
        publish(mqtt.port(), &message.to_string()).await;
    }
    fieldbook
        .wait_number("SELECT count(*) FROM reading_conflict", 1)
        .await;
    fieldbook
        .wait_number("SELECT count(*) FROM quarantined_message", 1)
        .await;
    fieldbook
        .wait_number("SELECT count(*) FROM sensor WHERE name LIKE '%hostile%'", 6)
        .await;
    let key = make_key(&fieldbook, &["--name", "A steward", "--role", "steward"]).await;
    for script in ["pages.mjs", "journeys.mjs"] {
        drive(script, &[], &format!("http://{http}"), &key).await;
    }
    fieldbook.stop().await;
}

fn hostile_names() -> [String; 4] {
    [
        "hostile <script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
            .to_owned(),
        "hostile \u{202e}dehtir dna tfel\u{2066} שלום 🌡️🔥".to_owned(),
        format!("hostile {}", "x".repeat(240)),
        "hostile '\"`${7*7}{{7*7}}</title></textarea>&amp;".to_owned(),
    ]
}

/// Two sensors whose every field is what nobody should write.
async fn declare_hostile_fields(data: &DataDir) {
    let texts = [
        "<script>document.title='taken'</script> \u{202e}dehtir \u{2066}שלום 🌡️ '\"`${7*7}{{7*7}}</title>"
            .to_owned(),
        "x".repeat(500),
    ];
    let sensors: serde_json::Map<String, serde_json::Value> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| {
            let fields = serde_json::json!({
                "type": text, "unit": text, "description": text, "labels": { "site": text },
                "lat": 90, "lng": -180, "range": [0, 1],
            });
            (format!("Fields that are hostile {number}"), fields)
        })
        .collect();
    let list = data.path().join("hostile.json");
    std::fs::write(&list, serde_json::Value::Object(sensors).to_string()).expect("a list");
    declare(data, &list).await;
}

/// Declares the sensors of a list.
pub(crate) async fn declare(data: &DataDir, list: &Path) {
    let mut import = Command::new(binary());
    import
        .args(["sensors", "import"])
        .arg(list)
        .arg("--data-dir")
        .arg(data.path());
    testbed::clients::run(import).await;
}

async fn publish(port: u16, message: &str) {
    let mut send = Command::new("mosquitto_pub");
    send.args(["-p", &port.to_string(), "-t", "sensors", "-q", "1", "-m", message]);
    testbed::clients::run(send).await;
}

/// Makes a key.
pub(crate) async fn make_key(fieldbook: &Fieldbook, args: &[&str]) -> String {
    let mut create = Command::new(binary());
    create
        .args(["key", "create"])
        .args(args)
        .env("DATABASE_URL", fieldbook.database_url());
    testbed::clients::run(create).await.trim().to_owned()
}

/// Runs a script of `e2e/browser`; what it finds wrong is in the panic.
pub(crate) async fn drive(script: &str, args: &[&str], url: &str, key: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let mut node = testbed::clients::node_of(&folder, script).await;
    node.args(args)
        .env("FIELDBOOK_URL", url)
        .env("FIELDBOOK_KEY", key);
    let said = tokio::time::timeout(DRIVES_FOR, testbed::clients::run(node));
    said.await.expect("the browser comes to an end");
}

#[tokio::test]
async fn what_a_page_gives_to_copy_runs() {
    let data = DataDir::new();
    let (http, mqtt) = (free_address(), free_address());
    let fieldbook = Fieldbook::up_with(&data, http, mqtt, &["--no-history"]).await;
    fieldbook
        .wait_number("SELECT count(DISTINCT sensor_id) FROM reading", 11)
        .await;
    let room = tempfile::tempdir().expect("a folder");
    let python = python_in(room.path()).await;
    for (dataset, says) in [
        ("readings", "Boiler pressure"),
        ("readings-1m", "Boiler pressure"),
        ("sensors", "Boiler pressure"),
    ] {
        let snippets = snippets(dataset, &format!("http://{http}")).await;
        let mut ran = 0;
        for (tool, text) in &snippets {
            let script = match tool.as_str() {
                "curl" | "duckdb" => format!("set -e\n{text}"),
                "psql" => format!(
                    "set -e\nexport DATABASE_URL='{}'\n{text}",
                    fieldbook.database_url()
                ),
                "python" | "pandas" | "polars" => {
                    let file = room.path().join("snippet.py");
                    std::fs::write(&file, text).expect("a script");
                    format!("{} {}", python.display(), file.display())
                }
                "r" => {
                    let file = room.path().join("snippet.R");
                    std::fs::write(&file, text).expect("a script");
                    format!("Rscript --vanilla {}", file.display())
                }
                // Clients that do not run here: the address that they are given does answer.
                "excel" | "tableau" => format!("curl -sf '{text}' && curl -sf '{text}Sensors?$top=50'"),
                "csv" => format!(
                    "set -e\nfor url in {}; do curl -sf -o /dev/null \"$url\"; done",
                    quoted(text)
                ),
                _ => continue,
            };
            let said = shell(&script, room.path()).await;
            let is_silent = ["csv"].contains(&tool.as_str());
            // Tables of ten rows may not have the sensor.
            let is_short = ["duckdb", "psql", "pandas", "polars", "python", "r"].contains(&tool.as_str());
            assert!(
                is_silent || !said.trim().is_empty(),
                "{tool} of {dataset} says nothing:\n{text}"
            );
            assert!(
                is_silent || is_short || said.contains(says),
                "{tool} of {dataset}:\n{text}\n{said}"
            );
            ran += 1;
        }
        assert!(ran >= 5, "only {ran} texts ran of {dataset}: {snippets:?}");
    }
    fieldbook.stop().await;
}

/// Lines as words of a shell.
fn quoted(lines: &str) -> String {
    format!("'{}'", lines.replace('\n', "' '"))
}

/// The texts that the page of a dataset gives, by tool.
async fn snippets(dataset: &str, url: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let mut node = testbed::clients::node_of(&folder, "snippets.mjs").await;
    node.env("FIELDBOOK_URL", url).env("FIELDBOOK_DATASET", dataset);
    serde_json::from_str(&testbed::clients::run(node).await).expect("JSON")
}

/// Python with the clients; and a `duckdb` beside it, which is its library with the face of the program.
async fn python_in(room: &Path) -> PathBuf {
    let python = testbed::clients::python().await;
    let python = PathBuf::from(python.as_std().get_program());
    let duckdb = format!(
        "#!/bin/sh\nexec {} -c 'import duckdb, sys; print(duckdb.sql(sys.argv[2]))' \"$@\"\n",
        python.display()
    );
    let program = room.join("duckdb");
    std::fs::write(&program, duckdb).expect("a script");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    python
}

/// What a script says; panics with all of it when it fails.
async fn shell(script: &str, room: &Path) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell
        .args(["-c", script])
        .current_dir(room)
        .env("PATH", format!("{}:{path}", room.display()))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    testbed::clients::run(shell).await
}
