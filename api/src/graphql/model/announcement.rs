//! What stewards announce.

use async_graphql::{Enum, ID, SimpleObject};
use catalogue::model;
use chrono::Utc;

use crate::graphql::scalar::DateTime;

/// What a steward announces of a dataset.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Announcement {
    /// Its id.
    id: ID,
    /// The slug of the dataset that it is about.
    dataset: String,
    /// What it tells of.
    kind: AnnouncementKind,
    /// Where it is between being announced and being over.
    state: AnnouncementState,
    /// A heading.
    title: String,
    /// All else that there is to say; may be empty.
    text: String,
    /// From when it is so.
    from: DateTime,
    /// From when it is no longer so; null where nobody knows.
    to: Option<DateTime>,
    /// When it was announced.
    created_at: DateTime,
    /// When it was changed last, or withdrawn.
    changed_at: DateTime,
    /// When it was withdrawn; null while it stands.
    withdrawn_at: Option<DateTime>,
}

impl Announcement {
    /// As it is at that instant.
    pub(crate) fn new(announcement: model::Announcement, now: chrono::DateTime<Utc>) -> Self {
        Self {
            id: announcement.id.into(),
            state: AnnouncementState::of(&announcement, now),
            dataset: announcement.dataset,
            kind: announcement.kind.into(),
            title: announcement.title,
            text: announcement.text,
            from: DateTime(announcement.starts_at),
            to: announcement.ends_at.map(DateTime),
            created_at: DateTime(announcement.created_at),
            changed_at: DateTime(announcement.changed_at),
            withdrawn_at: announcement.withdrawn_at.map(DateTime),
        }
    }

    /// Whether what it tells of is so, or is to come.
    pub(crate) fn is_standing(&self) -> bool {
        matches!(
            self.state,
            AnnouncementState::Scheduled | AnnouncementState::Active
        )
    }
}

/// What an announcement tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::AnnouncementKind")]
pub(crate) enum AnnouncementKind {
    /// Data will be missing or late, on purpose.
    PlannedOutage,
    /// Data is wrong, and it is known how.
    KnownError,
    /// Anything else that its users should know.
    Notice,
}

/// Where an announcement is between being announced and being over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum AnnouncementState {
    /// What it tells of is to come.
    Scheduled,
    /// What it tells of is so.
    Active,
    /// What it tells of is over.
    Over,
    /// It was taken back.
    Withdrawn,
}

impl AnnouncementState {
    fn of(announcement: &model::Announcement, now: chrono::DateTime<Utc>) -> Self {
        if announcement.withdrawn_at.is_some() {
            Self::Withdrawn
        } else if now < announcement.starts_at {
            Self::Scheduled
        } else if announcement.ends_at.is_some_and(|ends_at| ends_at <= now) {
            Self::Over
        } else {
            Self::Active
        }
    }
}
