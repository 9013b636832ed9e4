use chrono::TimeDelta;
use entity::freshness::NewestReceived;

use super::*;
use FreshnessStatus::{Fresh, Late, NoData, NoExpectation, Stale, Unknown};

fn now() -> DateTime<Utc> {
    "2026-11-26T10:00:00Z".parse().unwrap()
}

fn ago(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

/// A declared sensor that sends every minute, and did so long ago.
fn sensor(id: i32, seconds: i64) -> WatchedSensor {
    WatchedSensor {
        id,
        declared: true,
        declared_interval_seconds: Some(60.0),
        learnt_interval_seconds: None,
        time: Some(ago(seconds)),
        received_at: Some(ago(seconds)),
    }
}

fn silent(id: i32, declared: bool, interval: Option<f64>) -> WatchedSensor {
    WatchedSensor {
        id,
        declared,
        declared_interval_seconds: interval,
        learnt_interval_seconds: None,
        time: None,
        received_at: None,
    }
}

fn datasets(promised: Option<Thresholds>) -> Vec<WatchedDataset> {
    [
        ("raw-messages", Follows::Archive),
        ("readings", Follows::Sensors),
        ("readings-1m", Follows::Rollup(Level::Minute)),
        ("readings-1h", Follows::Rollup(Level::Hour)),
        ("readings-1d", Follows::Rollup(Level::Day)),
        ("sensors", Follows::KnownSensors),
        ("quarantined-messages", Follows::Quarantine),
        ("reading-conflicts", Follows::Conflicts),
        ("weather", Follows::Nothing),
    ]
    .map(|(slug, follows)| WatchedDataset {
        slug: slug.to_owned(),
        follows,
        promised,
    })
    .to_vec()
}

fn found(looked: &Looked) -> Found {
    assess(looked, &datasets(None), &FreshnessOptions::default(), now())
}

fn of<'a>(found: &'a Found, slug: &str) -> &'a Freshness {
    let dataset = found.datasets.iter().find(|(known, _)| known == slug);
    &dataset.unwrap().1
}

fn with_sensors(sensors: Vec<WatchedSensor>) -> Looked {
    Looked {
        sensors,
        ..Looked::default()
    }
}

#[test]
fn readings_are_as_fresh_as_their_sensors_and_say_how_many_are() {
    let one_dead = found(&with_sensors(vec![
        sensor(1, 5),
        sensor(2, 10),
        sensor(3, 20),
        sensor(4, 180),
        sensor(5, 100_000),
    ]));
    let readings = of(&one_dead, "readings");
    assert_eq!(readings.status, Late, "one dead sensor is not hidden");
    let counts = readings.sensors.unwrap();
    assert_eq!((counts.fresh, counts.stale, counts.expected), (4, 1, 5));
    assert_eq!(
        (readings.newest_at, readings.age_seconds),
        (Some(ago(5)), Some(5.0))
    );
    assert_eq!(
        (
            readings.late_after_seconds,
            readings.stale_after_seconds,
            readings.expected_interval_seconds
        ),
        (Some(180.0), Some(600.0), Some(60.0)),
        "all have the same"
    );
    let mut other = sensor(6, 5);
    other.declared_interval_seconds = None;
    other.learnt_interval_seconds = Some(61.0);
    let mixed = found(&with_sensors(vec![sensor(1, 5), other]));
    assert_eq!(of(&mixed, "readings").late_after_seconds, None);
    assert_eq!(of(&mixed, "readings").status, Fresh);
    assert!(mixed.sensors[1].freshness.is_learnt);
}

#[test]
fn a_declared_sensor_is_expected_to_send_at_all() {
    let never = found(&with_sensors(vec![sensor(1, 5), silent(2, true, None)]));
    assert_eq!(never.sensors[1].freshness.status, NoData);
    assert_eq!(of(&never, "readings").status, Late);
    let unknown = found(&with_sensors(vec![sensor(1, 5), silent(2, false, None)]));
    assert_eq!(of(&unknown, "readings").status, Fresh);
    assert_eq!(of(&unknown, "readings").sensors.unwrap().no_data, 1);
}

#[test]
fn without_sensors_without_readings_and_without_expectation_are_three_things() {
    assert_eq!(of(&found(&Looked::default()), "readings").status, NoData);
    let silent = found(&with_sensors(vec![silent(1, true, Some(60.0))]));
    assert_eq!(of(&silent, "readings").status, NoData);
    let mut unheard = sensor(1, 5);
    unheard.declared_interval_seconds = None;
    let found = found(&with_sensors(vec![unheard]));
    assert_eq!(of(&found, "readings").status, NoExpectation);
    assert_eq!(
        of(&found, "readings").age_seconds,
        Some(5.0),
        "an age is told anyway"
    );
    assert_eq!(
        of(&found, "readings-1m").status,
        Fresh,
        "it is computed, at least"
    );
}

