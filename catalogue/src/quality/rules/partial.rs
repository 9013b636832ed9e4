//! Rules of which only a part is said: what is not said is left to more general ones.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bounds, FlatRule, GrossRule, MAX_REPEATS, RateRule, Rules, SpikeMethod, SpikeRule, Thresholds};

/// Ten years, the longest time that a rule may be about.
const MAX_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// Some thresholds, for everything, for a type of sensors or for one sensor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialRules {
    /// The doubtful part of the sensor's range.
    pub gross: PartialGross,
    /// Single values that stick out.
    pub spike: PartialSpike,
    /// Changes that are too quick.
    pub rate: PartialRate,
    /// Values that don't move.
    pub flat: PartialFlat,
    /// A gap is longer than so many expected intervals: 1 to 1,000; default 1.5.
    pub gap_factor: Option<f64>,
    /// Received more seconds after its time, a reading is late; default 60.
    pub late_after_seconds: Option<f64>,
    /// A sensor's clock may be ahead by so many seconds; default 1.
    pub clock_lead_seconds: Option<f64>,
    /// Readings more seconds apart are not compared; default 3,024,000 (35 days).
    pub neighbours_within_seconds: Option<f64>,
    /// What makes a figure good, doubtful or bad.
    pub thresholds: PartialThresholds,
}

/// The doubtful part of the sensor's range. Tested where a bound is said, unless `enabled` is false.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialGross {
    /// False: not tested, whatever more general rules say.
    pub enabled: Option<bool>,
    /// Less is suspect, in the sensor's unit.
    pub suspect_min: Option<f64>,
    /// More is suspect, in the sensor's unit.
    pub suspect_max: Option<f64>,
}

/// Single values that stick out. Tested where a threshold is said, unless `enabled` is false.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialSpike {
    /// False: not tested, whatever more general rules say.
    pub enabled: Option<bool>,
    /// `average` (default, as in the manuals) or `differential`.
    pub method: Option<SpikeMethod>,
    /// A larger spike is suspect, in the sensor's unit.
    pub suspect: Option<f64>,
    /// A larger spike fails, in the sensor's unit.
    pub fail: Option<f64>,
}

/// Changes that are too quick. Tested where a threshold is said, unless `enabled` is false.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialRate {
    /// False: not tested, whatever more general rules say.
    pub enabled: Option<bool>,
    /// Faster is suspect, in the sensor's unit per second.
    pub suspect_per_second: Option<f64>,
    /// Faster fails, in the sensor's unit per second.
    pub fail_per_second: Option<f64>,
}

/// Values that don't move. Tested unless `enabled` is false.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialFlat {
    /// False: not tested, whatever more general rules say.
    pub enabled: Option<bool>,
    /// Values so far apart or farther differ, in the sensor's unit; default 0: all that are not the same.
    pub tolerance: Option<f64>,
    /// The same as so many readings before is suspect: 1 to 10,000; default 3.
    pub suspect_count: Option<u32>,
    /// The same as so many readings before fails: `suspect_count` to 10,000; default 5.
    pub fail_count: Option<u32>,
}

/// What makes the figure of a dimension good, doubtful or bad.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialThresholds {
    /// How much of what was expected is there; default 0.98 and 0.9.
    pub completeness: PartialBounds,
    /// How much came in time; default 0.99 and 0.95.
    pub timeliness: PartialBounds,
    /// How much lies within what its sensor can report; default 0.999 and 0.99.
    pub validity: PartialBounds,
    /// How much was not there already; default 0.99 and 0.9.
    pub uniqueness: PartialBounds,
    /// How much could be used; default 0.999 and 0.99.
    pub conformity: PartialBounds,
    /// How many sensors sent anything; default 1 and 0.8.
    pub coverage: PartialBounds,
    /// How much is plausible beside its neighbours; default 0.99 and 0.95.
    pub plausibility: PartialBounds,
}

/// The bounds of one figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialBounds {
    /// Below this it is a warning; from 0 to 1.
    pub warn_below: Option<f64>,
    /// Below this it fails; from 0 to `warn_below`.
    pub fail_below: Option<f64>,
}

/// A threshold that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at} is {is}, and must be {must_be}")]
pub struct BadRule {
    /// Where it stands, such as `by_type.temperature.spike.fail`.
    pub at: String,
    /// What it is.
    pub is: String,
    /// What it could be.
    pub must_be: String,
}

/// All thresholds that make no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRules(pub Vec<BadRule>);

impl std::error::Error for BadRules {}

impl fmt::Display for BadRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, rule) in self.0.iter().enumerate() {
            let between = if position == 0 { "" } else { "; " };
            write!(f, "{between}{rule}")?;
        }
        Ok(())
    }
}

