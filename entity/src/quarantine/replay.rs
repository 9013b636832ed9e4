//! Requests to replay what was set aside, and how far they are.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{AccessMode, ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait as _, Value};

use super::{MessagePlace, QuarantineFilter};
use crate::sql::{self, Row};

/// Requests that are not done, at most.
pub const OPEN_REPLAYS_MAX: u32 = 100;

/// A request is kept for so long after its end.
pub const REPLAYS_KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// A request on its way into the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReplay {
    /// Which messages; those that are set aside later are none of it.
    pub of: QuarantineFilter,
    /// Who requests it.
    pub requested_by: String,
    /// When.
    pub requested_at: DateTime<Utc>,
}

/// A request to replay messages that were set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Its number.
    pub id: i64,
    /// Which messages.
    pub of: QuarantineFilter,
    /// Who requested it.
    pub requested_by: String,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// When an ingestor took it up.
    pub taken_at: Option<DateTime<Utc>>,
    /// When nothing of it waited any more.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many messages it was about.
    pub requested: u64,
    /// How many of them are used now.
    pub replayed: u64,
    /// How many of them still can't be used.
    pub failed: u64,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayState {
    /// No ingestor has taken it up.
    Waiting,
    /// An ingestor is at it.
    Running,
    /// Nothing of it waits.
    Done,
}

impl Replay {
    /// How far it is.
    pub fn state(&self) -> ReplayState {
        match (self.finished_at, self.taken_at) {
            (Some(_), _) => ReplayState::Done,
            (None, Some(_)) => ReplayState::Running,
            (None, None) => ReplayState::Waiting,
        }
    }

    /// How many messages still wait, as far as that is known without looking: those that another request tried meanwhile are
    /// among them until the end.
    pub fn waiting(&self) -> u64 {
        match self.finished_at {
            Some(_) => 0,
            None => self.requested.saturating_sub(self.replayed + self.failed),
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let count = |at| row.get::<i64>(at).map(i64::unsigned_abs);
        let (journal_id, seq, item): (Option<i16>, Option<i64>, Option<i16>) =
            (row.get(6)?, row.get(7)?, row.get(8)?);
        let place = journal_id
            .zip(seq)
            .zip(item)
            .map(|((journal_id, seq), item)| MessagePlace {
                journal_id,
                seq,
                item,
            });
        Ok(Self {
            id: row.get(0)?,
            of: QuarantineFilter {
                code: row.get(1)?,
                source: row.get(2)?,
                sensor: row.get(3)?,
                from: row.get(4)?,
                to: row.get(5)?,
                place,
            },
            requested_by: row.get(9)?,
            requested_at: row.get(10)?,
            taken_at: row.get(11)?,
            finished_at: row.get(12)?,
            requested: count(13)?,
            replayed: count(14)?,
            failed: count(15)?,
        })
    }
}

/// Requests a replay of the messages that match and are there now; a request for none is done at once. `None` when
/// [`OPEN_REPLAYS_MAX`] requests are open already.
pub async fn request_replay(db: &DatabaseConnection, new: &NewReplay) -> Result<Option<Replay>, DbErr> {
    // Said, for a service whose user reads by default may still write here.
    let transaction = db.begin_with_config(None, Some(AccessMode::ReadWrite)).await?;
    let of = if new.of.is_impossible() {
        // No row has such a text; the request is about none, and says so.
        QuarantineFilter {
            to: Some(DateTime::<Utc>::UNIX_EPOCH),
            ..QuarantineFilter::default()
        }
    } else {
        new.of.clone()
    };
    let [code, source, sensor, from, to, journal_id, seq, item] = of.values();
    let values: [Value; 11] = [
        code,
        source,
        sensor,
        from,
        to,
        journal_id,
        seq,
        item,
        new.requested_by.as_str().into(),
        new.requested_at.into(),
        i64::from(OPEN_REPLAYS_MAX).into(),
    ];
    let insert = include_str!("insert_replay.sql");
    let made = sql::query(&transaction, insert, values, Replay::read).await?;
    transaction.commit().await?;
    Ok(made.into_iter().next())
}

/// One request; `None` where there is none with this number.
pub async fn replay<C: ConnectionTrait>(db: &C, id: i64) -> Result<Option<Replay>, DbErr> {
    let values: [Value; 1] = [id.into()];
    let found = sql::query(db, include_str!("select_replay.sql"), values, Replay::read).await?;
    Ok(found.into_iter().next())
}

/// Requests, the newest first, at most `limit`; those that are not done (`Some(true)`), that are, or both. Those before the
/// number `before` alone, where it is given.
pub async fn replays(
    db: &DatabaseConnection,
    open: Option<bool>,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Replay>, DbErr> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [Value; 3] = [open.into(), before.into(), limit.into()];
    sql::query(db, include_str!("select_replays.sql"), values, Replay::read).await
}