#[test]
fn a_promise_is_made_of_each_sensor() {
    let promised = Some(Thresholds {
        late_after: 100.0,
        stale_after: 150.0,
    });
    let looked = with_sensors(vec![sensor(1, 100), sensor(2, 101), sensor(3, 151), sensor(4, 1)]);
    let found = assess(&looked, &datasets(promised), &FreshnessOptions::default(), now());
    let statuses: Vec<_> = found
        .sensors
        .iter()
        .map(|sensor| sensor.freshness.status)
        .collect();
    assert_eq!(statuses, [Fresh, Late, Stale, Fresh]);
    assert_eq!(of(&found, "weather").status, Unknown, "nobody can tell");
    assert_eq!(of(&found, "quarantined-messages").status, NoData);
}

#[test]
fn a_rollup_is_late_with_its_readings_and_with_its_refresher() {
    let marks = |minute: Option<i64>, hour: Option<i64>, day: Option<i64>| Watermarks {
        minute: minute.map(ago),
        hour: hour.map(ago),
        day: day.map(ago),
    };
    // What waits since when, how old the one sensor's newest reading is, and what becomes of minutes, hours and days.
    for (marks, age, expected) in [
        (marks(None, None, None), 5, [Fresh, Fresh, Fresh]),
        // The bucket of now is not over.
        (
            marks(Some(-30), Some(-1_800), Some(-50_000)),
            5,
            [Fresh, Fresh, Fresh],
        ),
        // 3 s of patience and 60 s of lag; hours 60 s more, days 600 s more.
        (marks(Some(63), None, None), 5, [Fresh, Fresh, Fresh]),
        (marks(Some(64), None, None), 5, [Late, Fresh, Fresh]),
        (marks(Some(124), None, None), 5, [Late, Late, Fresh]),
        (marks(None, Some(124), None), 5, [Fresh, Late, Fresh]),
        (marks(None, None, Some(724)), 5, [Fresh, Fresh, Late]),
        (marks(Some(100_000), None, None), 5, [Stale, Stale, Stale]),
        // The sensor died: minutes may be 63 s and a minute later than readings (stale after 600 s), hours 123 s and an hour.
        (marks(None, None, None), 723, [Late, Fresh, Fresh]),
        (marks(None, None, None), 724, [Stale, Fresh, Fresh]),
        (marks(None, None, None), 4_324, [Stale, Stale, Fresh]),
        (marks(None, None, None), 100_000, [Stale, Stale, Stale]),
    ] {
        let mut looked = with_sensors(vec![sensor(1, age)]);
        looked.watermarks = marks;
        let found = found(&looked);
        let statuses = ["readings-1m", "readings-1h", "readings-1d"].map(|slug| of(&found, slug).status);
        assert_eq!(statuses, expected, "{marks:?} {age}");
    }
    let nothing = found(&Looked::default());
    assert_eq!(of(&nothing, "readings-1h").status, NoData);
    assert_eq!(of(&nothing, "readings-1h").newest_at, None);
}

#[test]
fn what_is_received_is_as_old_as_its_receipt_and_the_archive_is_expected() {
    let mut looked = with_sensors(vec![sensor(1, 5)]);
    looked.sensors[0].declared_interval_seconds = Some(1.0);
    looked.received = NewestReceived {
        archived: Some(ago(181)),
        quarantined: Some(ago(7)),
        conflicting: None,
        sensor_list: Some(ago(900_000)),
        sensor: Some(ago(90)),
    };
    let found = found(&looked);
    let raw = of(&found, "raw-messages");
    // A segment a minute, though there is a message a second.
    assert_eq!(
        (raw.status, raw.late_after_seconds, raw.basis),
        (Late, Some(180.0), Basis::ReceivedAt)
    );
    assert_eq!(of(&found, "quarantined-messages").status, NoExpectation);
    assert_eq!(of(&found, "quarantined-messages").age_seconds, Some(7.0));
    assert_eq!(of(&found, "reading-conflicts").status, NoData);
    assert_eq!(of(&found, "sensors").status, NoExpectation);
    // One that made itself known is newer than the list; where there is no list, it is all there is.
    assert_eq!(of(&found, "sensors").age_seconds, Some(90.0));
    assert_eq!(of(&found, "weather").status, NoExpectation);
}

#[test]
fn datasets_follow_by_kind() {
    for (kind, name, follows) in [
        (Kind::Raw, "raw_message", Follows::Archive),
        (Kind::Readings, "reading", Follows::Sensors),
        (Kind::Rollup, "reading_1h", Follows::Rollup(Level::Hour)),
        (Kind::Rollup, "reading_7d", Follows::Nothing),
        (Kind::Sensors, "sensor", Follows::KnownSensors),
        (Kind::Sensors, "sensor_version", Follows::SensorLists),
        (Kind::Quarantine, "quarantined_message", Follows::Quarantine),
        (Kind::Quarantine, "reading_conflict", Follows::Conflicts),
        (Kind::Table, "weather", Follows::Nothing),
    ] {
        assert_eq!(Follows::of(kind, name), follows, "{name}");
    }
}
