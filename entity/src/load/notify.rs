//! What a transaction tells whoever listens: that positions are loaded, and where in time their readings lie.
//!
//! PostgreSQL delivers a notification when its transaction commits, and forgets it when nobody listens. So it is a hint
//! that something is there and where to look for it, never the news itself: who was away finds all of it in
//! `ingest_checkpoint` and `segment`.
//!
//! The payload is JSON, far below PostgreSQL's limit of 8,000 bytes:
//! `{"v":1,"journal":3,"after":120,"upto":340,"sensors":true,"spans":[[1767225600000000,1767225661000000]]}`.
//! `spans` are microseconds since 1970, both ends belong to them; `sensors` says whether sensors were declared or
//! registered.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

/// The channel that loaders notify on.
pub const CHANNEL: &str = "fieldbook_loaded";

/// Spans of one notification at most: readings of more places in time share the nearest ones.
pub const SPANS_MAX: usize = 16;

/// Readings no further apart than this share a span, whatever their number.
const GAP_MIN_US: i64 = 1_000_000;

const VERSION: u64 = 1;

/// What one transaction loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The journal, as numbered in `journal`.
    pub journal_id: i16,
    /// The last position that was loaded before.
    pub after: i64,
    /// The last position that is loaded now.
    pub upto: i64,
    /// Whether sensors were declared or registered.
    pub sensors: bool,
    /// Where the readings lie: earliest and latest time of each span, in order and apart from each other.
    pub spans: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Loaded {
    pub(super) fn to_payload(&self) -> String {
        let spans: Vec<[i64; 2]> = self
            .spans
            .iter()
            .map(|(from, to)| [from.timestamp_micros(), to.timestamp_micros()])
            .collect();
        json!({
            "v": VERSION,
            "journal": self.journal_id,
            "after": self.after,
            "upto": self.upto,
            "sensors": self.sensors,
            "spans": spans,
        })
        .to_string()
    }

    /// Reads a payload; `None` for one of another version, or of somebody else on the channel.
    pub fn parse(payload: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(payload).ok()?;
        if json.get("v")?.as_u64()? != VERSION {
            return None;
        }
        let time = |micros: &Json| DateTime::from_timestamp_micros(micros.as_i64()?);
        let spans = json.get("spans")?.as_array()?.iter().map(|span| {
            let [from, to] = span.as_array()?.as_slice() else {
                return None;
            };
            Some((time(from)?, time(to)?)).filter(|(from, to)| from <= to)
        });
        Some(Self {
            journal_id: i16::try_from(json.get("journal")?.as_i64()?).ok()?,
            after: json.get("after")?.as_i64()?,
            upto: json.get("upto")?.as_i64()?,
            sensors: json.get("sensors")?.as_bool()?,
            spans: spans.collect::<Option<_>>()?,
        })
    }
}

/// What a transaction has touched so far.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Microseconds, in no order.
    times: Vec<i64>,
    sensors: bool,
}

impl Touched {
    pub(super) fn readings(&mut self, times: impl Iterator<Item = DateTime<Utc>>) {
        self.times.extend(times.map(|time| time.timestamp_micros()));
    }

    pub(super) fn sensors(&mut self) {
        self.sensors = true;
    }

    /// What is told of the positions behind `after`; what comes next belongs to the positions behind `upto`.
    pub(super) fn take(&mut self, journal_id: i16, after: i64, upto: i64) -> Loaded {
        let Self { times, sensors } = std::mem::take(self);
        Loaded {
            journal_id,
            after,
            upto,
            sensors,
            spans: spans(times),
        }
    }
}

/// The spans that hold all of these times: cut at the widest gaps.
fn spans(mut times: Vec<i64>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    times.sort_unstable();
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return Vec::new();
    };
    // Each gap by its width and where the next span begins.
    let mut gaps: Vec<(i64, usize)> = times
        .windows(2)
        .enumerate()
        .map(|(at, pair)| (pair[1] - pair[0], at + 1))
        .filter(|(width, _)| *width > GAP_MIN_US)
        .collect();
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    gaps.truncate(SPANS_MAX - 1);
    let mut cuts: Vec<usize> = gaps.into_iter().map(|(_, at)| at).collect();
    cuts.sort_unstable();
    let mut spans = Vec::with_capacity(cuts.len() + 1);
    let mut from = first;
    for cut in cuts {
        spans.push((from, times[cut - 1]));
        from = times[cut];
    }
    spans.push((from, last));
    let epoch = DateTime::UNIX_EPOCH;
    let time = |micros| epoch + TimeDelta::microseconds(micros);
    spans
        .into_iter()
        .map(|(from, to)| (time(from), time(to)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_payload_comes_back_and_others_are_nobody_s() {
        let mut touched = Touched::default();
        touched.sensors();
        touched.readings([5_000_000, 1, 90_000_000].into_iter().map(at));
        let loaded = touched.take(3, 120, 340);
        assert_eq!(loaded.spans.len(), 3);
        assert_eq!(Loaded::parse(&loaded.to_payload()), Some(loaded.clone()));
        assert_eq!(touched.take(3, 340, 341).spans, []);
        for payload in [
            "",
            "1",
            "{}",
            "{\"v\":2}",
            &loaded.to_payload().replace("\"v\":1", "\"v\":2"),
        ] {
            assert_eq!(Loaded::parse(payload), None, "{payload}");
        }
    }

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(micros).unwrap()
    }

    proptest! {
        #[test]
        fn every_time_lies_in_one_of_a_few_spans(
            times in prop::collection::vec(-100_000_000_000_i64..100_000_000_000, 0..200),
        ) {
            let mut touched = Touched::default();
            touched.readings(times.iter().copied().map(at));
            let loaded = touched.take(1, 0, 1);
            prop_assert!(loaded.spans.len() <= SPANS_MAX);
            prop_assert!(loaded.to_payload().len() < 4_000);
            prop_assert!(loaded.spans.windows(2).all(|pair| pair[0].1 < pair[1].0));
            for time in times.into_iter().map(at) {
                prop_assert!(loaded.spans.iter().any(|(from, to)| *from <= time && time <= *to));
            }
        }
    }
}
