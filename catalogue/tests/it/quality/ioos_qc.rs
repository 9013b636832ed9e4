//! The tests of single readings beside those of ioos-qc 3.0.0, which nobody here wrote.
//!
//! On regular series in whole seconds both say the same, but for the differences that are claims of their own at the end;
//! `docs/reference/quality.md` lists them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use catalogue::quality::{Expectation, GrossRule, Rules, Sample, SpikeMethod, Test, Verdicts, test};
use entity::QualityFlag;
use serde_json::{Value, json};

use super::support::{Random, each_second, flat, no_tests, rate, sample, spike};

/// How many readings a series has.
const LENGTH: usize = 300;

/// A walk with spikes, steps and stretches that stand still, on a grid so that sums are exact; NaN where one is missing.
fn series(seed: u64, loss: f64) -> Vec<f64> {
    let mut random = Random(seed);
    let mut level = 20.0;
    let mut still = 0_u64;
    let mut values: Vec<f64> = Vec::new();
    for _ in 0..LENGTH {
        if still > 0 {
            still -= 1;
        } else {
            level += (random.normal() * 4.0).round() * 0.25;
            if random.chance(0.05) {
                still = random.next() % 9;
            }
            if random.chance(0.02) {
                level += if random.chance(0.5) { 12.0 } else { -12.0 };
            }
        }
        let spike = (random.normal() * 60.0).round() * 0.25;
        values.push(if random.chance(loss) {
            f64::NAN
        } else if random.chance(0.04) {
            level + spike
        } else {
            level
        });
    }
    values
}

/// The thresholds of a series; they differ from series to series.
#[derive(Clone, Copy)]
struct Thresholds {
    method: SpikeMethod,
    spike: (f64, f64),
    rate: (f64, f64),
    flat: (u32, u32),
    span: (f64, f64),
    gap_seconds: f64,
}

impl Thresholds {
    fn of(seed: u64) -> Self {
        let mut random = Random(seed ^ 0xff00);
        let mut step = |least: u64, most: u64| (least + random.next() % (most - least + 1)) as f64;
        let (spike, rate) = (step(1, 8) * 0.25, step(1, 8) * 0.25);
        let repeats = step(1, 4) as u32;
        Self {
            method: if seed.is_multiple_of(2) {
                SpikeMethod::Average
            } else {
                SpikeMethod::Differential
            },
            spike: (spike, spike + step(0, 8)),
            rate: (rate, rate + step(0, 8)),
            flat: (repeats, repeats + step(0, 4) as u32),
            span: (step(5, 15), step(25, 35)),
            gap_seconds: step(1, 2),
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            gross: Some(GrossRule {
                suspect_min: Some(self.span.0),
                suspect_max: Some(self.span.1),
            }),
            rate: rate(self.rate.0, self.rate.1).rate,
            flat: flat(1e-9, self.flat.0, self.flat.1).flat,
            gap_factor: 1.0,
            ..spike(self.method, self.spike.0, self.spike.1)
        }
    }

    fn case(&self, values: &[f64]) -> Value {
        let method = match self.method {
            SpikeMethod::Average => "average",
            SpikeMethod::Differential => "differential",
        };
        json!({
            "values": values.iter().map(|value| value.is_finite().then_some(*value)).collect::<Vec<_>>(),
            "times_ms": (0..values.len()).map(|second| second * 1000).collect::<Vec<_>>(),
            // Everything that fails the range is missing already: to both it is no value to compare with.
            "gross": { "fail_span": [-1e6, 1e6], "suspect_span": [self.span.0, self.span.1] },
            "spike": {
                "suspect_threshold": self.spike.0, "fail_threshold": self.spike.1, "method": method,
            },
            "rate": { "threshold": self.rate.0, "fail_threshold": self.rate.1 },
            "flat": {
                "suspect_threshold": self.flat.0, "fail_threshold": self.flat.1, "tolerance": 1e-9,
            },
            "gap_seconds": self.gap_seconds,
        })
    }
}

/// What ioos-qc says of each case.
async fn oracle(cases: &[Value]) -> Vec<Value> {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "ioos-qc-{}-{}.json",
        std::process::id(),
        FILES.fetch_add(1, Ordering::Relaxed)
    ));
    std::fs::write(&file, serde_json::to_vec(cases).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/ioos_qc_flags.py");
    let mut python = testbed::validators::python().await;
    python.arg(script).arg(&file);
    let said = testbed::clients::run(python).await;
    std::fs::remove_file(file).unwrap();
    serde_json::from_str(&said).unwrap()
}

