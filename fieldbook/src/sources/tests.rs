//! The file of sources: what its documentation says, word for word, and what it refuses.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use clap::Parser as _;
use ingestor::decode::{Bounds, Message, Readings};
use ingestor::receiver::Protocol;

use super::*;
use crate::cli::{Cli, Command};

const DOCUMENTATION: &str = include_str!("../../../docs/reference/sources.md");

fn home() -> MqttUrl {
    "mqtt://home:1883".parse().expect("a URL")
}

/// The sources of a file's text, as a command would have them.
fn read(text: &str) -> anyhow::Result<Vec<Configured>> {
    let room = tempfile::tempdir().expect("a directory");
    read_in(room.path(), text)
}

fn read_in(room: &Path, text: &str) -> anyhow::Result<Vec<Configured>> {
    let file = room.join("sources.toml");
    std::fs::write(&file, text).expect("written");
    let file = file.to_str().expect("a name");
    let cli = Cli::try_parse_from(["fieldbook", "doctor", "--sources", file]).expect("arguments");
    let Command::Doctor(args) = cli.command else {
        panic!("another command");
    };
    configured(&args.source, Some(&home()))
}

#[track_caller]
fn refused(text: &str, parts: &[&str]) {
    let error = format!("{:#}", read(text).expect_err("it is refused"));
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}

/// The blocks of a document, with the line before each.
fn blocks(document: &str) -> Vec<(&str, &str, String)> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((kind, before, block.join("\n")));
        } else if !line.trim().is_empty() {
            before = line;
        }
    }
    blocks
}

#[test]
fn every_example_of_the_documentation_is_read_as_it_says() {
    let received_at: DateTime<Utc> = "2026-11-23T10:00:01Z".parse().expect("a time");
    let mut source = None;
    let mut read_now: Vec<String> = Vec::new();
    let mut seen = BTreeMap::new();
    for (kind, before, text) in blocks(DOCUMENTATION) {
        *seen.entry(kind).or_insert(0) += 1;
        match kind {
            "toml" if text.contains("ca_file") => {
                // Its files are nobody's: the text is read, and no more.
                assert_eq!(file::parse(&text).expect("a file of sources").len(), 1);
            }
            "toml" => source = Some(read(&text).expect(&text).remove(0).source),
            "json" => {
                let topic = before.split('`').nth(1).expect("a topic before a message");
                let message = Message {
                    topic: topic.as_bytes(),
                    payload: text.as_bytes(),
                    retain: false,
                    received_at,
                };
                let manner = &source.as_ref().expect("a source before a message").manner;
                let readings = manner.format.read(&message, &Bounds::default()).expect(&text);
                let decoded = match readings {
                    Readings::One(decoded) => vec![decoded],
                    Readings::Several(parts) => {
                        parts.into_iter().map(|part| part.said.expect(&text)).collect()
                    }
                };
                read_now = decoded
                    .iter()
                    .map(|one| {
                        let time = one.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
                        format!("{} {time} {}", one.sensor, one.value)
                    })
                    .collect();
            }
            "text" => {
                let said: Vec<String> = text
                    .lines()
                    .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                    .collect();
                assert_eq!(read_now, said);
            }
            other => panic!("a block of {other}"),
        }
    }
    assert_eq!(seen, BTreeMap::from([("json", 6), ("text", 6), ("toml", 7)]));
}

