//! What went wrong with datasets and their sensors.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use catalogue::model;
use entity::incidents::Incident as Row;
use entity::query::page::Page;

use super::{PageInfo, Sensor};
use crate::ask::cursor;
use crate::graphql::batch::SensorKey;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// What was wrong with a dataset or one of its sensors.
#[derive(Debug, Clone)]
pub(crate) struct Incident(pub(crate) Row);

/// Something that was wrong with a dataset or one of its sensors, from when to when. Kept for 90 days after its end.
#[Object]
impl Incident {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What was wrong.
    async fn kind(&self) -> IncidentKind {
        self.0.of.kind.into()
    }

    /// The slug of the dataset.
    async fn dataset(&self) -> &str {
        &self.0.of.dataset
    }

    /// The sensor that it is about; null when it is about the dataset as a whole.
    async fn sensor(&self, ctx: &Context<'_>) -> Nullable<Sensor> {
        let id = self.0.of.sensor_id?;
        let found: Result<_, ApiError> = ctx.loaders().load_one(SensorKey(id)).await;
        found.map(|sensor| sensor.map(Sensor)).transpose()
    }

    /// Since when it has been wrong.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it was found to be over; null while it is not.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// What was found when it began, as a sentence.
    async fn detail(&self) -> &str {
        &self.0.detail
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::IncidentKind")]
pub(crate) enum IncidentKind {
    /// Older than expected.
    Late,
    /// So old that it should not be relied on.
    Stale,
    /// Quality below what is acceptable.
    QualityFailing,
    /// In a window that is over, what was received, stored and archived does not add up.
    UnbalancedWindow,
}

/// A page of incidents.
#[derive(Debug, SimpleObject)]
pub(crate) struct IncidentConnection {
    /// The incidents with their cursors.
    edges: Option<Vec<Option<IncidentEdge>>>,
    /// The incidents.
    nodes: Vec<Incident>,
    /// Where this page lies.
    page_info: PageInfo,
}

/// An incident and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct IncidentEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The incident.
    node: Option<Incident>,
}

impl From<Page<Row>> for IncidentConnection {
    fn from(page: Page<Row>) -> Self {
        let at = |incident: Option<&Row>| incident.map(|incident| cursor::of_incident(incident.key()));
        let page_info = PageInfo {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: at(page.rows.first()),
            end_cursor: at(page.rows.last()),
        };
        let edges = page.rows.iter().map(|incident| {
            Some(IncidentEdge {
                cursor: cursor::of_incident(incident.key()),
                node: Some(Incident(incident.clone())),
            })
        });
        Self {
            edges: Some(edges.collect()),
            nodes: page.rows.into_iter().map(Incident).collect(),
            page_info,
        }
    }
}
