//! How good readings are.

mod dataset;
mod figure;
mod found;

use async_graphql::{ComplexObject, Context, SimpleObject};
use catalogue::model::{Dimension, Verdict};
use catalogue::quality::{self, Measurement, Rolled, Rollup, Window, overall};
use chrono::{TimeDelta, Utc};
use entity::query::readings::TimeRange;

pub(crate) use self::dataset::DatasetFigure;
use self::figure::QualityDimension;
pub(crate) use self::figure::{QualityFigure, QualityStatus};
pub(crate) use self::found::QualityTest;
use self::found::{FlaggedReading, QualityGap, QualityIntervalBasis, QualityLatency, QualityTestCounts};
use super::{QualityRules, Sensor};
use crate::graphql::batch::{FLAGGED_MAX, KeptFlags, OfSensor, SensorQuality};
use crate::graphql::error::ApiError;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Readings that a report lists, when the question does not say how many.
const FLAGGED_FIRST: i32 = 100;

/// How good the readings of a sensor or of a dataset are in a time. Every figure is so many out of how many; none is a mean
/// of others, and what nobody can judge is null and not 0.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct QualityReport {
    /// The sensor that it is about; null when it is about a dataset.
    sensor: Option<Sensor>,
    /// The slug of the dataset that it is about; null when it is about a sensor.
    dataset: Option<String>,
    /// The first instant of the time that it is about.
    from: DateTime,
    /// The first instant that does not belong to that time any more.
    to: DateTime,
    /// The worst of what the figures mean; those that are not applicable don't count.
    status: QualityStatus,
    /// The figure that is worst: of those that mean the same, the one with the lowest value. Null where none is applicable.
    worst_dimension: Option<QualityDimension>,
    /// All figures, those that are not applicable too.
    figures: Vec<QualityFigure>,
    /// How many readings there are, whatever their flags; a float, because it may be larger than an Int holds.
    readings: f64,
    /// How long readings took from the sensor's clock to ours. Null without readings, and for datasets: percentiles of
    /// sensors don't add up.
    latency: Option<QualityLatency>,
    /// What each test of single readings said; empty for datasets.
    tests: Vec<QualityTestCounts>,
    /// The longest gaps between readings, at most 100, in the order of time; empty for datasets, for windows that are kept
    /// (`revision`), and where nobody knows how often the sensor should send.
    gaps: Vec<QualityGap>,
    /// How many gaps there are that touch this time; of a dataset, that begin in it. Null where nobody knows how often the
    /// sensor should send.
    gaps_count: Option<f64>,
    /// The share of the time in which readings were due and none came, from 0 to 1. Null for datasets, and where nobody
    /// knows how often the sensor should send.
    gap_share: Option<f64>,
    /// How many seconds the longest gap is, up to now where it goes on; null without a gap.
    longest_gap_seconds: Option<f64>,
    /// Seconds between two readings that completeness and gaps are measured by; null where nobody knows, and for datasets.
    expected_interval_seconds: Option<f64>,
    /// Where that interval comes from.
    expected_interval_basis: Option<QualityIntervalBasis>,
    #[graphql(skip)]
    flagged: Flagged,
    /// How many verdicts `SUSPECT` and `FAIL` the tests gave, other than failed ranges: `flagged` lists the earliest.
    flagged_count: f64,
    /// The rules that it was computed by: a digest of all thresholds and of the formulae, the same for the same rules
    /// everywhere. Null for datasets, whose sensors may have different ones.
    rule_version: Option<String>,
    /// The rules that it was computed by, after all that is said for everything, for its type and for itself. Null for
    /// datasets.
    rules: Option<QualityRules>,
    /// When it was computed.
    computed_at: DateTime,
    /// The revision of a window that is kept: from 1, one more each time that readings came late. Null when it was computed
    /// for this answer, and for datasets.
    revision: Option<i32>,
}

#[ComplexObject]
impl QualityReport {
    /// The readings that tests doubt or refuse, the earliest first. Not told are those outside of what their sensor can
    /// report: their own flag says it. Empty for datasets.
    async fn flagged(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from 1 to 1,000.",
            default_with = "Some(FLAGGED_FIRST)"
        )]
        first: Option<i32>,
    ) -> Result<Vec<FlaggedReading>, ApiError> {
        let first = first.unwrap_or(FLAGGED_FIRST);
        if !(1..=FLAGGED_MAX).contains(&first) {
            return Err(ApiError::InvalidArgument {
                argument: "first".to_owned(),
                message: format!("{first} readings are not listed"),
                accepted: format!("from 1 to {FLAGGED_MAX}"),
            });
        }
        match &self.flagged {
            Flagged::None => Ok(Vec::new()),
            Flagged::Found(found) => {
                let first = usize::try_from(first).unwrap_or_default();
                Ok(found.iter().take(first).copied().collect())
            }
            Flagged::Kept(sensor_id, range) => {
                let what = KeptFlags {
                    range: (*range).into(),
                    first: first.unsigned_abs(),
                };
                let sensor_id = *sensor_id;
                let kept = ctx.loaders().load_one(OfSensor { sensor_id, what }).await?;
                let kept = kept.iter().flat_map(|kept| kept.iter());
                // Others of the same answer may have asked for more.
                let first = usize::try_from(first).unwrap_or_default();
                Ok(kept.take(first).filter_map(FlaggedReading::kept).collect())
            }
        }
    }
}

