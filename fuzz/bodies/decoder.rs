//! A message's payload: a sentence why not, or the reading that an ordinary JSON parser sees in it too. The same bytes are read
//! by formats that a configuration describes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use ingestor::decode::{Bounds, Format, Message, Readings, decode, time};
use serde_json::value::RawValue;

/// What a configuration may describe: a value of an object, an array of records, a bare value, a text.
const FORMATS: [&str; 4] = [
    r#"{"sensor": "{/id}", "time": "/dt", "values": [{"at": "/value"}]}"#,
    r#"{"records": "", "sensor": "{/n}{topic:2}", "time": "/t", "time_format": "epoch_s",
        "values": [{"at": "/v"}, {"at": "/vb", "sensor": "{/n} b", "optional": true, "booleans": true}]}"#,
    r#"{"records": "/r", "sensor": "{message:/id}", "time": "receipt", "values": [{"at": "", "text_numbers": true}]}"#,
    r#"{"payload": "text", "sensor": "{topic}", "time": "receipt", "values": [{"at": "", "words": {"ON": 1}}]}"#,
];

pub(crate) fn run(data: &[u8]) {
    let received_at = DateTime::from_timestamp_micros(1_795_428_001_000_000).expect("a time");
    let wide = Bounds {
        time_past_max: TimeDelta::MAX,
        time_future_max: TimeDelta::MAX,
        ..Bounds::default()
    };
    for bounds in [Bounds::default(), wide] {
        match decode(data, received_at, &bounds) {
            Err(rejected) => {
                let sentence = rejected.why.to_string();
                assert!((20..2000).contains(&sentence.len()), "{sentence}");
                assert!(
                    !sentence.contains('\0'),
                    "the database keeps the sentence: {sentence}"
                );
            }
            Ok(reading) => {
                // Members that are not read may be what no text or number can hold: half a surrogate pair, 1e999.
                let json: BTreeMap<String, &RawValue> =
                    serde_json::from_slice(data).expect("what was decoded is a JSON object");
                let member = |name: &str| json.get(name).map(|raw| raw.get()).unwrap_or_default();
                let text = |name| serde_json::from_str::<String>(member(name)).ok();
                assert_eq!(text("id").as_deref(), Some(&*reading.sensor));
                assert_eq!(text("dt").as_deref().and_then(time::parse), Some(reading.time));
                let value: f64 = serde_json::from_str(member("value")).expect("a number");
                assert_eq!(value.to_bits(), reading.value.to_bits());
                assert!(reading.value.is_finite());
                assert!(!reading.sensor.trim().is_empty() && !reading.sensor.contains('\0'));
                assert!(reading.sensor.len() <= bounds.name_bytes_max);
            }
        }
    }
    described(data, received_at, &wide);
    if let Some(time) = std::str::from_utf8(data).ok().and_then(time::parse) {
        let text = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        // An offset may lead out of the years that four digits can say.
        assert!(text.len() > 27 || time::parse(&text) == Some(time), "{text}");
    }
}

/// Whatever a format makes of the bytes, it is finite, named and numbered in order; and the plain format, described, reads
/// what the plain one reads.
fn described(data: &[u8], received_at: DateTime<chrono::Utc>, bounds: &Bounds) {
    for (index, description) in FORMATS.iter().enumerate() {
        let spec = serde_json::from_str(description).expect("a description");
        let format = Format::described(&spec).expect("a format");
        let message = Message {
            topic: b"a/b",
            payload: data,
            retain: false,
            received_at,
        };
        match format.read(&message, bounds) {
            Err(rejected) => {
                let sentence = rejected.why.to_string();
                assert!((15..2000).contains(&sentence.len()), "{sentence}");
                if index == 0 {
                    assert!(decode(data, received_at, bounds).is_err(), "{sentence}");
                }
            }
            Ok(Readings::One(decoded)) => {
                assert!(decoded.value.is_finite() && !decoded.sensor.trim().is_empty());
                if index == 0 {
                    // A number for a name is taken where it is described, and nowhere else.
                    let plain = decode(data, received_at, bounds);
                    assert!(plain.is_err() || plain == Ok(decoded));
                }
            }
            Ok(Readings::Several(parts)) => {
                assert!(parts.iter().any(|part| part.said.is_ok()) && parts.len() <= bounds.readings_max);
                assert!(parts.is_sorted_by(|one, other| one.item < other.item) && parts[0].item > 0);
            }
        }
    }
}
