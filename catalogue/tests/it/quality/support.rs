//! Readings, made up.

use catalogue::quality::{
    Evaluated, Expectation, FlatRule, RateRule, Rules, Sample, Setting, SpikeMethod, SpikeRule, Window,
    evaluate,
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::QualityFlag;

/// When everything begins here: 2026-11-01T00:00:00Z.
pub(crate) const BEGIN: i64 = 1_793_491_200_000_000;

/// An instant, in microseconds since the beginning.
pub(crate) fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(BEGIN + micros).unwrap()
}

/// Microseconds since the beginning.
pub(crate) fn since_begin(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros() - BEGIN
}

/// Seconds in microseconds.
pub(crate) fn seconds(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

/// A reading that ingest let pass and that took 200 ms.
pub(crate) fn sample(micros: i64, value: f64) -> Sample {
    Sample {
        time: at(micros),
        value,
        received_at: at(micros + 200_000),
        flag: QualityFlag::Pass,
    }
}

/// One reading a second with these values; NaN is none.
pub(crate) fn each_second(values: &[f64]) -> Vec<Sample> {
    let times = (0..).map(|second| second * 1_000_000);
    times
        .zip(values)
        .map(|(time, value)| sample(time, *value))
        .collect()
}

/// Rules without any test.
pub(crate) fn no_tests() -> Rules {
    Rules {
        flat: None,
        ..Rules::default()
    }
}

pub(crate) fn spike(method: SpikeMethod, suspect: f64, fail: f64) -> Rules {
    Rules {
        spike: Some(SpikeRule {
            method,
            suspect: Some(suspect),
            fail: Some(fail),
        }),
        ..no_tests()
    }
}

pub(crate) fn rate(suspect: f64, fail: f64) -> Rules {
    Rules {
        rate: Some(RateRule {
            suspect_per_second: Some(suspect),
            fail_per_second: Some(fail),
        }),
        ..no_tests()
    }
}

pub(crate) fn flat(tolerance: f64, suspect_count: u32, fail_count: u32) -> Rules {
    Rules {
        flat: Some(FlatRule {
            tolerance,
            suspect_count,
            fail_count,
        }),
        ..Rules::default()
    }
}

pub(crate) fn window(from: i64, to: i64) -> Window {
    Window::new(at(from), at(to)).unwrap()
}

/// A setting in which all of a window is over, and a sensor is as old as its first reading.
pub(crate) fn setting(window: Window, rules: &Rules, interval_seconds: f64) -> Setting<'_> {
    Setting {
        window,
        now: window.to() + TimeDelta::days(400),
        rules,
        expectation: Expectation::declared(interval_seconds),
        since: None,
        intake: None,
    }
}

/// The readings that an evaluation of a window is to be given, and no others.
pub(crate) fn context(samples: &[Sample], window: Window, rules: &Rules) -> Vec<Sample> {
    let is_sound = |sample: &&Sample| sample.flag != QualityFlag::Fail;
    let before: Vec<_> = samples
        .iter()
        .filter(|sample| sample.time < window.from())
        .collect();
    let sound: Vec<_> = before.iter().copied().filter(is_sound).collect();
    let first = sound.len().checked_sub(rules.context_before());
    let first = first.map_or(DateTime::<Utc>::MIN_UTC, |place| sound[place].time);
    let next = samples
        .iter()
        .filter(is_sound)
        .find(|sample| sample.time >= window.to());
    let last = next.map_or(DateTime::<Utc>::MAX_UTC, |sample| sample.time);
    let wanted = samples
        .iter()
        .filter(|sample| first <= sample.time && sample.time <= last);
    wanted.copied().collect()
}

/// What is said of a window, of no more readings than it needs.
pub(crate) fn evaluated(samples: &[Sample], setting: Setting<'_>) -> Evaluated {
    evaluate(setting, context(samples, setting.window, setting.rules)).unwrap()
}

/// `SplitMix64`: the same numbers from the same seed, everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to but without 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Of the standard normal distribution (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}