/// Where the readings are that tests doubt or refuse.
#[derive(Debug, Clone)]
enum Flagged {
    /// Nowhere: it is about many sensors.
    None,
    /// They were found for this answer.
    Found(Vec<FlaggedReading>),
    /// They are kept, of this sensor and window.
    Kept(i32, TimeRange),
}

impl QualityReport {
    /// What was measured of a sensor.
    pub(crate) fn of_sensor(sensor: Sensor, quality: &SensorQuality, at: chrono::DateTime<Utc>) -> Self {
        let found = &quality.found;
        let Measurement {
            window,
            rule_version,
            readings,
            ref completeness,
            ref tests,
            ref latency,
            ..
        } = found.measurement;
        let figures = found.measurement.figures(&quality.rules.thresholds);
        let counts = quality::Test::ALL.map(|test| QualityTestCounts::new(test, *tests.of(test)));
        let range = TimeRange {
            from: window.from(),
            to: window.to(),
        };
        let flagged = match quality.kept {
            None => Flagged::Found(found.flagged.iter().map(FlaggedReading::from).collect()),
            Some(_) => Flagged::Kept(sensor.0.id, range),
        };
        let (computed_at, revision) = quality.kept.unzip();
        Self {
            tests: counts.to_vec(),
            latency: latency.as_ref().map(QualityLatency::from),
            gaps: found.gaps.iter().map(QualityGap::from).collect(),
            gaps_count: completeness.as_ref().map(|found| number(found.gaps)),
            gap_share: found.measurement.gap_share(),
            longest_gap_seconds: completeness
                .as_ref()
                .and_then(|found| found.longest_gap)
                .map(seconds),
            expected_interval_seconds: quality.expectation.map(|expectation| expectation.seconds()),
            expected_interval_basis: quality.expectation.map(|expectation| expectation.basis().into()),
            flagged,
            flagged_count: number(quality::Test::ALL.iter().map(|test| told(*test, found)).sum()),
            rule_version: Some(rule_version.to_string()),
            rules: Some(QualityRules::from((*quality.rules).clone())),
            sensor: Some(sensor),
            revision,
            ..Self::of_figures(&figures, window, readings, computed_at.unwrap_or(at))
        }
    }

    /// What was measured of a dataset's sensors, together. `sensor` finds the worst ones.
    pub(crate) fn of_dataset(
        slug: String,
        window: Window,
        rollup: &Rollup,
        thresholds: &quality::Thresholds,
        at: chrono::DateTime<Utc>,
        sensor: impl Fn(i32) -> Option<Sensor>,
    ) -> Self {
        let rolled = rollup.figures(thresholds);
        Self {
            gaps_count: Some(number(rollup.gaps_begun())),
            longest_gap_seconds: rollup.longest_gap().map(seconds),
            ..Self::of_rolled(slug, window, &rolled, rollup.readings(), at, sensor)
        }
    }

    /// The same of figures alone.
    pub(crate) fn of_rolled(
        slug: String,
        window: Window,
        rolled: &[Rolled],
        readings: u64,
        at: chrono::DateTime<Utc>,
        sensor: impl Fn(i32) -> Option<Sensor>,
    ) -> Self {
        let figures: Vec<quality::Figure> = rolled.iter().map(|rolled| rolled.figure).collect();
        let shown = rolled.iter().map(|rolled| QualityFigure::rolled(rolled, &sensor));
        Self {
            dataset: Some(slug),
            figures: shown.collect(),
            ..Self::of_figures(&figures, window, readings, at)
        }
    }

    /// A window of a dataset's sensors as it is kept; which of them is worst is not.
    pub(crate) fn of_kept(
        slug: String,
        window: Window,
        figures: &[quality::Figure],
        readings: u64,
        at: chrono::DateTime<Utc>,
    ) -> Self {
        Self {
            dataset: Some(slug),
            ..Self::of_figures(figures, window, readings, at)
        }
    }

    fn of_figures(
        figures: &[quality::Figure],
        window: Window,
        readings: u64,
        at: chrono::DateTime<Utc>,
    ) -> Self {
        Self {
            sensor: None,
            dataset: None,
            from: DateTime(window.from()),
            to: DateTime(window.to()),
            status: overall(figures).into(),
            worst_dimension: worst(figures).map(QualityDimension::from),
            figures: figures.iter().map(QualityFigure::from).collect(),
            readings: number(readings),
            latency: None,
            tests: Vec::new(),
            gaps: Vec::new(),
            gaps_count: None,
            gap_share: None,
            longest_gap_seconds: None,
            expected_interval_seconds: None,
            expected_interval_basis: None,
            flagged: Flagged::None,
            flagged_count: 0.0,
            rule_version: None,
            rules: None,
            computed_at: DateTime(at),
            revision: None,
        }
    }
}

/// The dimension that is worst.
fn worst(figures: &[quality::Figure]) -> Option<Dimension> {
    let applicable = figures
        .iter()
        .filter(|figure| figure.verdict != Verdict::NotApplicable);
    let value = |figure: &quality::Figure| figure.value().unwrap_or(1.0);
    applicable
        .min_by(|a, b| b.verdict.cmp(&a.verdict).then(value(a).total_cmp(&value(b))))
        .map(|figure| figure.dimension)
}

/// How many verdicts of a test are told reading by reading.
fn told(test: quality::Test, found: &quality::Evaluated) -> u64 {
    let counts = found.measurement.tests.of(test);
    match test {
        quality::Test::Gross => counts.suspect,
        _ => counts.suspect + counts.fail,
    }
}

/// A count as answers show it; a float, because it may be larger than an Int holds.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

fn seconds(length: TimeDelta) -> f64 {
    length.as_seconds_f64()
}
