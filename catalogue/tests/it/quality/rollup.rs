//! Many sensors and windows together.

use catalogue::model::{Dimension, Verdict};
use catalogue::quality::{Doubt, Measurement, Rolled, Rollup, Rules, Setting, Thresholds, evaluate, overall};
use chrono::TimeDelta;

use super::support::{at, no_tests, sample, seconds, setting, window};

/// The first `there` seconds of a window of `all` seconds that begins at `from`.
fn measured(rules: &Rules, from: i64, there: i64, all: i64) -> Measurement {
    let samples = (from..from + there).map(|second| sample(second * 1_000_000, 1.0));
    let setting = Setting {
        since: Some(at(-1_000_000_000)),
        ..setting(window(from * 1_000_000, (from + all) * 1_000_000), rules, 1.0)
    };
    evaluate(setting, samples).unwrap().measurement
}

fn of(rolled: &[Rolled], dimension: Dimension) -> Rolled {
    let found = rolled.iter().find(|rolled| rolled.figure.dimension == dimension);
    *found.unwrap()
}

#[test]
fn the_figure_of_many_is_the_sum_and_no_mean_and_names_the_worst() {
    let rules = no_tests();
    let mut rollup = Rollup::default();
    // 990 of 1000, and 1 of 10 of which the rest is missing: 991 of 1010, not the mean of 0.99 and 0.1.
    rollup.add(7, &measured(&rules, 0, 990, 1000));
    rollup.add(3, &measured(&rules, 0, 1, 10));
    let rolled = rollup.figures(&Thresholds::default());
    let completeness = of(&rolled, Dimension::Completeness);
    assert_eq!(
        (
            completeness.figure.ratio.numerator,
            completeness.figure.ratio.denominator
        ),
        (991, 1010)
    );
    assert_eq!(completeness.figure.verdict, Verdict::Pass);
    let worst = completeness.worst.unwrap();
    assert_eq!((worst.sensor_id, worst.figure.value()), (3, Some(0.1)));
    // The good figure of all hides nothing.
    assert_eq!(worst.figure.verdict, Verdict::Fail);
    assert!(completeness.figure.doubts.contains(Doubt::Loss));
}

#[test]
fn windows_of_a_sensor_add_up_before_sensors_are_compared() {
    let rules = no_tests();
    let mut rollup = Rollup::default();
    // Sensor 1 has the worst window, sensor 2 is the worse one altogether.
    rollup.add(1, &measured(&rules, 0, 2, 10));
    rollup.add(1, &measured(&rules, 1000, 1000, 1000));
    rollup.add(2, &measured(&rules, 0, 900, 1000));
    let completeness = of(&rollup.figures(&Thresholds::default()), Dimension::Completeness);
    assert_eq!(completeness.worst.unwrap().sensor_id, 2);
    assert_eq!(rollup.readings(), 1902);
}

#[test]
fn coverage_counts_the_sensors_that_sent_anything() {
    let rules = no_tests();
    let mut rollup = Rollup::default();
    for sensor in 1..=5 {
        let there = if sensor == 4 { 0 } else { 10 };
        rollup.add(sensor, &measured(&rules, 0, there, 10));
    }
    let rolled = rollup.figures(&Thresholds::default());
    let coverage = of(&rolled, Dimension::Coverage);
    assert_eq!(
        (coverage.figure.value(), coverage.figure.verdict),
        (Some(0.8), Verdict::Warn)
    );
    assert_eq!(coverage.worst.unwrap().sensor_id, 4);
    let figures: Vec<_> = rolled.iter().map(|rolled| rolled.figure).collect();
    // 40 of 50 readings.
    assert_eq!(overall(&figures), Verdict::Fail);
}

#[test]
fn what_does_not_add_up_is_the_greatest_or_counted_once() {
    let rules = no_tests();
    let mut rollup = Rollup::default();
    let samples: Vec<_> = (0..7200)
        .filter(|second| !(3000..4000).contains(second))
        .map(|second| sample(second * 1_000_000, 1.0))
        .collect();
    for hour in 0..2 {
        let window = window(seconds(3600.0) * hour, seconds(3600.0) * (hour + 1));
        let found = evaluate(setting(window, &rules, 1.0), samples.clone()).unwrap();
        rollup.add(1, &found.measurement);
    }
    assert_eq!(rollup.gaps_begun(), 1);
    assert_eq!(rollup.longest_gap(), Some(TimeDelta::seconds(1001)));
    assert_eq!(rollup.max_latency_seconds(), Some(0.2));
}

#[test]
fn nothing_rolls_up_to_nothing() {
    let rollup = Rollup::default();
    let rolled = rollup.figures(&Thresholds::default());
    assert_eq!(rolled.len(), 7);
    for found in rolled {
        assert_eq!(
            (found.figure.verdict, found.worst),
            (Verdict::NotApplicable, None)
        );
    }
    assert_eq!((rollup.max_latency_seconds(), rollup.longest_gap()), (None, None));
}
