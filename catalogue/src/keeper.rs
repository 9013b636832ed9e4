//! Keeps the catalogue: finds out what there is, notes what has changed, and has the answer at hand.
//!
//! Whoever asks takes what is at hand. [`Keeper::run`] renews it in the background, so that nobody waits for the database;
//! without it, whoever asks for a catalogue that is too old renews it themselves, one for all who wait.
//! Several processes may keep one catalogue: each reads for itself, and one at a time, by an advisory lock, notes versions.

mod extents;
mod releases;

use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::query::describe;
use entity::{DatabaseConnection, DbErr};
use tokio::sync::Mutex;

use self::extents::Extents;
use crate::annotations::Annotations;
use crate::discover::{self, GraphqlTypes};
use crate::model::{Catalogue, Dataset};

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
    extents: Mutex<Extents>,
    at_hand: RwLock<Option<Arc<Catalogue>>>,
}

impl Keeper {
    /// Of this database, with what people said, and what GraphQL has.
    pub fn new(
        db: &DatabaseConnection,
        annotations: Annotations,
        graphql: GraphqlTypes,
        now: fn() -> DateTime<Utc>,
    ) -> Self {
        Self {
            db: db.clone(),
            annotations,
            graphql,
            now,
            extents: Mutex::default(),
            at_hand: RwLock::default(),
        }
    }

    /// The catalogue, at most a minute old.
    pub async fn catalogue(&self) -> Result<Arc<Catalogue>, DbErr> {
        if let Some(catalogue) = self.at_hand((self.now)() - OLD_AFTER) {
            return Ok(catalogue);
        }
        self.renew_older((self.now)() - OLD_AFTER).await
    }

    /// Finds everything out anew.
    pub async fn renew(&self) -> Result<Arc<Catalogue>, DbErr> {
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

    fn at_hand(&self, since: DateTime<Utc>) -> Option<Arc<Catalogue>> {
        let at_hand = self.at_hand.read().unwrap_or_else(PoisonError::into_inner);
        at_hand
            .as_ref()
            .filter(|catalogue| catalogue.computed_at >= since)
            .cloned()
    }

    /// Renews the catalogue, unless somebody else did after `since` while this waited for its turn.
    async fn renew_older(&self, since: DateTime<Utc>) -> Result<Arc<Catalogue>, DbErr> {
        let mut extents = self.extents.lock().await;
        if let Some(catalogue) = self.at_hand(since) {
            return Ok(catalogue);
        }
        let catalogue = Arc::new(self.find_out(&mut extents).await?);
        let mut at_hand = self.at_hand.write().unwrap_or_else(PoisonError::into_inner);
        *at_hand = Some(Arc::clone(&catalogue));
        Ok(catalogue)
    }

    async fn find_out(&self, extents: &mut Extents) -> Result<Catalogue, DbErr> {
        let now = (self.now)();
        let relations = describe::relations(&self.db).await?;
        let mut found = discover::datasets(relations, &self.graphql);
        extents.add_to(&mut found, &self.db, now).await?;
        let mut datasets: Vec<Dataset> = found.into_iter().map(|found| found.dataset).collect();
        for dataset in &mut datasets {
            self.annotations.annotate(dataset);
        }
        releases::keep(&self.db, &mut datasets, &self.graphql, now).await?;
        for dataset in &mut datasets {
            dataset.problems.sort_unstable();
        }
        Ok(Catalogue {
            title: self.annotations.title.clone(),
            description: self.annotations.description.clone(),
            publisher: self.annotations.publisher(),
            language: self.annotations.language.clone(),
            datasets,
            computed_at: now,
        })
    }
}
