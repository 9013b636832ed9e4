//! Keeps the catalogue: finds out what there is and how fresh, notes what has changed, and has the answer at hand.
//!
//! Whoever asks takes what is at hand. [`Keeper::run`] renews it in the background, so that nobody waits for the database;
//! without it, whoever asks for a catalogue that is too old renews it themselves, one for all who wait.
//! Several processes may keep one catalogue: each reads for itself, and one at a time, by a lock, writes what has changed.

mod extents;
mod intervals;
mod quality;
mod releases;
mod retention;
mod snapshot;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::incidents;
use entity::keeping::Keeping;
use entity::query::describe;
use entity::{DatabaseConnection, DbErr};
use tokio::sync::{Mutex, watch};

use self::extents::Extents;
use self::quality::Lately;
pub use self::quality::{SensorsQuality, counted, rules};
use self::releases::Releases;
pub use self::snapshot::Snapshot;
use crate::annotations::Annotations;
use crate::discover::{self, GraphqlTypes};
use crate::freshness::{
    CheckError, Checked, Checker, Finding, Follows, FreshnessOptions, Look, WatchedDataset,
};
use crate::lineage;
use crate::model::{Catalogue, Dataset, Kind};
use crate::quality::Thresholds;
use crate::stewardship::{Stewards, rules_in_force};

/// How often the catalogue is renewed.
pub const RENEWED_EVERY: Duration = Duration::from_secs(15);

/// Older than this it is not handed out: whoever asks renews it.
const OLD_AFTER: TimeDelta = TimeDelta::seconds(60);

/// Keeps the catalogue of one database.
#[derive(Debug)]
pub struct Keeper {
    db: DatabaseConnection,
    annotations: Annotations,
    graphql: GraphqlTypes,
    now: fn() -> DateTime<Utc>,
    /// Held while it is renewed.
    memory: Mutex<Memory>,
    at_hand: watch::Sender<Option<Arc<Snapshot>>>,
}

/// What is remembered from one renewal to the next.
#[derive(Debug)]
struct Memory {
    extents: Extents,
    checker: Checker,
    watched: Vec<WatchedDataset>,
    lineage: lineage::Tracker,
    quality: Lately,
    is_keeping_failing: bool,
    /// What stewards set of thresholds and does not hold, as it was said last.
    left_out: Vec<String>,
}

impl Keeper {
    /// Of this database, with what people said, and what GraphQL has.
    pub fn new(
        db: &DatabaseConnection,
        annotations: Annotations,
        graphql: GraphqlTypes,
        now: fn() -> DateTime<Utc>,
    ) -> Self {
        let memory = Memory {
            extents: Extents::default(),
            checker: Checker::new(FreshnessOptions::default()),
            watched: Vec::new(),
            lineage: lineage::Tracker::default(),
            quality: Lately::default(),
            is_keeping_failing: false,
            left_out: Vec::new(),
        };
        Self {
            db: db.clone(),
            annotations,
            graphql,
            now,
            memory: Mutex::new(memory),
            at_hand: watch::Sender::new(None),
        }
    }

