//! The thresholds of one sensor, after all that was said for everything, for its type and for itself was merged.

mod overlay;
mod partial;
mod set;
mod version;

pub use self::partial::{
    BadRule, BadRules, PartialBounds, PartialFlat, PartialGross, PartialRate, PartialRules, PartialSpike,
    PartialThresholds,
};
pub use self::set::{RuleSet, RuleSetError};
pub use self::version::RuleVersion;

use serde::{Deserialize, Serialize};

/// As many repetitions a flat line may be asked for at most: so many readings before a window may have to be read.
pub const MAX_REPEATS: u32 = 10_000;

/// The thresholds of one sensor. Made by [`PartialRules::complete`] or [`RuleSet::rules`], which refuse what makes no sense.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The doubtful part of the sensor's range; `None`: not tested.
    pub gross: Option<GrossRule>,
    /// Single values that stick out; `None`: not tested.
    pub spike: Option<SpikeRule>,
    /// Changes that are too quick; `None`: not tested.
    pub rate: Option<RateRule>,
    /// Values that don't move; `None`: not tested.
    pub flat: Option<FlatRule>,
    /// A gap is longer than so many expected intervals; at least 1, 1.5 by default.
    pub gap_factor: f64,
    /// A reading is late when it is received more than so many seconds after its time; 60 by default. So long is
    /// waited, too, before a reading counts as missing.
    pub late_after_seconds: f64,
    /// A sensor's clock may be ahead of ours by so many seconds; 1 by default.
    pub clock_lead_seconds: f64,
    /// Readings that are more seconds apart are no neighbours, and not compared; 35 days by default.
    pub neighbours_within_seconds: f64,
    /// What makes a figure good, doubtful or bad.
    pub thresholds: Thresholds,
}

/// Values outside are suspect; the bounds themselves pass. At least one of them is there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GrossRule {
    /// The least value that is not suspect, in the sensor's unit.
    pub suspect_min: Option<f64>,
    /// The greatest value that is not suspect, in the sensor's unit.
    pub suspect_max: Option<f64>,
}

/// How much a value may stick out between its neighbours. At least one threshold is there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpikeRule {
    /// What is compared with the thresholds.
    pub method: SpikeMethod,
    /// More than this is suspect, in the sensor's unit.
    pub suspect: Option<f64>,
    /// More than this fails, in the sensor's unit.
    pub fail: Option<f64>,
}

/// What the size of a spike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikeMethod {
    /// The distance from the mean of both neighbours, as in the manuals. A large spike makes its neighbours stick out by
    /// half its size, so these are suspect with it.
    #[default]
    Average,
    /// The smaller one of the two steps, up and down again; nothing where both go the same way. The neighbours of a
    /// spike are not blamed.
    Differential,
}

/// How quickly a value may change. At least one threshold is there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateRule {
    /// Faster is suspect, in the sensor's unit per second.
    pub suspect_per_second: Option<f64>,
    /// Faster fails, in the sensor's unit per second. The manuals have no such threshold.
    pub fail_per_second: Option<f64>,
}

/// How often a value may repeat itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FlatRule {
    /// Values differ when they are so far apart or farther, in the sensor's unit. The same value is always the same: with
    /// 0 (default) only that.
    pub tolerance: f64,
    /// The same as each of so many readings before is suspect; 3 by default.
    pub suspect_count: u32,
    /// The same as each of so many readings before fails; 5 by default.
    pub fail_count: u32,
}

/// Between which bounds a figure is good, doubtful or bad.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Below this it is a warning; from 0 to 1.
    pub warn_below: f64,
    /// Below this it fails; from 0 to 1, at most `warn_below`.
    pub fail_below: f64,
}

/// The bounds of each dimension.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// 0.98 and 0.9 by default.
    pub completeness: Bounds,
    /// 0.99 and 0.95 by default.
    pub timeliness: Bounds,
    /// 0.999 and 0.99 by default.
    pub validity: Bounds,
    /// 0.99 and 0.9 by default.
    pub uniqueness: Bounds,
    /// 0.999 and 0.99 by default.
    pub conformity: Bounds,
    /// 1 and 0.8 by default: one silent sensor is a warning.
    pub coverage: Bounds,
    /// 0.99 and 0.95 by default.
    pub plausibility: Bounds,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            gross: None,
            spike: None,
            rate: None,
            flat: Some(FlatRule {
                tolerance: 0.0,
                suspect_count: 3,
                fail_count: 5,
            }),
            gap_factor: 1.5,
            late_after_seconds: 60.0,
            clock_lead_seconds: 1.0,
            neighbours_within_seconds: 35.0 * 86_400.0,
            thresholds: Thresholds::default(),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        let bounds = |warn_below, fail_below| Bounds {
            warn_below,
            fail_below,
        };
        Self {
            completeness: bounds(0.98, 0.9),
            timeliness: bounds(0.99, 0.95),
            validity: bounds(0.999, 0.99),
            uniqueness: bounds(0.99, 0.9),
            conformity: bounds(0.999, 0.99),
            coverage: bounds(1.0, 0.8),
            plausibility: bounds(0.99, 0.95),
        }
    }
}

impl Rules {
    /// Which rules these are: the same for the same thresholds, whoever computes it.
    pub fn version(&self) -> RuleVersion {
        RuleVersion::of(self)
    }
}
