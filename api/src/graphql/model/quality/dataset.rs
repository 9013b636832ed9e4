//! Figures of quality of a dataset, as they were measured last.

use async_graphql::SimpleObject;
use catalogue::model::Measured;

use super::figure::{QualityDimension, QualityStatus};
use super::number;
use crate::graphql::scalar::DateTime;

/// A figure of quality of a dataset: `numerator` out of `denominator`, in a stretch of time.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DatasetFigure {
    /// In what it is good or bad.
    dimension: QualityDimension,
    /// `numerator` ÷ `denominator`, from 0 (bad) to 1 (good); null when it is not applicable.
    value: Option<f64>,
    /// What was counted, as `formula` says.
    numerator: f64,
    /// Out of how many; 0 when the figure is not applicable.
    denominator: f64,
    /// What it means.
    verdict: QualityStatus,
    /// A value below this is a warning; null where nothing is said.
    warn_below: Option<f64>,
    /// A value below this fails; null where nothing is said.
    fail_below: Option<f64>,
    /// How it is computed, in a sentence.
    formula: String,
    /// The first instant of the time that it is about.
    from: DateTime,
    /// The first instant that does not belong to that time any more.
    to: DateTime,
    /// When it was computed.
    computed_at: DateTime,
}

impl From<&Measured> for DatasetFigure {
    fn from(measured: &Measured) -> Self {
        Self {
            dimension: measured.dimension.into(),
            value: measured.value,
            numerator: number(measured.numerator),
            denominator: number(measured.denominator),
            verdict: measured.verdict.into(),
            warn_below: measured.warn_below,
            fail_below: measured.fail_below,
            formula: measured.formula.clone(),
            from: DateTime(measured.from),
            to: DateTime(measured.to),
            computed_at: DateTime(measured.computed_at),
        }
    }
}
