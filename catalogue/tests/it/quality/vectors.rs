//! The tests of single readings, against vectors computed by hand from the manuals' text.

use catalogue::quality::{Expectation, GrossRule, Rules, Sample, SpikeMethod, Test, test};
use entity::QualityFlag;
use entity::QualityFlag::{Fail, Pass, Suspect};

use super::support::{each_second, flat, no_tests, rate, sample, seconds, spike};

/// What a test says of readings, in the numbers of the manuals.
#[track_caller]
fn says(which: Test, samples: &[Sample], rules: &Rules, numbers: &[i16]) {
    let verdicts = test(samples, rules, None);
    let said: Vec<i16> = verdicts
        .iter()
        .map(|verdict| verdict.of(which).number())
        .collect();
    assert_eq!(said, numbers);
}

/// A value that is missing, one that is too high, and one that is too low.
const SHARED: [f64; 12] = [
    20.0,
    21.0,
    f64::NAN,
    22.0,
    60.0,
    22.0,
    22.0,
    22.0,
    22.0,
    22.0,
    -5.0,
    20.0,
];

#[test]
fn gross_range_doubts_what_is_outside_of_the_suspect_span_and_leaves_what_failed() {
    // Sensor 0 to 45 (ingest's part), suspect outside 5 to 40. Bounds pass: value < MIN or > MAX flags.
    let values = [-1e-9, 0.0, 4.999, 5.0, 40.0, 40.000_000_1, 45.0, 45.000_000_1];
    let mut samples = each_second(&values);
    samples[0].flag = Fail;
    samples[7].flag = Fail;
    let gross = GrossRule {
        suspect_min: Some(5.0),
        suspect_max: Some(40.0),
    };
    let rules = Rules {
        gross: Some(gross),
        ..no_tests()
    };
    says(Test::Gross, &samples, &rules, &[4, 3, 3, 1, 1, 3, 3, 4]);
    // Without a span, ingest's word stands; with one, a sensor without a range is evaluated, too.
    says(Test::Gross, &samples, &no_tests(), &[4, 1, 1, 1, 1, 1, 1, 4]);
    samples[3].flag = QualityFlag::NotEvaluated;
    says(Test::Gross, &samples, &no_tests(), &[4, 1, 1, 2, 1, 1, 1, 4]);
    says(Test::Gross, &samples, &rules, &[4, 3, 3, 1, 1, 3, 3, 4]);
    // One bound alone.
    let only_max = Rules {
        gross: Some(GrossRule {
            suspect_min: None,
            ..gross
        }),
        ..no_tests()
    };
    says(Test::Gross, &samples, &only_max, &[4, 1, 1, 1, 1, 3, 3, 4]);
}

#[test]
fn a_spike_is_the_distance_from_the_mean_of_both_neighbours() {
    // |v - (before + after) / 2|, low 10, high 20; the missing one is passed over.
    //   21: |21 - (20 + 22) / 2| =  0    1
    //   22: |22 - (21 + 60) / 2| = 18.5  3, the echo of 60
    //   60: |60 - (22 + 22) / 2| = 38    4
    //   22: |22 - (60 + 22) / 2| = 19    3, the echo behind
    //   22:                         0    1, three times
    //   22: |22 - (22 -  5) / 2| = 13.5  3
    //   -5: |-5 - (22 + 20) / 2| = 26    4
    // The first has no neighbour before, the last none behind: 2.
    let rules = spike(SpikeMethod::Average, 10.0, 20.0);
    let said = [2, 1, 9, 3, 4, 3, 1, 1, 1, 3, 4, 2];
    says(Test::Spike, &each_second(&SHARED), &rules, &said);
}

#[test]
fn a_differential_spike_is_the_smaller_step_of_a_peak() {
    //   60: up 38, down 38  4;  -5: down 27, up 25  4;  all others go on, or stand on one side: 0
    let rules = spike(SpikeMethod::Differential, 10.0, 20.0);
    let said = [2, 1, 9, 1, 4, 1, 1, 1, 1, 1, 4, 2];
    says(Test::Spike, &each_second(&SHARED), &rules, &said);
    // 15 up and 12 down: 12.
    says(Test::Spike, &each_second(&[0.0, 15.0, 3.0]), &rules, &[2, 3, 2]);
}

