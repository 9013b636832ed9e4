//! What is kept, as far as this process has read it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::freshness::{self, Subject, Watch};
use entity::{ConnectionTrait, DbErr};

use crate::freshness::history::{History, WATCHES_MAX, Watched};
use crate::model::FreshnessStatus;

/// Histories and looks. Rows are only added by whoever keeps, in the order of their numbers, so each is read once.
#[derive(Debug, Default)]
pub(super) struct Memory {
    sensors: HashMap<i32, History>,
    datasets: HashMap<String, History>,
    /// The number of the last change that was read.
    changes_read: i64,
    watches: Vec<Watch>,
    watched: Watched,
}

impl Memory {
    /// Reads what was kept since.
    pub(super) async fn follow<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), DbErr> {
        for change in freshness::changes(db, self.changes_read).await? {
            let word = &change.change.status;
            let status = FreshnessStatus::of(word)
                .ok_or_else(|| DbErr::Type(format!("{word:?} is no status of freshness")))?;
            let history = match change.subject {
                Subject::Sensor(id) => self.sensors.entry(id).or_default(),
                Subject::Dataset(slug) => self.datasets.entry(slug).or_default(),
            };
            history.push(change.change.changed_at, status);
            self.changes_read = change.id;
        }
        // The last one may have gone on.
        let last = self.watches.last().map_or(0, |watch| watch.id);
        let news = freshness::watches(db, last).await?;
        self.watches.retain(|watch| watch.id < last);
        self.watches.extend(news);
        let surplus = self.watches.len().saturating_sub(WATCHES_MAX as usize);
        self.watches.drain(..surplus);
        let stretches = self
            .watches
            .iter()
            .map(|watch| (watch.started_at, watch.ended_at));
        self.watched = Watched::of(stretches);
        Ok(())
    }

    /// Forgets what was over at that instant.
    pub(super) fn forget_before(&mut self, before: DateTime<Utc>) {
        let histories = self.sensors.values_mut().chain(self.datasets.values_mut());
        for history in histories {
            history.forget_before(before);
        }
    }

    /// The keys of all sensors of which anything is kept.
    pub(super) fn sensors(&self) -> Vec<i32> {
        self.sensors.keys().copied().collect()
    }

    pub(super) fn sensor(&self, id: i32) -> Option<&History> {
        self.sensors.get(&id)
    }

    pub(super) fn dataset(&self, slug: &str) -> Option<&History> {
        self.datasets.get(slug)
    }

    pub(super) fn of(&self, subject: &Subject) -> Option<&History> {
        match subject {
            Subject::Sensor(id) => self.sensor(*id),
            Subject::Dataset(slug) => self.dataset(slug),
        }
    }

    pub(super) fn watched(&self) -> &Watched {
        &self.watched
    }
}
