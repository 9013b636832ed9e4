//! Completeness beside what a simulation knows to be true.

use catalogue::quality::{Completeness, Doubt, Doubts, Setting, evaluate};
use chrono::TimeDelta;

use super::support::{Random, at, no_tests, sample, seconds, setting, since_begin, window};

/// How a sensor sends, and what becomes of it.
#[derive(Debug, Clone, Copy)]
struct Simulated {
    /// What it was told to send each, in seconds.
    interval: f64,
    /// By how much its clock is slow.
    drift: f64,
    /// The standard deviation of its times, in intervals.
    jitter: f64,
    /// Whether each time is off by itself, or moves all that follow: `sleep(1)` in a loop.
    is_walk: bool,
    loss: f64,
    /// Whether losses come all at once.
    is_outage: bool,
    duplicates: f64,
    /// How many intervals the window has.
    periods: f64,
}

/// What is said, and what is true.
#[derive(Debug)]
struct Compared {
    said: Completeness,
    value: f64,
    truth: f64,
}

impl Simulated {
    fn run(&self, seed: u64) -> Compared {
        let mut random = Random(seed);
        let interval = self.interval * 1e6;
        let period = interval * (1.0 + self.drift);
        let length = (interval * self.periods) as i64;
        let outage = (length as f64 * 0.3) as i64..(length as f64 * (0.3 + self.loss)) as i64;
        let (mut sent, mut received) = (0_u32, 0_u32);
        let mut times: Vec<i64> = Vec::new();
        let mut clock = -300.0 * interval;
        while clock < length as f64 + 20.0 * interval {
            let off = random.normal() * self.jitter * interval;
            let time = if self.is_walk {
                clock += off;
                clock
            } else {
                clock + off
            };
            clock += period;
            let time = time as i64;
            let is_inside = (0..length).contains(&time);
            let is_lost = if self.is_outage {
                outage.contains(&time)
            } else {
                random.chance(self.loss)
            };
            sent += u32::from(is_inside);
            if !is_lost {
                received += u32::from(is_inside);
                times.push(time);
                if random.chance(self.duplicates) {
                    times.push(time);
                }
            }
        }
        times.sort_unstable();
        let rules = no_tests();
        let setting = setting(window(0, length), &rules, self.interval);
        let samples = times.iter().map(|time| sample(*time, 1.0));
        let said = evaluate(setting, samples)
            .unwrap()
            .measurement
            .completeness
            .unwrap();
        Compared {
            value: said.present as f64 / (said.present + said.missing) as f64,
            truth: f64::from(received) / f64::from(sent),
            said,
        }
    }
}

/// A second's readings of an hour.
const STEADY: Simulated = Simulated {
    interval: 1.0,
    drift: 0.0,
    jitter: 0.0,
    is_walk: false,
    loss: 0.0,
    is_outage: false,
    duplicates: 0.0,
    periods: 3600.0,
};

#[test]
fn it_is_within_a_fifth_of_a_point_of_the_truth() {
    let mut seed = 0;
    let mut worst = (0.0, STEADY);
    for (interval, periods) in [(1.0, 3600.0), (0.01, 5000.0), (60.0, 1440.0)] {
        for drift in [-0.02, 0.0, 0.002, 0.02] {
            for jitter in [0.0, 0.02, 0.1] {
                for loss in [0.0, 0.01, 0.1, 0.3] {
                    for (is_walk, is_outage) in [(false, false), (true, false), (false, true)] {
                        for duplicates in [0.0, 0.1] {
                            let simulated = Simulated {
                                interval,
                                drift,
                                jitter,
                                is_walk,
                                loss,
                                is_outage,
                                duplicates,
                                periods,
                            };
                            seed += 1;
                            let compared = simulated.run(seed);
                            let off = (compared.value - compared.truth).abs();
                            assert!(off <= 0.002, "{off}, {seed}: {simulated:?} {compared:?}");
                            assert_eq!(
                                compared.said.doubts,
                                Doubts::NONE,
                                "{seed}: {simulated:?} {compared:?}"
                            );
                            if off > worst.0 {
                                worst = (off, simulated);
                            }
                        }
                    }
                }
            }
        }
    }
    println!("the farthest off: {:.4} points, {:?}", worst.0 * 100.0, worst.1);
}

