//! Times.

use chrono::{DateTime, Utc};

/// A time, or how one is written.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let midnight = format!("{text}T00:00:00Z");
    let found = ingestor::decode::time::parse(text).or_else(|| ingestor::decode::time::parse(&midnight));
    found.ok_or_else(|| {
        "a time is written 2026-11-23T10:00:00Z, with any offset and in UTC without one, or as a date, its midnight in UTC"
            .to_owned()
    })
}
