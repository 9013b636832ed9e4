//! What a subscription takes its events from.

use tokio::time::Instant;

use super::changes::{Changed, Changes, Wanted};
use super::feed::{Ask, Event, Feed};
use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// What a subscription is about, checked.
#[derive(Debug)]
pub(crate) enum Subject {
    Readings(Ask),
    Changes(Wanted),
}

/// Where the events of a subscription come from.
pub(crate) enum Source {
    Readings(Box<Feed>),
    Changes(Box<Changes>),
}

/// One event of a subscription.
#[derive(Debug)]
pub(crate) enum Told {
    Readings(Event),
    Changes(Changed),
}

impl Source {
    pub(crate) async fn open(state: &ApiState, access: &Access, subject: Subject) -> Result<Self, ApiError> {
        match subject {
            Subject::Readings(ask) => {
                let scope = access.data()?.clone();
                let limits = state.options().limits.clone();
                let feed = Feed::open(&state.live().hub, scope, limits, ask).await?;
                Ok(Self::Readings(Box::new(feed)))
            }
            Subject::Changes(wanted) => {
                let changes = Changes::open(state, access.clone(), wanted).await?;
                Ok(Self::Changes(Box::new(changes)))
            }
        }
    }

    /// Shows from now on what this access has, or refuses to go on.
    pub(crate) fn within(&mut self, access: &Access) -> Result<(), ApiError> {
        match self {
            Self::Readings(feed) => feed.within(access.data()?.clone()),
            Self::Changes(changes) => changes.seen_by(access.clone()),
        }
        Ok(())
    }

    /// The next event; `None` when there is none before `until`.
    pub(crate) async fn next(&mut self, until: Instant) -> Result<Option<Told>, ApiError> {
        Ok(match self {
            Self::Readings(feed) => feed.next(until).await?.map(Told::Readings),
            Self::Changes(changes) => changes.next(until).await?.map(Told::Changes),
        })
    }

    /// Up to where everything was told, where one can go on from there.
    pub(crate) fn cursor(&self) -> Option<String> {
        match self {
            Self::Readings(feed) => Some(feed.cursor()),
            Self::Changes(_) => None,
        }
    }
}

impl Told {
    /// Up to where everything was told with this, where one can go on from there.
    pub(crate) fn cursor(&self) -> Option<String> {
        match self {
            Self::Readings(event) => Some(event.cursor.clone()),
            Self::Changes(_) => None,
        }
    }

    pub(crate) fn readings(&self) -> Option<&Event> {
        match self {
            Self::Readings(event) => Some(event),
            Self::Changes(_) => None,
        }
    }

    pub(crate) fn changes(&self) -> Option<&Changed> {
        match self {
            Self::Readings(_) => None,
            Self::Changes(changed) => Some(changed),
        }
    }
}
