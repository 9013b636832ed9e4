//! All that a look found, made into the freshness of every sensor and dataset.

use chrono::{DateTime, Utc};
use entity::freshness::{Looked, WatchedSensor, Watermarks};
use entity::rollup::Level;

use super::FreshnessOptions;
use super::expectation::{Expectation, Interval, PromiseError, Thresholds};
use super::judge::{judge, newest_at, status};
use super::quorum::Quorum;
use crate::model::{Basis, Freshness, FreshnessStatus, Kind, Promise, SensorsFresh};

/// What a dataset's age is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Follows {
    /// The readings of each of its sensors.
    Sensors,
    /// Those, and how far its buckets are computed.
    Rollup(Level),
    /// The newest message on S3.
    Archive,
    /// The newest message in quarantine.
    Quarantine,
    /// The newest conflicting reading.
    Conflicts,
    /// The newest sensor list, or the newest sensor that a message made known.
    KnownSensors,
    /// The newest sensor list.
    SensorLists,
    /// Nothing that is known.
    Nothing,
}

impl Follows {
    /// What a dataset of this kind and name follows.
    pub fn of(kind: Kind, name: &str) -> Self {
        match (kind, name) {
            (Kind::Raw, _) => Self::Archive,
            (Kind::Readings, _) => Self::Sensors,
            (Kind::Rollup, "reading_1m") => Self::Rollup(Level::Minute),
            (Kind::Rollup, "reading_1h") => Self::Rollup(Level::Hour),
            (Kind::Rollup, "reading_1d") => Self::Rollup(Level::Day),
            (Kind::Sensors, "sensor") => Self::KnownSensors,
            (Kind::Sensors, _) => Self::SensorLists,
            (Kind::Quarantine | Kind::Table, "reading_conflict") => Self::Conflicts,
            (Kind::Quarantine, _) => Self::Quarantine,
            (Kind::Rollup | Kind::Table, _) => Self::Nothing,
        }
    }

    /// From which time the age is counted.
    pub fn basis(self) -> Basis {
        match self {
            Self::Sensors => Basis::EventTime,
            Self::Rollup(_) => Basis::Watermark,
            Self::Archive
            | Self::Quarantine
            | Self::Conflicts
            | Self::KnownSensors
            | Self::SensorLists
            | Self::Nothing => Basis::ReceivedAt,
        }
    }
}

/// A dataset whose freshness is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedDataset {
    /// Its slug.
    pub slug: String,
    /// What its age is counted from.
    pub follows: Follows,
    /// What is promised of it.
    pub promised: Option<Thresholds>,
}

impl WatchedDataset {
    /// One of which this is promised.
    pub fn new(slug: &str, follows: Follows, promise: &Promise) -> Result<Self, PromiseError> {
        Ok(Self {
            slug: slug.to_owned(),
            follows,
            promised: Thresholds::promised(promise)?,
        })
    }
}

/// How fresh a sensor is.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorFreshness {
    /// Its internal key.
    pub sensor_id: i32,
    /// Whether anything is expected of it.
    pub is_expected: bool,
    /// How fresh.
    pub freshness: Freshness,
}

/// How fresh everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Every sensor, in the order of the look.
    pub sensors: Vec<SensorFreshness>,
    /// Every dataset that was asked for, by slug, in that order.
    pub datasets: Vec<(String, Freshness)>,
}

/// How fresh everything is that a look found.
pub fn assess(
    looked: &Looked,
    datasets: &[WatchedDataset],
    options: &FreshnessOptions,
    now: DateTime<Utc>,
) -> Found {
    let of_readings = datasets
        .iter()
        .find(|dataset| dataset.follows == Follows::Sensors);
    let promised = of_readings.and_then(|dataset| dataset.promised);
    let expectations: Vec<Option<Expectation>> = looked
        .sensors
        .iter()
        .map(|sensor| Expectation::of(promised, interval(sensor)))
        .collect();
    let sensors: Vec<SensorFreshness> = looked
        .sensors
        .iter()
        .zip(&expectations)
        .map(|(sensor, expectation)| of_sensor(sensor, expectation.as_ref(), now))
        .collect();
    let given = Given {
        looked,
        expectations: &expectations,
        sensors: &sensors,
        options,
        now,
    };
    let datasets = datasets
        .iter()
        .map(|dataset| (dataset.slug.clone(), given.of_dataset(dataset)))
        .collect();
    Found { sensors, datasets }
}

