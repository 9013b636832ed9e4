//! Figures: what is counted out of how many, what that means, and how it is said.

use chrono::{DateTime, Utc};

use super::completeness::Doubts;
use super::measurement::Measurement;
use super::number::ratio;
use super::rules::{Bounds, Thresholds};
use super::sample::Window;
use crate::model::{Dimension, Measured, Verdict};

/// So many out of so many. It adds up by adding both; a mean of ratios would hide the small ones behind the many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ratio {
    /// What was counted.
    pub numerator: u64,
    /// Out of how many.
    pub denominator: u64,
}

impl Ratio {
    /// `numerator` out of `denominator`.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        Self {
            numerator,
            denominator,
        }
    }

    /// From 0 to 1; `None`: out of nothing, so not applicable.
    pub fn value(&self) -> Option<f64> {
        ratio(self.numerator, self.denominator)
    }

    /// One more, which counts or not.
    pub(super) fn count(&mut self, counts: bool) {
        self.numerator += u64::from(counts);
        self.denominator += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.numerator += other.numerator;
        self.denominator += other.denominator;
    }
}

/// A figure of quality of a dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Of what.
    pub dimension: Dimension,
    /// What was counted out of how many; not applicable out of nothing.
    pub ratio: Ratio,
    /// What it means.
    pub verdict: Verdict,
    /// What it is judged by.
    pub bounds: Bounds,
    /// Why the value may be wrong by more than 0.2 points. Completeness alone has doubts.
    pub doubts: Doubts,
}

/// The dimensions that a sensor's window has figures of. A dataset has its coverage, too.
pub(super) const OF_A_SENSOR: [Dimension; 6] = [
    Dimension::Completeness,
    Dimension::Timeliness,
    Dimension::Validity,
    Dimension::Uniqueness,
    Dimension::Conformity,
    Dimension::Plausibility,
];

impl Figure {
    pub(crate) fn new(dimension: Dimension, ratio: Ratio, bounds: Bounds, doubts: Doubts) -> Self {
        let verdict = match ratio.value() {
            None => Verdict::NotApplicable,
            Some(value) if value < bounds.fail_below => Verdict::Fail,
            Some(value) if value < bounds.warn_below => Verdict::Warn,
            Some(_) => Verdict::Pass,
        };
        Self {
            dimension,
            ratio,
            verdict,
            bounds,
            doubts,
        }
    }

    /// From 0 to 1; `None` when not applicable.
    pub fn value(&self) -> Option<f64> {
        self.ratio.value()
    }

    /// How it is computed, in a sentence.
    pub fn formula(&self) -> &'static str {
        formula(self.dimension)
    }

    /// As it is published.
    pub fn measured(&self, window: Window, computed_at: DateTime<Utc>) -> Measured {
        Measured {
            dimension: self.dimension,
            value: self.value(),
            numerator: self.ratio.numerator,
            denominator: self.ratio.denominator,
            formula: self.formula().to_owned(),
            verdict: self.verdict,
            warn_below: Some(self.bounds.warn_below),
            fail_below: Some(self.bounds.fail_below),
            from: window.from(),
            to: window.to(),
            computed_at,
        }
    }
}

impl Measurement {
    /// The figures of a sensor's window, those that are not applicable too, judged by these bounds.
    pub fn figures(&self, thresholds: &Thresholds) -> Vec<Figure> {
        let doubts = self.doubts();
        let figures = OF_A_SENSOR.into_iter().map(|dimension| {
            let doubts = if dimension == Dimension::Completeness {
                doubts
            } else {
                Doubts::NONE
            };
            Figure::new(dimension, self.ratio(dimension), thresholds.of(dimension), doubts)
        });
        figures.collect()
    }

    /// What is counted for a dimension; nothing out of nothing for one that a sensor's window has no figure of.
    pub fn ratio(&self, dimension: Dimension) -> Ratio {
        match dimension {
            Dimension::Completeness => self.completeness.as_ref().map_or(Ratio::default(), |found| {
                Ratio::new(found.present, found.present + found.missing)
            }),
            Dimension::Timeliness => self.latency.map_or(Ratio::default(), |latency| {
                Ratio::new(
                    latency.readings - latency.late - latency.negative,
                    latency.readings,
                )
            }),
            Dimension::Validity => {
                let gross = self.tests.gross;
                Ratio::new(gross.evaluated() - gross.fail, gross.evaluated())
            }
            Dimension::Uniqueness => self.intake.map_or(Ratio::default(), |intake| {
                Ratio::new(intake.new_ones(), intake.accepted())
            }),
            Dimension::Conformity => self.intake.map_or(Ratio::default(), |intake| {
                Ratio::new(intake.accepted(), intake.received())
            }),
            Dimension::Plausibility => self.plausible,
            Dimension::Coverage | Dimension::Consistency => Ratio::default(),
        }
    }

    pub(super) fn doubts(&self) -> Doubts {
        self.completeness
            .as_ref()
            .map_or(Doubts::NONE, |found| found.doubts)
    }
}

impl Thresholds {
    /// The bounds of a dimension.
    pub fn of(&self, dimension: Dimension) -> Bounds {
        match dimension {
            Dimension::Completeness => self.completeness,
            Dimension::Timeliness => self.timeliness,
            Dimension::Validity => self.validity,
            Dimension::Uniqueness => self.uniqueness,
            Dimension::Conformity => self.conformity,
            Dimension::Coverage => self.coverage,
            Dimension::Plausibility => self.plausibility,
            // All or nothing: what doesn't add up fails.
            Dimension::Consistency => Bounds {
                warn_below: 1.0,
                fail_below: 1.0,
            },
        }
    }
}

/// The worst of all verdicts, never a mean: one broken dimension shows. Those that are not applicable don't count, and
/// without any other nothing is applicable.
pub fn overall(figures: &[Figure]) -> Verdict {
    let verdicts = figures.iter().map(|figure| figure.verdict);
    verdicts.max().unwrap_or(Verdict::NotApplicable)
}

fn formula(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Completeness => {
            "readings that are there, by those and the ones missing in the gaps between them; a gap of Δ, longer than \
             the gap factor times the pace, misses round(Δ ÷ pace) - 1"
        }
        Dimension::Timeliness => {
            "readings received neither later after their time than is tolerated nor before it by more than a clock may \
             be ahead, by all readings"
        }
        Dimension::Validity => {
            "readings within the range that their sensor can report, by all readings of sensors with such a range"
        }
        Dimension::Uniqueness => {
            "readings that were not there already, with the same or another value, by all readings received that could \
             be used"
        }
        Dimension::Conformity => "readings received that could be used, by all readings received",
        Dimension::Coverage => "sensors with a reading, by all sensors",
        Dimension::Plausibility => {
            "readings that the tests of spike, rate of change and flat line let pass, by all readings that any of them \
             could judge"
        }
        Dimension::Consistency => "records that add up between two stages, by all records",
    }
}
