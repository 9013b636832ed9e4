//! A message's payload: a sentence why not, or the reading that an ordinary JSON parser sees in it too.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use ingestor::decode::{Bounds, decode, time};
use serde_json::value::RawValue;

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
    if let Some(time) = std::str::from_utf8(data).ok().and_then(time::parse) {
        let text = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        // An offset may lead out of the years that four digits can say.
        assert!(text.len() > 27 || time::parse(&text) == Some(time), "{text}");
    }
}
