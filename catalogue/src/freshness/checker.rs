//! The checker: looks, keeps what has changed, publishes.
//!
//! Every process looks and publishes for itself. One of them keeps, whichever has the lock; the others learn from what it
//! kept since when things are as they are. What is published never waits for what is kept: without a database to write to,
//! what was found is still told, and without one to read from everything is `UNKNOWN`.
//!
//! ```text
//! look ──► found ──────────────────────────────────► published
//!            └─► keep (one process, one transaction) ──► follow ─┘ since when, which share
//! ```

mod keep;
mod memory;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::freshness::{self, Subject};
use entity::incidents::{IncidentKind, IncidentOf};
use entity::keeping::Keeping;
use entity::query::settled::{Loaded, loaded, touched_since};
use entity::{DatabaseConnection, DbErr};

use self::memory::Memory;
use super::assess::{Follows, Found, SensorFreshness, WatchedDataset, assess, summarise};
use super::history::History;
use super::quorum::Quorum;
use super::streaks::Streaks;
use super::{FreshnessOptions, events};
use crate::model::{Freshness, FreshnessStatus, SensorsFresh};

pub use self::keep::Kept;

/// Looks at how fresh everything is.
#[derive(Debug)]
pub struct Checker {
    options: FreshnessOptions,
    memory: Memory,
    /// Of late and stale.
    ages: Streaks,
    /// Of what others find.
    others: Streaks,
    /// The time and receipt of each sensor's newest reading.
    newest: HashMap<i32, (DateTime<Utc>, DateTime<Utc>)>,
    /// When all of them were looked for last, and how far loading had come by then.
    whole: Option<(DateTime<Utc>, Loaded)>,
    /// When what is kept was last cut to its bounds.
    pruned_at: Option<DateTime<Utc>>,
    /// Since when nothing could be found out.
    unknown_since: Option<DateTime<Utc>>,
}

/// Something that is wrong and was found elsewhere: failing quality, a window that does not balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong with what.
    pub of: IncidentOf,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What was found, as a sentence for people.
    pub detail: String,
}

