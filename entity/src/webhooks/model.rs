//! Webhooks, messages and deliveries.

use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use uuid::Uuid;

use crate::sql::Row;

/// What a webhook can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// A sensor or a dataset became fresh, late, stale.
    Freshness,
    /// A figure of quality got another verdict.
    Quality,
    /// An incident began or ended.
    Incident,
    /// A dataset has a new version.
    Release,
}

/// Nothing that a webhook can be told of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a webhook is told of freshness, quality, incident and release, not of {0:?}")]
pub struct UnknownEventKind(String);

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Freshness, Self::Quality, Self::Incident, Self::Release];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freshness => "freshness",
            Self::Quality => "quality",
            Self::Incident => "incident",
            Self::Release => "release",
        }
    }
}

impl std::str::FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownEventKind(word.to_owned()))
    }
}

/// The key with which a webhook's messages are signed. It shows only where [`reveal`](Self::reveal) is called.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// As it is stored; what it must look like is the signer's matter.
    pub fn of_stored(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// A webhook to be added. Its URL and secret were checked by whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Its lasting identity.
    pub id: Uuid,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// Where messages are posted to.
    pub url: String,
    /// With what they are signed.
    pub secret: Secret,
    /// What it is told of; never nothing.
    pub events: Vec<EventKind>,
    /// Of this dataset alone, by slug; `None` for all.
    pub dataset: Option<String>,
}

/// A webhook; its secret stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its lasting identity.
    pub id: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Where messages are posted to.
    pub url: String,
    /// What it is told of.
    pub events: Vec<EventKind>,
    /// Of this dataset alone, by slug; `None` for all.
    pub dataset: Option<String>,
    /// When it was switched off.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why.
    pub disabled_reason: Option<String>,
    /// Messages that it was not given because too many waited for it.
    pub dropped: u64,
    /// Messages that wait for it.
    pub waiting: u64,
}

impl Webhook {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let events: Vec<String> = row.get(3)?;
        let events = events.iter().map(|word| word.parse());
        Ok(Self {
            id: row.get(0)?,
            created_at: row.get(1)?,
            url: row.get(2)?,
            events: events
                .collect::<Result<_, UnknownEventKind>>()
                .map_err(|error| DbErr::Type(error.to_string()))?,
            dataset: row.get(4)?,
            disabled_at: row.get(5)?,
            disabled_reason: row.get(6)?,
            dropped: row.get::<i64>(7)?.unsigned_abs(),
            waiting: row.get::<i64>(8)?.unsigned_abs(),
        })
    }
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who wants it.
    pub kind: EventKind,
    /// What it tells of, such as `freshness.changed`.
    pub event: String,
    /// The dataset that it is about, by slug.
    pub dataset: String,
    /// What it is about: messages about the same come in their order.
    pub subject: String,
    /// Its body, a JSON object.
    pub payload: String,
}

/// What became of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enqueued {
    /// Deliveries that now wait.
    pub deliveries: u64,
    /// Deliveries that found no room.
    pub dropped: u64,
}

/// A delivery that a sender has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// Whom it is for.
    pub webhook_id: Uuid,
    /// By it the receiver knows it again.
    pub message_id: Uuid,
    /// When what it tells of happened.
    pub created_at: DateTime<Utc>,
    /// Which try this is, from 1.
    pub attempts: u32,
    /// Its body.
    pub payload: String,
    /// Where it is posted to.
    pub url: String,
    /// With what it is signed.
    pub secret: Secret,
}

/// A delivery, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// By it the receiver knows it.
    pub message_id: Uuid,
    /// What it tells of, such as `freshness.changed`.
    pub event: String,
    /// What it is about.
    pub subject: String,
    /// When that happened.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt_at: DateTime<Utc>,
    /// When the receiver took it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub given_up_at: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// Its body.
    pub payload: String,
}
