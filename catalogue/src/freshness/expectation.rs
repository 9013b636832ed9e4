//! When something is late and when it is stale: by promise, by interval, or not at all.

use crate::model::Promise;

/// Late after so many intervals.
pub const LATE_INTERVALS: f64 = 3.0;

/// Stale after so many intervals.
pub const STALE_INTERVALS: f64 = 10.0;

/// Nothing is late sooner than this by default, nor stale sooner than this in the same proportion: clocks, batches and looks
/// take seconds themselves.
pub const LATE_AFTER_MIN_SECONDS: f64 = 10.0;

/// Until so many of its intervals are over, nothing of a sensor is missing, whatever is promised; the same as for gaps.
pub const GAP_INTERVALS: f64 = 1.5;

/// Ages in seconds; older than that is late, or stale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Older than this is late.
    pub late_after: f64,
    /// Older than this is stale; never less.
    pub stale_after: f64,
}

/// A promise that can't be kept to.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PromiseError {
    /// No length of time.
    #[error("{field} is {said}: give a number of seconds above 0")]
    NotPositive {
        /// Which part of the promise.
        field: &'static str,
        /// What it says.
        said: f64,
    },
    /// Stale before late.
    #[error(
        "stale_after_seconds ({stale_after}) is less than late_after_seconds ({late_after}): what is stale is late, too"
    )]
    Crossed {
        /// Late after this.
        late_after: f64,
        /// Stale after this.
        stale_after: f64,
    },
}

impl Thresholds {
    /// What an interval of so many seconds suggests.
    pub fn of_interval(seconds: f64) -> Self {
        let interval = seconds.max(LATE_AFTER_MIN_SECONDS / LATE_INTERVALS);
        Self {
            late_after: interval * LATE_INTERVALS,
            stale_after: interval * STALE_INTERVALS,
        }
    }

    /// What is promised; `None` when nothing is. Of what is promised of one, the other follows in the same proportion as by
    /// default.
    pub fn promised(promise: &Promise) -> Result<Option<Self>, PromiseError> {
        let late = positive("late_after_seconds", promise.late_after_seconds)?;
        let stale = positive("stale_after_seconds", promise.stale_after_seconds)?;
        Ok(match (late, stale) {
            (None, None) => None,
            (Some(late_after), None) => Some(Self::late_after(late_after)),
            (None, Some(stale_after)) => Some(Self {
                late_after: stale_after * LATE_INTERVALS / STALE_INTERVALS,
                stale_after,
            }),
            (Some(late_after), Some(stale_after)) if stale_after < late_after => {
                return Err(PromiseError::Crossed {
                    late_after,
                    stale_after,
                });
            }
            (Some(late_after), Some(stale_after)) => Some(Self {
                late_after,
                stale_after,
            }),
        })
    }

    /// Late after so many seconds, stale in proportion.
    pub fn late_after(seconds: f64) -> Self {
        Self {
            late_after: seconds,
            stale_after: seconds * STALE_INTERVALS / LATE_INTERVALS,
        }
    }

    /// The same for something that comes so many seconds behind.
    #[must_use]
    pub fn later_by(self, seconds: f64) -> Self {
        Self {
            late_after: self.late_after + seconds,
            stale_after: self.stale_after + seconds,
        }
    }

    /// The same, but not before something can be missing that comes every so many seconds.
    fn not_before_missing(self, interval: f64) -> Self {
        let late_after = self.late_after.max(interval * GAP_INTERVALS);
        Self {
            late_after,
            stale_after: self.stale_after.max(late_after),
        }
    }
}

fn positive(field: &'static str, said: Option<f64>) -> Result<Option<f64>, PromiseError> {
    match said {
        Some(said) if !(said > 0.0 && said.is_finite()) => Err(PromiseError::NotPositive { field, said }),
        other => Ok(other),
    }
}

/// How often something should come, and who says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Seconds; positive and finite.
    pub seconds: f64,
    /// Whether its readings show it; otherwise it was declared.
    pub is_learnt: bool,
}

impl Interval {
    /// What was declared goes before what was learnt.
    pub fn of(declared: Option<f64>, learnt: Option<f64>) -> Option<Self> {
        let declared = declared.map(|seconds| Self {
            seconds,
            is_learnt: false,
        });
        let learnt = learnt.map(|seconds| Self {
            seconds,
            is_learnt: true,
        });
        declared.or(learnt)
    }
}

/// What something is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    /// How often it should come, where that is known.
    pub interval: Option<Interval>,
    /// When it is late and stale.
    pub thresholds: Thresholds,
}

