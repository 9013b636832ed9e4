//! What was set aside: messages that could not be used, what they amount to, and requests to try them again.
//!
//! A message may hold readings of any sensor, and what could not be read holds those of none: so whoever may not see
//! everything sees nothing here.
//!
//! A request is a row that says which messages. Ingestors take it up, because they alone know how a source's messages are
//! read ([`LoadTransaction::lock_waiting`](crate::load::LoadTransaction::lock_waiting)).

mod replay;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

pub use self::replay::{
    NewReplay, OPEN_REPLAYS_MAX, REPLAYS_KEPT_FOR, Replay, ReplayState, replay, replays, request_replay,
};
use crate::Scope;
use crate::query::{Page, PageRequest};
use crate::sql::{self, Row};

/// A message, or a reading of it, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessagePlace {
    /// The journal's number.
    pub journal_id: i16,
    /// The position in it.
    pub seq: i64,
    /// Which reading of a message with several, from 1; 0 for a whole message, and for the reading of a message that says one.
    pub item: i16,
}

/// A message that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedMessage {
    /// Where it is.
    pub place: MessagePlace,
    /// The journal's lasting identity.
    pub journal: Uuid,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Its source.
    pub source: String,
    /// Its topic.
    pub topic: String,
    /// The sensor's name, where it could be read.
    pub sensor: Option<String>,
    /// The kind of trouble, a word for programs.
    pub code: String,
    /// What is wrong, a sentence for people.
    pub reason: String,
    /// How many bytes of the payload are kept here ([`payloads`]).
    pub payload_kept: u64,
    /// How many bytes the whole payload has.
    pub payload_size: u64,
    /// When it was replayed last, in vain.
    pub tried_at: Option<DateTime<Utc>>,
    /// Whether a replay is requested that has not come to it yet.
    pub is_waiting: bool,
}

impl QuarantinedMessage {
    /// Its place in a list.
    pub fn key(&self) -> QuarantineKey {
        QuarantineKey {
            received_at: self.received_at,
            place: self.place,
        }
    }

    /// Whether some of its payload is not here.
    pub fn is_cut(&self) -> bool {
        self.payload_kept < self.payload_size
    }

    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            place: MessagePlace {
                journal_id: row.get(0)?,
                seq: row.get(1)?,
                item: row.get(2)?,
            },
            journal: row.get(3)?,
            received_at: row.get(4)?,
            source: row.get(5)?,
            topic: row.get(6)?,
            sensor: row.get(7)?,
            code: row.get(8)?,
            reason: row.get(9)?,
            payload_kept: row.get::<i64>(10)?.unsigned_abs(),
            payload_size: row.get::<i64>(11)?.unsigned_abs(),
            tried_at: row.get(12)?,
            is_waiting: row.get(13)?,
        })
    }
}

/// Where a page starts. Made by [`QuarantinedMessage::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuarantineKey {
    /// When the last one seen was received.
    pub received_at: DateTime<Utc>,
    /// Its place.
    pub place: MessagePlace,
}

/// Which messages; `None` does not restrict, and all that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuarantineFilter {
    /// This kind of trouble, by its word.
    pub code: Option<String>,
    /// Of this source.
    pub source: Option<String>,
    /// Of the sensor with this name in the message.
    pub sensor: Option<String>,
    /// Received at or after this.
    pub from: Option<DateTime<Utc>>,
    /// Received before this.
    pub to: Option<DateTime<Utc>>,
    /// This one message.
    pub place: Option<MessagePlace>,
}

impl QuarantineFilter {
    /// Whether a text is one that no row can hold, so that nothing matches.
    fn is_impossible(&self) -> bool {
        let texts = [&self.code, &self.source, &self.sensor];
        texts.into_iter().flatten().any(|text| !sql::is_storable(text))
    }

    /// As the statements take it, from their first parameter on.
    fn values(&self) -> [Value; 8] {
        [
            self.code.clone().into(),
            self.source.clone().into(),
            self.sensor.clone().into(),
            self.from.into(),
            self.to.into(),
            self.place.map(|place| place.journal_id).into(),
            self.place.map(|place| place.seq).into(),
            self.place.map(|place| place.item).into(),
        ]
    }
}

/// Messages are for those who may see everything.
fn is_open(scope: &Scope) -> bool {
    *scope == Scope::Everything
}

