//! Figures of quality.

use async_graphql::{Enum, SimpleObject};
use catalogue::model;
use catalogue::quality::{self, Figure, Rolled};

use super::number;
use crate::graphql::model::Sensor;

/// A figure of quality: `numerator` out of `denominator`.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct QualityFigure {
    /// In what something is good or bad.
    dimension: QualityDimension,
    /// `numerator` ÷ `denominator`, from 0 (bad) to 1 (good); null when it is not applicable.
    value: Option<f64>,
    /// What was counted, as `formula` says.
    numerator: f64,
    /// Out of how many; 0 when the figure is not applicable.
    denominator: f64,
    /// What it means.
    verdict: QualityStatus,
    /// A value below this is a warning.
    warn_below: f64,
    /// A value below this fails.
    fail_below: f64,
    /// How it is computed, in a sentence.
    formula: &'static str,
    /// Why the value may be wrong by more than 0.2 points; empty where it can be relied on.
    doubts: Vec<QualityDoubt>,
    /// Of a dataset: the sensor with the lowest value. Null for sensors, and where it is applicable to none.
    worst_sensor: Option<Sensor>,
    /// Of a dataset: the value of that sensor, from 0 to 1.
    worst_value: Option<f64>,
}

/// In what readings are good or bad, after ISO 25012.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Dimension")]
pub(crate) enum QualityDimension {
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
    /// How many of a dataset's sensors sent anything.
    Coverage,
    /// How plausible values are beside their neighbours.
    Plausibility,
    /// Whether what was received, stored and archived adds up.
    Consistency,
}

/// What a figure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Verdict")]
pub(crate) enum QualityStatus {
    /// There is nothing to judge by: no expectation, no range, no threshold, or no readings. Neither good nor bad.
    NotApplicable,
    /// Good.
    Pass,
    /// Below `warnBelow`.
    Warn,
    /// Below `failBelow`: not to be relied on.
    Fail,
}

/// Why a completeness may be wrong by more than 0.2 points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "quality::Doubt")]
pub(crate) enum QualityDoubt {
    /// There are fewer than 8 intervals to see how regular the sensor is.
    TooFew,
    /// Readings come too irregularly to count those that are missing.
    Jitter,
    /// The sensor sends at another interval than expected, by more than 2 %.
    Drift,
    /// More than 30 % of the readings are missing.
    Loss,
    /// More than 1 % of the readings follow another within half of the expected interval.
    Bunched,
    /// The sensor keeps no timetable, and it was silent for so long that nobody knows how many readings are missing.
    Outage,
}

impl From<&Figure> for QualityFigure {
    fn from(figure: &Figure) -> Self {
        Self {
            dimension: figure.dimension.into(),
            value: figure.value(),
            numerator: number(figure.ratio.numerator),
            denominator: number(figure.ratio.denominator),
            verdict: figure.verdict.into(),
            warn_below: figure.bounds.warn_below,
            fail_below: figure.bounds.fail_below,
            formula: figure.formula(),
            doubts: figure.doubts.iter().map(QualityDoubt::from).collect(),
            worst_sensor: None,
            worst_value: None,
        }
    }
}

impl QualityFigure {
    /// One of a dataset.
    pub(super) fn rolled(rolled: &Rolled, sensor: impl Fn(i32) -> Option<Sensor>) -> Self {
        Self {
            worst_sensor: rolled.worst.and_then(|worst| sensor(worst.sensor_id)),
            worst_value: rolled.worst.and_then(|worst| worst.figure.value()),
            ..Self::from(&rolled.figure)
        }
    }
}
