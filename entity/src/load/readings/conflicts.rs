//! Readings whose sensor and time are there already: which ones matter, and writing what they change.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Value};

use super::merge::{Candidate, Slot};
use super::{Group, Savepoint};
use crate::sql;

/// The positions, ascending, of groups whose row in `reading` was there before.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Those whose row came with another record.
    there: Vec<usize>,
    /// Of these, those whose row may have to change, or to be contradicted.
    mattering: Vec<usize>,
}

impl Met {
    pub(super) fn was_there(&self, position: usize) -> bool {
        self.there.binary_search(&position).is_ok()
    }

    pub(super) fn matters(&self, position: usize) -> bool {
        self.mattering.binary_search(&position).is_ok()
    }
}

/// Which groups have a row in `reading` that another record brought, and which of them matter.
///
/// A row with the same value that the preferred newcomer does not beat is a duplicate. It needs no lock to say so: what
/// is known of a value only ever gets better.
pub(super) async fn met(
    savepoint: &Savepoint,
    groups: &[Group],
    preferred: &[Candidate],
) -> Result<Met, DbErr> {
    let (from, to) = bounds(groups.iter());
    let values: [Value; 7] = [
        sensor_ids(groups.iter()),
        times(groups.iter()),
        preferred.iter().map(|one| one.value).collect::<Vec<_>>().into(),
        preferred.iter().map(|one| one.seq).collect::<Vec<_>>().into(),
        savepoint.journal_id.into(),
        from.into(),
        to.into(),
    ];
    let mut rows = sql::query(
        &savepoint.db,
        include_str!("select_stored_otherwise.sql"),
        values,
        |row| {
            let stored = Candidate {
                value: row.get(1)?,
                flag: row.flag(2)?,
                received_at: row.get(3)?,
                seq: row.get(4)?,
                journal_id: row.get(5)?,
            };
            Ok((position(row.get(0)?)?, stored))
        },
    )
    .await?;
    rows.sort_unstable_by_key(|(position, _)| *position);
    let mut met = Met::default();
    for (position, stored) in rows {
        met.there.push(position);
        let newcomer = &preferred[position];
        if !newcomer.has_value_of(&stored) || newcomer.beats(&stored, groups[position].on_conflict) {
            met.mattering.push(position);
        }
    }
    Ok(met)
}

/// Merges the newcomers of each group into what is known, and gives how many of each brought a new value.
pub(super) async fn settle(savepoint: &Savepoint, groups: &[&Group]) -> Result<Vec<u64>, DbErr> {
    let db = &savepoint.db;
    // Two loaders that decide on the same key must not decide on what the other is about to change. Keys that matter are
    // rare, so one lock serves for all; inserting new keys does not take it.
    db.execute_unprepared(include_str!("lock_conflicts.sql")).await?;
    let slots = slots(db, groups).await?;
    let mut served = Vec::new();
    let mut kept = Vec::new();
    let mut forgotten = Vec::new();
    let mut conflicting = Vec::with_capacity(groups.len());
    for (position, group) in groups.iter().copied().enumerate() {
        // A row that was met and is gone: somebody deletes old data at this moment.
        let slot = slots.get(&position).ok_or(DbErr::RecordNotUpdated)?;
        let difference = slot.merge(&group.candidates, group.on_conflict);
        conflicting.push(difference.conflicting);
        served.extend(difference.serve.map(|new| (group, slot.served, new)));
        kept.extend(difference.keep.into_iter().map(|one| (group, one)));
        forgotten.extend(difference.forget.into_iter().map(|one| (group, one)));
    }
    serve(savepoint, &served).await?;
    keep(db, &kept).await?;
    forget(db, &forgotten).await?;
    Ok(conflicting)
}

/// What is known of each group's key, by the group's position.
async fn slots(db: &DatabaseTransaction, groups: &[&Group]) -> Result<HashMap<usize, Slot>, DbErr> {
    let (from, to) = bounds(groups.iter().copied());
    let values: [Value; 4] = [
        sensor_ids(groups.iter().copied()),
        times(groups.iter().copied()),
        from.into(),
        to.into(),
    ];
    let rows = sql::query(db, include_str!("select_known_values.sql"), values, |row| {
        let known = Candidate {
            value: row.get(2)?,
            flag: row.flag(3)?,
            received_at: row.get(4)?,
            seq: row.get(5)?,
            journal_id: row.get(6)?,
        };
        Ok((position(row.get(0)?)?, row.get::<bool>(1)?, known))
    })
    .await?;
    let (served, conflicts): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, served, _)| *served);
    let mut slots: HashMap<usize, Slot> = served
        .into_iter()
        .map(|(position, _, served)| {
            (
                position,
                Slot {
                    served,
                    conflicts: Vec::new(),
                },
            )
        })
        .collect();
    for (position, _, conflict) in conflicts {
        slots
            .get_mut(&position)
            .ok_or(DbErr::RecordNotUpdated)?
            .conflicts
            .push(conflict);
    }
    Ok(slots)
}

