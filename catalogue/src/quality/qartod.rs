//! The tests of the QARTOD manuals that look at one reading and its neighbours.
//!
//! What each flag depends on, and nothing else:
//!
//! | Test | The reading, and |
//! |---|---|
//! | gross range | nothing |
//! | spike | the sound reading before and the sound reading after |
//! | rate of change | the sound reading before |
//! | flat line | the `fail_count` sound readings before |
//! | gap | the reading before, sound or not |
//!
//! **Sound** is what has a value that the sensor could report. A reading that failed the gross range is judged by that
//! alone: the other tests don't evaluate it, and pass it over when they look for neighbours. The manuals ask for it where
//! they say anything (currents, test 16: only adjacent points that passed form the spike reference; when absent, earlier
//! ones may be employed), and else one impossible value, such as the -9999 of a broken wire, would be blamed on both its
//! neighbours. A suspect reading may be real, and is a neighbour like any other.
//!
//! Readings farther apart than `neighbours_within_seconds` are no neighbours.

mod flat;

use entity::QualityFlag;
use entity::QualityFlag::{Fail, Missing, NotEvaluated, Pass, Suspect};

use self::flat::Repeats;
use super::interval::Expectation;
use super::number::{SECOND, float, whole};
use super::rules::{GrossRule, RateRule, Rules, SpikeMethod, SpikeRule};
use super::sample::{Sample, is_sound};

/// A test of single readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// Outside what the sensor can report (fail, found at ingest) or should report (suspect).
    Gross,
    /// Sticking out between its neighbours.
    Spike,
    /// Changing too quickly.
    Rate,
    /// Not moving.
    Flat,
    /// Following a gap. It says nothing of the reading itself, but of the time before it.
    Gap,
}

impl Test {
    /// All of them, in the order of the manuals.
    pub const ALL: [Self; 5] = [Self::Gross, Self::Spike, Self::Rate, Self::Flat, Self::Gap];

    /// The word for it in tables and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gross => "gross_range",
            Self::Spike => "spike",
            Self::Rate => "rate_of_change",
            Self::Flat => "flat_line",
            Self::Gap => "gap",
        }
    }
}

/// What the tests say of one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdicts {
    /// Of the range.
    pub gross: QualityFlag,
    /// Of a spike; not evaluated until the next reading is there.
    pub spike: QualityFlag,
    /// Of the change since the reading before.
    pub rate: QualityFlag,
    /// Of repetition.
    pub flat: QualityFlag,
    /// Of the time since the reading before.
    pub gap: QualityFlag,
}

impl Verdicts {
    /// What one test says.
    pub fn of(&self, test: Test) -> QualityFlag {
        match test {
            Test::Gross => self.gross,
            Test::Spike => self.spike,
            Test::Rate => self.rate,
            Test::Flat => self.flat,
            Test::Gap => self.gap,
        }
    }

    /// All that is said of the value together, so not the gap before it: the first of fail, suspect, pass, not evaluated
    /// and missing that any test says.
    pub fn of_value(&self) -> QualityFlag {
        let said = [self.gross, self.spike, self.rate, self.flat];
        let order = [Fail, Suspect, Pass, NotEvaluated];
        order
            .into_iter()
            .find(|flag| said.contains(flag))
            .unwrap_or(Missing)
    }

    /// Whether the value is plausible beside its neighbours; `None` where no test could tell.
    pub(super) fn is_plausible(&self) -> Option<bool> {
        let said = [self.spike, self.rate, self.flat];
        if said.iter().any(|flag| matches!(flag, Suspect | Fail)) {
            return Some(false);
        }
        said.contains(&Pass).then_some(true)
    }
}

/// The verdicts on each of some readings of one sensor, which are in the order of time and each at a time of its own.
///
/// The same reading gets the same verdicts with any more readings before and after, once the neighbours are there that
/// the tests look at ([`Rules::context_before`], [`super::CONTEXT_AFTER`]).
pub fn test(samples: &[Sample], rules: &Rules, expectation: Option<Expectation>) -> Vec<Verdicts> {
    let mut tester = Tester::new(rules, expectation);
    let mut verdicts = vec![MISSING; samples.len()];
    let mut keep = |position: usize, said| verdicts[position] = said;
    for (position, sample) in samples.iter().enumerate() {
        let time = sample.time.timestamp_micros();
        tester.push(time, sample.value, sample.flag, position, &mut keep);
    }
    tester.finish(&mut keep);
    verdicts
}

const MISSING: Verdicts = Verdicts {
    gross: Missing,
    spike: Missing,
    rate: Missing,
    flat: Missing,
    gap: Missing,
};

/// Tests readings one after another. Each comes with a mark of the caller's, by which its verdicts are known when they are
/// told: with the next sound reading, for the spike test needs that.
#[derive(Debug)]
pub(super) struct Tester<T> {
    gross: Option<GrossRule>,
    spike: Option<SpikeRule>,
    rate: Option<RateRule>,
    flat: Option<Repeats>,
    neighbours_within: i64,
    gap_after: Option<f64>,
    /// When the last reading was, sound or not.
    seen_at: Option<i64>,
    /// The last sound reading, which waits for its successor.
    waiting: Option<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    time: i64,
    value: f64,
    /// The value of its neighbour before.
    before: Option<f64>,
    verdicts: Verdicts,
    mark: T,
}

