//! Where the buckets of a question lie.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use entity::Zone;
use entity::query::readings::TimeRange;

use crate::ask::time;

/// The buckets of a question, cut once for all its sensors.
#[derive(Debug)]
pub(crate) struct Grid {
    edges: Vec<DateTime<Utc>>,
    range: TimeRange,
    now: DateTime<Utc>,
    zone: Zone,
    /// The edges as answers show them: each is written for every sensor.
    texts: OnceLock<Vec<String>>,
}

impl Grid {
    /// Bucket `i` goes from edge `i` to the next; readings count within `range`, and `now` is when it was asked.
    pub(crate) fn new(edges: Vec<DateTime<Utc>>, range: TimeRange, now: DateTime<Utc>, zone: Zone) -> Self {
        Self {
            edges,
            range,
            now,
            zone,
            texts: OnceLock::new(),
        }
    }

    /// No buckets at all.
    fn empty() -> Self {
        let never = DateTime::UNIX_EPOCH;
        let range = TimeRange {
            from: never,
            to: never,
        };
        Self::new(Vec::new(), range, never, Zone::UTC)
    }

    pub(crate) fn edges(&self) -> &[DateTime<Utc>] {
        &self.edges
    }

    pub(crate) fn zone(&self) -> Zone {
        self.zone
    }

    pub(crate) fn buckets(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    pub(crate) fn start(&self, bucket: usize) -> DateTime<Utc> {
        self.edges[bucket]
    }

    pub(crate) fn end(&self, bucket: usize) -> DateTime<Utc> {
        self.edges[bucket + 1]
    }

    /// An edge as answers show it.
    pub(crate) fn text(&self, edge: usize) -> &str {
        let texts = self
            .texts
            .get_or_init(|| self.edges.iter().map(|edge| time::format(*edge)).collect());
        &texts[edge]
    }

    /// Whether a bucket is over, and the range holds all of it.
    pub(crate) fn is_complete(&self, bucket: usize) -> bool {
        let (start, end) = (self.start(bucket), self.end(bucket));
        end <= self.now && self.range.from <= start && end <= self.range.to
    }

    /// Whether a bucket begins later than now.
    pub(crate) fn is_future(&self, bucket: usize) -> bool {
        self.start(bucket) >= self.now
    }

    /// How much time of a bucket is over and within the range, in seconds.
    pub(crate) fn elapsed_seconds(&self, bucket: usize) -> f64 {
        let from = self.start(bucket).max(self.range.from);
        let to = self.end(bucket).min(self.range.to).min(self.now);
        (to - from).max(TimeDelta::zero()).as_seconds_f64()
    }

    /// The middle of a bucket, in seconds since the first edge.
    pub(crate) fn middle(&self, bucket: usize) -> f64 {
        self.middle_of(self.start(bucket), self.end(bucket))
    }

    /// The middle of a bucket that may lie outside, in seconds since the first edge.
    pub(crate) fn middle_of(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> f64 {
        let first = self.edges[0];
        ((start - first) + (end - first)).as_seconds_f64() / 2.0
    }
}

impl Default for Grid {
    fn default() -> Self {
        Self::empty()
    }
}