    /// What was found out at most a minute ago. Where it could not be renewed, what is known of freshness is that it is
    /// unknown.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, DbErr> {
        let since = (self.now)() - OLD_AFTER;
        if let Some(snapshot) = self.at_hand().filter(|snapshot| snapshot.found_at() >= since) {
            return Ok(snapshot);
        }
        match self.renew_older(since).await {
            Err(error) => self.at_hand().ok_or(error),
            renewed => renewed,
        }
    }

    /// Finds everything out anew.
    pub async fn renew(&self) -> Result<Arc<Snapshot>, DbErr> {
        self.renew_older((self.now)()).await
    }

    /// Renews the catalogue for ever. What fails is logged once, and tried again.
    pub async fn run(&self) -> Infallible {
        let mut is_failing = false;
        loop {
            let renewed = self.renew().await;
            match &renewed {
                Ok(_) if is_failing => tracing::info!("the catalogue is renewed again"),
                Err(error) if !is_failing => {
                    tracing::warn!(%error, "the catalogue cannot be renewed; the one at hand grows old");
                }
                _ => {}
            }
            is_failing = renewed.is_err();
            tokio::time::sleep(RENEWED_EVERY).await;
        }
    }

    /// What was found out last, and whatever is found out from now on. Who looks too late for one sees the next.
    pub fn published(&self) -> watch::Receiver<Option<Arc<Snapshot>>> {
        self.at_hand.subscribe()
    }

    fn at_hand(&self) -> Option<Arc<Snapshot>> {
        self.at_hand.borrow().clone()
    }

    fn put_at_hand(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        self.at_hand.send_replace(Some(Arc::clone(&snapshot)));
        snapshot
    }

    /// Renews the catalogue, unless somebody else did after `since` while this waited for its turn.
    async fn renew_older(&self, since: DateTime<Utc>) -> Result<Arc<Snapshot>, DbErr> {
        let mut memory = self.memory.lock().await;
        if let Some(snapshot) = self.at_hand().filter(|snapshot| snapshot.found_at() >= since) {
            return Ok(snapshot);
        }
        let now = (self.now)();
        match self.find_out(&mut memory, now).await {
            Ok(snapshot) => Ok(self.put_at_hand(snapshot)),
            Err(error) => {
                if let Some(old) = self.at_hand() {
                    let unknown = memory.unknown(now, CheckError::Look(DbErr::Custom(error.to_string())));
                    self.put_at_hand(old.with_freshness(unknown));
                }
                Err(error)
            }
        }
    }

    async fn find_out(&self, memory: &mut Memory, now: DateTime<Utc>) -> Result<Snapshot, DbErr> {
        let relations = describe::relations(&self.db).await?;
        let mut found = discover::datasets(relations, &self.graphql);
        memory.extents.add_to(&mut found, &self.db, now).await?;
        let mut datasets: Vec<Dataset> = found.into_iter().map(|found| found.dataset).collect();
        let stewards = Stewards::read(&self.db, now).await?;
        for dataset in &mut datasets {
            self.annotations.annotate(dataset, stewards.of(&dataset.slug));
        }
        retention::tell(&mut datasets, &entity::retention::policies(&self.db).await?);
        for dataset in &mut datasets {
            dataset.problems.sort_unstable();
        }
        memory.watched = datasets.iter().map(watched).collect();
        let in_force = rules_in_force(&self.db, self.annotations.rules()).await?;
        memory.note_left_out(in_force.left_out);
        let rules = Arc::new(in_force.rules);
        let thresholds = quality::bounds(&rules);
        memory.lineage.look(&self.db, now).await;
        memory.quality.follow(&self.db, now).await?;
        memory.measure(&mut datasets, &thresholds);
        let findings = memory.findings(&datasets, &thresholds);
        let look = memory
            .checker
            .look(&self.db, now, &memory.watched, findings)
            .await;
        let kept = self
            .keep(memory, &datasets, look.as_ref().ok(), &thresholds, now)
            .await;
        memory.note_keeping(kept.as_ref().err());
        let releases = match kept {
            Ok(releases) => releases,
            // What was found out is told all the same, as where this service may read and not write.
            Err(_) => Releases::read(&self.db).await?,
        };
        for dataset in &mut datasets {
            releases.add_to(dataset);
        }
        let checked = match look {
            Ok(look) => {
                memory.checker.follow(&self.db).await.map_err(cause)?;
                memory.checker.published(look)
            }
            Err(error) => memory.unknown(now, error),
        };
        let catalogue = Catalogue {
            title: self.annotations.title.clone(),
            description: self.annotations.description.clone(),
            publisher: self.annotations.publisher(),
            language: self.annotations.language.clone(),
            datasets,
            computed_at: now,
        };
        let lineage = lineage::draw(&catalogue.datasets, memory.lineage.counted(), now);
        let quality = memory.quality.hours.clone();
        Ok(Snapshot::new(catalogue, lineage, checked, quality, rules))
    }

    /// Writes what has changed, if no other process does; gives the versions that there are now.
    async fn keep(
        &self,
        memory: &mut Memory,
        datasets: &[Dataset],
        look: Option<&Look>,
        thresholds: &Thresholds,
        now: DateTime<Utc>,
    ) -> Result<Releases, DbErr> {
        // Before the transaction, so that one connection is enough.
        let learnt = intervals::learn(&self.db, now).await?;
        let Some(keeping) = Keeping::begin(&self.db).await? else {
            crate::freshness::tell_open(&incidents::open(&self.db).await?);
            return Releases::read(&self.db).await;
        };
        let mut releases = Releases::read(keeping.transaction()).await?;
        releases.keep(&keeping, datasets, &self.graphql, now).await?;
        entity::intervals::keep(&keeping, &learnt).await?;
        let kept = match look {
            Some(look) => Some(memory.checker.keep(&keeping, look).await?),
            None => None,
        };
        if let Some(dataset) = of_readings(datasets) {
            memory
                .quality
                .tell(&keeping, &dataset.slug, thresholds, now)
                .await?;
        }
        keeping.commit().await?;
        if let Some(kept) = kept {
            kept.tell();
        }
        Ok(releases)
    }
}

