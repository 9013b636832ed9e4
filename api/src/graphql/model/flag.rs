//! Quality flags.

use async_graphql::Enum;
use serde::Serialize;

/// The verdict of the ingest's tests on one reading, in the words of QARTOD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(remote = "entity::QualityFlag")]
pub(crate) enum QualityFlag {
    /// The tests that ran were passed.
    Pass,
    /// No test could run: the sensor has no declared range.
    NotEvaluated,
    /// The value is doubtful.
    Suspect,
    /// The value is outside what the sensor can report.
    Fail,
    /// There is no value.
    Missing,
}

impl QualityFlag {
    /// The word that answers show, for fields that are texts.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::NotEvaluated => "NOT_EVALUATED",
            Self::Suspect => "SUSPECT",
            Self::Fail => "FAIL",
            Self::Missing => "MISSING",
        }
    }
}
