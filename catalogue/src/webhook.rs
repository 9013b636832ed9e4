//! Webhooks: programs elsewhere are told of changes, signed after the Standard Webhooks specification.
//!
//! ```text
//! message.rs   what is told, as JSON
//! secret.rs    the key of a webhook, and signatures with it
//! target.rs    where messages may be posted to
//! client.rs    one post
//! sender.rs    takes what waits, posts it, tries again
//! ```
//!
//! Messages are put into the queue by the keeper's own transaction ([`entity::webhooks`]). The sender lives beside the
//! catalogue and not in the API, because what it tells of is the catalogue's and no request is behind it: whoever runs the
//! keeper runs it, too. docs/reference/webhooks.md is for those who receive.

mod client;
pub mod message;
mod secret;
mod sender;
mod target;

pub use self::secret::{SecretError, check_secret, new_secret, sign};
pub use self::sender::{Sender, SenderOptions};
pub use self::target::{Reach, TargetError, check_url};

use chrono::{DateTime, Utc};
use entity::webhooks::{self, EventKind, NewWebhook, Secret};
use entity::{DatabaseConnection, DbErr};
use uuid::Uuid;

/// What somebody wants to be told, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where messages are posted to.
    pub url: String,
    /// The secret, where the receiver has one already; otherwise one is made.
    pub secret: Option<Secret>,
    /// What it is told of.
    pub events: Vec<EventKind>,
    /// Of this dataset alone, by slug; `None` for all. Whether there is one is the caller's to know.
    pub dataset: Option<String>,
}

/// Why there is no such webhook.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Nothing can be posted there.
    #[error(transparent)]
    Url(#[from] TargetError),
    /// Nothing can be signed with that.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It would be told nothing.
    #[error("a webhook is told of something: name some of freshness, quality, incident, release")]
    NoEvents,
    /// There are too many.
    #[error(
        "there are {} webhooks already, which is the limit: remove one first",
        webhooks::WEBHOOKS_MAX
    )]
    TooMany,
    /// The database did not answer.
    #[error("add the webhook")]
    Database(#[source] DbErr),
}

/// Adds a webhook. Its secret is in what this gives, and shown nowhere again.
pub async fn add(
    db: &DatabaseConnection,
    wanted: Wanted,
    reach: Reach,
    now: DateTime<Utc>,
) -> Result<NewWebhook, AddError> {
    let url = check_url(&wanted.url, reach)?;
    let secret = match wanted.secret {
        Some(secret) => {
            check_secret(&secret)?;
            secret
        }
        None => new_secret()?,
    };
    let mut events = wanted.events;
    events.sort_unstable();
    events.dedup();
    if events.is_empty() {
        return Err(AddError::NoEvents);
    }
    let new = NewWebhook {
        id: Uuid::new_v4(),
        created_at: now,
        url: url.to_string(),
        secret,
        events,
        dataset: wanted.dataset,
    };
    let is_added = webhooks::insert(db, &new).await.map_err(AddError::Database)?;
    if is_added { Ok(new) } else { Err(AddError::TooMany) }
}