fn interval(sensor: &WatchedSensor) -> Option<Interval> {
    Interval::of(sensor.declared_interval_seconds, sensor.learnt_interval_seconds)
}

fn of_sensor(
    sensor: &WatchedSensor,
    expectation: Option<&Expectation>,
    now: DateTime<Utc>,
) -> SensorFreshness {
    let newest = sensor
        .time
        .zip(sensor.received_at)
        .map(|(time, received_at)| newest_at(time, received_at));
    SensorFreshness {
        sensor_id: sensor.id,
        // Whoever writes a sensor into a list expects to hear from it.
        is_expected: expectation.is_some() || (sensor.declared && newest.is_none()),
        freshness: judge(Basis::EventTime, newest, expectation, now),
    }
}

/// How fresh a dataset is that is these sensors' readings. Thresholds and interval are told where all have the same.
pub fn summarise<'a>(
    sensors: impl Iterator<Item = &'a SensorFreshness> + Clone,
    quorum: &Quorum,
    now: DateTime<Utc>,
) -> Freshness {
    let mut counts = SensorsFresh::default();
    for sensor in sensors.clone() {
        counts.add(sensor.freshness.status, sensor.is_expected);
    }
    let newest = sensors
        .clone()
        .filter_map(|sensor| sensor.freshness.newest_at)
        .max();
    let judged = judge(Basis::EventTime, newest, None, now);
    let mut expected = sensors.filter(|sensor| sensor.freshness.late_after_seconds.is_some());
    let like = expected.next().map(|first| &first.freshness);
    let same = |a: &Freshness, b: &Freshness| {
        (
            a.late_after_seconds,
            a.stale_after_seconds,
            a.expected_interval_seconds,
            a.is_learnt,
        ) == (
            b.late_after_seconds,
            b.stale_after_seconds,
            b.expected_interval_seconds,
            b.is_learnt,
        )
    };
    let like = like.filter(|first| expected.all(|sensor| same(first, &sensor.freshness)));
    Freshness {
        status: quorum.status(&counts),
        expected_interval_seconds: like.and_then(|like| like.expected_interval_seconds),
        is_learnt: like.is_some_and(|like| like.is_learnt),
        late_after_seconds: like.and_then(|like| like.late_after_seconds),
        stale_after_seconds: like.and_then(|like| like.stale_after_seconds),
        sensors: Some(counts),
        ..judged
    }
}

/// What a dataset is judged by.
struct Given<'a> {
    looked: &'a Looked,
    expectations: &'a [Option<Expectation>],
    sensors: &'a [SensorFreshness],
    options: &'a FreshnessOptions,
    now: DateTime<Utc>,
}

