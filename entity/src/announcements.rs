//! What stewards announce of datasets: an outage that is planned, an error that is known.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use crate::sql::{self, Row};
use crate::stewardship::Stewarding;

/// Announcements are kept for so long after they are over or withdrawn, and after their last change.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// What an announcement tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnnouncementKind {
    /// Data will be missing or late, on purpose.
    PlannedOutage,
    /// Data is wrong, and it is known how.
    KnownError,
    /// Anything else that its users should know.
    Notice,
}

/// No kind of announcement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an announcement is planned_outage, known_error or notice, not {0:?}")]
pub struct UnknownAnnouncementKind(String);

impl AnnouncementKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PlannedOutage, Self::KnownError, Self::Notice];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlannedOutage => "planned_outage",
            Self::KnownError => "known_error",
            Self::Notice => "notice",
        }
    }
}

impl FromStr for AnnouncementKind {
    type Err = UnknownAnnouncementKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownAnnouncementKind(word.to_owned()))
    }
}

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its lasting identity.
    pub id: Uuid,
    /// The dataset that it is about, by slug.
    pub dataset: String,
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
    /// When it was announced.
    pub created_at: DateTime<Utc>,
    /// When it was changed last, or withdrawn.
    pub changed_at: DateTime<Utc>,
    /// When it was withdrawn; `None` while it stands.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl Announcement {
    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let kind: String = row.get(2)?;
        let kind = kind.parse();
        Ok(Self {
            id: row.get(0)?,
            dataset: row.get(1)?,
            kind: kind.map_err(|error: UnknownAnnouncementKind| DbErr::Type(error.to_string()))?,
            title: row.get(3)?,
            text: row.get(4)?,
            starts_at: row.get(5)?,
            ends_at: row.get(6)?,
            created_at: row.get(7)?,
            changed_at: row.get(8)?,
            withdrawn_at: row.get(9)?,
        })
    }
}

/// Every announcement that stands, or was over, withdrawn or changed after `before`; the last one first, of a dataset the
/// last `max`.
pub async fn since<C: ConnectionTrait>(
    db: &C,
    before: DateTime<Utc>,
    max: u32,
) -> Result<Vec<Announcement>, DbErr> {
    let values: [Value; 2] = [before.into(), i64::from(max).into()];
    sql::query(
        db,
        include_str!("announcements/select_announcements.sql"),
        values,
        Announcement::read,
    )
    .await
}

/// The announcement with this id.
pub async fn one<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<Announcement>, DbErr> {
    let values: [Value; 1] = [id.into()];
    let select = include_str!("announcements/select_announcement.sql");
    let found = sql::query(db, select, values, Announcement::read).await?;
    Ok(found.into_iter().next())
}

impl Stewarding {
    /// The announcement with this id, as it is now.
    pub async fn announcement(&self, id: Uuid) -> Result<Option<Announcement>, DbErr> {
        one(&self.transaction, id).await
    }

    /// How many announcements of a dataset are neither over nor withdrawn.
    pub async fn standing(&self, dataset: &str) -> Result<u64, DbErr> {
        let values: [Value; 2] = [dataset.into(), self.at.into()];
        let count = include_str!("announcements/count_standing.sql");
        let found: Vec<i64> = sql::query(&self.transaction, count, values, |row| row.get(0)).await?;
        Ok(found.first().map_or(0, |count| count.unsigned_abs()))
    }

    /// Announces something, or changes what was announced under its id; forgets what is long over.
    pub async fn announce(&self, announcement: &Announcement) -> Result<(), DbErr> {
        let values: [Value; 11] = [
            announcement.id.into(),
            announcement.dataset.as_str().into(),
            announcement.kind.as_str().into(),
            announcement.title.as_str().into(),
            announcement.text.as_str().into(),
            announcement.starts_at.into(),
            announcement.ends_at.into(),
            announcement.created_at.into(),
            announcement.changed_at.into(),
            announcement.withdrawn_at.into(),
            self.steward.name.as_str().into(),
        ];
        let db = &self.transaction;
        sql::execute(db, include_str!("announcements/upsert_announcement.sql"), values).await?;
        let before: [Value; 1] = [(self.at - KEPT_FOR).into()];
        sql::execute(db, include_str!("announcements/prune_announcements.sql"), before).await?;
        Ok(())
    }
}
