//! One subscriber's changes of freshness and quality: what differs between the catalogue that they were told of last and the
//! newest one.
//!
//! The keeper looks once for all, and publishes; nobody asks the database for a subscriber, unless there are datasets whose
//! data is not open to them. A subscriber who misses a catalogue or two is told the difference to the newest one, so nothing
//! waits for anybody. What could not be found out is no change.

use std::collections::VecDeque;
use std::sync::Arc;

use catalogue::keeper::Snapshot;
use catalogue::model::{FreshnessStatus, Kind, Measured, Verdict};
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

use crate::access::Access;
use crate::datasets::{self, SeenDataset};
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// Changes of one event, at most; what is more comes with the next one, at once.
pub(crate) const CHANGES_MAX: usize = 200;

/// What may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Freshness,
    Quality,
}

/// A change of a dataset or of one of its sensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) of: Of,
    pub(crate) dataset: String,
    /// The sensor, by internal key; `None` for the dataset as a whole.
    pub(crate) sensor_id: Option<i32>,
    /// The dimension of quality.
    pub(crate) dimension: Option<&'static str>,
    /// `None` where it was not there before.
    pub(crate) before: Option<&'static str>,
    pub(crate) after: &'static str,
}

/// One event: what has changed by then.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) changes: Vec<Change>,
    /// When it was looked at.
    pub(crate) at: DateTime<Utc>,
    /// Whether there are more of the same look.
    pub(crate) more: bool,
}

/// What a subscription asks for, checked.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// By slug; `None` for all.
    pub(crate) datasets: Option<Vec<String>>,
    pub(crate) of: Vec<Of>,
}

/// One subscriber's changes.
pub(crate) struct Changes {
    state: ApiState,
    access: Access,
    wanted: Wanted,
    published: watch::Receiver<Option<Arc<Snapshot>>>,
    /// What they were told of last.
    told: Arc<Snapshot>,
    is_begun: bool,
    pending: VecDeque<Change>,
    _room: OwnedSemaphorePermit,
}

impl Changes {
    /// Begins with what the catalogue is now.
    pub(crate) async fn open(state: &ApiState, access: Access, wanted: Wanted) -> Result<Self, ApiError> {
        let room = state.live().watch_changes()?;
        let mut published = state.catalogue().published();
        let told = state.catalogue().snapshot().await?;
        published.mark_changed();
        Ok(Self {
            state: state.clone(),
            access,
            wanted,
            published,
            told,
            is_begun: false,
            pending: VecDeque::new(),
            _room: room,
        })
    }

    /// Sees from now on what this access has.
    pub(crate) fn seen_by(&mut self, access: Access) {
        self.access = access;
    }

    /// The next event; `None` when there is none before `until`. The first one comes at once, without changes.
    pub(crate) async fn next(&mut self, until: Instant) -> Result<Option<Changed>, ApiError> {
        if !self.is_begun {
            self.is_begun = true;
            return Ok(Some(self.event()));
        }
        while self.pending.is_empty() {
            tokio::select! {
                () = sleep_until(until) => return Ok(None),
                published = self.published.changed() => {
                    // The keeper lives as long as the service.
                    if published.is_err() {
                        return Ok(None);
                    }
                }
            }
            let newest = self.published.borrow_and_update().clone();
            if let Some(newest) = newest {
                self.compare(newest).await?;
            }
        }
        Ok(Some(self.event()))
    }

    fn event(&mut self) -> Changed {
        let count = self.pending.len().min(CHANGES_MAX);
        Changed {
            changes: self.pending.drain(..count).collect(),
            at: self.told.freshness.at,
            more: !self.pending.is_empty(),
        }
    }

    async fn compare(&mut self, newest: Arc<Snapshot>) -> Result<(), ApiError> {
        // A look that failed says nothing of what it could not look at: the next one is compared with the last good one.
        if newest.freshness.error.is_some() || Arc::ptr_eq(&newest, &self.told) {
            return Ok(());
        }
        let before = datasets::seen_in(&self.state, &self.access, Arc::clone(&self.told)).await?;
        let after = datasets::seen_in(&self.state, &self.access, Arc::clone(&newest)).await?;
        let before: Vec<SeenDataset> = before.datasets().collect();
        for dataset in after.datasets() {
            let slug = &dataset.described().slug;
            let is_wanted = self
                .wanted
                .datasets
                .as_ref()
                .is_none_or(|slugs| slugs.contains(slug));
            if !is_wanted {
                continue;
            }
            let was = before.iter().find(|was| was.described().slug == *slug);
            if self.wanted.of.contains(&Of::Freshness) {
                self.pending.extend(of_freshness(was, &dataset));
                if dataset.described().kind == Kind::Readings && dataset.is_open {
                    let of_sensors = of_sensors(slug, &self.told, &newest, &self.access);
                    self.pending.extend(of_sensors);
                }
            }
            if self.wanted.of.contains(&Of::Quality) && dataset.with_examples() {
                self.pending.extend(of_quality(was, &dataset));
            }
        }
        self.told = newest;
        Ok(())
    }
}

fn of_freshness(was: Option<&SeenDataset>, dataset: &SeenDataset) -> Option<Change> {
    let before = was.map(|was| was.freshness().status);
    let after = dataset.freshness().status;
    let has_changed = before != Some(after) && after != FreshnessStatus::Unknown;
    has_changed.then(|| Change {
        of: Of::Freshness,
        dataset: dataset.described().slug.clone(),
        sensor_id: None,
        dimension: None,
        before: before.map(FreshnessStatus::as_str),
        after: after.as_str(),
    })
}

fn of_sensors(slug: &str, before: &Snapshot, after: &Snapshot, access: &Access) -> Vec<Change> {
    let scope = access.within();
    let sensors = after.freshness.sensors.iter();
    let changes = sensors.filter_map(|sensor| {
        let was = before.freshness.sensor(sensor.sensor_id).map(|was| was.status);
        let is = sensor.freshness.status;
        let has_changed = was != Some(is) && is != FreshnessStatus::Unknown;
        (has_changed && scope.sees(sensor.sensor_id)).then(|| Change {
            of: Of::Freshness,
            dataset: slug.to_owned(),
            sensor_id: Some(sensor.sensor_id),
            dimension: None,
            before: was.map(FreshnessStatus::as_str),
            after: is.as_str(),
        })
    });
    changes.collect()
}

fn of_quality(was: Option<&SeenDataset>, dataset: &SeenDataset) -> Vec<Change> {
    let measured = dataset.described().quality.iter();
    let changes = measured.filter_map(|measured| {
        let before = was.and_then(|was| {
            let of = was.described().quality.iter();
            let same = |one: &&Measured| one.dimension == measured.dimension;
            of.clone().find(same).map(|one| one.verdict)
        });
        (before != Some(measured.verdict)).then(|| Change {
            of: Of::Quality,
            dataset: dataset.described().slug.clone(),
            sensor_id: None,
            dimension: Some(measured.dimension.as_str()),
            before: before.map(word),
            after: word(measured.verdict),
        })
    });
    changes.collect()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
        Verdict::NotApplicable => "NOT_APPLICABLE",
    }
}