#[test]
fn a_source_without_a_broker_is_at_home() {
    let sources = read("[[source]]\nname = \"a\"\ntopics = [\"t\"]").expect("a source");
    assert!(sources[0].at_home);
    assert_eq!(sources[0].source.broker.host, "home");
    let elsewhere = "[[source]]\nname = \"a\"\ntopics = [\"t\"]\nbroker = \"mqtt://b\"\nprotocol = \"3.1.1\"";
    let sources = read(elsewhere).expect("a source");
    assert!(!sources[0].at_home);
    assert_eq!(sources[0].source.broker.protocol, Protocol::V311);
    assert_eq!(
        (sources[0].broker.as_str(), sources[0].source.broker.port),
        ("mqtt://b:1883", 1883)
    );
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_would_be_right() {
    let with = |line: &str| format!("[[source]]\nname = \"a\"\ntopics = [\"t\"]\n{line}");
    refused("", &["line 1", "source"]);
    refused("source = []", &["[[source]]"]);
    refused("[[source]]\ntopics = [\"t\"]", &["name"]);
    refused("[[source]]\nname = \"a\"\ntopics = []", &["no topics"]);
    refused(
        "[[source]]\nname = \"a\"\ntopics = [\"a#\"]",
        &["line 3", "plant/#"],
    );
    refused(&with("topic = \"t\""), &["line 4", "topic", "topics"]);
    refused(&with("on_conflict = \"last\""), &["line 4", "latest"]);
    refused(&with("protocol = 4"), &["line 4"]);
    refused(&with("protocol = \"4\""), &["line 4", "3.1.1"]);
    refused(&with("broker = \"http://x\""), &["line 4", "mqtt://host:1883"]);
    refused(&with("broker = \"mqtt://x\"\ntls = {}"), &["\"a\"", "mqtts://"]);
    refused(
        &with("broker = \"mqtts://x\"\ntls = { key_file = \"k\" }"),
        &["tls.certificate_file"],
    );
    refused(&with("login = { user = \"u\" }"), &["password_file"]);
    refused(
        &with("login = { user = \"u\", password_env = \"NO_SUCH_VARIABLE\" }"),
        &["NO_SUCH_VARIABLE"],
    );
    refused(
        &with("login = { user = \"u\", password_file = \"none\" }"),
        &["none", "read the password"],
    );
    refused(&with("sensors = \"none.json\""), &["none.json"]);
    refused(
        &with("[source.message]\ntime = \"/t\"\nvalues = [{ at = \"v\", sensor = \"a\" }]"),
        &["line 6", "JSON pointer"],
    );
    refused(
        &with("[source.message]\ntime = \"/t\"\nvalues = [{ at = \"/v\" }]"),
        &["\"a\"", "no sensor"],
    );
    let twice = with("[[source]]\nname = \"a\"\ntopics = [\"t\"]");
    refused(&twice, &["two sources", "namespace"]);
}

#[test]
fn a_secret_is_read_from_its_place_and_shown_nowhere() {
    let room = tempfile::tempdir().expect("a directory");
    std::fs::write(room.path().join("password"), "hunter2\n").expect("written");
    let text =
        "[[source]]\nname = \"a\"\ntopics = [\"t\"]\nlogin = { user = \"u\", password_file = \"password\" }";
    let sources = read_in(room.path(), text).expect("a source");
    let (user, password) = sources[0].source.broker.login.as_ref().expect("a login");
    assert_eq!((user.as_str(), password.expose()), ("u", "hunter2"));
    assert!(!format!("{sources:?}").contains("hunter2"));
    // Where somebody writes it into the file, the error does not say it on.
    for line in [
        "login = { user = \"u\", password = \"hunter2\" }",
        "password = hunter2",
        "password = \"hunter2\"",
        "broker = \"mqtts://u:hunter2@host\"",
        "broker = \"mqtts//u:hunter2@host\"",
    ] {
        let error = read(&format!("[[source]]\nname = \"a\"\ntopics = [\"t\"]\n{line}")).expect_err(line);
        let error = format!("{error:#} {error:?}");
        assert!(!error.contains("hunter2") && error.contains("line 4"), "{error}");
    }
}

#[test]
fn certificates_that_are_none_are_named() {
    let room = tempfile::tempdir().expect("a directory");
    std::fs::write(room.path().join("empty.pem"), "nothing\n").expect("written");
    let text = "[[source]]\nname = \"a\"\nbroker = \"mqtts://h\"\ntopics = [\"t\"]\ntls = { ca_file = \"empty.pem\" }";
    let error = format!("{:#}", read_in(room.path(), text).expect_err("no certificate"));
    assert!(
        error.contains("empty.pem") && error.contains("tls.ca_file"),
        "{error}"
    );
}

#[test]
fn the_flags_for_one_source_contradict_a_file() {
    for flag in [["--topic", "t"], ["--source", "s"], ["--on-conflict", "first"]] {
        let arguments = [&["fieldbook", "doctor", "--sources", "f"][..], &flag[..]].concat();
        let error = Cli::try_parse_from(arguments).expect_err("refused").to_string();
        assert!(error.contains("--sources"), "{error}");
    }
}
