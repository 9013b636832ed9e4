//! Thresholds of quality, as stewards set them.

use async_graphql::{InputObject, MaybeUndefined};
use serde::Serialize;

use super::SpikeMethod;

/// Thresholds of quality. What is left out stays as it is; null goes back to what the catalogue's file says.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct QualityRulesInput {
    /// The doubtful part of the sensor's range.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    gross: MaybeUndefined<GrossRuleInput>,
    /// Single values that stick out.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    spike: MaybeUndefined<SpikeRuleInput>,
    /// Changes that are too quick.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    rate: MaybeUndefined<RateRuleInput>,
    /// Values that don't move.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    flat: MaybeUndefined<FlatRuleInput>,
    /// A gap is longer than so many expected intervals, from 1 to 1,000; 1.5 where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    gap_factor: MaybeUndefined<f64>,
    /// Received more seconds after its time, a reading is late; 60 where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    late_after_seconds: MaybeUndefined<f64>,
    /// A sensor's clock may be ahead by so many seconds; 1 where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    clock_lead_seconds: MaybeUndefined<f64>,
    /// Readings more seconds apart are not compared; 3,024,000 where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    neighbours_within_seconds: MaybeUndefined<f64>,
    /// What makes a figure good, doubtful or bad.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    thresholds: MaybeUndefined<QualityThresholdsInput>,
}

/// The doubtful part of the sensor's range. Tested where a bound is said, unless `enabled` is false.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct GrossRuleInput {
    /// False: not tested, whatever more general rules say.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    enabled: MaybeUndefined<bool>,
    /// Less is suspect, in the sensor's unit.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    suspect_min: MaybeUndefined<f64>,
    /// More is suspect, in the sensor's unit.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    suspect_max: MaybeUndefined<f64>,
}

/// Single values that stick out. Tested where a threshold is said, unless `enabled` is false.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct SpikeRuleInput {
    /// False: not tested, whatever more general rules say.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    enabled: MaybeUndefined<bool>,
    /// What the size of a spike is; `AVERAGE` where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    method: MaybeUndefined<SpikeMethod>,
    /// A larger spike is suspect, in the sensor's unit.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    suspect: MaybeUndefined<f64>,
    /// A larger spike fails, in the sensor's unit.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    fail: MaybeUndefined<f64>,
}

/// Changes that are too quick. Tested where a threshold is said, unless `enabled` is false.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct RateRuleInput {
    /// False: not tested, whatever more general rules say.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    enabled: MaybeUndefined<bool>,
    /// Faster is suspect, in the sensor's unit per second.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    suspect_per_second: MaybeUndefined<f64>,
    /// Faster fails, in the sensor's unit per second.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    fail_per_second: MaybeUndefined<f64>,
}

/// Values that don't move. Tested unless `enabled` is false.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct FlatRuleInput {
    /// False: not tested, whatever more general rules say.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    enabled: MaybeUndefined<bool>,
    /// Values so far apart or farther differ, in the sensor's unit; 0, all that are not the same, where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    tolerance: MaybeUndefined<f64>,
    /// The same as so many readings before is suspect, from 1 to 10,000; 3 where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    suspect_count: MaybeUndefined<u32>,
    /// The same as so many readings before fails, from `suspectCount` to 10,000; 5 where nobody says.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    fail_count: MaybeUndefined<u32>,
}

/// What makes the figure of a dimension good, doubtful or bad.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct QualityThresholdsInput {
    /// How much of what was expected is there.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    completeness: MaybeUndefined<QualityBoundsInput>,
    /// How much came in time.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    timeliness: MaybeUndefined<QualityBoundsInput>,
    /// How much lies within what its sensor can report.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    validity: MaybeUndefined<QualityBoundsInput>,
    /// How much was not there already.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    uniqueness: MaybeUndefined<QualityBoundsInput>,
    /// How much could be used.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    conformity: MaybeUndefined<QualityBoundsInput>,
    /// How many sensors sent anything.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    coverage: MaybeUndefined<QualityBoundsInput>,
    /// How much is plausible beside its neighbours.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    plausibility: MaybeUndefined<QualityBoundsInput>,
}

/// The bounds of one figure.
#[derive(Debug, InputObject, Serialize)]
pub(crate) struct QualityBoundsInput {
    /// Below this it is a warning, from 0 to 1.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    warn_below: MaybeUndefined<f64>,
    /// Below this it fails, from 0 to `warnBelow`.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    fail_below: MaybeUndefined<f64>,
}