#[test]
fn a_spike_at_a_threshold_passes_it() {
    for method in [SpikeMethod::Average, SpikeMethod::Differential] {
        let rules = spike(method, 10.0, 20.0);
        for (peak, flag) in [(10.0, 1), (10.25, 3), (20.0, 3), (20.25, 4)] {
            says(
                Test::Spike,
                &each_second(&[0.0, peak, 0.0]),
                &rules,
                &[2, flag, 2],
            );
            says(
                Test::Spike,
                &each_second(&[0.0, -peak, 0.0]),
                &rules,
                &[2, flag, 2],
            );
        }
        // A threshold of 0 is one: anything sticks out.
        let any = spike(method, 0.0, 0.5);
        says(Test::Spike, &each_second(&[0.0, 0.25, 0.0]), &any, &[2, 3, 2]);
        says(Test::Spike, &each_second(&[0.0, 0.0, 0.0]), &any, &[2, 1, 2]);
    }
}

#[test]
fn the_newest_reading_waits_for_its_successor() {
    let rules = spike(SpikeMethod::Average, 10.0, 20.0);
    says(Test::Spike, &each_second(&[0.0, 50.0]), &rules, &[2, 2]);
    says(Test::Spike, &each_second(&[0.0, 50.0, 0.0]), &rules, &[2, 4, 2]);
}

#[test]
fn the_rate_of_change_is_per_second_of_true_time() {
    // Per second, suspect 5, fail 30. The first has nothing to be compared with; 22 is 1 in 2 s from 21.
    let said = [2, 1, 9, 1, 4, 4, 1, 1, 1, 1, 3, 3];
    says(Test::Rate, &each_second(&SHARED), &rate(5.0, 30.0), &said);
    let pair = |apart: f64, change: f64| [sample(0, 0.0), sample(seconds(apart), change)];
    for (apart, change, flag) in [
        (1.0, 5.0, 1),         // exactly 5 a second
        (1.0, 5.000_001, 3),   // more
        (1.0, 30.0, 3),        // exactly 30 a second
        (1.0, -30.000_1, 4),   // more, downwards
        (0.5, 2.0, 1),         // 4 a second
        (0.5, 3.0, 3),         // 6 a second
        (0.001, 0.006, 3),     // 6 a second, at 1 kHz
        (1.5, 6.0, 1),         // 4 a second
        (3600.0, 18_000.0, 1), // 5 a second
    ] {
        says(Test::Rate, &pair(apart, change), &rate(5.0, 30.0), &[2, flag]);
    }
}

#[test]
fn a_flat_line_is_suspect_after_three_repetitions_and_fails_after_five() {
    // For i = 1 … REP_CNT: |v[n] - v[n-i]| < EPS. With 3 and 5, the fourth and the sixth of equal ones.
    says(
        Test::Flat,
        &each_second(&[7.0; 8]),
        &flat(0.0, 3, 5),
        &[2, 2, 2, 3, 3, 4, 4, 4],
    );
    says(
        Test::Flat,
        &each_second(&[7.0; 8]),
        &flat(1e-9, 2, 4),
        &[2, 2, 3, 3, 4, 4, 4, 4],
    );
    // Flags that were given stay; another value ends it at once.
    let values = [7.0, 7.0, 7.0, 7.0, 8.0, 7.0, 7.0, 7.0, 7.0];
    says(
        Test::Flat,
        &each_second(&values),
        &flat(0.0, 3, 5),
        &[2, 2, 2, 3, 1, 1, 1, 1, 3],
    );
}

#[test]
fn a_flat_line_is_within_the_tolerance_of_its_newest_value() {
    // Exactly EPS apart is different, a little less is the same.
    says(
        Test::Flat,
        &each_second(&[0.0, 0.5, 0.0, 0.5]),
        &flat(0.5, 3, 5),
        &[2, 2, 2, 1],
    );
    says(
        Test::Flat,
        &each_second(&[0.0, 0.49, 0.0, 0.49]),
        &flat(0.5, 3, 5),
        &[2, 2, 2, 3],
    );
    // Each is compared with the newest one: a slow ramp moves.
    says(
        Test::Flat,
        &each_second(&[0.0, 0.25, 0.5]),
        &flat(0.5, 2, 2),
        &[2, 2, 1],
    );
    // 0.25 is near to 0 and to 0.5 though these are not near to each other.
    says(
        Test::Flat,
        &each_second(&[0.0, 0.5, 0.25]),
        &flat(0.5, 2, 2),
        &[2, 2, 4],
    );
    // Without a tolerance only the same is the same.
    says(
        Test::Flat,
        &each_second(&[1.0, 1.0, 1.0 + 1e-12]),
        &flat(0.0, 2, 2),
        &[2, 2, 1],
    );
}