impl PartialRules {
    /// These, and what they don't say as in `general`.
    #[must_use]
    pub fn over(&self, general: &Self) -> Self {
        Self {
            gross: PartialGross {
                enabled: self.gross.enabled.or(general.gross.enabled),
                suspect_min: self.gross.suspect_min.or(general.gross.suspect_min),
                suspect_max: self.gross.suspect_max.or(general.gross.suspect_max),
            },
            spike: PartialSpike {
                enabled: self.spike.enabled.or(general.spike.enabled),
                method: self.spike.method.or(general.spike.method),
                suspect: self.spike.suspect.or(general.spike.suspect),
                fail: self.spike.fail.or(general.spike.fail),
            },
            rate: PartialRate {
                enabled: self.rate.enabled.or(general.rate.enabled),
                suspect_per_second: self.rate.suspect_per_second.or(general.rate.suspect_per_second),
                fail_per_second: self.rate.fail_per_second.or(general.rate.fail_per_second),
            },
            flat: PartialFlat {
                enabled: self.flat.enabled.or(general.flat.enabled),
                tolerance: self.flat.tolerance.or(general.flat.tolerance),
                suspect_count: self.flat.suspect_count.or(general.flat.suspect_count),
                fail_count: self.flat.fail_count.or(general.flat.fail_count),
            },
            gap_factor: self.gap_factor.or(general.gap_factor),
            late_after_seconds: self.late_after_seconds.or(general.late_after_seconds),
            clock_lead_seconds: self.clock_lead_seconds.or(general.clock_lead_seconds),
            neighbours_within_seconds: self
                .neighbours_within_seconds
                .or(general.neighbours_within_seconds),
            thresholds: self.thresholds.over(&general.thresholds),
        }
    }

    /// These, and what they don't say by default. `at` says in errors where they stand.
    pub fn complete(&self, at: &str) -> Result<Rules, BadRules> {
        let mut check = Check { at, bad: Vec::new() };
        let default = Rules::default();
        let rules = Rules {
            gross: self.gross.complete(&mut check),
            spike: self.spike.complete(&mut check),
            rate: self.rate.complete(&mut check),
            flat: self.flat.complete(&mut check),
            gap_factor: check.number("gap_factor", self.gap_factor, default.gap_factor, 1.0, 1000.0),
            late_after_seconds: check.seconds(
                "late_after_seconds",
                self.late_after_seconds,
                default.late_after_seconds,
            ),
            clock_lead_seconds: check.seconds(
                "clock_lead_seconds",
                self.clock_lead_seconds,
                default.clock_lead_seconds,
            ),
            neighbours_within_seconds: check.seconds(
                "neighbours_within_seconds",
                self.neighbours_within_seconds,
                default.neighbours_within_seconds,
            ),
            thresholds: self.thresholds.complete(&mut check),
        };
        if check.bad.is_empty() {
            Ok(rules)
        } else {
            Err(BadRules(check.bad))
        }
    }
}

impl PartialGross {
    fn complete(&self, check: &mut Check<'_>) -> Option<GrossRule> {
        check.finite("gross.suspect_min", self.suspect_min);
        check.finite("gross.suspect_max", self.suspect_max);
        if let (Some(min), Some(max)) = (self.suspect_min, self.suspect_max)
            && min > max
        {
            check.refuse(
                "gross.suspect_max",
                max,
                format!("at least gross.suspect_min, {min}"),
            );
        }
        let is_said = self.suspect_min.is_some() || self.suspect_max.is_some();
        check
            .is_tested(
                "gross",
                self.enabled,
                is_said,
                "gross.suspect_min or gross.suspect_max",
            )
            .then_some(GrossRule {
                suspect_min: self.suspect_min,
                suspect_max: self.suspect_max,
            })
    }
}

impl PartialSpike {
    fn complete(&self, check: &mut Check<'_>) -> Option<SpikeRule> {
        check.pair(("spike.suspect", self.suspect), ("spike.fail", self.fail));
        let is_said = self.suspect.is_some() || self.fail.is_some();
        check
            .is_tested("spike", self.enabled, is_said, "spike.suspect or spike.fail")
            .then_some(SpikeRule {
                method: self.method.unwrap_or_default(),
                suspect: self.suspect,
                fail: self.fail,
            })
    }
}

impl PartialRate {
    fn complete(&self, check: &mut Check<'_>) -> Option<RateRule> {
        check.pair(
            ("rate.suspect_per_second", self.suspect_per_second),
            ("rate.fail_per_second", self.fail_per_second),
        );
        let is_said = self.suspect_per_second.is_some() || self.fail_per_second.is_some();
        check
            .is_tested(
                "rate",
                self.enabled,
                is_said,
                "rate.suspect_per_second or rate.fail_per_second",
            )
            .then_some(RateRule {
                suspect_per_second: self.suspect_per_second,
                fail_per_second: self.fail_per_second,
            })
    }
}

