//! What was counted of one sensor in one window: every figure is made from this, and of many of these.

use entity::QualityFlag;

use super::completeness::Completeness;
use super::figure::Ratio;
use super::intake::Intake;
use super::latency::Latency;
use super::number::count;
use super::qartod::Test;
use super::rules::RuleVersion;
use super::sample::Window;

/// What was counted of one sensor in one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Which window.
    pub window: Window,
    /// The rules that it was counted by.
    pub rule_version: RuleVersion,
    /// How many readings there are, whatever their flags.
    pub readings: u64,
    /// How many should be there; `None`: nobody knows how often the sensor should send.
    pub completeness: Option<Completeness>,
    /// What tests said.
    pub tests: Tests,
    /// How many readings the tests of spike, rate of change and flat line all let pass, of those that any of them could
    /// judge.
    pub plausible: Ratio,
    /// How long readings took; `None`: there are none.
    pub latency: Option<Latency>,
    /// What ingest counted; `None`: not known.
    pub intake: Option<Intake>,
}

/// How often each test said what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tests {
    /// Outside the range.
    pub gross: TestCounts,
    /// Sticking out.
    pub spike: TestCounts,
    /// Changing too quickly.
    pub rate: TestCounts,
    /// Not moving.
    pub flat: TestCounts,
    /// Following a gap.
    pub gap: TestCounts,
}

/// How often a test said what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TestCounts {
    /// Good.
    pub pass: u64,
    /// Doubtful.
    pub suspect: u64,
    /// Bad.
    pub fail: u64,
    /// There was nothing to compare with, or no threshold.
    pub not_evaluated: u64,
    /// There was no value.
    pub missing: u64,
}

impl TestCounts {
    /// How many readings the test could judge.
    pub fn evaluated(&self) -> u64 {
        self.pass + self.suspect + self.fail
    }
}

impl Tests {
    /// What one test said.
    pub fn of(&self, test: Test) -> &TestCounts {
        match test {
            Test::Gross => &self.gross,
            Test::Spike => &self.spike,
            Test::Rate => &self.rate,
            Test::Flat => &self.flat,
            Test::Gap => &self.gap,
        }
    }

    pub(super) fn count(&mut self, test: Test, flag: QualityFlag) {
        let counts = match test {
            Test::Gross => &mut self.gross,
            Test::Spike => &mut self.spike,
            Test::Rate => &mut self.rate,
            Test::Flat => &mut self.flat,
            Test::Gap => &mut self.gap,
        };
        match flag {
            QualityFlag::Pass => counts.pass += 1,
            QualityFlag::NotEvaluated => counts.not_evaluated += 1,
            QualityFlag::Suspect => counts.suspect += 1,
            QualityFlag::Fail => counts.fail += 1,
            QualityFlag::Missing => counts.missing += 1,
        }
    }
}

impl Measurement {
    /// The share of the time in which readings were expected that was silent, from 0 to 1; `None`: none were expected.
    pub fn gap_share(&self) -> Option<f64> {
        let completeness = self.completeness.as_ref()?;
        let [silence, expected] = [completeness.silence, completeness.expected_time]
            .map(|time| count(time.num_microseconds().unwrap_or(i64::MAX)));
        Ratio::new(silence, expected).value()
    }
}
