//! A steward announces something, changes it, or withdraws it.

use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};
use entity::DatabaseConnection;
use entity::announcements::AnnouncementKind;
use entity::stewardship::{NewChange, Steward, Stewarding};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::StewardError;
use crate::annotations::{check_line, check_text, wrong};
use crate::model::Announcement;

/// Where a steward's words stand, in errors.
const AT: &str = "input";

/// Announcements of one dataset that stand at once, at most.
pub const STANDING_MAX: u64 = 50;

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnouncement {
    /// What it tells of.
    pub kind: AnnouncementKind,
    /// A heading.
    pub title: String,
    /// All else that there is to say; may be empty.
    pub text: String,
    /// From when what it tells of is so.
    pub starts_at: DateTime<Utc>,
    /// From when it is no longer so; `None` where that is open.
    pub ends_at: Option<DateTime<Utc>>,
}

/// What is changed of an announcement; `None` leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnnouncementChange {
    /// What it tells of.
    pub kind: Option<AnnouncementKind>,
    /// A heading.
    pub title: Option<String>,
    /// All else that there is to say.
    pub text: Option<String>,
    /// From when what it tells of is so.
    pub starts_at: Option<DateTime<Utc>>,
    /// From when it is no longer so.
    pub ends_at: End,
}

/// What becomes of an announcement's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// It stays.
    #[default]
    AsItIs,
    /// Nobody knows it.
    Open,
    /// It is this instant.
    At(DateTime<Utc>),
}

/// Announces something of a dataset.
pub async fn announce(
    db: &DatabaseConnection,
    steward: Steward,
    slug: &str,
    new: NewAnnouncement,
    at: DateTime<Utc>,
) -> Result<Announcement, StewardError> {
    let at = kept(at);
    let announcement = Announcement {
        id: Uuid::now_v7(),
        dataset: slug.to_owned(),
        kind: new.kind,
        title: new.title,
        text: new.text,
        starts_at: kept(new.starts_at),
        ends_at: new.ends_at.map(kept),
        created_at: at,
        changed_at: at,
        withdrawn_at: None,
    };
    check(&announcement)?;
    let stewarding = begin(db, steward, at).await?;
    if stewarding.standing(slug).await.map_err(StewardError::Keep)? >= STANDING_MAX {
        return Err(StewardError::TooMany);
    }
    write(stewarding, None, announcement).await
}

/// Changes an announcement that stands.
pub async fn change_announcement(
    db: &DatabaseConnection,
    steward: Steward,
    id: Uuid,
    change: AnnouncementChange,
    at: DateTime<Utc>,
) -> Result<Announcement, StewardError> {
    let stewarding = begin(db, steward, at).await?;
    let before = found(&stewarding, id).await?;
    if before.withdrawn_at.is_some() {
        return Err(StewardError::NoAnnouncement);
    }
    let mut after = Announcement {
        kind: change.kind.unwrap_or(before.kind),
        title: change.title.unwrap_or_else(|| before.title.clone()),
        text: change.text.unwrap_or_else(|| before.text.clone()),
        starts_at: change.starts_at.map_or(before.starts_at, kept),
        ends_at: match change.ends_at {
            End::AsItIs => before.ends_at,
            End::Open => None,
            End::At(at) => Some(kept(at)),
        },
        ..before.clone()
    };
    check(&after)?;
    if after == before {
        return Ok(before);
    }
    after.changed_at = kept(at);
    write(stewarding, Some(&before), after).await
}

/// Withdraws an announcement; one that is withdrawn already stays as it is.
pub async fn withdraw_announcement(
    db: &DatabaseConnection,
    steward: Steward,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<Announcement, StewardError> {
    let stewarding = begin(db, steward, at).await?;
    let before = found(&stewarding, id).await?;
    if before.withdrawn_at.is_some() {
        return Ok(before);
    }
    let after = Announcement {
        changed_at: kept(at),
        withdrawn_at: Some(kept(at)),
        ..before.clone()
    };
    write(stewarding, Some(&before), after).await
}

async fn begin(
    db: &DatabaseConnection,
    steward: Steward,
    at: DateTime<Utc>,
) -> Result<Stewarding, StewardError> {
    Stewarding::begin(db, steward, at)
        .await
        .map_err(StewardError::Keep)
}

async fn found(stewarding: &Stewarding, id: Uuid) -> Result<Announcement, StewardError> {
    let found = stewarding.announcement(id).await.map_err(StewardError::Keep)?;
    found.ok_or(StewardError::NoAnnouncement)
}

async fn write(
    stewarding: Stewarding,
    before: Option<&Announcement>,
    after: Announcement,
) -> Result<Announcement, StewardError> {
    let (before, now) = (before.map(said), said(&after));
    let change = NewChange {
        dataset: &after.dataset,
        what: &format!("announcement {}", after.id),
        before: before.as_ref(),
        after: after.withdrawn_at.is_none().then_some(&now),
    };
    stewarding.announce(&after).await.map_err(StewardError::Keep)?;
    stewarding.note(change).await.map_err(StewardError::Keep)?;
    stewarding.commit().await.map_err(StewardError::Keep)?;
    Ok(after)
}

fn check(announcement: &Announcement) -> Result<(), StewardError> {
    check_line(AT, "title", &announcement.title)?;
    check_text(AT, "text", &announcement.text)?;
    match announcement.ends_at {
        Some(ends_at) if ends_at <= announcement.starts_at => Err(wrong(
            AT,
            "to",
            &instant(ends_at),
            "a time after from, or null for no end",
        )
        .into()),
        _ => Ok(()),
    }
}

/// What an announcement says, as the note of a change has it.
fn said(announcement: &Announcement) -> Json {
    json!({
        "kind": announcement.kind.as_str(),
        "title": announcement.title,
        "text": announcement.text,
        "from": instant(announcement.starts_at),
        "to": announcement.ends_at.map(instant),
    })
}

/// A time as finely as the database keeps it.
fn kept(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
