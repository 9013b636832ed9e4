//! What was found reading by reading: latencies, verdicts of tests, gaps.

use async_graphql::{Enum, SimpleObject};
use catalogue::quality::{self, Flagged, Gap};
use entity::measurements::KeptFlag;

use super::number;
use crate::graphql::model::QualityFlag;
use crate::graphql::scalar::DateTime;

/// How long readings took from the sensor's clock to ours, in seconds; negative where the sensor's clock is ahead.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct QualityLatency {
    /// Half of the readings took at most so many seconds, on a straight line between two readings.
    p50_seconds: f64,
    /// 95 % of the readings took at most so many seconds.
    p95_seconds: f64,
    /// 99 % of the readings took at most so many seconds.
    p99_seconds: f64,
    /// The longest that a reading took, in seconds.
    max_seconds: f64,
    /// How many readings took longer than `rules { lateAfterSeconds }`.
    late: f64,
    /// Their share of all readings, from 0 to 1.
    late_share: f64,
    /// How many readings came from a clock that is ahead by more than `rules { clockLeadSeconds }`.
    negative: f64,
    /// Their share of all readings, from 0 to 1.
    negative_share: f64,
}

/// What a test said of how many readings.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct QualityTestCounts {
    /// Which test.
    test: QualityTest,
    /// Readings that passed.
    pass: f64,
    /// Doubtful readings.
    suspect: f64,
    /// Bad readings.
    fail: f64,
    /// Readings that could not be judged: there was no threshold, or nothing to compare with.
    not_evaluated: f64,
    /// Readings without a value.
    missing: f64,
}

/// A test of single readings, after the manuals of QARTOD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "quality::Test")]
pub(crate) enum QualityTest {
    /// Outside of what the sensor can report (`FAIL`) or should report (`SUSPECT`).
    #[graphql(name = "GROSS_RANGE")]
    Gross,
    /// Sticking out between the readings before and after it.
    Spike,
    /// Changing too quickly since the reading before.
    #[graphql(name = "RATE_OF_CHANGE")]
    Rate,
    /// Repeating itself too often.
    #[graphql(name = "FLAT_LINE")]
    Flat,
    /// Following a gap: it says nothing of the reading itself.
    Gap,
}

/// A time without readings in which some were due.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct QualityGap {
    /// The time of the reading before it, or since when the sensor is there; it may lie before the time asked for.
    start: DateTime,
    /// The time of the reading after it, which may lie behind the time asked for; null while none has come.
    end: Option<DateTime>,
    /// How many readings are missing in the time asked for.
    missing: f64,
}

/// A reading that a test doubts or refuses.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct FlaggedReading {
    /// The reading's time.
    time: DateTime,
    /// Which test.
    test: QualityTest,
    /// `SUSPECT` or `FAIL`.
    flag: QualityFlag,
}

/// Where an expected interval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "quality::IntervalBasis")]
pub(crate) enum QualityIntervalBasis {
    /// The sensor list declares it.
    Declared,
    /// The sensor's readings show it.
    Learnt,
}

impl QualityTestCounts {
    pub(super) fn new(test: quality::Test, counts: quality::TestCounts) -> Self {
        Self {
            test: test.into(),
            pass: number(counts.pass),
            suspect: number(counts.suspect),
            fail: number(counts.fail),
            not_evaluated: number(counts.not_evaluated),
            missing: number(counts.missing),
        }
    }
}

impl From<&quality::Latency> for QualityLatency {
    fn from(latency: &quality::Latency) -> Self {
        let share = |count| {
            quality::Ratio::new(count, latency.readings)
                .value()
                .unwrap_or_default()
        };
        Self {
            p50_seconds: latency.p50_seconds,
            p95_seconds: latency.p95_seconds,
            p99_seconds: latency.p99_seconds,
            max_seconds: latency.max_seconds,
            late: number(latency.late),
            late_share: share(latency.late),
            negative: number(latency.negative),
            negative_share: share(latency.negative),
        }
    }
}

impl From<&Gap> for QualityGap {
    fn from(gap: &Gap) -> Self {
        Self {
            start: DateTime(gap.from),
            end: gap.to.map(DateTime),
            missing: number(gap.missing),
        }
    }
}

impl From<&Flagged> for FlaggedReading {
    fn from(flagged: &Flagged) -> Self {
        Self {
            time: DateTime(flagged.time),
            test: flagged.test.into(),
            flag: flagged.flag.into(),
        }
    }
}

impl FlaggedReading {
    /// One that is kept; `None` for a test that this program does not know.
    pub(super) fn kept(flag: &KeptFlag) -> Option<Self> {
        let test = quality::Test::ALL
            .into_iter()
            .find(|test| test.as_str() == flag.test)?;
        Some(Self {
            time: DateTime(flag.time),
            test: test.into(),
            flag: flag.flag.into(),
        })
    }
}
