//! Hearing of what loaders commit.

use std::collections::VecDeque;

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use sqlx::postgres::{PgListener, PgNotification};

use crate::load::{CHANNEL, Loaded};

/// A connection of its own that hears of what loaders commit.
#[derive(Debug)]
pub struct Listener {
    listener: PgListener,
    heard: VecDeque<Heard>,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A transaction was committed.
    Loaded(Loaded),
    /// Something that says nothing more than that it is time to look: what was told meanwhile may be lost.
    Something,
}

impl Listener {
    /// Takes a connection of the pool for as long as it lives, and listens.
    pub async fn listen(db: &DatabaseConnection) -> Result<Self, DbErr> {
        let mut listener = PgListener::connect_with(db.get_postgres_connection_pool())
            .await
            .map_err(lost)?;
        listener.listen(CHANNEL).await.map_err(lost)?;
        Ok(Self {
            listener,
            heard: VecDeque::new(),
        })
    }

    /// Waits until something is heard. A connection that is lost is told as [`Heard::Something`], and renewed when this is
    /// called again; an error is that of renewing it. Dropped while it waits, it has lost nothing.
    pub async fn hear(&mut self) -> Result<Heard, DbErr> {
        if let Some(heard) = self.heard_already() {
            return Ok(heard);
        }
        let notification = self.listener.try_recv().await.map_err(lost)?;
        Ok(notification.map_or(Heard::Something, |notification| understand(&notification)))
    }

    /// What was heard and not asked for yet, without waiting.
    pub fn heard_already(&mut self) -> Option<Heard> {
        while let Some(notification) = self.listener.next_buffered() {
            self.heard.push_back(understand(&notification));
        }
        self.heard.pop_front()
    }
}

fn understand(notification: &PgNotification) -> Heard {
    Loaded::parse(notification.payload()).map_or(Heard::Something, Heard::Loaded)
}

fn lost(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}
