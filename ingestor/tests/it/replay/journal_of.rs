//! Journals made beforehand, so that two databases are loaded from the same records.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ingestor::message::{Kind, Record};
use journal::Journal;

/// A record to be.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) payload: Vec<u8>,
}

/// Records in a segment.
const SEGMENT: usize = 40;

/// Writes a journal of these records, in several sealed segments and an open one; gives the last position.
pub(crate) async fn journal_of(dir: &Path, messages: &[Message]) -> u64 {
    std::fs::create_dir_all(dir).expect("a directory");
    let options = journal::Options {
        consumers: ["loader", "archiver", "manifest"].map(str::to_owned).to_vec(),
        ..journal::Options::default()
    };
    let (journal, _) = Journal::open(dir, options).expect("a journal");
    let mut last = 0;
    for (index, message) in messages.iter().enumerate() {
        let mut body = Vec::new();
        Record {
            kind: message.kind,
            qos: 1,
            retain: false,
            dup: false,
            received_at_us: message.received_at.timestamp_micros(),
            source: "mqtt",
            topic: b"sensors",
            payload: &message.payload,
        }
        .encode(&mut body);
        last = journal.try_append(&body).expect("room");
        if index % SEGMENT == SEGMENT - 1 {
            journal.seal_now().await.expect("it is sealed");
        }
    }
    journal.wait_durable(last).await.expect("it is on disk");
    journal.close().await.expect("it closes");
    last
}

/// The same files in another directory.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Messages of a few sensors that meet each other often, with lists between them that change their ranges. Many are good,
/// some are good for loose settings alone, a few are bad whatever the settings are.
pub(crate) fn messages(seed: u64) -> Vec<Message> {
    let mut numbers = Numbers(seed);
    let begin = DateTime::from_timestamp(1_780_300_000, 0).expect("a time");
    let mut received_at = begin;
    let mut messages = vec![list(begin, "s0", 50)];
    for index in 0..260 {
        // Some at the same instant, and a clock that goes back now and then.
        received_at += TimeDelta::milliseconds(700 * i64::try_from(numbers.below(3)).expect("small"));
        if numbers.below(25) == 0 {
            received_at -= TimeDelta::seconds(9);
        }
        let sensor = format!("s{}", numbers.below(6));
        let kind = numbers.below(20);
        let message = match kind {
            // No two at the same instant: their receipts tell them apart.
            0 => list(
                received_at + TimeDelta::microseconds(index),
                &sensor,
                20 + numbers.below(60),
            ),
            // Bad for ever; of a sensor that is known from the beginning.
            1 => bad(received_at, &mut numbers),
            _ => {
                let second = i64::try_from(numbers.below(60)).expect("small");
                let mut time = begin + TimeDelta::seconds(second * 55);
                let mut name = sensor;
                let mut note = String::new();
                match kind {
                    2..=4 => time -= TimeDelta::days(30),
                    5..=6 => note = "ü".repeat(200),
                    7 => {
                        time -= TimeDelta::days(30);
                        "a sensor with a long name".clone_into(&mut name);
                    }
                    _ => {}
                }
                let value = if kind == 8 { 666 } else { numbers.below(100) };
                let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
                let payload =
                    format!(r#"{{"note": "{note}", "id": "{name}", "dt": "{time}", "value": {value}}}"#);
                Message {
                    kind: Kind::Message,
                    received_at,
                    payload: payload.into_bytes(),
                }
            }
        };
        messages.push(message);
    }
    messages
}

fn bad(received_at: DateTime<Utc>, numbers: &mut Numbers) -> Message {
    let payload = match numbers.below(3) {
        0 => "nonsense".to_owned(),
        1 => r#"{"id": "s0", "dt": "yesterday", "value": 1}"#.to_owned(),
        _ => r#"{"id": "s0", "dt": "2026-06-01T00:00:00Z", "value": "one"}"#.to_owned(),
    };
    Message {
        kind: Kind::Message,
        received_at,
        payload: payload.into_bytes(),
    }
}

fn list(received_at: DateTime<Utc>, sensor: &str, max: u64) -> Message {
    Message {
        kind: Kind::SensorList,
        received_at,
        payload: format!(r#"{{"{sensor}": {{"unit": "C", "type": "temperature", "range": [10, {max}]}}}}"#)
            .into_bytes(),
    }
}