fn numbers(flags: &Value) -> Vec<i16> {
    serde_json::from_value(flags.clone()).unwrap()
}

/// Readings without those that are missing, and where each stands in the series.
fn there(values: &[f64]) -> (Vec<Sample>, Vec<usize>) {
    let all = each_second(values).into_iter().enumerate();
    all.filter(|(_, sample)| sample.value.is_finite())
        .map(|(place, sample)| (sample, place))
        .unzip()
}

/// How many flags were compared, and how many of them are suspect or fail.
#[derive(Default)]
struct Compared {
    all: usize,
    found: usize,
    known_differences: usize,
}

impl Compared {
    #[track_caller]
    fn same(&mut self, ours: QualityFlag, theirs: i16, what: &str) {
        assert_eq!(ours.number(), theirs, "{what}");
        self.all += 1;
        self.found += usize::from(matches!(theirs, 3 | 4));
    }

    /// Where both are known to differ, what ioos-qc says is held, too: a list of differences must stay true.
    #[track_caller]
    fn known(&mut self, theirs: i16, documented: i16, what: &str) {
        assert_eq!(theirs, documented, "{what}");
        self.known_differences += 1;
    }
}

fn compare(values: &[f64], thresholds: Thresholds, said: &Value, compared: &mut [Compared; 5], seed: u64) {
    let (samples, places) = there(values);
    let expectation = Expectation::declared(thresholds.gap_seconds);
    let verdicts = test(&samples, &thresholds.rules(), expectation);
    let theirs = |test: &str| numbers(&said[test]);
    let (gross, spike, rate, flat, gap) = (
        theirs("gross"),
        theirs("spike"),
        theirs("rate"),
        theirs("flat"),
        theirs("gap"),
    );
    let is_there = |place: usize| values.get(place).is_some_and(|value| value.is_finite());
    for (reading, (verdict, &place)) in verdicts.iter().zip(&places).enumerate() {
        let what = |test: Test| format!("{} at {place} of series {seed}", test.as_str());
        let Verdicts {
            gross: our_gross,
            spike: our_spike,
            rate: our_rate,
            flat: our_flat,
            gap: our_gap,
        } = *verdict;
        compared[0].same(our_gross, gross[place], &what(Test::Gross));

        let is_between = place > 0 && is_there(place - 1) && is_there(place + 1);
        let is_end = place == 0 || place == LENGTH - 1;
        if is_between || is_end {
            compared[1].same(our_spike, spike[place], &what(Test::Spike));
        } else {
            // Theirs gives up beside a missing one; ours takes the next that is there.
            compared[1].known(spike[place], 2, &what(Test::Spike));
        }

        if place > 0 && is_there(place - 1) {
            compared[2].same(our_rate, rate[place], &what(Test::Rate));
        } else {
            // Theirs lets pass what it has nothing to compare with.
            compared[2].known(rate[place], 1, &what(Test::Rate));
        }

        let (few, many) = (thresholds.flat.0 as usize, thresholds.flat.1 as usize);
        let looks_back = place.min(many);
        if (place - looks_back..place).any(|before| !is_there(before)) {
            // Theirs counts seconds, missing ones too; ours counts readings.
            compared[3].known_differences += 1;
        } else if place < few {
            compared[3].known(flat[place], 1, &what(Test::Flat));
        } else {
            compared[3].same(our_flat, flat[place], &what(Test::Flat));
        }

        if reading == 0 {
            // The first inherits what is said of the second.
            compared[4].known(gap[0], gap[1], &what(Test::Gap));
        } else {
            compared[4].same(our_gap, gap[reading], &what(Test::Gap));
        }
    }
}

