//! What holds for any readings: it does not matter in which windows they are looked at, and hours add up to days.

use catalogue::quality::{
    Evaluated, Flagged, GrossRule, Ratio, Rules, Sample, Setting, SpikeMethod, Test, TestCounts, Verdicts,
    test,
};
use entity::QualityFlag;
use proptest::prelude::*;

use super::support::{at, evaluated, flat, rate, sample, setting, spike, window};

/// Times that are regular, or nearly so, or far apart; values on a grid that stand still at times; some that failed.
fn readings() -> impl Strategy<Value = Vec<Sample>> {
    let apart = prop_oneof![
        6 => Just(1_000_000_i64),
        3 => 900_000..1_100_000_i64,
        1 => 1..400_000_i64,
        1 => 2_000_000..9_000_000_i64,
        1 => Just(60_000_000_i64),
    ];
    let value = prop_oneof![4 => Just(0_i32), 4 => -8..8_i32, 1 => -400..400_i32];
    let reading = (apart, value, prop::bool::weighted(0.08));
    prop::collection::vec(reading, 0..260).prop_map(|readings| {
        let mut time = 0;
        let samples = readings.into_iter().map(|(apart, value, failed)| {
            time += apart;
            let mut sample = sample(time, f64::from(value) * 0.25);
            if failed {
                sample.flag = QualityFlag::Fail;
            }
            sample
        });
        samples.collect()
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let method = prop_oneof![Just(SpikeMethod::Average), Just(SpikeMethod::Differential)];
    let repeats = (1..6_u32, 0..6_u32, prop_oneof![Just(0.0), Just(0.5)]);
    (method, 1..8_i32, 1..8_i32, repeats, prop::bool::ANY).prop_map(
        |(method, spiky, quick, (few, more, tolerance), is_strict)| {
            let (spiky, quick) = (f64::from(spiky) * 0.25, f64::from(quick) * 0.25);
            Rules {
                gross: Some(GrossRule {
                    suspect_min: Some(-10.0),
                    suspect_max: Some(20.0),
                }),
                rate: rate(quick, quick * 3.0).rate,
                flat: flat(tolerance, few, few + more).flat,
                // Silences of a minute break the chain of neighbours, or not.
                neighbours_within_seconds: if is_strict { 30.0 } else { 86_400.0 },
                ..spike(method, spiky, spiky * 2.0)
            }
        },
    )
}

/// Edges of windows, the first before and the last behind all readings, with or without a long time behind.
fn cuts() -> impl Strategy<Value = Vec<i64>> {
    (
        prop::collection::btree_set(1..400_000_000_i64, 0..12),
        prop::bool::ANY,
    )
        .prop_map(|(inner, is_long)| {
            let last = if is_long { 40_000_000_000 } else { 20_000_000_000 };
            std::iter::once(-5_000_000).chain(inner).chain([last]).collect()
        })
}

fn counts(tests: &[TestCounts]) -> TestCounts {
    let sum = |count: fn(&TestCounts) -> u64| tests.iter().map(count).sum();
    TestCounts {
        pass: sum(|counts| counts.pass),
        suspect: sum(|counts| counts.suspect),
        fail: sum(|counts| counts.fail),
        not_evaluated: sum(|counts| counts.not_evaluated),
        missing: sum(|counts| counts.missing),
    }
}

/// Settings that differ in what a sum must not depend on.
fn with(setting: Setting<'_>, since: Option<i64>, now: i64) -> Setting<'_> {
    Setting {
        since: since.map(at),
        now: at(now),
        ..setting
    }
}

fn all_verdicts(samples: &[Sample], rules: &Rules) -> Vec<(chrono::DateTime<chrono::Utc>, Verdicts)> {
    let verdicts = test(samples, rules, catalogue::quality::Expectation::declared(1.0));
    samples.iter().map(|sample| sample.time).zip(verdicts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn flags_and_sums_are_the_same_in_any_windows(
        samples in readings(), rules in rules(), cuts in cuts(),
        since in prop::option::of(-400_000_000..200_000_000_i64), now in 0..50_000_000_000_i64,
    ) {
        let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
        // Readings from the future of a short test, too.
        let whole = evaluated(&samples, with(setting(window(first, last), &rules, 1.0), since, now));
        let parts: Vec<Evaluated> = cuts
            .windows(2)
            .map(|edges| evaluated(&samples, with(setting(window(edges[0], edges[1]), &rules, 1.0), since, now)))
            .collect();

        let flagged: Vec<Flagged> = parts.iter().flat_map(|part| part.flagged.clone()).collect();
        prop_assert_eq!(&flagged, &whole.flagged);
        for test in Test::ALL {
            let of_parts: Vec<_> = parts.iter().map(|part| *part.measurement.tests.of(test)).collect();
            prop_assert_eq!(counts(&of_parts), *whole.measurement.tests.of(test));
        }
        let sum = |part: fn(&Evaluated) -> u64| -> u64 { parts.iter().map(part).sum() };
        prop_assert_eq!(sum(|part| part.measurement.readings), whole.measurement.readings);
        let plausible = Ratio::new(
            sum(|part| part.measurement.plausible.numerator),
            sum(|part| part.measurement.plausible.denominator),
        );
        prop_assert_eq!(plausible, whole.measurement.plausible);

        let of_whole = whole.measurement.completeness.as_ref().unwrap();
        let completeness = |part: &Evaluated| part.measurement.completeness.clone().unwrap();
        prop_assert_eq!(parts.iter().map(|part| completeness(part).present).sum::<u64>(), of_whole.present);
        prop_assert_eq!(parts.iter().map(|part| completeness(part).missing).sum::<u64>(), of_whole.missing);
        prop_assert_eq!(parts.iter().map(|part| completeness(part).gaps_begun).sum::<u64>(), of_whole.gaps_begun);
        prop_assert_eq!(parts.iter().map(|part| completeness(part).longest_gap).max().unwrap(), of_whole.longest_gap);
        let silence: chrono::TimeDelta = parts.iter().map(|part| completeness(part).silence).sum();
        prop_assert_eq!(silence, of_whole.silence);
        let expected: chrono::TimeDelta = parts.iter().map(|part| completeness(part).expected_time).sum();
        prop_assert_eq!(expected, of_whole.expected_time);
    }

    #[test]
    fn more_readings_before_and_behind_a_window_change_nothing(
        samples in readings(), rules in rules(), from in 0..200_000_000_i64, length in 1..100_000_000_i64,
    ) {
        let setting = setting(window(from, from + length), &rules, 1.0);
        let needed = evaluated(&samples, setting);
        let all = catalogue::quality::evaluate(setting, samples).unwrap();
        prop_assert_eq!(needed, all);
    }

    #[test]
    fn a_late_reading_changes_what_it_is_said_to_change_and_nothing_else(
        samples in readings(), rules in rules(), place in 0..260_usize,
    ) {
        prop_assume!(!samples.is_empty());
        let place = place % samples.len();
        let late = samples[place];
        let mut without = samples.clone();
        without.remove(place);

        let sound = |sample: &&Sample| sample.flag != QualityFlag::Fail;
        let before = without[..place].iter().filter(sound).map(|sample| sample.time).next_back();
        let after: Vec<_> = without[place..].iter().filter(sound).map(|sample| sample.time).collect();
        let touched = rules.touched(late.time, before, &after[..after.len().min(rules.context_before())]);

        // Flags before it came, those that may change computed anew: the same as all computed anew.
        let is_touched = |time| touched.flags_from <= time && touched.flags_to.is_none_or(|last| time <= last);
        let mut kept: Vec<_> = all_verdicts(&without, &rules).into_iter().filter(|(time, _)| !is_touched(*time)).collect();
        let anew = all_verdicts(&samples, &rules);
        kept.extend(anew.iter().filter(|(time, _)| is_touched(*time)));
        kept.sort_by_key(|(time, _)| *time);
        prop_assert_eq!(kept, anew);

        // Windows that are not touched say the same.
        for from in (0..600_000_000).step_by(20_000_000) {
            let setting = setting(window(from, from + 20_000_000), &rules, 1.0);
            let is_behind = touched.figures_to.is_some_and(|last| last < setting.window.from());
            let is_before = touched.figures_from.is_some_and(|first| setting.window.to() <= first);
            let is_flagged = touched.flags_from < setting.window.to()
                && touched.flags_to.is_none_or(|last| setting.window.from() <= last);
            if (is_behind || is_before) && !is_flagged {
                prop_assert_eq!(
                    evaluated(&without, setting).measurement, evaluated(&samples, setting).measurement, "{}", from
                );
            }
        }
    }

    #[test]
    fn values_moved_all_alike_get_the_same_flags(samples in readings(), rules in rules(), by in -1000..1000_i32) {
        let moved: Vec<_> = samples
            .iter()
            .map(|sample| Sample { value: sample.value + f64::from(by), ..*sample })
            .collect();
        for ((_, before), (_, after)) in all_verdicts(&samples, &rules).iter().zip(all_verdicts(&moved, &rules)) {
            prop_assert_eq!((before.spike, before.rate, before.flat), (after.spike, after.rate, after.flat));
        }
    }

    #[test]
    fn values_and_thresholds_scaled_together_get_the_same_flags(samples in readings(), rules in rules(), power in -6..6_i32) {
        let by = 2_f64.powi(power);
        let scaled: Vec<_> = samples.iter().map(|sample| Sample { value: sample.value * by, ..*sample }).collect();
        let mut scaled_rules = rules.clone();
        let times = |threshold: Option<f64>| threshold.map(|threshold| threshold * by);
        if let Some(gross) = &mut scaled_rules.gross {
            (gross.suspect_min, gross.suspect_max) = (times(gross.suspect_min), times(gross.suspect_max));
        }
        if let Some(spike) = &mut scaled_rules.spike {
            (spike.suspect, spike.fail) = (times(spike.suspect), times(spike.fail));
        }
        if let Some(rate) = &mut scaled_rules.rate {
            (rate.suspect_per_second, rate.fail_per_second) = (times(rate.suspect_per_second), times(rate.fail_per_second));
        }
        if let Some(flat) = &mut scaled_rules.flat {
            flat.tolerance *= by;
        }
        prop_assert_eq!(all_verdicts(&samples, &rules), all_verdicts(&scaled, &scaled_rules));
    }
}

#[test]
fn readings_out_of_order_are_refused_and_repeated_ones_passed_over() {
    let rules = Rules::default();
    let setting = setting(window(0, 10_000_000), &rules, 1.0);
    let found = evaluated(&[sample(1, 1.0), sample(1, 5.0), sample(2, 1.0)], setting);
    assert_eq!(found.measurement.readings, 2);
    let backwards = [sample(2_000_000, 1.0), sample(1_000_000, 1.0)];
    let error = catalogue::quality::evaluate(setting, backwards).unwrap_err();
    assert_eq!(
        error.to_string(),
        "evaluate readings in the order of time: 2026-11-01 00:00:01 UTC came after 2026-11-01 00:00:02 UTC"
    );
}
