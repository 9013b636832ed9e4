//! Webhooks, as an operator makes them.

use std::process::Output;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::harness::{DEADLINE, DataDir, Fieldbook, binary};

/// What `fieldbook webhook` says, on a data directory.
async fn webhook(data: &DataDir, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command
        .arg("webhook")
        .args(args)
        .env_clear()
        .arg("--data-dir")
        .arg(data.path());
    command.output().await.expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn refused(output: &Output, because: &str) {
    assert!(!output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains(because), "{}", text(&output.stderr));
}

/// Takes one request, answers that it was taken, and gives head and body.
async fn receive(listener: &TcpListener) -> (String, Value) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut request = Vec::new();
    loop {
        let whole = text(&request);
        if let Some((head, body)) = whole.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.expect("an answer");
            return (head.to_lowercase(), body);
        }
        let read = stream.read_buf(&mut request).await.expect("a request");
        assert!(read > 0, "the request ends in its middle: {whole}");
    }
}

#[tokio::test]
async fn a_webhook_is_told_of_what_it_is_made_for_until_it_is_removed() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &["--private-webhooks"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("its address"));

    let add = ["add", &url, "--event", "release"];
    refused(&webhook(&data, &add).await, "need --private");
    let of_nothing = [&add[..], &["--private", "--dataset", "no-such"]].concat();
    refused(&webhook(&data, &of_nothing).await, "no-such");
    refused(
        &webhook(&data, &["add", &url, "--event", "gossip"]).await,
        "gossip",
    );

    let added = webhook(&data, &[&add[..], &["--private"]].concat()).await;
    assert!(added.status.success(), "{}", text(&added.stderr));
    let secret = text(&added.stdout);
    assert!(
        secret.starts_with("whsec_") && secret.lines().count() == 1,
        "the secret alone"
    );
    let list = text(&webhook(&data, &["list"]).await.stdout);
    assert!(
        list.contains(&url) && list.contains("release") && !list.contains("whsec_"),
        "{list}"
    );

    // A new table is a new dataset, with a first version.
    let make = "CREATE TABLE tariff (price float8); COMMENT ON TABLE tariff IS 'What it costs.'";
    let database = fieldbook.database().await;
    sqlx::raw_sql(make).execute(&database).await.expect("a table");
    let told = async {
        loop {
            let (head, body) = receive(&listener).await;
            if body["data"]["dataset"] == "tariff" {
                return (head, body);
            }
        }
    };
    let (head, body) = tokio::time::timeout(DEADLINE, told).await.expect("a message");
    assert_eq!(body["type"], "release.published");
    assert!(head.starts_with("post /hook"), "{head}");
    for header in ["webhook-id: ", "webhook-timestamp: ", "webhook-signature: v1,"] {
        assert!(head.contains(header), "{head}");
    }

    let id = list
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().next())
        .expect("an id");
    assert!(text(&webhook(&data, &["enable", id]).await.stdout).contains("is on"));
    assert!(text(&webhook(&data, &["remove", id]).await.stdout).contains("is removed"));
    refused(&webhook(&data, &["remove", id]).await, "webhook list shows them");
    fieldbook.stop().await;
}