#[tokio::test]
async fn flags_are_those_of_ioos_qc_on_regular_series() {
    let made: Vec<_> = (0..60)
        .map(|seed| {
            let loss = if seed % 3 == 0 { 0.05 } else { 0.0 };
            (seed, series(seed, loss), Thresholds::of(seed))
        })
        .collect();
    let cases: Vec<_> = made
        .iter()
        .map(|(_, values, thresholds)| thresholds.case(values))
        .collect();
    let said = oracle(&cases).await;
    assert_eq!(said.len(), made.len());
    let mut compared: [Compared; 5] = Default::default();
    for ((seed, values, thresholds), said) in made.iter().zip(&said) {
        compare(values, *thresholds, said, &mut compared, *seed);
    }
    for (test, compared) in Test::ALL.into_iter().zip(compared) {
        // Neither is asleep, and differences are the exception.
        assert!(compared.found >= 100, "{}: {}", test.as_str(), compared.found);
        assert!(
            compared.known_differences * 10 < compared.all,
            "{}: {} of {}",
            test.as_str(),
            compared.known_differences,
            compared.all
        );
    }
}

#[tokio::test]
async fn known_differences_from_ioos_qc_are_still_there() {
    let at_ms = |times: &[i64], values: &[f64]| -> Vec<Sample> {
        let both = times.iter().zip(values);
        both.map(|(time, value)| sample(time * 1000, *value)).collect()
    };
    let rate_case = |times: &[i64], values: &[f64]| json!({ "values": values, "times_ms": times, "rate": { "threshold": 5 } });
    let flat_case = |tolerance: f64, values: &[f64]| {
        let times: Vec<_> = (0..values.len()).map(|second| second * 1000).collect();
        json!({
            "values": values, "times_ms": times,
            "flat": { "suspect_threshold": 2, "fail_threshold": 4, "tolerance": tolerance },
        })
    };
    let (half, more) = ([0, 500, 1000], [0, 1500, 3000]);
    let cases = [
        rate_case(&half, &[0.0, 3.0, 0.0]),
        rate_case(&more, &[0.0, 6.0, 12.0]),
        json!({
            "values": [0, 1, 0], "times_ms": [0, 1000, 2000],
            "spike": { "suspect_threshold": 0, "fail_threshold": 10 },
        }),
        flat_case(0.0, &[7.0; 8]),
        flat_case(1.0, &[0.0, 0.75, -0.75, 0.0, 0.0]),
    ];
    let said = oracle(&cases).await;
    let theirs = |case: usize, test: &str| numbers(&said[case][test]);
    let ours = |which: Test, samples: &[Sample], rules: &Rules| -> Vec<i16> {
        let verdicts = test(samples, rules, None);
        verdicts
            .iter()
            .map(|verdict| verdict.of(which).number())
            .collect()
    };
    let only_suspect = Rules {
        rate: rate(5.0, f64::MAX).rate,
        ..no_tests()
    };

    // Fractions of a second are cut, and 0 s is taken for 1 s: 6 a second is 3, and 4 a second is 6.
    assert_eq!(theirs(0, "rate"), [1, 1, 1]);
    let samples = at_ms(&half, &[0.0, 3.0, 0.0]);
    assert_eq!(ours(Test::Rate, &samples, &only_suspect), [2, 3, 3]);
    assert_eq!(theirs(1, "rate"), [1, 3, 3]);
    let samples = at_ms(&more, &[0.0, 6.0, 12.0]);
    assert_eq!(ours(Test::Rate, &samples, &only_suspect), [2, 1, 1]);

    // A threshold of 0 is none.
    assert_eq!(theirs(2, "spike"), [2, 1, 2]);
    let rules = spike(SpikeMethod::Average, 0.0, 10.0);
    assert_eq!(
        ours(Test::Spike, &each_second(&[0.0, 1.0, 0.0]), &rules),
        [2, 3, 2]
    );

    // A range is never less than a tolerance of 0.
    assert_eq!(theirs(3, "flat"), [1; 8]);
    let rules = flat(0.0, 2, 4);
    let said_by_us = ours(Test::Flat, &each_second(&[7.0; 8]), &rules);
    assert_eq!(said_by_us, [2, 2, 3, 3, 4, 4, 4, 4]);

    // The range of all of them, instead of the distance from the newest: 0.75 and -0.75 are both near to 0.
    assert_eq!(theirs(4, "flat"), [1, 1, 1, 1, 3]);
    let samples = each_second(&[0.0, 0.75, -0.75, 0.0, 0.0]);
    assert_eq!(ours(Test::Flat, &samples, &flat(1.0, 2, 4)), [2, 2, 1, 3, 4]);
}
