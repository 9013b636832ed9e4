//! Writing readings: one statement where all are new, exact and repeatable where they are not.
//!
//! ```text
//! batch ─ sort by key ─► insert the preferred of each key, ON CONFLICT DO NOTHING
//!                          │ as many rows as readings: done, all new
//!                          ▼
//!                        which keys hold something else? ── none that matters: the rest are duplicates
//!                          │
//!                          ▼ under a lock
//!                        read what is known of those keys, merge (`merge.rs`), write the difference
//! ```
//!
//! Where `reading` may have changed, the minutes are noted for their rollups (`notes.rs`).
//!
//! A batch is written under a savepoint. When the database refuses it for what is in it, it is taken back and its halves
//! are written instead, down to the reading at fault. Halving may cut anywhere, because what the rows say in the end does
//! not depend on how readings are grouped.
//!
//! Late readings may meet chunks that TimescaleDB has compressed. What it takes to write them, it decompresses, up to a
//! bound a transaction. Past the bound, a part is written again without it, and each served row by itself: a row found by
//! its key costs the decompression of one batch, rows found by a join cost that of the chunk.

mod conflicts;
mod copy;
mod group;
mod merge;
mod notes;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr, TransactionTrait as _, Value};

use self::conflicts::Met;
pub(super) use self::copy::{COPY_READINGS, copy_rows, sorted_and_distinct};
use self::group::{Group, group_by_key};
use self::merge::Candidate;
pub(super) use self::notes::{INSERT as INSERT_NOTES, values as note_values};
use super::error::{Fault, reason};
use super::intake::Intake;
use super::{LoadError, LoadTransaction, NewReading, Refused, Written};
use crate::sql;

/// A statement takes this many readings at most; a larger batch takes several. Rates grow little beyond.
const STATEMENT_READINGS_MAX: usize = 20_000;

/// What a part of a batch amounted to; the rest of it are duplicates.
#[derive(Debug)]
struct Tally {
    new: u64,
    conflicting: u64,
    /// The others by sensor, but for the very records that were there already: they are loaded again, and did not come
    /// again.
    intake: Intake,
    /// Whether `reading` may be another than before.
    changed: bool,
}

impl LoadTransaction {
    /// Writes readings; see [`OnConflict`](super::OnConflict). A row that the database refuses is found by halving and
    /// reported.
    ///
    /// Of all values loaded for a sensor and time, `reading` serves the preferred one, and `reading_conflict` keeps each
    /// other value once; both with the preferred of the messages that brought the value. First and latest mean the order
    /// of `(received_at, seq)`, then of the journal's number and of the value itself, so that there are no ties.
    pub async fn write_readings(&mut self, readings: &[NewReading]) -> Result<Written, LoadError> {
        let mut sorted = sort_by_key(readings);
        let mut written = Written::default();
        if let Some(gone_before) = self.gone_before().await? {
            self.refuse_gone(readings, gone_before, &mut sorted, &mut written);
        }
        let mut parts = parts(sorted.len());
        while let Some(part) = parts.pop() {
            match self.write_part(readings, &sorted[part.clone()]).await? {
                Ok(tally) => {
                    written.new += tally.new;
                    written.conflicting += tally.conflicting;
                    written.duplicate += part.len() as u64 - tally.new - tally.conflicting;
                    self.intake.add(tally.intake);
                }
                Err(refusal) if refusal.fault == Fault::Decompression && !self.row_by_row => {
                    self.go_row_by_row().await?;
                    parts.push(part);
                }
                Err(refusal) if part.len() == 1 => {
                    self.intake.refused_reading(&readings[sorted[part.start]]);
                    written.refused.push(Refused {
                        index: sorted[part.start],
                        reason: refusal.reason,
                    });
                }
                Err(_) => {
                    let middle = part.start + part.len() / 2;
                    parts.push(middle..part.end);
                    parts.push(part.start..middle);
                }
            }
        }
        written.refused.sort_by_key(|refused| refused.index);
        self.note_activity(readings, &written.refused).await?;
        self.touched.readings(readings.iter().map(|reading| reading.time));
        Ok(written)
    }

    /// Refuses readings from a time of which none are kept any more: the rollups of that time are made from readings that are
    /// gone, and would be made anew from these alone.
    fn refuse_gone(
        &mut self,
        readings: &[NewReading],
        gone_before: DateTime<Utc>,
        sorted: &mut Vec<usize>,
        written: &mut Written,
    ) {
        sorted.retain(|index| {
            let reading = &readings[*index];
            if reading.time >= gone_before {
                return true;
            }
            self.intake.refused_reading(reading);
            written.refused.push(Refused {
                index: *index,
                reason: format!(
                    "the reading is of {}, and readings from before {gone_before} are no longer kept (fieldbook retention)",
                    reading.time
                ),
            });
            false
        });
    }

    /// Writes the readings at `indexes`, or nothing: then the inner error says what the database did not like in them.
    async fn write_part(
        &self,
        readings: &[NewReading],
        indexes: &[usize],
    ) -> Result<Result<Tally, Refusal>, LoadError> {
        let db = self.transaction.begin().await?;
        let groups = group_by_key(readings, indexes, self.journal_id);
        let savepoint = Savepoint {
            db,
            journal_id: self.journal_id,
            row_by_row: self.row_by_row,
        };
        match write_and_note(&savepoint, &groups, indexes.len()).await {
            Ok(tally) => {
                savepoint.db.commit().await?;
                Ok(Ok(tally))
            }
            Err(error) => match Fault::of(&error) {
                fault @ (Fault::Row | Fault::Size | Fault::Decompression) => {
                    savepoint.db.rollback().await?;
                    Ok(Err(Refusal {
                        fault,
                        reason: reason(&error),
                    }))
                }
                Fault::Elsewhere | Fault::Work => Err(error.into()),
            },
        }
    }