impl Given<'_> {
    fn of_dataset(&self, dataset: &WatchedDataset) -> Freshness {
        let received = &self.looked.received;
        let by_promise = |newest| {
            let expectation = Expectation::of(dataset.promised, None);
            judge(Basis::ReceivedAt, newest, expectation.as_ref(), self.now)
        };
        match dataset.follows {
            Follows::Sensors => summarise(self.sensors.iter(), &self.options.quorum, self.now),
            Follows::Rollup(level) => self.of_rollup(level, dataset.promised),
            Follows::Archive => {
                let expectation = Expectation::of(dataset.promised, self.archive_interval());
                judge(
                    Basis::ReceivedAt,
                    received.archived,
                    expectation.as_ref(),
                    self.now,
                )
            }
            Follows::Quarantine => by_promise(received.quarantined),
            Follows::Conflicts => by_promise(received.conflicting),
            Follows::KnownSensors => by_promise(received.sensor_list.max(received.sensor)),
            Follows::SensorLists => by_promise(received.sensor_list),
            Follows::Nothing => Freshness {
                status: match dataset.promised {
                    // Whether it is kept can't be told.
                    Some(_) => FreshnessStatus::Unknown,
                    None => FreshnessStatus::NoExpectation,
                },
                ..Freshness::unknown(Basis::ReceivedAt, self.now)
            },
        }
    }

    /// A message goes to S3 with its segment, so not more often than those; and not more often than one comes.
    fn archive_interval(&self) -> Option<Interval> {
        let intervals = self.expectations.iter().flatten().filter_map(|one| one.interval);
        let shortest = intervals.min_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
        Some(Interval {
            seconds: shortest.seconds.max(self.options.archived_every.as_seconds_f64()),
            ..shortest
        })
    }

    /// A rollup is as fresh as its buckets are computed, and as the readings in them came: a bucket's length, and its wait,
    /// later than the readings themselves.
    fn of_rollup(&self, level: Level, promised: Option<Thresholds>) -> Freshness {
        let computed_within = patience_seconds(level, self.options);
        let behind = f64::from(level.seconds()) + computed_within;
        let mut counts = SensorsFresh::default();
        for (sensor, expectation) in self.sensors.iter().zip(self.expectations) {
            let expectation = expectation.map(|expectation| expectation.later_by(behind));
            let status = status(sensor.freshness.age_seconds, expectation.as_ref());
            counts.add(status, sensor.is_expected);
        }
        let by_sensors = self.options.quorum.status(&counts);
        let interval = Interval {
            seconds: level.seconds().into(),
            is_learnt: false,
        };
        let expectation = Expectation {
            interval: Some(interval),
            thresholds: promised.unwrap_or_else(|| Thresholds::late_after(computed_within)),
        };
        let watermark = watermark(level, &self.looked.watermarks, self.now);
        let computed = judge(Basis::Watermark, Some(watermark), Some(&expectation), self.now);
        let newest_at = computed
            .newest_at
            .filter(|_| by_sensors != FreshnessStatus::NoData);
        Freshness {
            status: worse(computed.status, by_sensors),
            newest_at,
            age_seconds: newest_at.and(computed.age_seconds),
            sensors: Some(counts),
            ..computed
        }
    }
}

/// How long a bucket that is over may wait for all its levels, and the refresher be behind.
fn patience_seconds(level: Level, options: &FreshnessOptions) -> f64 {
    let refresh = &options.refresh;
    let waits = [
        refresh.minute_patience,
        refresh.hour_patience,
        refresh.day_patience,
    ];
    let levels = Level::ALL.iter().zip(waits).filter(|(finer, _)| **finer <= level);
    let waits: f64 = levels.map(|(_, wait)| wait.as_secs_f64()).sum();
    waits + options.refresh_lag.as_seconds_f64()
}

/// Everything that was over and noted before this is computed.
fn watermark(level: Level, marks: &Watermarks, now: DateTime<Utc>) -> DateTime<Utc> {
    let marks = [marks.minute, marks.hour, marks.day];
    let finer = Level::ALL.iter().zip(marks).filter(|(finer, _)| **finer <= level);
    finer
        .filter_map(|(_, mark)| mark)
        .min()
        .map_or(now, |mark| mark.min(now))
}

/// The verdict on what is computed from sensors of whose readings that is the verdict.
fn worse(computed: FreshnessStatus, sensors: FreshnessStatus) -> FreshnessStatus {
    use FreshnessStatus::{Fresh, Late, NoData, NoExpectation, Stale, Unknown};
    match (computed, sensors) {
        (_, NoData) => NoData,
        (_, Unknown) | (Unknown, _) => Unknown,
        (Stale, _) | (_, Stale) => Stale,
        (Late, _) | (_, Late) => Late,
        (computed, NoExpectation | Fresh) => computed,
    }
}

#[cfg(test)]
mod tests;