#[test]
fn an_outage_of_a_sensor_that_wanders_is_said_to_be_uncertain_where_it_is() {
    let (mut beyond, mut doubted, mut all) = (0, 0, 0);
    for seed in 0..40 {
        for (interval, periods) in [(1.0, 3600.0), (0.01, 5000.0), (60.0, 1440.0)] {
            for jitter in [0.0, 0.02, 0.05, 0.1] {
                for loss in [0.01, 0.1, 0.3] {
                    let simulated = Simulated {
                        interval,
                        jitter,
                        loss,
                        periods,
                        is_walk: true,
                        is_outage: true,
                        drift: 0.002,
                        ..STEADY
                    };
                    let compared = simulated.run(seed);
                    let is_beyond = (compared.value - compared.truth).abs() > 0.002;
                    let is_doubted = compared.said.doubts.contains(Doubt::Outage);
                    assert!(is_doubted || !is_beyond, "{seed}: {simulated:?} {compared:?}");
                    assert!(!is_doubted || jitter > 0.0);
                    beyond += u32::from(is_beyond);
                    doubted += u32::from(is_doubted);
                    all += 1;
                }
            }
        }
    }
    println!("{beyond} of {all} are beyond a fifth of a point, {doubted} are said to be uncertain");
    assert!(beyond > 0 && doubted < all / 2);
}

#[test]
fn what_goes_beyond_is_said_to_be_uncertain() {
    let beyond = [
        (
            Doubt::Jitter,
            Simulated {
                jitter: 0.15,
                ..STEADY
            },
        ),
        (
            Doubt::Jitter,
            Simulated {
                jitter: 0.2,
                ..STEADY
            },
        ),
        (
            Doubt::Jitter,
            Simulated {
                jitter: 0.5,
                ..STEADY
            },
        ),
        (
            Doubt::Jitter,
            Simulated {
                jitter: 0.3,
                is_walk: true,
                ..STEADY
            },
        ),
        (
            Doubt::Drift,
            Simulated {
                drift: 0.03,
                ..STEADY
            },
        ),
        (
            Doubt::Drift,
            Simulated {
                drift: -0.05,
                ..STEADY
            },
        ),
        (Doubt::Drift, Simulated { drift: 0.4, ..STEADY }),
        (Doubt::Loss, Simulated { loss: 0.4, ..STEADY }),
        (
            Doubt::Loss,
            Simulated {
                loss: 0.6,
                is_outage: true,
                ..STEADY
            },
        ),
        // Twice as often as was said.
        (
            Doubt::Bunched,
            Simulated {
                drift: -0.55,
                ..STEADY
            },
        ),
        (
            Doubt::Jitter,
            Simulated {
                jitter: 0.2,
                periods: 60.0,
                ..STEADY
            },
        ),
    ];
    for (seed, (doubt, simulated)) in (0..).zip(beyond) {
        let compared = simulated.run(seed);
        assert!(compared.said.doubts.contains(doubt), "{simulated:?} {compared:?}");
    }
}

#[test]
fn readings_by_chance_are_uncertain() {
    let mut random = Random(1);
    let mut clock = 0.0;
    let samples: Vec<_> = std::iter::from_fn(|| {
        clock -= (1.0 - random.unit()).ln() * 1e6;
        Some(sample(clock as i64, 1.0))
    })
    .take_while(|reading| reading.time < at(seconds(3700.0)))
    .collect();
    let rules = no_tests();
    let said = evaluate(setting(window(0, seconds(3600.0)), &rules, 1.0), samples).unwrap();
    let doubts = said.measurement.completeness.unwrap().doubts;
    assert!(
        doubts.contains(Doubt::Jitter) && doubts.contains(Doubt::Bunched),
        "{doubts:?}"
    );
}