impl<T> Tester<T> {
    pub(super) fn new(rules: &Rules, expectation: Option<Expectation>) -> Self {
        Self {
            gross: rules.gross,
            spike: rules.spike,
            rate: rules.rate,
            flat: rules.flat.map(Repeats::new),
            neighbours_within: whole((rules.neighbours_within_seconds * SECOND).round()),
            gap_after: expectation.map(|expectation| rules.gap_factor * expectation.micros()),
            seen_at: None,
            waiting: None,
        }
    }

    /// Takes the next reading, later than those before, and tells what is known now.
    pub(super) fn push(
        &mut self,
        time: i64,
        value: f64,
        flag: QualityFlag,
        mark: T,
        tell: &mut impl FnMut(T, Verdicts),
    ) {
        let gap = self.gap(time);
        self.seen_at = Some(time);
        if !is_sound(value, flag) {
            let unfit = if flag == Fail { NotEvaluated } else { Missing };
            let verdicts = Verdicts {
                gross: if flag == Fail { Fail } else { Missing },
                gap,
                spike: unfit,
                rate: unfit,
                flat: unfit,
            };
            tell(mark, verdicts);
            return;
        }
        let last = self.waiting.take();
        let neighbour = last
            .as_ref()
            .filter(|last| time - last.time <= self.neighbours_within)
            .map(|last| (last.time, last.value));
        if let Some(last) = last {
            self.release(last, neighbour.map(|_| value), tell);
        }
        let verdicts = Verdicts {
            gross: self.gross(value, flag),
            spike: NotEvaluated,
            rate: self.rate(time, value, neighbour),
            flat: self.flat(value, neighbour.is_some()),
            gap,
        };
        self.waiting = Some(Waiting {
            time,
            value,
            before: neighbour.map(|(_, value)| value),
            verdicts,
            mark,
        });
    }

    /// Tells what is known of the last sound reading without a successor.
    pub(super) fn finish(mut self, tell: &mut impl FnMut(T, Verdicts)) {
        if let Some(last) = self.waiting.take() {
            self.release(last, None, tell);
        }
    }

    fn release(&self, last: Waiting<T>, after: Option<f64>, tell: &mut impl FnMut(T, Verdicts)) {
        let mut verdicts = last.verdicts;
        if let (Some(rule), Some(before), Some(after)) = (&self.spike, last.before, after) {
            let size = spike_size(rule.method, before, last.value, after);
            verdicts.spike = judge(size, rule.suspect, rule.fail);
        }
        tell(last.mark, verdicts);
    }

    fn gross(&self, value: f64, flag: QualityFlag) -> QualityFlag {
        let Some(rule) = self.gross else { return flag };
        let is_outside = rule.suspect_min.is_some_and(|min| value < min)
            || rule.suspect_max.is_some_and(|max| value > max);
        if is_outside || flag == Suspect {
            Suspect
        } else {
            Pass
        }
    }

    fn rate(&self, time: i64, value: f64, neighbour: Option<(i64, f64)>) -> QualityFlag {
        let (Some(rule), Some((then, before))) = (self.rate, neighbour) else {
            return NotEvaluated;
        };
        let per_second = (value - before).abs() / (float(time - then) / SECOND);
        judge(per_second, rule.suspect_per_second, rule.fail_per_second)
    }

    fn flat(&mut self, value: f64, has_neighbour: bool) -> QualityFlag {
        let Some(repeats) = &mut self.flat else {
            return NotEvaluated;
        };
        if !has_neighbour {
            repeats.clear();
        }
        repeats.next(value)
    }

    fn gap(&self, time: i64) -> QualityFlag {
        let (Some(gap_after), Some(seen_at)) = (self.gap_after, self.seen_at) else {
            return NotEvaluated;
        };
        if float(time - seen_at) > gap_after {
            Fail
        } else {
            Pass
        }
    }
}

/// Halves are added, not a sum halved: that can't overflow, and is the same to the last bit.
fn spike_size(method: SpikeMethod, before: f64, value: f64, after: f64) -> f64 {
    match method {
        SpikeMethod::Average => (value - (before * 0.5 + after * 0.5)).abs(),
        SpikeMethod::Differential => {
            let (up, down) = (value - before, value - after);
            let is_peak = (up > 0.0 && down > 0.0) || (up < 0.0 && down < 0.0);
            if is_peak { up.abs().min(down.abs()) } else { 0.0 }
        }
    }
}

/// Thresholds pass.
fn judge(size: f64, suspect: Option<f64>, fail: Option<f64>) -> QualityFlag {
    if fail.is_some_and(|fail| size > fail) {
        Fail
    } else if suspect.is_some_and(|suspect| size > suspect) {
        Suspect
    } else {
        Pass
    }
}
