//! A reading, and a window of time.

use chrono::{DateTime, Utc};
use entity::QualityFlag;

/// What a reading says, as far as its quality is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it was measured, by the sensor's clock.
    pub time: DateTime<Utc>,
    /// The value, in the sensor's unit.
    pub value: f64,
    /// When it was received, by our clock.
    pub received_at: DateTime<Utc>,
    /// What ingest found: the range that the sensor can report.
    pub flag: QualityFlag,
}

/// A stretch of time, its end excluded, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Window {
    /// From `from` to right before `to`; `None` when that is nothing.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Its first instant.
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The first instant behind it.
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }
}

/// Values that neighbours can be compared with: they exist, and the sensor could report them.
pub(super) fn is_sound(value: f64, flag: QualityFlag) -> bool {
    value.is_finite() && !matches!(flag, QualityFlag::Fail | QualityFlag::Missing)
}
