//! A measurement as a row of `quality_measurement`, and back.

use chrono::{DateTime, TimeDelta, Utc};
use entity::measurements::Measured;
use entity::rollup::Level;

use crate::quality::number::{SECOND, float, whole};
use crate::quality::{
    Completeness, Doubts, Expectation, Intake, IntervalBasis, Latency, Measurement, Ratio, RuleVersion,
    TestCounts, Tests, Window,
};

/// Which row a measurement becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The sensor, by internal key.
    pub sensor_id: i32,
    /// How long the window is.
    pub level: Level,
    /// Its revision, from 1.
    pub revision: i32,
    /// When it was computed.
    pub computed_at: DateTime<Utc>,
}

/// A measurement as a row.
pub fn to_row(measurement: &Measurement, place: Place) -> Measured {
    let completeness = measurement.completeness.as_ref();
    let latency = measurement.latency;
    let intake = measurement.intake;
    let tests = measurement.tests;
    Measured {
        window_start: measurement.window.from(),
        computed_at: place.computed_at,
        superseded_at: None,
        rule_version: measurement.rule_version.to_bits(),
        readings: stored(measurement.readings),
        present: completeness.map(|found| stored(found.present)),
        missing: completeness.map(|found| stored(found.missing)),
        expected_interval_seconds: completeness.map(|found| found.expectation.seconds()),
        silence_seconds: completeness.map(|found| seconds(found.silence)),
        expected_seconds: completeness.map(|found| seconds(found.expected_time)),
        longest_gap_seconds: completeness.and_then(|found| found.longest_gap).map(seconds),
        gaps: completeness.map(|found| stored(found.gaps)),
        gaps_begun: completeness.map(|found| stored(found.gaps_begun)),
        plausible: stored(measurement.plausible.numerator),
        plausible_of: stored(measurement.plausible.denominator),
        without_value: stored(tests.gross.missing),
        gross_evaluated: stored(tests.gross.evaluated()),
        gross_suspect: stored(tests.gross.suspect),
        gross_fail: stored(tests.gross.fail),
        spike_evaluated: stored(tests.spike.evaluated()),
        spike_suspect: stored(tests.spike.suspect),
        spike_fail: stored(tests.spike.fail),
        rate_evaluated: stored(tests.rate.evaluated()),
        rate_suspect: stored(tests.rate.suspect),
        rate_fail: stored(tests.rate.fail),
        flat_evaluated: stored(tests.flat.evaluated()),
        flat_suspect: stored(tests.flat.suspect),
        flat_fail: stored(tests.flat.fail),
        gap_evaluated: stored(tests.gap.evaluated()),
        gap_suspect: stored(tests.gap.suspect),
        gap_fail: stored(tests.gap.fail),
        latency_p50_seconds: latency.map(|found| found.p50_seconds),
        latency_p95_seconds: latency.map(|found| found.p95_seconds),
        latency_p99_seconds: latency.map(|found| found.p99_seconds),
        latency_max_seconds: latency.map(|found| found.max_seconds),
        late: stored(latency.map_or(0, |found| found.late)),
        negative: stored(latency.map_or(0, |found| found.negative)),
        duplicates: intake.map(|counted| stored(counted.duplicates())),
        conflicting: intake.map(|counted| stored(counted.conflicts())),
        refused: intake.map(|counted| stored(counted.quarantined())),
        sensor_id: place.sensor_id,
        window_seconds: place.level.seconds(),
        revision: place.revision,
        doubts: completeness.map_or(0, |found| found.doubts.to_bits()),
        interval_learnt: completeness.map(|found| found.expectation.basis() == IntervalBasis::Learnt),
    }
}

/// A row as the measurement that it was; `None` where the row is none.
pub fn from_row(row: &Measured) -> Option<Measurement> {
    let to = row.window_start + TimeDelta::seconds(row.window_seconds.into());
    let readings = row.readings.unsigned_abs();
    let without_value = row.without_value.unsigned_abs();
    let counts = |evaluated: i64, suspect: i64, fail: i64, missing: u64| TestCounts {
        pass: (evaluated - suspect - fail).unsigned_abs(),
        suspect: suspect.unsigned_abs(),
        fail: fail.unsigned_abs(),
        not_evaluated: readings.saturating_sub(evaluated.unsigned_abs() + missing),
        missing,
    };
    let intake = row.duplicates.zip(row.conflicting).zip(row.refused);
    Some(Measurement {
        window: Window::new(row.window_start, to)?,
        rule_version: RuleVersion::from_bits(row.rule_version),
        readings,
        completeness: completeness(row),
        tests: Tests {
            gross: counts(
                row.gross_evaluated,
                row.gross_suspect,
                row.gross_fail,
                without_value,
            ),
            spike: counts(
                row.spike_evaluated,
                row.spike_suspect,
                row.spike_fail,
                without_value,
            ),
            rate: counts(row.rate_evaluated, row.rate_suspect, row.rate_fail, without_value),
            flat: counts(row.flat_evaluated, row.flat_suspect, row.flat_fail, without_value),
            // Whether there is a value does not matter to it.
            gap: counts(row.gap_evaluated, row.gap_suspect, row.gap_fail, 0),
        },
        plausible: Ratio::new(row.plausible.unsigned_abs(), row.plausible_of.unsigned_abs()),
        latency: latency(row),
        intake: intake.and_then(|((duplicates, conflicting), refused)| {
            let [duplicates, conflicting, refused] =
                [duplicates, conflicting, refused].map(i64::unsigned_abs);
            let received = readings + duplicates + conflicting + refused;
            Intake::new(received, duplicates, conflicting, refused).ok()
        }),
    })
}

fn completeness(row: &Measured) -> Option<Completeness> {
    let basis = if row.interval_learnt? {
        IntervalBasis::Learnt
    } else {
        IntervalBasis::Declared
    };
    Some(Completeness {
        expectation: Expectation::new(row.expected_interval_seconds?, basis)?,
        present: row.present?.unsigned_abs(),
        missing: row.missing?.unsigned_abs(),
        silence: delta(row.silence_seconds?),
        expected_time: delta(row.expected_seconds?),
        gaps: row.gaps?.unsigned_abs(),
        gaps_begun: row.gaps_begun?.unsigned_abs(),
        longest_gap: row.longest_gap_seconds.map(delta),
        doubts: Doubts::from_bits(row.doubts),
    })
}

fn latency(row: &Measured) -> Option<Latency> {
    Some(Latency {
        readings: row.readings.unsigned_abs(),
        p50_seconds: row.latency_p50_seconds?,
        p95_seconds: row.latency_p95_seconds?,
        p99_seconds: row.latency_p99_seconds?,
        max_seconds: row.latency_max_seconds?,
        late: row.late.unsigned_abs(),
        negative: row.negative.unsigned_abs(),
    })
}

fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn seconds(delta: TimeDelta) -> f64 {
    float(delta.num_microseconds().unwrap_or(i64::MAX)) / SECOND
}

fn delta(seconds: f64) -> TimeDelta {
    TimeDelta::microseconds(whole((seconds * SECOND).round()))
}