impl Expectation {
    /// Of something of which this is promised, and which comes this often; `None` when neither is known.
    ///
    /// A promise goes before the interval's thresholds. But of a sensor that sends every hour nothing is missing for an hour
    /// and a half, so until then it is not late, whatever is promised of its dataset.
    pub fn of(promised: Option<Thresholds>, interval: Option<Interval>) -> Option<Self> {
        let thresholds = match (promised, interval) {
            (None, None) => return None,
            (Some(promised), None) => promised,
            (Some(promised), Some(interval)) => promised.not_before_missing(interval.seconds),
            (None, Some(interval)) => Thresholds::of_interval(interval.seconds),
        };
        Some(Self { interval, thresholds })
    }

    /// The same for something that comes so many seconds behind.
    #[must_use]
    pub fn later_by(self, seconds: f64) -> Self {
        Self {
            thresholds: self.thresholds.later_by(seconds),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds(late_after: f64, stale_after: f64) -> Thresholds {
        Thresholds {
            late_after,
            stale_after,
        }
    }

    fn promise(late_after_seconds: Option<f64>, stale_after_seconds: Option<f64>) -> Promise {
        Promise {
            late_after_seconds,
            stale_after_seconds,
            ..Promise::default()
        }
    }

    #[track_caller]
    fn assert_close(of: Thresholds, late_after: f64, stale_after: f64) {
        let is_close = |a: f64, b: f64| (a - b).abs() < 1e-9 * b;
        assert!(
            is_close(of.late_after, late_after) && is_close(of.stale_after, stale_after),
            "{of:?}"
        );
    }

    #[test]
    fn an_interval_is_late_after_three_and_stale_after_ten_but_not_within_ten_seconds() {
        for (interval, late, stale) in [
            (60.0, 180.0, 600.0),
            (3_600.0, 10_800.0, 36_000.0),
            (10.0 / 3.0, 10.0, 100.0 / 3.0),
            (1.0, 10.0, 100.0 / 3.0),
            (0.001, 10.0, 100.0 / 3.0),
        ] {
            assert_close(Thresholds::of_interval(interval), late, stale);
        }
    }

    #[test]
    fn a_promise_of_one_gives_the_other_in_proportion() {
        for (late, stale, expected) in [
            (None, None, None),
            (Some(30.0), Some(45.0), Some((30.0, 45.0))),
            (Some(30.0), Some(30.0), Some((30.0, 30.0))),
            (Some(30.0), None, Some((30.0, 100.0))),
            (None, Some(100.0), Some((30.0, 100.0))),
        ] {
            let promised = Thresholds::promised(&promise(late, stale)).unwrap();
            match (promised, expected) {
                (None, None) => {}
                (Some(promised), Some((late, stale))) => assert_close(promised, late, stale),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_promise_that_says_nothing_sound_is_refused_with_what_would_be() {
        for (late, stale, said) in [
            (
                Some(0.0),
                None,
                "late_after_seconds is 0: give a number of seconds above 0",
            ),
            (
                None,
                Some(-1.0),
                "stale_after_seconds is -1: give a number of seconds above 0",
            ),
            (
                Some(f64::NAN),
                Some(1.0),
                "late_after_seconds is NaN: give a number of seconds above 0",
            ),
            (
                Some(f64::INFINITY),
                None,
                "late_after_seconds is inf: give a number of seconds above 0",
            ),
            (
                Some(60.0),
                Some(30.0),
                "stale_after_seconds (30) is less than late_after_seconds (60): what is stale is late, too",
            ),
        ] {
            let error = Thresholds::promised(&promise(late, stale)).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
    }

    #[test]
    fn a_promise_goes_before_an_interval_but_not_before_anything_is_missing() {
        let every = |seconds| {
            Some(Interval {
                seconds,
                is_learnt: false,
            })
        };
        let promised = Some(thresholds(60.0, 120.0));
        for (promised, interval, expected) in [
            (None, None, None),
            (promised, None, Some(thresholds(60.0, 120.0))),
            (promised, every(1.0), Some(thresholds(60.0, 120.0))),
            (promised, every(60.0), Some(thresholds(90.0, 120.0))),
            (promised, every(3_600.0), Some(thresholds(5_400.0, 5_400.0))),
            (None, every(60.0), Some(thresholds(180.0, 600.0))),
        ] {
            let expectation = Expectation::of(promised, interval);
            assert_eq!(
                expectation.map(|found| found.thresholds),
                expected,
                "{interval:?}"
            );
        }
    }

    #[test]
    fn what_was_declared_goes_before_what_was_learnt() {
        for (declared, learnt, expected) in [
            (Some(60.0), Some(1.0), Some((60.0, false))),
            (None, Some(1.0), Some((1.0, true))),
            (Some(60.0), None, Some((60.0, false))),
            (None, None, None),
        ] {
            let interval = Interval::of(declared, learnt);
            assert_eq!(interval.map(|found| (found.seconds, found.is_learnt)), expected);
        }
    }
}
