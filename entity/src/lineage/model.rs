//! The sums, as they are read.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

use crate::sql::Row;

/// Which windows are looked at; each by the receipt of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// Those from here on.
    pub windows: DateTime<Utc>,
    /// From here on even those that balance.
    pub all_windows: DateTime<Utc>,
    /// Those before this are closed: everything of them should be in its place.
    pub closed_before: DateTime<Utc>,
}

/// What became of all messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Messages {
    /// Each journal.
    pub journals: Vec<Journal>,
    /// Closed windows, by time: those that do not balance, and of the last of them all.
    pub windows: Vec<Window>,
    /// Sensor lists among the messages.
    pub lists: i64,
}

/// A journal, and what became of its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Its number (`journal.id`).
    pub id: i16,
    /// The last position in the database; positions count from 1 without gaps.
    pub loaded_seq: i64,
    /// The last position on S3.
    pub archived_seq: i64,
    /// When that was received, or, with nothing on S3 yet, when the journal was met first.
    pub archived_received_at: DateTime<Utc>,
    /// Not later than this a message behind that was received; looked for only where it may be long ago.
    pub waiting_received_at: Option<DateTime<Utc>>,
    /// Messages on S3.
    pub archived: i64,
    /// Messages that were understood.
    pub decoded: i64,
    /// Messages that were not.
    pub quarantined: i64,
    /// Readings stored for the first time.
    pub readings_new: i64,
    /// Readings stored before with the same value.
    pub readings_duplicate: i64,
    /// Readings stored before with another value.
    pub readings_conflicting: i64,
    /// Readings that could not be stored.
    pub readings_refused: i64,
    /// By how many messages S3 and database differ, segment by segment, where the loader has come past.
    pub astray: i64,
}

impl Journal {
    /// Messages that were received, as far as database or S3 know.
    pub fn received(&self) -> i64 {
        self.loaded_seq.max(self.archived_seq)
    }

    /// Messages that wait to be archived.
    pub fn waiting(&self) -> i64 {
        self.received() - self.archived_seq
    }

    /// Messages before the last archived one that are not on S3.
    pub fn skipped(&self) -> i64 {
        self.archived_seq - self.archived
    }

    pub(super) fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.get(0)?,
            loaded_seq: row.get(1)?,
            archived_seq: row.get(2)?,
            archived_received_at: row.get(3)?,
            waiting_received_at: None,
            archived: row.get(4)?,
            decoded: row.get(5)?,
            quarantined: row.get(6)?,
            readings_new: row.get(7)?,
            readings_duplicate: row.get(8)?,
            readings_conflicting: row.get(9)?,
            readings_refused: row.get(10)?,
            astray: row.get(11)?,
        })
    }
}

/// An hour of segments, by the receipt of their first messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first instant.
    pub hour: DateTime<Utc>,
    /// Messages on S3.
    pub messages: i64,
    /// Messages between its segments that are not on S3.
    pub skipped: i64,
    /// Messages in the database.
    pub loaded: i64,
    /// By how many messages S3 and database differ, segment by segment.
    pub astray: i64,
    /// Messages that were understood.
    pub decoded: i64,
    /// Those of them that brought readings.
    pub expected: i64,
    /// Of these, messages whose reading is neither stored nor set aside.
    pub unstored: i64,
}

impl Window {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            hour: row.get(0)?,
            messages: row.get(1)?,
            skipped: row.get(2)?,
            loaded: row.get(3)?,
            astray: row.get(4)?,
            decoded: row.get(5)?,
            expected: row.get(6)?,
            unstored: row.get(7)?,
        })
    }
}

/// Where every reading is counted, each once: in the coarsest bucket that is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readings {
    /// Readings that were stored, by the segments.
    pub stored: i64,
    /// Readings in days that are computed.
    pub in_days: i64,
    /// Readings in hours that are computed, of days that are not.
    pub in_hours: i64,
    /// Readings in minutes that are computed, of hours that are not.
    pub in_minutes: i64,
    /// Readings in minutes that are not computed.
    pub in_none: i64,
    /// Messages that were not understood, by the segments.
    pub quarantined: i64,
    /// Readings that could not be stored, by the segments.
    pub refused: i64,
    /// Messages and readings that lie in quarantine.
    pub kept_aside: i64,
}

impl Readings {
    /// Readings that answers count.
    pub fn counted(&self) -> i64 {
        self.in_days + self.in_hours + self.in_minutes + self.in_none
    }

    pub(super) fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            stored: row.get(0)?,
            in_days: row.get(1)?,
            in_hours: row.get(2)?,
            in_minutes: row.get(3)?,
            in_none: row.get(4)?,
            quarantined: row.get(5)?,
            refused: row.get(6)?,
            kept_aside: row.get(7)?,
        })
    }
}