/// A page of the messages that match, those received last first; pages are counted from that end alone.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    filter: &QuarantineFilter,
    request: &PageRequest<QuarantineKey>,
) -> Result<Page<QuarantinedMessage>, DbErr> {
    if !is_open(scope) || filter.is_impossible() {
        return Ok(Page::empty());
    }
    if request.is_from_end() {
        return Err(DbErr::Custom(
            "messages set aside are listed from the newest".to_owned(),
        ));
    }
    let key = request.key();
    let [code, source, sensor, from, to, journal_id, seq, item] = filter.values();
    let values: [Value; 13] = [
        code,
        source,
        sensor,
        from,
        to,
        journal_id,
        seq,
        item,
        key.map(|key| key.received_at).into(),
        key.map(|key| key.place.journal_id).into(),
        key.map(|key| key.place.seq).into(),
        key.map(|key| key.place.item).into(),
        request.rows_to_read().cast_signed().into(),
    ];
    let select = include_str!("quarantine/select_page.sql");
    let rows = sql::query(db, select, values, QuarantinedMessage::read).await?;
    Ok(request.page(rows))
}

/// How many messages match.
pub async fn count(db: &DatabaseConnection, scope: &Scope, filter: &QuarantineFilter) -> Result<u64, DbErr> {
    if !is_open(scope) || filter.is_impossible() {
        return Ok(0);
    }
    let select = include_str!("quarantine/count.sql");
    let counted: Vec<i64> = sql::query(db, select, filter.values(), |row| row.get(0)).await?;
    Ok(counted.first().map_or(0, |count| count.unsigned_abs()))
}

/// What is kept of the payloads of these messages.
pub async fn payloads(
    db: &DatabaseConnection,
    scope: &Scope,
    places: &[MessagePlace],
) -> Result<HashMap<MessagePlace, Vec<u8>>, DbErr> {
    if !is_open(scope) || places.is_empty() {
        return Ok(HashMap::new());
    }
    let values: [Value; 3] = [
        places
            .iter()
            .map(|place| place.journal_id)
            .collect::<Vec<_>>()
            .into(),
        places.iter().map(|place| place.seq).collect::<Vec<_>>().into(),
        places.iter().map(|place| place.item).collect::<Vec<_>>().into(),
    ];
    let select = include_str!("quarantine/select_payloads.sql");
    let rows = sql::query(db, select, values, |row| {
        let place = MessagePlace {
            journal_id: row.get(0)?,
            seq: row.get(1)?,
            item: row.get(2)?,
        };
        Ok((place, row.get(3)?))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

/// What a kind of trouble of a source amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonCount {
    /// The kind of trouble.
    pub code: String,
    /// The source.
    pub source: String,
    /// How many messages have it.
    pub count: u64,
    /// When the newest one was received.
    pub newest_at: DateTime<Utc>,
    /// What is wrong with the newest one, in a sentence.
    pub example: String,
}

/// Kinds of trouble by source, the most frequent first, at most `limit`.
pub async fn reasons(
    db: &DatabaseConnection,
    scope: &Scope,
    filter: &QuarantineFilter,
    limit: u32,
) -> Result<Vec<ReasonCount>, DbErr> {
    if !is_open(scope) || filter.is_impossible() {
        return Ok(Vec::new());
    }
    let [code, source, sensor, from, to, journal_id, seq, item] = filter.values();
    let values: [Value; 9] = [
        code,
        source,
        sensor,
        from,
        to,
        journal_id,
        seq,
        item,
        i64::from(limit).into(),
    ];
    sql::query(db, include_str!("quarantine/select_reasons.sql"), values, |row| {
        Ok(ReasonCount {
            code: row.get(0)?,
            source: row.get(1)?,
            count: row.get::<i64>(2)?.unsigned_abs(),
            newest_at: row.get(3)?,
            example: row.get(4)?,
        })
    })
    .await
}

/// The place of a message, by its journal's lasting identity; `None` where no such journal is known.
pub async fn place_of(
    db: &DatabaseConnection,
    journal: Uuid,
    seq: i64,
    item: i16,
) -> Result<Option<MessagePlace>, DbErr> {
    let select = "SELECT id FROM journal WHERE uuid = $1";
    let found: Vec<i16> = sql::query(db, select, [journal.into()], |row| row.get(0)).await?;
    Ok(found.first().map(|&journal_id| MessagePlace {
        journal_id,
        seq,
        item,
    }))
}
