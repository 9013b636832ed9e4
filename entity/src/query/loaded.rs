//! Readings in the order in which they were loaded: by the positions of their messages in each journal.
//!
//! A position is passed when the loader's checkpoint is at or behind it. Every change of `reading` is that of a message
//! whose position is passed by the same commit, and a row bears the position of the message that it shows. So who reads
//! checkpoints first, and then the readings of the positions between the checkpoints before and now, misses nothing,
//! whatever is committed in between: a row that has moved on meanwhile is found at its new position, later.
//!
//! Not found so is what had been set aside and is used later ([`quarantine`](crate::quarantine)): it bears a position that is
//! passed long since.
//!
//! There is no index by position, because it would slow loading. Where a piece of a journal lies in time is known, from
//! the loader's notification or from `segment`; within those spans readings are found by their key, or by the BRIN index
//! on time.

mod listen;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

use super::readings::{self, Reading};
use crate::Scope;
use crate::scope::Reach;
use crate::sql;

pub use listen::{Heard, Listener};

/// Look-ups by key that one statement makes at most; where more would be needed, readings are found by time.
const KEY_LOOKUPS_MAX: u64 = 20_000;

/// How far the loader has come in a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The journal, as numbered in `journal`.
    pub journal_id: i16,
    /// The journal's lasting identity.
    pub journal: Uuid,
    /// The last position whose effects are committed.
    pub seq: i64,
}

/// A piece of a journal that is loaded, and where in time its readings lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The journal, as numbered in `journal`.
    pub journal_id: i16,
    /// The last position before it.
    pub after: i64,
    /// Its last position.
    pub upto: i64,
    /// Earliest and latest time of each span; apart from each other, or a reading is found twice.
    pub spans: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Whose readings.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// These sensors'.
    Sensors(&'a [i32]),
    /// Everybody's; there are about so many sensors.
    Everybody {
        /// Decides only how readings are looked for.
        sensors: u64,
    },
}

/// How far the loaders have come in each journal, by its number.
pub async fn positions(db: &DatabaseConnection) -> Result<Vec<Position>, DbErr> {
    sql::query(db, include_str!("loaded/select_positions.sql"), [], |row| {
        Ok(Position {
            journal_id: row.get(0)?,
            journal: row.get(1)?,
            seq: row.get(2)?,
        })
    })
    .await
}

/// How many sensors there are and how many lists declared them: others when sensors were registered or declared meanwhile.
pub async fn sensors_version(db: &DatabaseConnection) -> Result<(i64, i64), DbErr> {
    let select = include_str!("loaded/select_sensors_version.sql");
    let rows = sql::query(db, select, [], |row| Ok((row.get(0)?, row.get(1)?))).await?;
    Ok(rows.first().copied().unwrap_or_default())
}

/// The pieces of a journal behind `after`, as far as `upto` at most, whose spans are those of its segments; `pieces_max`
/// of them at most, and `positions_max` positions together. A piece without readings has no spans. And the position that
/// they reach: up to there nothing else is loaded.
pub async fn pieces(
    db: &DatabaseConnection,
    journal_id: i16,
    after: i64,
    upto: i64,
    pieces_max: u32,
    positions_max: u32,
) -> Result<(Vec<Piece>, i64), DbErr> {
    let upto = upto.min(after.saturating_add(positions_max.into()));
    let values: [Value; 4] = [
        journal_id.into(),
        after.into(),
        upto.into(),
        i64::from(pieces_max).into(),
    ];
    let pieces: Vec<Piece> = sql::query(db, include_str!("loaded/select_pieces.sql"), values, |row| {
        let spans = row.get::<Option<_>>(2)?.zip(row.get::<Option<_>>(3)?);
        Ok(Piece {
            journal_id,
            after: row.get(0)?,
            upto: row.get(1)?,
            spans: spans.into_iter().collect(),
        })
    })
    .await?;
    let reached = match pieces.last() {
        // There may be more segments behind the last one.
        Some(last) if pieces.len() >= pieces_max as usize => last.upto,
        _ => upto,
    };
    Ok((pieces, reached))
}

/// The readings of these pieces, by journal, position, sensor and time; those out of scope are absent.
pub async fn readings(
    db: &DatabaseConnection,
    scope: &Scope,
    of: Of<'_>,
    pieces: &[Piece],
) -> Result<Vec<Reading>, DbErr> {
    let spans = pieces
        .iter()
        .flat_map(|piece| piece.spans.iter().map(move |span| (piece, span)));
    let mut columns: (Vec<i16>, Vec<i64>, Vec<i64>, Vec<_>, Vec<_>) = Default::default();
    for (piece, (from, to)) in spans {
        columns.0.push(piece.journal_id);
        columns.1.push(piece.after);
        columns.2.push(piece.upto);
        columns.3.push(*from);
        columns
            .4
            .push(to.checked_add_signed(TimeDelta::microseconds(1)).unwrap_or(*to));
    }
    let spans = columns.0.len() as u64;
    if spans == 0 {
        return Ok(Vec::new());
    }
    let (asked, everybody) = match of {
        Of::Sensors(sensors) => (Some(sensors), 0),
        Of::Everybody { sensors } => (None, sensors),
    };
    // A limited asker's sensors are told to the statement: theirs are found among everybody's, or by key.
    let (sensors, lookups) = match scope.reach(asked) {
        Reach::Nothing => return Ok(Vec::new()),
        Reach::Everything => (None, everybody),
        Reach::Sensors(sensors) => {
            let lookups = sensors.len() as u64;
            (Some(sensors), lookups)
        }
    };
    let select = if lookups.saturating_mul(spans) <= KEY_LOOKUPS_MAX {
        include_str!("loaded/select_readings_by_key.sql")
    } else {
        include_str!("loaded/select_readings_by_time.sql")
    };
    let values: [Value; 6] = [
        columns.0.into(),
        columns.1.into(),
        columns.2.into(),
        sql::times(columns.3.into_iter()),
        sql::times(columns.4.into_iter()),
        sensors.into(),
    ];
    sql::query(db, select, values, readings::read).await
}

/// The sensors among these that an asker may see, in order and each once.
pub fn visible(scope: &Scope, sensors: &[i32]) -> Vec<i32> {
    readings::within(scope, sensors).unwrap_or_default()
}