/// Writes what `reading` serves instead of what it served when that was read. A row that changed since is a lost race.
async fn serve(savepoint: &Savepoint, rows: &[(&Group, Candidate, Candidate)]) -> Result<(), DbErr> {
    let updated = match rows {
        [] => 0,
        rows if savepoint.row_by_row => {
            let mut updated = 0;
            for row in rows {
                updated += serve_one(&savepoint.db, row).await?;
            }
            updated
        }
        rows => serve_all(&savepoint.db, rows).await?,
    };
    if updated == rows.len() as u64 {
        Ok(())
    } else {
        Err(DbErr::RecordNotUpdated)
    }
}

async fn serve_one(
    db: &DatabaseTransaction,
    (group, old, new): &(&Group, Candidate, Candidate),
) -> Result<u64, DbErr> {
    let values: [Value; 9] = [
        group.sensor_id.into(),
        group.time.into(),
        old.seq.into(),
        old.journal_id.into(),
        new.value.into(),
        new.flag.number().into(),
        new.received_at.into(),
        new.seq.into(),
        new.journal_id.into(),
    ];
    sql::execute(db, include_str!("update_served_reading.sql"), values).await
}

async fn serve_all(db: &DatabaseTransaction, rows: &[(&Group, Candidate, Candidate)]) -> Result<u64, DbErr> {
    let (from, to) = bounds(rows.iter().map(|(group, ..)| *group));
    let values: [Value; 11] = [
        sensor_ids(rows.iter().map(|(group, ..)| *group)),
        times(rows.iter().map(|(group, ..)| *group)),
        rows.iter().map(|(_, old, _)| old.seq).collect::<Vec<_>>().into(),
        rows.iter()
            .map(|(_, old, _)| old.journal_id)
            .collect::<Vec<_>>()
            .into(),
        rows.iter().map(|(.., new)| new.value).collect::<Vec<_>>().into(),
        rows.iter()
            .map(|(.., new)| new.flag.number())
            .collect::<Vec<_>>()
            .into(),
        sql::times(rows.iter().map(|(.., new)| new.received_at)),
        rows.iter().map(|(.., new)| new.seq).collect::<Vec<_>>().into(),
        rows.iter()
            .map(|(.., new)| new.journal_id)
            .collect::<Vec<_>>()
            .into(),
        from.into(),
        to.into(),
    ];
    sql::execute(db, include_str!("update_served_readings.sql"), values).await
}

async fn keep(db: &DatabaseTransaction, rows: &[(&Group, Candidate)]) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let values: [Value; 7] = [
        sensor_ids(rows.iter().map(|(group, _)| *group)),
        times(rows.iter().map(|(group, _)| *group)),
        rows.iter().map(|(_, one)| one.value).collect::<Vec<_>>().into(),
        rows.iter()
            .map(|(_, one)| one.flag.number())
            .collect::<Vec<_>>()
            .into(),
        sql::times(rows.iter().map(|(_, one)| one.received_at)),
        rows.iter().map(|(_, one)| one.seq).collect::<Vec<_>>().into(),
        rows.iter()
            .map(|(_, one)| one.journal_id)
            .collect::<Vec<_>>()
            .into(),
    ];
    sql::execute(db, include_str!("upsert_conflicts.sql"), values).await?;
    Ok(())
}

async fn forget(db: &DatabaseTransaction, rows: &[(&Group, Candidate)]) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let values: [Value; 3] = [
        sensor_ids(rows.iter().map(|(group, _)| *group)),
        times(rows.iter().map(|(group, _)| *group)),
        rows.iter().map(|(_, one)| one.value).collect::<Vec<_>>().into(),
    ];
    sql::execute(db, include_str!("delete_conflicts.sql"), values).await?;
    Ok(())
}

fn sensor_ids<'a>(groups: impl Iterator<Item = &'a Group>) -> Value {
    groups.map(|group| group.sensor_id).collect::<Vec<_>>().into()
}

fn times<'a>(groups: impl Iterator<Item = &'a Group>) -> Value {
    sql::times(groups.map(|group| group.time))
}

/// The earliest and the latest time: given to a statement as constants, they leave out the other chunks.
fn bounds<'a>(groups: impl Iterator<Item = &'a Group>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    groups.fold((None, None), |(from, to), group| {
        let time = Some(group.time);
        (if from.is_none() { time } else { from.min(time) }, to.max(time))
    })
}

/// A row's ordinal, from 1, as a position, from 0.
fn position(ordinal: i64) -> Result<usize, DbErr> {
    usize::try_from(ordinal - 1).map_err(|_| DbErr::Type(format!("{ordinal} is no ordinal")))
}
