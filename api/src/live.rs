//! Subscriptions: one look at the data for all of them, whatever their number.
//!
//! ```text
//!  loader's commit ── NOTIFY ─► hub: one look ─► a queue for each subscriber ─► feed ─► operation ─► WebSocket, SSE
//!                               (and a slow poll)     full: emptied, and told       │
//!                                                                                   └─ from the database, by the cursor
//! ```
//!
//! | file | owns |
//! |---|---|
//! | `limits` | every bound |
//! | `positions` | how far somebody has come in each journal, and its text: the cursor |
//! | `registry` | the sensors of readings, fresh within seconds |
//! | `hints` | where in time the positions lie that notifications told of |
//! | `hub` | the look, and who is told |
//! | `watch` | when to look: what is heard, the pace, and what follows a failure |
//! | `subscriber` | one subscriber's queue |
//! | `feed` | one subscriber's readings: from the database up to where the hub is, then from its queue |
//! | `changes` | one subscriber's changes of freshness and quality, from one catalogue to the next |
//! | `source` | what a subscription takes its events from |
//! | `operation` | a source as the answers to a subscription operation |
//! | `asker` | who asks on a long connection, asked again from time to time |
//!
//! Nothing here is triggered by an event alone: a notification only says that it is time to look, and each look and each
//! feed goes from a position to a position. So whatever gets lost in between, no reading does.

pub(crate) mod asker;
pub(crate) mod changes;
pub(crate) mod feed;
mod hints;
pub(crate) mod hub;
mod limits;
pub(crate) mod operation;
pub(crate) mod positions;
mod registry;
pub(crate) mod source;
pub(crate) mod subscriber;
mod watch;

pub use self::limits::LiveLimits;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::hub::Hub;
use crate::graphql::error::ApiError;

/// What all long connections share.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) hub: Hub,
    pub(crate) limits: LiveLimits,
    /// Cancelled when the service stops: long connections end.
    pub(crate) closing: CancellationToken,
    /// The tasks of long connections, which the server does not wait for by itself.
    pub(crate) tasks: TaskTracker,
    connections: Arc<Semaphore>,
    changes: Arc<Semaphore>,
}

impl Live {
    pub(crate) fn new(db: entity::DatabaseConnection, limits: LiveLimits) -> Self {
        Self {
            hub: Hub::new(db, limits.clone()),
            connections: Arc::new(Semaphore::new(limits.connections_max)),
            changes: Arc::new(Semaphore::new(limits.catalogue_subscribers_max)),
            limits,
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Room for one more long connection, kept as long as it lasts.
    pub(crate) fn connect(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.connections)
            .try_acquire_owned()
            .map_err(|_| ApiError::LimitExceeded {
                argument: None,
                limit: self.limits.connections_max as u64,
                asked: None,
                advice: "so many long connections are open already: try again later, or run several subscriptions on \
                         one WebSocket"
                    .to_owned(),
            })
    }

    /// Room for one more subscription to changes of the catalogue, kept as long as it lasts.
    pub(crate) fn watch_changes(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.changes)
            .try_acquire_owned()
            .map_err(|_| ApiError::LimitExceeded {
                argument: None,
                limit: self.limits.catalogue_subscribers_max as u64,
                asked: None,
                advice: "so many subscriptions to changes of the catalogue are open already: try again later, or ask the \
                         query freshness from time to time"
                    .to_owned(),
            })
    }
}
