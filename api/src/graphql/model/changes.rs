//! What changes of the catalogue, as subscribers are told.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::Utc;

use super::Sensor;
use crate::graphql::batch::SensorKey;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;
use crate::live::changes::{Change, Changed, Of};

/// What has changed of the catalogue by then.
#[derive(Debug, SimpleObject)]
pub(crate) struct CatalogueChanges {
    /// When it was looked at.
    at: DateTime,
    /// What has changed, 200 at most; empty in the first event.
    changes: Vec<CatalogueChange>,
    /// Whether there is more of the same look: it comes with the next event, at once.
    more: bool,
}

/// A change of a dataset or of one of its sensors.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct CatalogueChange {
    /// What has changed.
    kind: CatalogueChangeKind,
    /// The slug of the dataset.
    dataset: String,
    #[graphql(skip)]
    sensor_id: Option<i32>,
    /// The dimension of quality, such as `completeness`; null of freshness.
    dimension: Option<&'static str>,
    /// What it was: a word of `FreshnessStatus`, or of quality `PASS`, `WARN`, `FAIL` or `NOT_APPLICABLE`; null where it was not
    /// there.
    before: Option<&'static str>,
    /// What it is, in the same words.
    after: &'static str,
}

#[ComplexObject]
impl CatalogueChange {
    /// The sensor; null of the dataset as a whole.
    async fn sensor(&self, ctx: &Context<'_>) -> Nullable<Sensor> {
        let id = self.sensor_id?;
        let found: Result<_, ApiError> = ctx.loaders().load_one(SensorKey(id)).await;
        found.map(|sensor| sensor.map(Sensor)).transpose()
    }
}

/// What may change of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Of")]
pub(crate) enum CatalogueChangeKind {
    /// How fresh a dataset or a sensor is.
    Freshness,
    /// How good a dataset is in one dimension.
    Quality,
}

impl CatalogueChanges {
    /// Nothing has changed.
    pub(crate) fn empty(at: chrono::DateTime<Utc>) -> Self {
        Self {
            at: DateTime(at),
            changes: Vec::new(),
            more: false,
        }
    }
}

impl From<&Changed> for CatalogueChanges {
    fn from(changed: &Changed) -> Self {
        Self {
            at: DateTime(changed.at),
            changes: changed.changes.iter().map(CatalogueChange::from).collect(),
            more: changed.more,
        }
    }
}

impl From<&Change> for CatalogueChange {
    fn from(change: &Change) -> Self {
        Self {
            kind: change.of.into(),
            dataset: change.dataset.clone(),
            sensor_id: change.sensor_id,
            dimension: change.dimension,
            before: change.before,
            after: change.after,
        }
    }
}
