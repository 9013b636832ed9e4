//! How often a sensor sends, as its times show.

use catalogue::quality::{Expectation, IntervalBasis, NotLearnable, learn};

use super::support::{Random, at, seconds};

/// Times of readings: each `interval` seconds, with jitter and loss in shares.
fn times(interval: f64, jitter: f64, loss: f64, seed: u64) -> Vec<chrono::DateTime<chrono::Utc>> {
    let mut random = Random(seed);
    let mut times = Vec::new();
    for reading in 0..256 {
        let off = random.normal() * jitter;
        if !random.chance(loss) {
            times.push(at(seconds((f64::from(reading) + off) * interval)));
        }
    }
    times
}

#[test]
fn an_interval_is_learnt_in_spite_of_jitter_and_loss() {
    for (seed, interval) in (0..).zip([0.001, 0.5, 1.02, 60.0, 900.0, 86_400.0]) {
        for (jitter, loss) in [(0.0, 0.0), (0.1, 0.0), (0.0, 0.3), (0.1, 0.3)] {
            let learnt = learn(times(interval, jitter, loss, seed)).unwrap();
            let off = (learnt.seconds / interval - 1.0).abs();
            assert!(off < 0.005, "{interval} s, {jitter}, {loss}: {learnt:?}");
        }
    }
}

#[test]
fn order_and_duplicates_do_not_matter() {
    let mut shuffled = times(1.0, 0.05, 0.1, 1);
    let learnt = learn(shuffled.clone()).unwrap();
    shuffled.extend(shuffled.clone());
    shuffled.reverse();
    assert_eq!(learn(shuffled).unwrap(), learnt);
}

#[test]
fn too_few_readings_show_nothing() {
    let few = times(1.0, 0.0, 0.0, 1).into_iter().take(16);
    assert_eq!(learn(few.clone()), Err(NotLearnable::TooFew { intervals: 15 }));
    // The same one over and over is one.
    let error = learn(few.clone().chain(few)).unwrap_err();
    assert_eq!(error, NotLearnable::TooFew { intervals: 15 });
    assert_eq!(
        error.to_string(),
        "learn how often a sensor sends from 15 intervals: 16 are needed"
    );
    assert!(learn(times(1.0, 0.0, 0.0, 1).into_iter().take(17)).is_ok());
    assert!(matches!(learn([]), Err(NotLearnable::TooFew { intervals: 0 })));
}

#[test]
fn readings_by_chance_and_in_bunches_have_no_interval() {
    let mut random = Random(7);
    let mut clock = 0.0;
    let by_chance = std::iter::repeat_with(|| {
        clock -= (1.0 - random.unit()).ln();
        at(seconds(clock))
    });
    let error = learn(by_chance.take(256)).unwrap_err();
    assert!(matches!(error, NotLearnable::TooIrregular { .. }), "{error}");
    // Two at once, each ten seconds.
    let bunches = (0..100).flat_map(|bunch| [at(bunch * 10_000_000), at(bunch * 10_000_000 + 1000)]);
    let error = learn(bunches).unwrap_err();
    assert!(matches!(error, NotLearnable::TooIrregular { .. }), "{error}");
}

#[test]
fn what_is_declared_goes_before_what_is_learnt() {
    let learnt = learn(times(1.0, 0.0, 0.0, 1)).unwrap();
    let declared = Expectation::of(Some(5.0), Some(&learnt)).unwrap();
    assert_eq!(
        (declared.seconds(), declared.basis()),
        (5.0, IntervalBasis::Declared)
    );
    let shown = Expectation::of(None, Some(&learnt)).unwrap();
    assert_eq!((shown.seconds(), shown.basis()), (1.0, IntervalBasis::Learnt));
    assert_eq!(Expectation::of(None, None), None);
    for nonsense in [0.0, -1.0, 1e-7, f64::NAN, f64::INFINITY] {
        assert_eq!(Expectation::declared(nonsense), None, "{nonsense}");
    }
}
