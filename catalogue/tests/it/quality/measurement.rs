//! Figures of a sensor's window.

use catalogue::model::{Dimension, Verdict};
use catalogue::quality::{
    BadIntake, Evaluated, Figure, GrossRule, Intake, Ratio, Rules, Setting, SpikeMethod, Thresholds,
    evaluate, overall,
};
use chrono::TimeDelta;
use entity::QualityFlag;

use super::support::{at, each_second, no_tests, rate, sample, seconds, setting, spike, window};

/// Ten readings, of which one is outside the range, one sticks out, two are late, and the eighth never came.
fn ten() -> Evaluated {
    let mut samples = each_second(&[20.0, 20.5, 20.0, 35.0, 20.5, 20.0, -9999.0, f64::NAN, 20.5, 20.0]);
    samples.remove(7);
    samples[6].flag = QualityFlag::Fail;
    for late in [0, 1] {
        samples[late].received_at = samples[late].time + TimeDelta::seconds(61);
    }
    samples[2].received_at = samples[2].time - TimeDelta::seconds(2);
    let rules = Rules {
        gross: Some(GrossRule {
            suspect_min: None,
            suspect_max: Some(30.0),
        }),
        rate: rate(1e3, 1e4).rate,
        ..spike(SpikeMethod::Differential, 5.0, 10.0)
    };
    let setting = Setting {
        intake: Some(Intake::new(14, 2, 1, 2).unwrap()),
        ..setting(window(0, seconds(10.0)), &rules, 1.0)
    };
    evaluate(setting, samples).unwrap()
}

fn figure(figures: &[Figure], dimension: Dimension) -> (u64, u64, Verdict) {
    let found = figures
        .iter()
        .find(|figure| figure.dimension == dimension)
        .unwrap();
    (found.ratio.numerator, found.ratio.denominator, found.verdict)
}

#[test]
fn each_dimension_says_what_is_counted_out_of_how_many() {
    let found = ten();
    let figures = found.measurement.figures(&Thresholds::default());
    let of = |dimension| figure(&figures, dimension);
    // Nine are there, one is missing: 0.9 is not below 0.9.
    assert_eq!(of(Dimension::Completeness), (9, 10, Verdict::Warn));
    // Two late, one from a clock that is two seconds ahead.
    assert_eq!(of(Dimension::Timeliness), (6, 9, Verdict::Fail));
    assert_eq!(of(Dimension::Validity), (8, 9, Verdict::Fail));
    // 14 came, 2 could not be used; of 12, 2 came twice and 1 had another value.
    assert_eq!(of(Dimension::Conformity), (12, 14, Verdict::Fail));
    assert_eq!(of(Dimension::Uniqueness), (9, 12, Verdict::Fail));
    // All but the failed one can be judged, but the first one, which has no neighbour; one sticks out.
    assert_eq!(of(Dimension::Plausibility), (6, 7, Verdict::Fail));
    assert_eq!(figures.len(), 6);
    assert_eq!(overall(&figures), Verdict::Fail);
    let tests = found.measurement.tests;
    assert_eq!(
        (tests.gross.pass, tests.gross.suspect, tests.gross.fail),
        (7, 1, 1)
    );
    assert_eq!(
        (tests.spike.pass, tests.spike.fail, tests.spike.not_evaluated),
        (5, 1, 3)
    );
    assert_eq!(
        (tests.gap.pass, tests.gap.fail, tests.gap.not_evaluated),
        (7, 1, 1)
    );
}

#[test]
fn a_figure_is_published_with_its_formula_and_bounds() {
    let found = ten();
    let figures = found.measurement.figures(&Thresholds::default());
    let published = figures[0].measured(found.measurement.window, at(seconds(99.0)));
    assert_eq!(published.value, Some(0.9));
    assert_eq!((published.numerator, published.denominator), (9, 10));
    assert_eq!(
        (published.warn_below, published.fail_below),
        (Some(0.98), Some(0.9))
    );
    assert_eq!((published.from, published.to), (at(0), at(seconds(10.0))));
    assert_eq!(published.verdict, Verdict::Warn);
    let mut formulae: Vec<_> = figures.iter().map(Figure::formula).collect();
    formulae.sort_unstable();
    formulae.dedup();
    assert_eq!(formulae.len(), figures.len());
}

#[test]
fn without_anything_to_judge_by_a_dimension_is_not_applicable_and_never_zero() {
    let rules = no_tests();
    let setting = Setting {
        expectation: None,
        ..setting(window(0, seconds(10.0)), &rules, 1.0)
    };
    let mut samples = each_second(&[1.0, 2.0]);
    for sample in &mut samples {
        sample.flag = QualityFlag::NotEvaluated;
    }
    let some = evaluate(setting, samples).unwrap().measurement;
    let figures = some.figures(&rules.thresholds);
    for found in &figures {
        // How long they took can always be said.
        let is_applicable = found.dimension == Dimension::Timeliness;
        assert_eq!(found.value().is_some(), is_applicable, "{found:?}");
        assert_eq!(
            found.verdict == Verdict::NotApplicable,
            !is_applicable,
            "{found:?}"
        );
    }
    assert_eq!(overall(&figures), Verdict::Pass);
    let none = evaluate(setting, []).unwrap().measurement;
    let figures = none.figures(&rules.thresholds);
    assert!(figures.iter().all(|found| found.value().is_none()));
    assert_eq!(figures.len(), 6);
    assert_eq!(overall(&figures), Verdict::NotApplicable);
    assert_eq!(overall(&[]), Verdict::NotApplicable);
}

#[test]
fn a_figure_at_a_bound_is_above_it() {
    let rules = no_tests();
    let verdict = |there: u32, all: u32| {
        let samples: Vec<_> = (0..all)
            .filter(|second| *second == 0 || *second > all - there)
            .map(|second| sample(i64::from(second) * 1_000_000, 1.0))
            .collect();
        let setting = setting(window(0, i64::from(all) * 1_000_000), &rules, 1.0);
        let found = evaluate(setting, samples).unwrap().measurement;
        assert_eq!(
            found.ratio(Dimension::Completeness),
            Ratio::new(u64::from(there), u64::from(all))
        );
        found.figures(&rules.thresholds)[0].verdict
    };
    assert_eq!(verdict(98, 100), Verdict::Pass);
    assert_eq!(verdict(97, 100), Verdict::Warn);
    assert_eq!(verdict(90, 100), Verdict::Warn);
    assert_eq!(verdict(89, 100), Verdict::Fail);
}

#[test]
fn counts_that_contradict_each_other_are_refused() {
    assert_eq!(Intake::new(3, 1, 1, 1).unwrap().new_ones(), 0);
    let error = Intake::new(2, 1, 1, 1).unwrap_err();
    let said = BadIntake {
        received: 2,
        duplicates: 1,
        conflicts: 1,
        quarantined: 1,
    };
    assert_eq!(error, said);
    assert_eq!(
        error.to_string(),
        "count what came: 1 duplicates, 1 conflicts and 1 quarantined are more than the 2 received"
    );
    assert!(Intake::new(u64::MAX, u64::MAX, 1, 0).is_err());
}
