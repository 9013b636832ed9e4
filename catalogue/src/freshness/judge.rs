//! How fresh one thing is: its age against what is expected of it.

use chrono::{DateTime, Utc};

use super::expectation::Expectation;
use crate::model::{Basis, Freshness, FreshnessStatus};

/// When a reading became known at the earliest: its own time, or its receipt where its clock runs ahead.
///
/// A sensor whose clock is an hour ahead leaves readings for an hour to come; when it dies, their times must not keep it
/// fresh. They were received long ago.
pub fn newest_at(time: DateTime<Utc>, received_at: DateTime<Utc>) -> DateTime<Utc> {
    time.min(received_at)
}

/// Seconds from then to now; what lies ahead is 0 old.
pub fn age_seconds(newest_at: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    let micros = (now - newest_at).num_microseconds().unwrap_or(i64::MAX).max(0);
    #[expect(clippy::cast_precision_loss, reason = "exact for 285 years of microseconds")]
    let micros = micros as f64;
    micros / 1e6
}

/// The verdict on an age, of which `None` is that there is no data. An age that is just the threshold still meets it.
pub fn status(age_seconds: Option<f64>, expectation: Option<&Expectation>) -> FreshnessStatus {
    match (age_seconds, expectation) {
        (None, _) => FreshnessStatus::NoData,
        (Some(_), None) => FreshnessStatus::NoExpectation,
        (Some(age), Some(expectation)) if age > expectation.thresholds.stale_after => FreshnessStatus::Stale,
        (Some(age), Some(expectation)) if age > expectation.thresholds.late_after => FreshnessStatus::Late,
        (Some(_), Some(_)) => FreshnessStatus::Fresh,
    }
}

/// How fresh something is whose newest item is of that instant. Since when and how often, its history says.
pub fn judge(
    basis: Basis,
    newest_at: Option<DateTime<Utc>>,
    expectation: Option<&Expectation>,
    now: DateTime<Utc>,
) -> Freshness {
    let age = newest_at.map(|newest_at| age_seconds(newest_at, now));
    let interval = expectation.and_then(|expectation| expectation.interval);
    Freshness {
        status: status(age, expectation),
        newest_at,
        age_seconds: age,
        expected_interval_seconds: interval.map(|interval| interval.seconds),
        is_learnt: interval.is_some_and(|interval| interval.is_learnt),
        late_after_seconds: expectation.map(|expectation| expectation.thresholds.late_after),
        stale_after_seconds: expectation.map(|expectation| expectation.thresholds.stale_after),
        ..Freshness::unknown(basis, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::freshness::expectation::{Interval, Thresholds};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn every(seconds: f64) -> Expectation {
        Expectation {
            interval: Some(Interval {
                seconds,
                is_learnt: true,
            }),
            thresholds: Thresholds::of_interval(seconds),
        }
    }

    #[test]
    fn an_age_is_held_against_what_is_expected() {
        use FreshnessStatus::{Fresh, Late, NoData, NoExpectation, Stale};
        let minute = every(60.0);
        for (age, expectation, expected) in [
            (None, None, NoData),
            (None, Some(&minute), NoData),
            (Some(0.0), None, NoExpectation),
            (Some(1e12), None, NoExpectation),
            (Some(0.0), Some(&minute), Fresh),
            (Some(180.0), Some(&minute), Fresh),
            (Some(180.000_001), Some(&minute), Late),
            (Some(600.0), Some(&minute), Late),
            (Some(600.000_001), Some(&minute), Stale),
            (Some(1e12), Some(&minute), Stale),
        ] {
            assert_eq!(status(age, expectation), expected, "{age:?}");
        }
    }

    #[test]
    fn a_clock_that_runs_ahead_makes_nothing_younger_than_its_receipt() {
        let now = at("2026-11-26T10:00:00Z");
        for (time, received, age) in [
            // As it should be: a little way from the sensor.
            ("2026-11-26T09:59:58Z", "2026-11-26T09:59:58.200Z", 2.0),
            // Ahead by half an hour, dead for half an hour.
            ("2026-11-26T10:00:00Z", "2026-11-26T09:30:00Z", 1_800.0),
            // Ahead of our clock by less than is tolerated, and received just now.
            ("2026-11-26T10:00:05Z", "2026-11-26T10:00:00Z", 0.0),
            // Kept back by the sensor: it is as old as it says.
            ("2026-11-26T09:00:00Z", "2026-11-26T09:59:59Z", 3_600.0),
        ] {
            let newest = newest_at(at(time), at(received));
            assert!((age_seconds(newest, now) - age).abs() < 1e-9, "{time}");
        }
        // Two machines' clocks.
        assert!(age_seconds(now + chrono::TimeDelta::seconds(3), now).abs() < 1e-9);
    }

    #[test]
    fn a_judgement_says_what_it_was_made_from() {
        let now = at("2026-11-26T10:00:00Z");
        let found = judge(
            Basis::EventTime,
            Some(at("2026-11-26T09:55:00Z")),
            Some(&every(60.0)),
            now,
        );
        assert_eq!(
            found,
            Freshness {
                status: FreshnessStatus::Late,
                basis: Basis::EventTime,
                newest_at: Some(at("2026-11-26T09:55:00Z")),
                age_seconds: Some(300.0),
                expected_interval_seconds: Some(60.0),
                is_learnt: true,
                late_after_seconds: Some(180.0),
                stale_after_seconds: Some(600.0),
                checked_at: now,
                changed_at: None,
                not_stale_share_30d: None,
                sensors: None,
            }
        );
        let nothing = judge(Basis::ReceivedAt, None, None, now);
        assert_eq!(nothing.status, FreshnessStatus::NoData);
        assert_eq!((nothing.age_seconds, nothing.late_after_seconds), (None, None));
    }
}
