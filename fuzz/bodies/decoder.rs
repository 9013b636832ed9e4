//! A message's payload: a sentence why not, or the reading that an ordinary JSON parser sees in it too.

use chrono::{DateTime, TimeDelta};
use ingestor::decode::{Bounds, decode, time};

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
                let json: serde_json::Value = serde_json::from_slice(data).expect("what was decoded is JSON");
                assert_eq!(json["id"].as_str(), Some(&*reading.sensor));
                assert_eq!(
                    json["value"].as_f64().map(f64::to_bits),
                    Some(reading.value.to_bits())
                );
                assert_eq!(json["dt"].as_str().and_then(time::parse), Some(reading.time));
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
