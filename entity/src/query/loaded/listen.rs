//! Hearing of what loaders commit.

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgNotification};

use crate::load::{CHANNEL, Loaded};

/// A connection of its own that hears of what loaders commit.
#[derive(Debug)]
pub struct Listener {
    pool: PgPool,
    /// `None` when its connection is lost.
    listener: Option<PgListener>,
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
        let pool = db.get_postgres_connection_pool().clone();
        let listener = Some(listen(&pool).await?);
        Ok(Self { pool, listener })
    }

    /// Waits until something is heard. A connection that is lost is renewed first, and then told as
    /// [`Heard::Something`]; an error is that of renewing it, and the next call tries again.
    ///
    /// Dropped while it waits, it has lost nothing: neither a notification that has come in part, nor that the connection
    /// was lost.
    pub async fn hear(&mut self) -> Result<Heard, DbErr> {
        if let Some(listener) = &mut self.listener {
            // No notification and an error say the same: this connection hears nothing any more.
            if let Ok(Some(notification)) = listener.try_recv().await {
                return Ok(understand(&notification));
            }
            self.listener = None;
        }
        self.listener = Some(listen(&self.pool).await?);
        Ok(Heard::Something)
    }

    /// What has arrived, without waiting. The driver's own buffer has only what arrives while this connection runs a
    /// statement, which is never, so it is read from the socket.
    pub async fn heard_already(&mut self) -> Result<Option<Heard>, DbErr> {
        tokio::select! {
            biased;
            heard = self.hear() => heard.map(Some),
            () = std::future::ready(()) => Ok(None),
        }
    }
}

/// A connection that listens. The driver would renew it by itself, but forgets that it did when it is dropped meanwhile,
/// and gives a connection that listens back to the pool.
async fn listen(pool: &PgPool) -> Result<PgListener, DbErr> {
    let mut listener = PgListener::connect_with(pool).await.map_err(lost)?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await.map_err(lost)?;
    Ok(listener)
}

fn understand(notification: &PgNotification) -> Heard {
    Loaded::parse(notification.payload()).map_or(Heard::Something, Heard::Loaded)
}

fn lost(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}
