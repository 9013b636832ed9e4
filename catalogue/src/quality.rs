//! How good the readings of a sensor are: pure functions of readings, rules and the time that it is, and what brings them
//! the readings.
//!
//! ```text
//! sample.rs         a reading, a window of time
//! rules.rs          the thresholds of one sensor, their version, and where they come from (rules/)
//! interval.rs       how often a sensor sends: declared, or learnt from its times
//! qartod.rs         the tests of single readings: gross range, spike, rate of change, flat line, gap (qartod/)
//! reach.rs          which neighbours a flag depends on, and what a late reading changes
//! completeness.rs   what is missing, from gaps (completeness/)
//! latency.rs        how late readings came
//! intake.rs         what ingest counted: received, duplicates, conflicts, quarantined
//! evaluation.rs     one pass over a sensor's readings, for one window
//! measurement.rs    its result: every numerator and denominator
//! figure.rs         dimensions, their formulae, bounds and verdicts
//! rollup.rs         many sensors and windows together
//! number.rs         whole numbers and floats into each other
//! load.rs           windows measured from what the database has: the one file here that asks it
//! ```
//!
//! **Invariant:** what is said of a window depends on the readings alone: not on the order in which they arrived, nor on
//! the batches or windows in which they are looked at. No clock and no average of ratios.
//! `docs/reference/quality.md` has the formulae and where they come from.

mod completeness;
mod evaluation;
mod figure;
mod intake;
mod interval;
mod latency;
mod load;
mod measurement;
pub(crate) mod number;
mod qartod;
mod reach;
mod rollup;
mod rules;
mod sample;

pub use self::completeness::{Completeness, Doubt, Doubts, Gap, MAX_GAPS, PACE_INTERVALS};
pub use self::evaluation::{Evaluated, Evaluation, Flagged, OutOfOrder, Setting, evaluate};
pub use self::figure::{Figure, Ratio, overall};
pub use self::intake::{BadIntake, Intake};
pub use self::interval::{
    Expectation, IntervalBasis, LEARN_FROM, Learnt, MIN_INTERVALS, NotLearnable, learn,
};
pub use self::latency::Latency;
pub use self::load::{MeasureBounds, MeasureError, ToMeasure, measure};
pub use self::measurement::{Measurement, TestCounts, Tests};
pub use self::qartod::{Test, Verdicts, test};
pub use self::reach::{CONTEXT_AFTER, Touched};
pub use self::rollup::{Counted, Rolled, Rollup, Worst};
pub use self::rules::{
    BadRule, BadRules, Bounds, FlatRule, GrossRule, MAX_REPEATS, PartialBounds, PartialFlat, PartialGross,
    PartialRate, PartialRules, PartialSpike, PartialThresholds, RateRule, RuleSet, RuleSetError, RuleVersion,
    Rules, SpikeMethod, SpikeRule, Thresholds,
};
pub use self::sample::{Sample, Window};
