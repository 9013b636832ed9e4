//! How fresh something is.

use async_graphql::{Enum, SimpleObject};
use catalogue::model;

use super::Sensor;
use crate::datasets::SeenDataset;
use crate::graphql::scalar::DateTime;

/// How fresh a dataset or a sensor is, and how that was found out.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Freshness {
    /// The slug of the dataset that it is about; null when it is about a sensor.
    dataset: Option<String>,
    /// The sensor that it is about; null when it is about a dataset.
    sensor: Option<Sensor>,
    /// The verdict. Of a dataset with sensors: `FRESH` while every sensor of which something is expected is.
    status: FreshnessStatus,
    /// What the age is counted from.
    basis: FreshnessBasis,
    /// The instant that the age is counted from; null without data. One that lies in the future is not looked at.
    newest_at: Option<DateTime>,
    /// Seconds from there to the check; null without data.
    age_seconds: Option<f64>,
    /// Seconds expected between two items; null when neither declared nor learnt.
    expected_interval_seconds: Option<f64>,
    /// Whether that interval was learnt from the data; otherwise somebody declared it.
    learnt: bool,
    /// Older than so many seconds is late: as promised, or else three intervals and at least 10 s. Null without either.
    late_after_seconds: Option<f64>,
    /// Older than so many seconds is stale: as promised, or else ten intervals. Null without either.
    stale_after_seconds: Option<f64>,
    /// When it was looked at.
    checked_at: DateTime,
    /// Since when it has this status; null when that is not known.
    changed_at: Option<DateTime>,
    /// The share of the last 30 days, as far as they were watched, in which it was not stale; from 0 to 1.
    #[graphql(name = "notStaleShare30d")]
    not_stale_share: Option<f64>,
    /// Of a dataset: how many of its sensors are what; null where it has none.
    sensors: Option<SensorsFresh>,
}

/// How fresh something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::FreshnessStatus")]
pub(crate) enum FreshnessStatus {
    /// As new as it may be expected.
    Fresh,
    /// Older than expected.
    Late,
    /// So old that it should not be relied on.
    Stale,
    /// There has never been any.
    NoData,
    /// Nobody said, and nothing shows, how often it should come.
    NoExpectation,
    /// It could not be found out.
    Unknown,
}

/// What an age is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Basis")]
pub(crate) enum FreshnessBasis {
    /// The time of the newest reading.
    EventTime,
    /// When the newest item was received.
    ReceivedAt,
    /// Up to where buckets are computed.
    Watermark,
}

/// How many sensors of a dataset are what: `fresh` of `expected` are fresh.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct SensorsFresh {
    /// Those of which something is expected: by a promise, by an interval or, before their first reading, by being declared.
    expected: u32,
    /// Fresh ones.
    fresh: u32,
    /// Late ones.
    late: u32,
    /// Stale ones.
    stale: u32,
    /// Those that never had a reading.
    no_data: u32,
    /// Those of which nobody knows how often they should send.
    no_expectation: u32,
    /// Those that could not be looked at.
    unknown: u32,
}

impl Freshness {
    pub(crate) fn of_dataset(dataset: &SeenDataset) -> Self {
        Self {
            dataset: Some(dataset.described().slug.clone()),
            ..dataset.freshness().into()
        }
    }

    pub(crate) fn of_sensor(sensor: Sensor, found: model::Freshness) -> Self {
        Self {
            sensor: Some(sensor),
            ..found.into()
        }
    }
}

impl From<model::Freshness> for Freshness {
    fn from(found: model::Freshness) -> Self {
        Self {
            dataset: None,
            sensor: None,
            status: found.status.into(),
            basis: found.basis.into(),
            newest_at: found.newest_at.map(DateTime),
            age_seconds: found.age_seconds,
            expected_interval_seconds: found.expected_interval_seconds,
            learnt: found.is_learnt,
            late_after_seconds: found.late_after_seconds,
            stale_after_seconds: found.stale_after_seconds,
            checked_at: DateTime(found.checked_at),
            changed_at: found.changed_at.map(DateTime),
            not_stale_share: found.not_stale_share_30d,
            sensors: found.sensors.map(SensorsFresh::from),
        }
    }
}

impl From<model::SensorsFresh> for SensorsFresh {
    fn from(found: model::SensorsFresh) -> Self {
        let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            expected: number(found.expected),
            fresh: number(found.fresh),
            late: number(found.late),
            stale: number(found.stale),
            no_data: number(found.no_data),
            no_expectation: number(found.no_expectation),
            unknown: number(found.unknown),
        }
    }
}