impl Memory {
    /// Says once which thresholds of stewards do not hold.
    fn note_left_out(&mut self, left_out: Vec<String>) {
        if left_out != self.left_out {
            for reason in &left_out {
                tracing::warn!("thresholds that stewards set do not hold: {reason}");
            }
            self.left_out = left_out;
        }
    }

    /// Says once that nothing is kept, and once that it is again.
    fn note_keeping(&mut self, error: Option<&DbErr>) {
        match error {
            Some(error) if !self.is_keeping_failing => {
                tracing::warn!(%error, "what changes in the catalogue is not kept: versions, incidents, since when");
            }
            None if self.is_keeping_failing => tracing::info!("what changes in the catalogue is kept again"),
            _ => {}
        }
        self.is_keeping_failing = error.is_some();
    }

    /// Says how good the datasets are.
    fn measure(&self, datasets: &mut [Dataset], thresholds: &Thresholds) {
        for dataset in datasets {
            if let Some(hours) = self
                .quality
                .hours
                .as_deref()
                .filter(|_| dataset.kind == Kind::Readings)
            {
                dataset.quality.extend(hours.measured(thresholds, |_| true));
            }
            if let Some(counted) = self.lineage.counted() {
                dataset.quality.extend(lineage::measured(counted, dataset));
            }
        }
    }

    /// What is wrong besides age; `None` when some of it could not be looked at, so that no incident ends by mistake.
    fn findings(&self, datasets: &[Dataset], thresholds: &Thresholds) -> Option<Vec<Finding>> {
        let mut findings = self.lineage.findings(datasets)?;
        // Before the first hour is measured nothing fails.
        if let Some((hour, dataset)) = self.quality.hour.as_deref().zip(of_readings(datasets)) {
            findings.extend(quality::findings(hour, &dataset.slug, thresholds));
        }
        Some(findings)
    }

    fn unknown(&mut self, now: DateTime<Utc>, error: CheckError) -> Checked {
        self.checker.unknown(now, &self.watched, error)
    }
}

/// The dataset that has the readings of all sensors.
fn of_readings(datasets: &[Dataset]) -> Option<&Dataset> {
    datasets.iter().find(|dataset| dataset.kind == Kind::Readings)
}

/// What is looked at of a dataset.
fn watched(dataset: &Dataset) -> WatchedDataset {
    let follows = Follows::of(dataset.kind, &dataset.name);
    WatchedDataset::new(&dataset.slug, follows, &dataset.stewardship.promise)
        .expect("promises were checked when they were read")
}

fn cause(error: CheckError) -> DbErr {
    match error {
        CheckError::Look(cause) | CheckError::Keep(cause) | CheckError::Follow(cause) => cause,
    }
}