#[test]
fn it_is_right_where_counting_slots_is_not() {
    // Real period, jitter, loss: truth within 0.1 points, where counting slots is 1 to 8 points off.
    for (seed, period, jitter, loss) in [
        (1, 1.002, 0.001, 0.0),
        (2, 1.002, 0.05, 0.0),
        (3, 1.002, 0.05, 0.01),
        (4, 1.002, 0.05, 0.1),
        (5, 1.01, 0.02, 0.0),
    ] {
        let simulated = Simulated {
            drift: period - 1.0,
            jitter,
            loss,
            ..STEADY
        };
        let compared = simulated.run(seed);
        assert!(
            (compared.value - compared.truth).abs() <= 0.001,
            "{simulated:?} {compared:?}"
        );
    }
}

/// A reading each second up to `until`, without those in `silent`: from, to.
fn each_second_but(until: i64, silent: &[(i64, i64)]) -> Vec<catalogue::quality::Sample> {
    (0..until)
        .filter(|second| !silent.iter().any(|(from, to)| (*from..*to).contains(second)))
        .map(|second| sample(second * 1_000_000, 1.0))
        .collect()
}

#[test]
fn missing_readings_count_in_the_hour_in_which_they_fall() {
    // 20 minutes, 13 of them before the hour and 7 in it.
    let samples = each_second_but(7200, &[(3600 - 780, 3600 + 420)]);
    let rules = no_tests();
    let hour = |number: i64| {
        let window = window(seconds(3600.0) * number, seconds(3600.0) * (number + 1));
        let found = evaluate(setting(window, &rules, 1.0), samples.clone()).unwrap();
        (found.measurement.completeness.unwrap(), found.gaps)
    };
    let (first, gaps) = hour(0);
    assert_eq!((first.present, first.missing), (2820, 780));
    assert_eq!((first.gaps, first.gaps_begun), (1, 1));
    // The gap is told as it is, not cut at the edge: from 2819 s to 4020 s.
    assert_eq!(first.longest_gap, Some(TimeDelta::seconds(1201)));
    assert_eq!(gaps[0].from, at(seconds(2819.0)));
    assert_eq!((gaps[0].to, gaps[0].missing), (Some(at(seconds(4020.0))), 780));
    // One reading was due at 2820 s: silence begins there.
    assert_eq!(first.silence, TimeDelta::seconds(780));
    let (second, gaps) = hour(1);
    assert_eq!((second.present, second.missing), (3180, 420));
    assert_eq!((second.gaps, second.gaps_begun, gaps[0].missing), (1, 0, 420));
    assert_eq!(second.silence, TimeDelta::seconds(420));
    assert_eq!(second.expected_time, TimeDelta::hours(1));
}

#[test]
fn the_open_end_counts_up_to_now_without_the_grace() {
    let samples = each_second_but(1000, &[]);
    let rules = no_tests();
    let asked = |now: f64| {
        let setting = Setting {
            now: at(seconds(now)),
            ..setting(window(0, seconds(3600.0)), &rules, 1.0)
        };
        let found = evaluate(setting, samples.clone()).unwrap();
        (found.measurement.completeness.unwrap(), found.gaps)
    };
    // The last reading is of 999 s, and 60 s are granted. Up to 940 s nothing can be said of later ones.
    let (running, _) = asked(1000.0);
    assert_eq!((running.present, running.missing), (940, 0));
    assert_eq!(running.expected_time, TimeDelta::seconds(940));
    // The next one is due at 1000 s, and missing when it is half an interval late: as between two readings.
    assert_eq!(asked(1060.4).0.missing, 0);
    let (late, gaps) = asked(1060.6);
    assert_eq!((late.present, late.missing), (1000, 1));
    assert_eq!((gaps[0].from, gaps[0].to), (at(seconds(999.0)), None));
    let (dead, gaps) = asked(2060.5);
    assert_eq!((dead.present, dead.missing, gaps[0].missing), (1000, 1001, 1001));
    // When the window is over, the rest of the silence is that of later ones.
    assert_eq!(
        (asked(90_000.0).0.present, asked(90_000.0).0.missing),
        (1000, 2600)
    );
}

