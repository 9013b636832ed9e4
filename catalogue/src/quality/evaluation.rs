//! One pass over a sensor's readings, for one window.

use chrono::{DateTime, Utc};
use entity::QualityFlag;

use super::completeness::{Completer, Expected, Gap};
use super::interval::Expectation;
use super::latency::Latencies;
use super::measurement::{Measurement, Tests};
use super::qartod::{Test, Tester, Verdicts};
use super::rules::Rules;
use super::sample::{Sample, Window, is_sound};
use super::{Intake, Ratio};

/// What a sensor's readings of a window are measured by.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Which window.
    pub window: Window,
    /// What time it is: what comes later is not missing yet.
    pub now: DateTime<Utc>,
    /// The sensor's thresholds.
    pub rules: &'a Rules,
    /// How often it should send; `None`: nobody knows, and nothing is missing.
    pub expectation: Option<Expectation>,
    /// Since when it is there; `None`: since its first reading.
    pub since: Option<DateTime<Utc>>,
    /// What ingest counted; `None`: not known.
    pub intake: Option<Intake>,
}

/// A reading that a test doubts or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flagged {
    /// The reading's time.
    pub time: DateTime<Utc>,
    /// Which test. That the gross range failed is not told again: ingest's flag says it.
    pub test: Test,
    /// Suspect or fail.
    pub flag: QualityFlag,
}

/// A reading that is earlier than the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("evaluate readings in the order of time: {time} came after {after}")]
pub struct OutOfOrder {
    /// Its time.
    pub time: DateTime<Utc>,
    /// The time of the one before.
    pub after: DateTime<Utc>,
}

/// All that can be said of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Its numbers.
    pub measurement: Measurement,
    /// Its longest gaps, at most [`super::MAX_GAPS`], in the order of time.
    pub gaps: Vec<Gap>,
    /// Its readings that a test doubts or refuses, in the order of time.
    pub flagged: Vec<Flagged>,
}

/// Takes the readings of one sensor in the order of time: those before the window that are needed
/// ([`Rules::context_before`]), those in it, and those behind it until [`Evaluation::is_complete`].
///
/// More before and behind does no harm. It keeps 8 bytes of each reading in the window, for exact percentiles, and else no
/// more than what tests look back to.
#[derive(Debug)]
pub struct Evaluation<'a> {
    setting: Setting<'a>,
    from: i64,
    to: i64,
    last: Option<DateTime<Utc>>,
    /// Whether a sound reading behind the window was there.
    is_complete: bool,
    tester: Tester<Option<DateTime<Utc>>>,
    completer: Option<Completer>,
    latencies: Latencies,
    counts: Counts,
}

/// What was found in the window so far.
#[derive(Debug, Default)]
struct Counts {
    readings: u64,
    tests: Tests,
    plausible: Ratio,
}

impl Counts {
    fn take(&mut self, time: DateTime<Utc>, verdicts: Verdicts, tell: &mut impl FnMut(Flagged)) {
        for test in Test::ALL {
            let flag = verdicts.of(test);
            self.tests.count(test, flag);
            let is_news = match flag {
                QualityFlag::Suspect => true,
                QualityFlag::Fail => test != Test::Gross,
                _ => false,
            };
            if is_news {
                tell(Flagged { time, test, flag });
            }
        }
        if let Some(is_plausible) = verdicts.is_plausible() {
            self.plausible.count(is_plausible);
        }
    }
}

impl<'a> Evaluation<'a> {
    /// Begins.
    pub fn new(setting: Setting<'a>) -> Self {
        let Setting {
            window,
            now,
            rules,
            expectation,
            since,
            ..
        } = setting;
        let (from, to) = (window.from().timestamp_micros(), window.to().timestamp_micros());
        let since = since.map(|since| since.timestamp_micros());
        let completer = expectation.map(|expectation| {
            Completer::new(Expected::new(
                (from, to),
                now.timestamp_micros(),
                since,
                expectation,
                rules,
            ))
        });
        Self {
            setting,
            from,
            to,
            last: None,
            is_complete: false,
            tester: Tester::new(rules, expectation),
            completer,
            latencies: Latencies::new(rules),
            counts: Counts::default(),
        }
    }

    /// Takes the next reading, and tells what tests doubt or refuse: of this reading, or of an earlier one for which this
    /// one was waited. A second reading at the same time is passed over, for readings are unique by it.
    pub fn push(&mut self, sample: &Sample, tell: &mut impl FnMut(Flagged)) -> Result<(), OutOfOrder> {
        let time = sample.time.timestamp_micros();
        if let Some(after) = self.last {
            if sample.time < after {
                return Err(OutOfOrder {
                    time: sample.time,
                    after,
                });
            }
            if time == after.timestamp_micros() {
                return Ok(());
            }
        }
        self.last = Some(sample.time);
        let is_inside = self.from <= time && time < self.to;
        if is_inside {
            self.counts.readings += 1;
            self.latencies.push(sample.received_at.timestamp_micros() - time);
        }
        if let Some(completer) = &mut self.completer {
            completer.push(time);
        }
        let counts = &mut self.counts;
        let mut take = |mark: Option<DateTime<Utc>>, verdicts| {
            if let Some(time) = mark {
                counts.take(time, verdicts, tell);
            }
        };
        let mark = is_inside.then_some(sample.time);
        self.tester.push(time, sample.value, sample.flag, mark, &mut take);
        self.is_complete |= time >= self.to && is_sound(sample.value, sample.flag);
        Ok(())
    }

    /// Whether nothing later changes anything.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Ends, and tells what tests doubt or refuse of the last reading.
    pub fn finish(self, tell: &mut impl FnMut(Flagged)) -> (Measurement, Vec<Gap>) {
        let mut counts = self.counts;
        self.tester.finish(&mut |mark: Option<DateTime<Utc>>, verdicts| {
            if let Some(time) = mark {
                counts.take(time, verdicts, tell);
            }
        });
        let (completeness, gaps) = self.completer.map(Completer::finish).unzip();
        let measurement = Measurement {
            window: self.setting.window,
            rule_version: self.setting.rules.version(),
            readings: counts.readings,
            completeness,
            tests: counts.tests,
            plausible: counts.plausible,
            latency: self.latencies.finish(),
            intake: self.setting.intake,
        };
        (measurement, gaps.unwrap_or_default())
    }
}

/// All that can be said of a window, of readings in the order of time: those that [`Evaluation`] wants.
pub fn evaluate(
    setting: Setting<'_>,
    samples: impl IntoIterator<Item = Sample>,
) -> Result<Evaluated, OutOfOrder> {
    let mut evaluation = Evaluation::new(setting);
    let mut flagged = Vec::new();
    let mut tell = |found| flagged.push(found);
    for sample in samples {
        evaluation.push(&sample, &mut tell)?;
        if evaluation.is_complete() {
            break;
        }
    }
    let (measurement, gaps) = evaluation.finish(&mut tell);
    // A spike is known only when the reading behind it is.
    flagged.sort_unstable_by_key(|found| (found.time, found.test));
    Ok(Evaluated {
        measurement,
        gaps,
        flagged,
    })
}