/// Why something could not be found out or kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Nothing is known.
    #[error("look at how fresh things are")]
    Look(#[source] DbErr),
    /// What was found is not kept; nothing of it is half written.
    #[error("keep what was found about freshness")]
    Keep(#[source] DbErr),
    /// Since when things are so is as it was known before.
    #[error("read what is kept about freshness")]
    Follow(#[source] DbErr),
}

/// What a look found; not published yet.
#[derive(Debug, Clone)]
pub struct Look {
    at: DateTime<Utc>,
    found: Found,
    /// The dataset of which sensors are part.
    of_sensors: Option<String>,
    findings: Option<Vec<Finding>>,
}

impl Look {
    /// When it was.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

/// How fresh everything is, as it is published.
#[derive(Debug)]
pub struct Checked {
    /// When it was looked at.
    pub at: DateTime<Utc>,
    /// Every sensor, ascending by internal key.
    pub sensors: Vec<SensorFreshness>,
    /// Every dataset that was asked for, by slug, in that order.
    pub datasets: Vec<(String, Freshness)>,
    /// What was kept; `None` when another process keeps, or keeping failed.
    pub kept: Option<Kept>,
    /// What went wrong.
    pub error: Option<CheckError>,
    quorum: Quorum,
}

impl Checked {
    /// How fresh a sensor is, by internal key.
    pub fn sensor(&self, id: i32) -> Option<&Freshness> {
        let at = self.sensors.binary_search_by_key(&id, |sensor| sensor.sensor_id);
        at.ok()
            .and_then(|at| self.sensors.get(at))
            .map(|sensor| &sensor.freshness)
    }

    /// How fresh a dataset is, by slug.
    pub fn dataset(&self, slug: &str) -> Option<&Freshness> {
        let found = self.datasets.iter().find(|(known, _)| known == slug);
        found.map(|(_, freshness)| freshness)
    }

    /// How fresh the readings of some sensors are, for whoever may see only those. Since when is not kept of such a part.
    pub fn readings_of(&self, is_visible: impl Fn(i32) -> bool + Copy) -> Freshness {
        let visible = self
            .sensors
            .iter()
            .filter(move |sensor| is_visible(sensor.sensor_id));
        summarise(visible, &self.quorum, self.at)
    }
}

impl Checker {
    /// Knows nothing yet.
    pub fn new(options: FreshnessOptions) -> Self {
        Self {
            options,
            memory: Memory::default(),
            ages: Streaks::default(),
            others: Streaks::default(),
            newest: HashMap::new(),
            whole: None,
            pruned_at: None,
            unknown_since: None,
        }
    }

    /// Looks, keeps if no other process does, and publishes. For whoever keeps other things under the same lock there are
    /// [`look`](Self::look), [`keep`](Self::keep), [`follow`](Self::follow) and [`published`](Self::published).
    ///
    /// Of `findings`, `None` says that nobody has looked for any this time: incidents of them stay as they are.
    pub async fn check(
        &mut self,
        db: &DatabaseConnection,
        now: DateTime<Utc>,
        datasets: &[WatchedDataset],
        findings: Option<Vec<Finding>>,
    ) -> Checked {
        let look = match self.look(db, now, datasets, findings).await {
            Ok(look) => look,
            Err(error) => return self.unknown(now, datasets, error),
        };
        let (kept, mut error) = match self.keep_alone(db, &look).await {
            Ok(kept) => (kept, None),
            Err(error) => (None, Some(CheckError::Keep(error))),
        };
        if let Err(failed) = self.follow(db).await {
            error = error.or(Some(failed));
        }
        Checked {
            kept,
            error,
            ..self.published(look)
        }
    }

    async fn keep_alone(&mut self, db: &DatabaseConnection, look: &Look) -> Result<Option<Kept>, DbErr> {
        let Some(keeping) = Keeping::begin(db).await? else {
            return Ok(None);
        };
        let kept = self.keep(&keeping, look).await?;
        keeping.commit().await?;
        kept.tell();
        Ok(Some(kept))
    }

    /// Whether a look goes as far back as readings do: at first, from time to time, and soon after something of a time before
    /// `recent` was loaded.
    async fn is_whole(
        &self,
        db: &DatabaseConnection,
        now: DateTime<Utc>,
        recent: DateTime<Utc>,
    ) -> Result<bool, DbErr> {
        let Some((at, loaded)) = &self.whole else {
            return Ok(true);
        };
        let since = now - *at;
        if since >= self.options.whole_every || since < TimeDelta::zero() {
            return Ok(true);
        }
        Ok(since >= self.options.whole_after_late && touched_since(db, loaded, recent).await?)
    }

    /// Looks at everything; writes nothing. Call it once a look: two in a row that agree make an incident.
    pub async fn look(
        &mut self,
        db: &DatabaseConnection,
        now: DateTime<Utc>,
        datasets: &[WatchedDataset],
        findings: Option<Vec<Finding>>,
    ) -> Result<Look, CheckError> {
        let until = now + self.options.tolerated_ahead;
        // Before the look: what is loaded meanwhile is seen by the next one.
        let loaded = loaded(db).await.map_err(CheckError::Look)?;
        let recent = now - self.options.recent;
        let is_whole = self.is_whole(db, now, recent).await.map_err(CheckError::Look)?;
        let mut looked = freshness::look(db, until, (!is_whole).then_some(recent))
            .await
            .map_err(CheckError::Look)?;
        if is_whole {
            self.whole = Some((now, loaded));
            self.newest.clear();
        }
        for sensor in &mut looked.sensors {
            if let Some(newest) = sensor.time.zip(sensor.received_at) {
                self.newest.insert(sensor.id, newest);
            } else if let Some((time, received_at)) = self.newest.get(&sensor.id) {
                (sensor.time, sensor.received_at) = (Some(*time), Some(*received_at));
            }
        }
        looked.sensors.sort_unstable_by_key(|sensor| sensor.id);
        let found = assess(&looked, datasets, &self.options, now);
        let of_sensors = datasets
            .iter()
            .find(|dataset| dataset.follows == Follows::Sensors)
            .map(|dataset| dataset.slug.clone());
        let look = Look {
            at: now,
            found,
            of_sensors,
            findings,
        };
        let wrong: Vec<IncidentOf> = look.too_old().map(|(of, ..)| of).collect();
        self.ages.observe(wrong.iter(), now);
        if let Some(findings) = &look.findings {
            self.others
                .observe(findings.iter().map(|finding| &finding.of), now);
        }
        self.unknown_since = None;
        events::looked(&look.found);
        Ok(look)
    }

    /// Takes in what is kept by now, by whichever process.
    pub async fn follow(&mut self, db: &DatabaseConnection) -> Result<(), CheckError> {
        self.memory.follow(db).await.map_err(CheckError::Follow)
    }

    /// What a look found, with since when and which share of the time.
    pub fn published(&self, look: Look) -> Checked {
        let Look { at, found, .. } = look;
        let Found {
            mut sensors,
            mut datasets,
        } = found;
        for sensor in &mut sensors {
            let history = self.memory.sensor(sensor.sensor_id);
            self.fill(history, &mut sensor.freshness, at);
        }
        for (slug, freshness) in &mut datasets {
            self.fill(self.memory.dataset(slug), freshness, at);
        }
        Checked {
            at,
            sensors,
            datasets,
            kept: None,
            error: None,
            quorum: self.options.quorum,
        }
    }

    fn fill(&self, history: Option<&History>, freshness: &mut Freshness, at: DateTime<Utc>) {
        let last = history.and_then(History::last);
        freshness.changed_at = match last {
            Some((since, status)) if status == freshness.status => Some(since),
            _ => Some(self.since(last, freshness, at)),
        };
        freshness.not_stale_share_30d =
            history.and_then(|history| history.not_stale_share(self.memory.watched(), at));
    }

    /// What is left to say when nothing can be found out.
    pub fn unknown(&mut self, now: DateTime<Utc>, datasets: &[WatchedDataset], error: CheckError) -> Checked {
        events::look_failed(datasets.iter().map(|dataset| dataset.slug.as_str()));
        let since = *self.unknown_since.get_or_insert(now);
        let mut ids = self.memory.sensors();
        ids.sort_unstable();
        let unknown = |history: Option<&History>, basis| Freshness {
            changed_at: Some(since),
            not_stale_share_30d: history
                .and_then(|history| history.not_stale_share(self.memory.watched(), now)),
            ..Freshness::unknown(basis, now)
        };
        let counts = SensorsFresh {
            unknown: ids.len() as u64,
            ..SensorsFresh::default()
        };
        let datasets = datasets.iter().map(|dataset| {
            let mut freshness = unknown(self.memory.dataset(&dataset.slug), dataset.follows.basis());
            freshness.sensors =
                matches!(dataset.follows, Follows::Sensors | Follows::Rollup(_)).then_some(counts);
            (dataset.slug.clone(), freshness)
        });
        let datasets = datasets.collect();
        let sensors = ids.into_iter().map(|sensor_id| SensorFreshness {
            sensor_id,
            is_expected: false,
            freshness: unknown(self.memory.sensor(sensor_id), Follows::Sensors.basis()),
        });
        Checked {
            at: now,
            sensors: sensors.collect(),
            datasets,
            kept: None,
            error: Some(error),
            quorum: self.options.quorum,
        }
    }

    /// Every change that is kept of a sensor or a dataset, oldest first.
    pub fn history(&self, subject: &Subject) -> Option<&History> {
        match subject {
            Subject::Sensor(id) => self.memory.sensor(*id),
            Subject::Dataset(slug) => self.memory.dataset(slug),
        }
    }
}

impl Look {
    /// What is late or stale.
    fn too_old(&self) -> impl Iterator<Item = (IncidentOf, Subject, &Freshness)> {
        let of_sensors = self.of_sensors.iter().flat_map(|dataset| {
            self.found.sensors.iter().filter_map(|sensor| {
                let of = incident_of(&sensor.freshness, dataset, Some(sensor.sensor_id))?;
                Some((of, Subject::Sensor(sensor.sensor_id), &sensor.freshness))
            })
        });
        let of_datasets = self.found.datasets.iter().filter_map(|(slug, freshness)| {
            let of = incident_of(freshness, slug, None)?;
            Some((of, Subject::Dataset(slug.clone()), freshness))
        });
        of_sensors.chain(of_datasets)
    }
}

fn incident_of(freshness: &Freshness, dataset: &str, sensor_id: Option<i32>) -> Option<IncidentOf> {
    let kind = match freshness.status {
        FreshnessStatus::Late => IncidentKind::Late,
        FreshnessStatus::Stale => IncidentKind::Stale,
        _ => return None,
    };
    Some(IncidentOf {
        kind,
        dataset: dataset.to_owned(),
        sensor_id,
    })
}
