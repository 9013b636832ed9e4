//! Keys, as an operator makes them and a program shows them.

use std::process::{Output, Stdio};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, binary, free_address};

const LIST: &str = r#"{
    "Kessel": {"unit": "C", "type": "temperature", "labels": {"site": "Harbour"}},
    "Dach": {"unit": "C", "type": "temperature", "labels": {"site": "Hill"}},
    "Pumpe": {"unit": "bar", "type": "pressure", "labels": {"site": "Harbour"}}
}"#;

/// What a command says, on a data directory.
async fn run(data: &DataDir, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(args).env_clear().arg("--data-dir").arg(data.path());
    command.output().await.expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn make_key(data: &DataDir, args: &[&str]) -> String {
    let made = run(data, &[&["key", "create"], args].concat()).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let key = text(&made.stdout);
    let key = key.strip_suffix('\n').expect("a line");
    assert!(
        key.starts_with("fb_") && key.len() == 55 && !key.contains(char::is_whitespace),
        "the key alone: {key:?}"
    );
    assert!(!text(&made.stderr).contains(key), "{}", text(&made.stderr));
    key.to_owned()
}

async fn ask(fieldbook: &Fieldbook, path: &str, key: Option<&str>) -> (StatusCode, String) {
    let mut request = reqwest::Client::new().get(format!("http://{}{path}", fieldbook.http));
    if let Some(key) = key {
        request = request.basic_auth("anybody", Some(key));
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("a text"))
}

#[tokio::test]
async fn a_key_opens_what_it_is_made_for_until_it_is_revoked() {
    let data = DataDir::new();
    let list = data.path().join("list.json");
    std::fs::write(&list, LIST).expect("a file");
    let list = list.to_string_lossy();
    let fieldbook = Fieldbook::up(
        &data,
        &["--anonymous", "none", "--sensors", &list, "--log", "info"],
    )
    .await;
    fieldbook.wait_number("SELECT count(*) FROM sensor", 3).await;

    let limits = [
        "--name",
        "Harbour",
        "--type",
        "temperature",
        "--label",
        "site=Harbour",
    ];
    let key = make_key(&data, &[&limits[..], &["--expires-in-days", "90"]].concat()).await;
    let (status, _) = ask(&fieldbook, "/sensors/", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, body) = ask(&fieldbook, "/sensors/", Some(&key)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(
        body.contains("Kessel") && !body.contains("Dach") && !body.contains("Pumpe"),
        "{body}"
    );

    let prefix = &key[..11];
    let listed = text(&run(&data, &["key", "list"]).await.stdout);
    for shown in [prefix, "Harbour", "type temperature, site=Harbour", "good"] {
        assert!(listed.contains(shown), "{listed}");
    }
    let secret = &key[12..];
    assert!(!listed.contains(secret));
    assert!(
        fieldbook.log().contains(&format!("asker=\"key {prefix}\"")),
        "{}",
        fieldbook.log()
    );
    assert!(!fieldbook.log().contains(secret), "the log has the key");

    let revoked = run(&data, &["key", "revoke", prefix]).await;
    assert!(revoked.status.success(), "{}", text(&revoked.stderr));
    let refused = async {
        while ask(&fieldbook, "/sensors/", Some(&key)).await.0 != StatusCode::UNAUTHORIZED {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), refused)
        .await
        .expect("it is refused");
    fieldbook.stop().await;
}

#[tokio::test]
async fn mistakes_of_an_operator_are_told_with_what_would_be_right() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    for (args, hint) in [
        (
            &["key", "create", "--name", "x", "--dataset", "reading"][..],
            "readings",
        ),
        (&["key", "create", "--name", " "][..], "--name"),
        (
            &["key", "create", "--name", "x", "--label", "site"][..],
            "site=Harbour",
        ),
        (&["key", "create", "--name", "x", "--role", "king"][..], "steward"),
        (
            &["key", "create", "--name", "x", "--expires-in-days", "0"][..],
            "1..=36500",
        ),
        (&["key", "revoke", "nobody"][..], "fieldbook key list"),
        (
            &["datasets", "set", "reading", "--visibility", "hidden"][..],
            "readings",
        ),
    ] {
        let refused = run(&data, args).await;
        assert!(!refused.status.success(), "{args:?}");
        assert!(refused.stdout.is_empty(), "{args:?}: {}", text(&refused.stdout));
        assert!(
            text(&refused.stderr).contains(hint),
            "{args:?}: {}",
            text(&refused.stderr)
        );
    }
    for _ in 0..2 {
        make_key(&data, &["--name", "twins"]).await;
    }
    let ambiguous = run(&data, &["key", "revoke", "twins"]).await;
    assert!(
        text(&ambiguous.stderr).contains("fb_"),
        "{}",
        text(&ambiguous.stderr)
    );

    let set = run(
        &data,
        &["datasets", "set", "raw-messages", "--visibility", "hidden"],
    )
    .await;
    assert_eq!(
        text(&set.stdout),
        "raw-messages is hidden\n",
        "{}",
        text(&set.stderr)
    );
    let listed = text(&run(&data, &["datasets", "list"]).await.stdout);
    assert!(
        listed
            .lines()
            .any(|line| line.starts_with("raw-messages") && line.contains("hidden"))
            && listed
                .lines()
                .any(|line| line.starts_with("readings") && line.contains("listed")),
        "{listed}"
    );
    fieldbook.stop().await;
}

#[tokio::test]
async fn serve_does_not_listen_beyond_loopback_without_a_key() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let port = free_address().port();
    let serve = |host: &str| {
        let mut command = Command::new(binary());
        command
            .args(["serve", "--http", &format!("{host}:{port}")])
            .env_clear()
            .env("DATABASE_URL", fieldbook.database_url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    };
    let refused = serve("0.0.0.0").output().await.expect("it runs");
    assert!(!refused.status.success());
    for way in [
        "FIELDBOOK_ANONYMOUS",
        "FIELDBOOK_OIDC_ISSUER",
        "fieldbook key create",
    ] {
        assert!(text(&refused.stderr).contains(way), "{}", text(&refused.stderr));
    }

    let key = make_key(&data, &["--name", "first"]).await;
    let mut child = serve("127.0.0.1").spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let listening = async {
        while let Some(line) = lines.next_line().await.expect("a line") {
            if line.contains("serving HTTP") {
                return;
            }
        }
        panic!("serve ended");
    };
    tokio::time::timeout(Duration::from_mins(1), listening)
        .await
        .expect("it listens");
    let url = format!("http://127.0.0.1:{port}/sensors/");
    let client = reqwest::Client::new();
    let status = |answer: reqwest::Response| answer.status();
    assert_eq!(
        status(client.get(&url).send().await.expect("an answer")),
        StatusCode::UNAUTHORIZED
    );
    let with_key = client.get(&url).header("x-api-key", &key);
    assert_eq!(status(with_key.send().await.expect("an answer")), StatusCode::OK);
    child.kill().await.expect("it ends");
    fieldbook.stop().await;
}
