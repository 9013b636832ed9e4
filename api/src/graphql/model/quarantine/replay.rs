//! Requests to replay what was set aside, and how far they are.

use async_graphql::{Enum, SimpleObject};
use async_graphql::{ID, Object};
use entity::quarantine::{self as rows, Replay as Row};

use super::number;
use crate::ask::cursor;
use crate::graphql::model::PageInfo;
use crate::graphql::scalar::DateTime;

/// A request to replay messages that were set aside.
#[derive(Debug, Clone)]
pub(crate) struct QuarantineReplay(pub(crate) Row);

/// A request to replay messages that were set aside: an ingestor of their source takes it up. Kept for 90 days after its end.
#[Object]
impl QuarantineReplay {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// How far it is.
    async fn state(&self) -> ReplayState {
        self.0.state().into()
    }

    /// Who requested it.
    async fn requested_by(&self) -> &str {
        &self.0.requested_by
    }

    /// When it was requested.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// When an ingestor took it up; null until then.
    async fn taken_at(&self) -> Option<DateTime> {
        self.0.taken_at.map(DateTime)
    }

    /// When nothing of it waited any more; null until then.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// It is about messages with this kind of trouble; null for any.
    async fn reason(&self) -> Option<&str> {
        self.0.of.code.as_deref()
    }

    /// It is about messages of this source; null for any.
    async fn source(&self) -> Option<&str> {
        self.0.of.source.as_deref()
    }

    /// It is about messages of the sensor with this name; null for any.
    async fn sensor(&self) -> Option<&str> {
        self.0.of.sensor.as_deref()
    }

    /// It is about messages received from this instant on; null for any.
    async fn from(&self) -> Option<DateTime> {
        self.0.of.from.map(DateTime)
    }

    /// It is about messages received before this instant; null for any.
    async fn to(&self) -> Option<DateTime> {
        self.0.of.to.map(DateTime)
    }

    /// How many messages it was about when it was requested.
    async fn requested(&self) -> f64 {
        number(self.0.requested)
    }

    /// How many of them are used now, and set aside no more.
    async fn replayed(&self) -> f64 {
        number(self.0.replayed)
    }

    /// How many of them still can't be used; they stay, with their new reason.
    async fn failed(&self) -> f64 {
        number(self.0.failed)
    }

    /// How many of them wait.
    async fn waiting(&self) -> f64 {
        number(self.0.waiting())
    }
}

/// How far a request to replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::ReplayState", name = "QuarantineReplayState")]
pub(crate) enum ReplayState {
    /// No ingestor has taken it up: none runs that has the source, or it has not looked yet.
    Waiting,
    /// An ingestor is at it.
    Running,
    /// Nothing of it waits any more.
    Done,
}

/// A page of requests to replay.
#[derive(Debug, SimpleObject)]
pub(crate) struct QuarantineReplayConnection {
    /// The requests with their cursors.
    edges: Option<Vec<Option<QuarantineReplayEdge>>>,
    /// The requests.
    nodes: Vec<QuarantineReplay>,
    /// Where this page lies.
    page_info: PageInfo,
}

/// A request and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct QuarantineReplayEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The request.
    node: Option<QuarantineReplay>,
}

impl QuarantineReplayConnection {
    /// A page of at most `limit` requests, of which one more was read to see whether there is one.
    pub(crate) fn new(mut rows: Vec<Row>, limit: u64, is_first: bool) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_next_page = rows.len() > limit;
        rows.truncate(limit);
        let at = |row: Option<&Row>| row.map(|row| cursor::of_replay(row.id));
        let page_info = PageInfo {
            has_next_page,
            has_previous_page: !is_first,
            start_cursor: at(rows.first()),
            end_cursor: at(rows.last()),
        };
        let edges = rows.iter().map(|row| {
            Some(QuarantineReplayEdge {
                cursor: cursor::of_replay(row.id),
                node: Some(QuarantineReplay(row.clone())),
            })
        });
        Self {
            edges: Some(edges.collect()),
            nodes: rows.into_iter().map(QuarantineReplay).collect(),
            page_info,
        }
    }
}
