//! How fresh something is, as it is published.

use chrono::{DateTime, Utc};

/// How fresh something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FreshnessStatus {
    /// As new as it may be expected.
    Fresh,
    /// Older than expected.
    Late,
    /// So old that it should not be relied on.
    Stale,
    /// There has never been any, none at least that does not lie in the future.
    NoData,
    /// Nobody said, and nothing shows, how often it should come.
    NoExpectation,
    /// It could not be found out.
    Unknown,
}

impl FreshnessStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Fresh,
        Self::Late,
        Self::Stale,
        Self::NoData,
        Self::NoExpectation,
        Self::Unknown,
    ];

    /// The word for it, as in GraphQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "FRESH",
            Self::Late => "LATE",
            Self::Stale => "STALE",
            Self::NoData => "NO_DATA",
            Self::NoExpectation => "NO_EXPECTATION",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The status of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What an age is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The time of the newest reading that does not lie in the future.
    EventTime,
    /// When the newest item was received.
    ReceivedAt,
    /// Up to where buckets are computed.
    Watermark,
}

/// How fresh something is, and how that was found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Freshness {
    /// The verdict.
    pub status: FreshnessStatus,
    /// What the age is counted from.
    pub basis: Basis,
    /// The instant that the age is counted from; `None` without data.
    pub newest_at: Option<DateTime<Utc>>,
    /// Seconds from there to the check, never negative.
    pub age_seconds: Option<f64>,
    /// Seconds expected between two items.
    pub expected_interval_seconds: Option<f64>,
    /// Whether that was learnt from the data; otherwise it was declared.
    pub is_learnt: bool,
    /// Older than so many seconds is late.
    pub late_after_seconds: Option<f64>,
    /// Older than so many seconds is stale.
    pub stale_after_seconds: Option<f64>,
    /// When it was looked at (the service's clock).
    pub checked_at: DateTime<Utc>,
    /// Since when it has this status; `None` when that is not known.
    pub changed_at: Option<DateTime<Utc>>,
    /// The share of the last 30 days in which it was not stale, of the time in which it was looked at and found fresh, late or
    /// stale; from 0 to 1, `None` without such time.
    pub not_stale_share_30d: Option<f64>,
    /// Of a dataset: its sensors by status.
    pub sensors: Option<SensorsFresh>,
}

/// How many sensors of a dataset are how fresh; of [`expected`](Self::expected) many, so many are fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SensorsFresh {
    /// Fresh ones.
    pub fresh: u64,
    /// Late ones.
    pub late: u64,
    /// Stale ones.
    pub stale: u64,
    /// Those that never had a reading.
    pub no_data: u64,
    /// Those of which nobody knows how often they should send.
    pub no_expectation: u64,
    /// Those that could not be looked at.
    pub unknown: u64,
    /// Those of which something is expected: by a promise, by an interval, or, without any reading yet, by being declared.
    pub expected: u64,
}

impl Freshness {
    /// What could not be found out.
    pub fn unknown(basis: Basis, checked_at: DateTime<Utc>) -> Self {
        Self {
            status: FreshnessStatus::Unknown,
            basis,
            newest_at: None,
            age_seconds: None,
            expected_interval_seconds: None,
            is_learnt: false,
            late_after_seconds: None,
            stale_after_seconds: None,
            checked_at,
            changed_at: None,
            not_stale_share_30d: None,
            sensors: None,
        }
    }
}