    async fn go_row_by_row(&mut self) -> Result<(), LoadError> {
        let lift = "SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0";
        self.transaction.execute_unprepared(lift).await?;
        self.row_by_row = true;
        Ok(())
    }

    /// Moves the beginning of the sensors' activity back to their earliest reading, or its receipt.
    async fn note_activity(&self, readings: &[NewReading], refused: &[Refused]) -> Result<(), LoadError> {
        let values = activity_values(readings, refused);
        sql::execute(&self.transaction, UPDATE_ACTIVE_SINCE, values).await?;
        Ok(())
    }
}

pub(super) const UPDATE_ACTIVE_SINCE: &str = include_str!("readings/update_active_since.sql");

/// The parameters of [`UPDATE_ACTIVE_SINCE`]: of each sensor the earliest time or receipt of a reading, whichever comes first
/// to be loaded.
pub(super) fn activity_values(readings: &[NewReading], refused: &[Refused]) -> [Value; 2] {
    let mut earliest: BTreeMap<i32, DateTime<Utc>> = BTreeMap::new();
    for (index, reading) in readings.iter().enumerate() {
        if refused
            .binary_search_by_key(&index, |refused| refused.index)
            .is_err()
        {
            let first = reading.time.min(reading.received_at);
            let time = earliest.entry(reading.sensor_id).or_insert(first);
            *time = first.min(*time);
        }
    }
    let ids: Vec<i32> = earliest.keys().copied().collect();
    [ids.into(), sql::times(earliest.into_values())]
}

/// What the database did not like in a part.
#[derive(Debug)]
struct Refusal {
    fault: Fault,
    reason: String,
}

/// Where a part is written.
#[derive(Debug)]
struct Savepoint {
    db: DatabaseTransaction,
    journal_id: i16,
    row_by_row: bool,
}

/// The places of readings in the order of their key: loaders then wait for each other in one direction only.
fn sort_by_key(readings: &[NewReading]) -> Vec<usize> {
    let mut indexes: Vec<usize> = (0..readings.len()).collect();
    indexes.sort_by_key(|&index| (readings[index].sensor_id, readings[index].time));
    indexes
}

fn parts(len: usize) -> Vec<Range<usize>> {
    let starts = (0..len).step_by(STATEMENT_READINGS_MAX);
    starts
        .rev()
        .map(|start| start..len.min(start + STATEMENT_READINGS_MAX))
        .collect()
}

async fn write_and_note(savepoint: &Savepoint, groups: &[Group], readings: usize) -> Result<Tally, DbErr> {
    let tally = write(savepoint, groups, readings).await?;
    if tally.changed {
        notes::note(&savepoint.db, groups).await?;
    }
    Ok(tally)
}

async fn write(savepoint: &Savepoint, groups: &[Group], readings: usize) -> Result<Tally, DbErr> {
    let preferred: Vec<Candidate> = groups.iter().map(Group::preferred).collect();
    let new = insert(savepoint, groups, &preferred).await?;
    if new == readings as u64 {
        return Ok(Tally {
            new,
            conflicting: 0,
            intake: Intake::default(),
            changed: new > 0,
        });
    }
    let all_inserted = new == groups.len() as u64;
    let met = if all_inserted {
        Met::default()
    } else {
        conflicts::met(savepoint, groups, &preferred).await?
    };
    let is_unsettled = |position: usize| groups[position].candidates.len() > 1 || met.matters(position);
    let unsettled: Vec<usize> = (0..groups.len())
        .filter(|position| is_unsettled(*position))
        .collect();
    let conflicting = if unsettled.is_empty() {
        Vec::new()
    } else {
        let unsettled: Vec<&Group> = unsettled.iter().map(|position| &groups[*position]).collect();
        conflicts::settle(savepoint, &unsettled).await?
    };
    let mut conflicting_of: HashMap<usize, u64> = unsettled.iter().copied().zip(conflicting).collect();
    let mut tally = Tally {
        new,
        conflicting: conflicting_of.values().sum(),
        intake: Intake::default(),
        changed: new > 0 || !unsettled.is_empty(),
    };
    for (position, group) in groups.iter().enumerate() {
        let conflicting = conflicting_of.remove(&position).unwrap_or_default();
        // One of those that were not there before is the reading.
        let others = group.candidates.len() as u64 - u64::from(!met.was_there(position));
        let duplicates = others.saturating_sub(conflicting);
        tally
            .intake
            .met(group.sensor_id, group.time, duplicates, conflicting);
    }
    Ok(tally)
}

async fn insert(savepoint: &Savepoint, groups: &[Group], preferred: &[Candidate]) -> Result<u64, DbErr> {
    let values: [Value; 7] = [
        groups
            .iter()
            .map(|group| group.sensor_id)
            .collect::<Vec<_>>()
            .into(),
        sql::times(groups.iter().map(|group| group.time)),
        preferred.iter().map(|one| one.value).collect::<Vec<_>>().into(),
        preferred
            .iter()
            .map(|one| one.flag.number())
            .collect::<Vec<_>>()
            .into(),
        sql::times(preferred.iter().map(|one| one.received_at)),
        preferred.iter().map(|one| one.seq).collect::<Vec<_>>().into(),
        savepoint.journal_id.into(),
    ];
    sql::execute(
        &savepoint.db,
        include_str!("readings/insert_readings.sql"),
        values,
    )
    .await
}
