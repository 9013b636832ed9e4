//! A figure of quality, as it is published.

use chrono::{DateTime, Utc};

/// In what something can be good or bad, after ISO 25012.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// How much of what was expected is there.
    Completeness,
    /// How soon it came.
    Timeliness,
    /// How much of it lies within what its sensor can report.
    Validity,
    /// How much of what came was not there already.
    Uniqueness,
    /// How much of what came could be used.
    Conformity,
    /// How many of the sensors sent anything.
    Coverage,
    /// How plausible values are beside their neighbours.
    Plausibility,
    /// Whether what was received, stored and archived adds up.
    Consistency,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Completeness,
        Self::Timeliness,
        Self::Validity,
        Self::Uniqueness,
        Self::Conformity,
        Self::Coverage,
        Self::Plausibility,
        Self::Consistency,
    ];

    /// The word for it in addresses and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Timeliness => "timeliness",
            Self::Validity => "validity",
            Self::Uniqueness => "uniqueness",
            Self::Conformity => "conformity",
            Self::Coverage => "coverage",
            Self::Plausibility => "plausibility",
            Self::Consistency => "consistency",
        }
    }
}

/// What a figure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// There is nothing to judge by. Never counted as good nor as bad.
    NotApplicable,
    /// Good.
    Pass,
    /// Below what was promised.
    Warn,
    /// Not to be relied on.
    Fail,
}

/// A figure of quality.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Of what.
    pub dimension: Dimension,
    /// `numerator ÷ denominator`, from 0 to 1; `None` when not applicable.
    pub value: Option<f64>,
    /// What was counted.
    pub numerator: u64,
    /// Out of how many.
    pub denominator: u64,
    /// How it is computed, in a sentence.
    pub formula: String,
    /// What it means.
    pub verdict: Verdict,
    /// Below this it is a warning; from 0 to 1.
    pub warn_below: Option<f64>,
    /// Below this it fails; from 0 to 1.
    pub fail_below: Option<f64>,
    /// The stretch of time that it is about, its end excluded.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
    /// When it was computed.
    pub computed_at: DateTime<Utc>,
}