#[test]
fn a_gap_is_told_of_the_reading_behind_it() {
    let gaps = |times: &[f64], interval: f64, gap_factor: f64| -> Vec<i16> {
        let samples: Vec<_> = times.iter().map(|time| sample(seconds(*time), 0.0)).collect();
        let rules = Rules {
            gap_factor,
            ..no_tests()
        };
        let verdicts = test(&samples, &rules, Expectation::declared(interval));
        verdicts.iter().map(|verdict| verdict.gap.number()).collect()
    };
    assert_eq!(gaps(&[0.0, 1.0, 2.0, 10.0, 11.0], 5.0, 1.0), [2, 1, 1, 4, 1]);
    // NOW - TIM_STMP > TIM_INC: exactly so long is none.
    assert_eq!(gaps(&[0.0, 1.0, 2.0, 10.0, 11.0], 8.0, 1.0), [2, 1, 1, 1, 1]);
    assert_eq!(gaps(&[0.0, 1.5, 3.000_001], 1.0, 1.5), [2, 1, 4]);
    // Nobody knows how often it should send.
    let verdicts = test(&each_second(&[1.0, 2.0]), &no_tests(), None);
    assert!(verdicts.iter().all(|verdict| verdict.gap.number() == 2));
}

#[test]
fn a_reading_that_failed_its_range_is_not_blamed_on_its_neighbours() {
    let mut samples = each_second(&[20.0, 20.5, -9999.0, 20.0, 20.5]);
    samples[2].flag = Fail;
    let rules = Rules {
        rate: rate(1.0, 2.0).rate,
        flat: flat(0.0, 1, 2).flat,
        ..spike(SpikeMethod::Average, 1.0, 2.0)
    };
    says(Test::Gross, &samples, &rules, &[1, 1, 4, 1, 1]);
    // 20.5 between 20 and 20; 20 between 20.5 and 20.5: half a degree.
    says(Test::Spike, &samples, &rules, &[2, 1, 2, 1, 2]);
    // 0.5 in a second, then in two.
    says(Test::Rate, &samples, &rules, &[2, 1, 2, 1, 1]);
    says(Test::Flat, &samples, &rules, &[2, 1, 2, 1, 1]);
    // A gap is a matter of what came, whatever it said.
    let verdicts = test(&samples, &rules, Expectation::declared(1.0));
    assert!(verdicts[1..].iter().all(|verdict| verdict.gap == Pass));
    // A suspect one is a neighbour: it may be true.
    samples[2].flag = Suspect;
    says(Test::Spike, &samples, &rules, &[2, 4, 4, 4, 2]);
}

#[test]
fn readings_too_far_apart_are_no_neighbours() {
    let far = [
        sample(0, 1.0),
        sample(seconds(1.0), 1.0),
        sample(seconds(11.0), 1.0),
        sample(seconds(21.000_001), 9.0),
        sample(seconds(22.0), 9.0),
    ];
    let rules = Rules {
        rate: rate(0.1, 0.2).rate,
        flat: flat(0.0, 1, 2).flat,
        neighbours_within_seconds: 10.0,
        ..spike(SpikeMethod::Average, 1.0, 2.0)
    };
    says(Test::Spike, &far, &rules, &[2, 1, 2, 2, 2]);
    says(Test::Rate, &far, &rules, &[2, 1, 1, 2, 1]);
    says(Test::Flat, &far, &rules, &[2, 3, 4, 2, 3]);
}

#[test]
fn values_at_the_ends_of_what_floats_hold_are_judged() {
    let rules = Rules {
        rate: rate(1.0, 2.0).rate,
        ..spike(SpikeMethod::Average, 1.0, 2.0)
    };
    let values = [f64::MAX, f64::MAX, f64::MAX, f64::MIN, f64::INFINITY, f64::MIN];
    // The mean of two greatest ones is the greatest, not infinity.
    says(Test::Spike, &each_second(&values), &rules, &[2, 1, 4, 4, 9, 2]);
    says(Test::Rate, &each_second(&values), &rules, &[2, 1, 1, 4, 9, 1]);
}

#[test]
fn the_worst_test_of_the_value_speaks_for_the_reading() {
    let rules = Rules {
        flat: flat(0.0, 1, 9).flat,
        ..spike(SpikeMethod::Average, 10.0, 20.0)
    };
    let samples = each_second(&[0.0, 50.0, 0.0, 0.0, 1.0, f64::NAN]);
    let verdicts = test(&samples, &rules, Expectation::declared(0.1));
    let said: Vec<i16> = verdicts
        .iter()
        .map(|verdict| verdict.of_value().number())
        .collect();
    // Every reading follows a gap, which is not the reading's fault.
    assert_eq!(said, [1, 4, 4, 3, 1, 9]);
}