#[test]
fn a_sensor_is_expected_from_when_it_is_there() {
    let rules = no_tests();
    let hour = window(0, seconds(3600.0));
    let asked = |since: Option<i64>, samples: Vec<_>| {
        let setting = Setting {
            since: since.map(at),
            ..setting(hour, &rules, 1.0)
        };
        evaluate(setting, samples).unwrap().measurement
    };
    let late_start: Vec<_> = each_second_but(3600, &[(0, 1800)]);
    // Nobody knows since when: since its first reading.
    let found = asked(None, late_start.clone()).completeness.unwrap();
    assert_eq!((found.present, found.missing), (1800, 0));
    assert_eq!(found.expected_time, TimeDelta::minutes(30));
    // Declared at 600 s, silent until 1800 s: 601 s to 1799 s.
    let found = asked(Some(seconds(600.0)), late_start.clone())
        .completeness
        .unwrap();
    assert_eq!((found.present, found.missing, found.gaps), (1800, 1199, 1));
    assert_eq!(found.expected_time, TimeDelta::minutes(50));
    // Declared long before: all of the half hour.
    let found = asked(Some(seconds(-86_400.0)), late_start).completeness.unwrap();
    assert_eq!((found.present, found.missing), (1800, 1800));
    // Declared, and never heard of.
    let silent = asked(Some(seconds(-86_400.0)), Vec::new());
    let found = silent.completeness.as_ref().unwrap();
    assert_eq!((found.present, found.missing), (0, 3600));
    assert_eq!(found.doubts, Doubts::NONE);
    assert_eq!(silent.gap_share(), Some(1.0));
    // Neither: nothing is expected.
    let found = asked(None, Vec::new());
    assert_eq!(found.completeness.as_ref().unwrap().missing, 0);
    assert_eq!(found.gap_share(), None);
}

#[test]
fn without_an_expectation_nothing_is_complete_or_incomplete() {
    let rules = no_tests();
    let setting = Setting {
        expectation: None,
        ..setting(window(0, seconds(3600.0)), &rules, 1.0)
    };
    let found = evaluate(setting, each_second_but(3600, &[])).unwrap();
    assert_eq!(found.measurement.completeness, None);
    assert!(found.gaps.is_empty());
}

#[test]
fn a_clock_from_the_future_closes_no_gap_before_its_time() {
    // It dies at 1000 s, and one reading says it is a day later.
    let mut samples = each_second_but(1000, &[]);
    samples.push(sample(seconds(86_400.0), 1.0));
    let rules = no_tests();
    let setting = Setting {
        now: at(seconds(3660.0)),
        ..setting(window(0, seconds(3600.0)), &rules, 1.0)
    };
    let found = evaluate(setting, samples)
        .unwrap()
        .measurement
        .completeness
        .unwrap();
    assert_eq!((found.present, found.missing), (1000, 2600));
}

#[test]
fn the_longest_gaps_are_listed_and_all_are_counted() {
    let silent: Vec<_> = (0..300)
        .map(|gap| (gap * 12 + 2, gap * 12 + 3 + i64::from(gap % 3 == 0)))
        .collect();
    let rules = no_tests();
    let found = evaluate(
        setting(window(0, seconds(3600.0)), &rules, 1.0),
        each_second_but(3600, &silent),
    )
    .unwrap();
    let completeness = found.measurement.completeness.unwrap();
    assert_eq!((completeness.gaps, completeness.missing), (300, 400));
    assert_eq!(found.gaps.len(), catalogue::quality::MAX_GAPS);
    assert!(found.gaps.iter().all(|gap| gap.missing == 2));
    assert!(found.gaps.is_sorted_by_key(|gap| since_begin(gap.from)));
}

#[test]
fn a_kilohertz_of_readings_for_an_hour_is_measured() {
    let rules = super::support::flat(0.0, 3, 5);
    let samples = (0..3_600_000_i64).map(|milli| sample(milli * 1000, (milli % 7) as f64));
    let mut evaluation =
        catalogue::quality::Evaluation::new(setting(window(0, seconds(3600.0)), &rules, 0.001));
    let mut flags = 0_u32;
    for sample in samples {
        evaluation.push(&sample, &mut |_| flags += 1).unwrap();
    }
    let (measurement, _) = evaluation.finish(&mut |_| flags += 1);
    let completeness = measurement.completeness.unwrap();
    assert_eq!(
        (completeness.present, completeness.missing, flags),
        (3_600_000, 0, 0)
    );
}
