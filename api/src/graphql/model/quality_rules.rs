//! Thresholds of quality, as they are in force.

mod input;

use async_graphql::{Enum, SimpleObject};
use catalogue::quality;
use serde::Serialize;

pub(crate) use self::input::QualityRulesInput;

/// Thresholds of quality that are in force: for everything, for a type of sensors, or for one sensor.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct QualityRules {
    /// Which these are: the same for the same thresholds, and another one after any change. Sixteen hexadecimal digits.
    version: String,
    /// The doubtful part of the sensor's range; null: not tested.
    gross: Option<GrossRule>,
    /// Single values that stick out; null: not tested.
    spike: Option<SpikeRule>,
    /// Changes that are too quick; null: not tested.
    rate: Option<RateRule>,
    /// Values that don't move; null: not tested.
    flat: Option<FlatRule>,
    /// A gap is longer than so many expected intervals.
    gap_factor: f64,
    /// Received more seconds after its time, a reading is late; so long is waited before it counts as missing.
    late_after_seconds: f64,
    /// A sensor's clock may be ahead by so many seconds.
    clock_lead_seconds: f64,
    /// Readings more seconds apart are not compared.
    neighbours_within_seconds: f64,
    /// What makes a figure good, doubtful or bad.
    thresholds: QualityThresholds,
}

/// Values outside are suspect; the bounds themselves pass.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct GrossRule {
    /// The least value that is not suspect, in the sensor's unit; null: none is too low.
    suspect_min: Option<f64>,
    /// The greatest value that is not suspect, in the sensor's unit; null: none is too high.
    suspect_max: Option<f64>,
}

/// How much a value may stick out between its neighbours.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct SpikeRule {
    /// What the size of a spike is.
    method: SpikeMethod,
    /// More is suspect, in the sensor's unit; null: none is.
    suspect: Option<f64>,
    /// More fails, in the sensor's unit; null: none does.
    fail: Option<f64>,
}

/// What the size of a spike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "quality::SpikeMethod")]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpikeMethod {
    /// The distance from the mean of both neighbours, as in the manuals of QARTOD.
    Average,
    /// The smaller one of the two steps, up and down again; the neighbours of a spike are not blamed.
    Differential,
}

/// How quickly a value may change.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct RateRule {
    /// Faster is suspect, in the sensor's unit per second; null: nothing is.
    suspect_per_second: Option<f64>,
    /// Faster fails, in the sensor's unit per second; null: nothing does.
    fail_per_second: Option<f64>,
}

/// How often a value may repeat itself.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct FlatRule {
    /// Values so far apart or farther differ, in the sensor's unit.
    tolerance: f64,
    /// The same as so many readings before is suspect.
    suspect_count: u32,
    /// The same as so many readings before fails.
    fail_count: u32,
}

/// Between which bounds the figure of each dimension is good, doubtful or bad.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct QualityThresholds {
    /// How much of what was expected is there.
    completeness: QualityBounds,
    /// How much came in time.
    timeliness: QualityBounds,
    /// How much lies within what its sensor can report.
    validity: QualityBounds,
    /// How much was not there already.
    uniqueness: QualityBounds,
    /// How much could be used.
    conformity: QualityBounds,
    /// How many sensors sent anything.
    coverage: QualityBounds,
    /// How much is plausible beside its neighbours.
    plausibility: QualityBounds,
}

/// Between which bounds a figure is good, doubtful or bad.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct QualityBounds {
    /// Below this it is a warning, from 0 to 1.
    warn_below: f64,
    /// Below this it fails, from 0 to 1.
    fail_below: f64,
}

impl From<quality::Rules> for QualityRules {
    fn from(rules: quality::Rules) -> Self {
        Self {
            version: rules.version().to_string(),
            gross: rules.gross.map(|rule| GrossRule {
                suspect_min: rule.suspect_min,
                suspect_max: rule.suspect_max,
            }),
            spike: rules.spike.map(|rule| SpikeRule {
                method: rule.method.into(),
                suspect: rule.suspect,
                fail: rule.fail,
            }),
            rate: rules.rate.map(|rule| RateRule {
                suspect_per_second: rule.suspect_per_second,
                fail_per_second: rule.fail_per_second,
            }),
            flat: rules.flat.map(|rule| FlatRule {
                tolerance: rule.tolerance,
                suspect_count: rule.suspect_count,
                fail_count: rule.fail_count,
            }),
            gap_factor: rules.gap_factor,
            late_after_seconds: rules.late_after_seconds,
            clock_lead_seconds: rules.clock_lead_seconds,
            neighbours_within_seconds: rules.neighbours_within_seconds,
            thresholds: rules.thresholds.into(),
        }
    }
}

impl From<quality::Thresholds> for QualityThresholds {
    fn from(thresholds: quality::Thresholds) -> Self {
        let bounds = |bounds: quality::Bounds| QualityBounds {
            warn_below: bounds.warn_below,
            fail_below: bounds.fail_below,
        };
        Self {
            completeness: bounds(thresholds.completeness),
            timeliness: bounds(thresholds.timeliness),
            validity: bounds(thresholds.validity),
            uniqueness: bounds(thresholds.uniqueness),
            conformity: bounds(thresholds.conformity),
            coverage: bounds(thresholds.coverage),
            plausibility: bounds(thresholds.plausibility),
        }
    }
}