impl PartialFlat {
    fn complete(&self, check: &mut Check<'_>) -> Option<FlatRule> {
        let default = Rules::default()
            .flat
            .expect("flat lines are looked for by default");
        let tolerance = check.number("flat.tolerance", self.tolerance, default.tolerance, 0.0, f64::MAX);
        let suspect_count = self.suspect_count.unwrap_or(default.suspect_count);
        // Who asks for more repetitions before doubting than before failing by default, and says no more, means both.
        let fail_count = self.fail_count.unwrap_or(default.fail_count.max(suspect_count));
        if !(1..=MAX_REPEATS).contains(&suspect_count) {
            check.refuse(
                "flat.suspect_count",
                suspect_count,
                format!("from 1 to {MAX_REPEATS}"),
            );
        }
        if !(suspect_count..=MAX_REPEATS).contains(&fail_count) {
            check.refuse(
                "flat.fail_count",
                fail_count,
                format!("from flat.suspect_count, {suspect_count}, to {MAX_REPEATS}"),
            );
        }
        (self.enabled != Some(false)).then_some(FlatRule {
            tolerance,
            suspect_count,
            fail_count,
        })
    }
}

impl PartialThresholds {
    fn over(&self, general: &Self) -> Self {
        Self {
            completeness: self.completeness.over(&general.completeness),
            timeliness: self.timeliness.over(&general.timeliness),
            validity: self.validity.over(&general.validity),
            uniqueness: self.uniqueness.over(&general.uniqueness),
            conformity: self.conformity.over(&general.conformity),
            coverage: self.coverage.over(&general.coverage),
            plausibility: self.plausibility.over(&general.plausibility),
        }
    }

    fn complete(&self, check: &mut Check<'_>) -> Thresholds {
        let default = Thresholds::default();
        Thresholds {
            completeness: self
                .completeness
                .complete("completeness", default.completeness, check),
            timeliness: self.timeliness.complete("timeliness", default.timeliness, check),
            validity: self.validity.complete("validity", default.validity, check),
            uniqueness: self.uniqueness.complete("uniqueness", default.uniqueness, check),
            conformity: self.conformity.complete("conformity", default.conformity, check),
            coverage: self.coverage.complete("coverage", default.coverage, check),
            plausibility: self
                .plausibility
                .complete("plausibility", default.plausibility, check),
        }
    }
}

impl PartialBounds {
    fn over(&self, general: &Self) -> Self {
        Self {
            warn_below: self.warn_below.or(general.warn_below),
            fail_below: self.fail_below.or(general.fail_below),
        }
    }

    fn complete(&self, dimension: &str, default: Bounds, check: &mut Check<'_>) -> Bounds {
        let at = |bound: &str| format!("thresholds.{dimension}.{bound}");
        let warn_below = check.number(&at("warn_below"), self.warn_below, default.warn_below, 0.0, 1.0);
        // A warning bound below the default's failing bound moves that along.
        let fail_default = default.fail_below.min(warn_below);
        let fail_below = check.number(&at("fail_below"), self.fail_below, fail_default, 0.0, 1.0);
        if fail_below > warn_below {
            check.refuse(
                &at("fail_below"),
                fail_below,
                format!("at most {}, {warn_below}", at("warn_below")),
            );
        }
        Bounds {
            warn_below,
            fail_below,
        }
    }
}

/// Looks at what is said, and keeps what is wrong with it.
struct Check<'a> {
    at: &'a str,
    bad: Vec<BadRule>,
}

impl Check<'_> {
    fn refuse(&mut self, name: &str, is: impl fmt::Display, must_be: impl Into<String>) {
        let at = if self.at.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at)
        };
        self.bad.push(BadRule {
            at,
            is: is.to_string(),
            must_be: must_be.into(),
        });
    }

    fn finite(&mut self, name: &str, said: Option<f64>) {
        if let Some(number) = said
            && !number.is_finite()
        {
            self.refuse(name, number, "a finite number");
        }
    }

    fn number(&mut self, name: &str, said: Option<f64>, default: f64, least: f64, most: f64) -> f64 {
        let Some(number) = said else { return default };
        if !(least..=most).contains(&number) {
            let must_be = if most >= f64::MAX {
                format!("finite and at least {least}")
            } else {
                format!("from {least} to {most}")
            };
            self.refuse(name, number, must_be);
        }
        number
    }

    fn seconds(&mut self, name: &str, said: Option<f64>, default: f64) -> f64 {
        self.number(name, said, default, 0.0, MAX_SECONDS)
    }

    fn pair(&mut self, (suspect_name, suspect): (&str, Option<f64>), (fail_name, fail): (&str, Option<f64>)) {
        for (name, said) in [(suspect_name, suspect), (fail_name, fail)] {
            self.number(name, said, 0.0, 0.0, f64::MAX);
        }
        if let (Some(suspect), Some(fail)) = (suspect, fail)
            && suspect > fail
        {
            self.refuse(fail_name, fail, format!("at least {suspect_name}, {suspect}"));
        }
    }

    fn is_tested(&mut self, test: &str, enabled: Option<bool>, is_said: bool, needs: &str) -> bool {
        if enabled == Some(true) && !is_said {
            self.refuse(
                &format!("{test}.enabled"),
                true,
                format!("left out, or said together with {needs}"),
            );
        }
        enabled != Some(false) && is_said
    }
}
