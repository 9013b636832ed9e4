//! Rollups: keeping `reading_1m`, `reading_1h` and `reading_1d` after the readings.
//!
//! ```text
//! loader ── readings + minutes touched ──► rollup_dirty
//!                                               │ taken when the minute is over and a little time has passed
//!                                               ▼
//!                          reading ──► reading_1m ──► rollup_due (hours) ──► reading_1h ──► rollup_due (days) ──► reading_1d
//! ```
//!
//! A bucket is noted for as long as its row may differ from the readings, and [`query::aggregates`](crate::query::aggregates)
//! takes noted buckets from the next finer level. So answers are exact at every instant, whether anybody refreshes or not,
//! and refreshing is about speed alone: it may be late, stop for hours, and be killed anywhere.
//!
//! What makes it right:
//! * Notes are taken (deleted) before the readings are read, in a later statement, so with a later snapshot (READ
//!   COMMITTED): whatever a loader commits in between either is read, or has left a note that was not taken.
//! * One refresher works at a time, by an advisory lock: two could write a minute in the wrong order.
//! * A bucket is computed as a whole, never added to, so a repetition changes nothing.
//!
//! Sums and squares are of values between 1e-130 and 1e130 in size: smaller ones count as 0 there, and larger ones make
//! them NaN, because PostgreSQL refuses to overflow. Lowest, highest, first and last are exact for every value.

mod level;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel,
    TransactionTrait as _, Value,
};

pub use level::Level;

use crate::sql;

/// The bounds of a step of the refresher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshOptions {
    /// Minutes of sensors computed in a step, 50,000 by default (and what is left of the last note, up to 400 more).
    pub minutes_max: u32,
    /// Hours of sensors, and as many days, computed in a step, 10,000 by default.
    pub coarse_max: u32,
    /// A minute that is over waits this long after a note, 3 s by default: what is still coming in is then computed once.
    pub minute_patience: Duration,
    /// An hour that is over waits this long after its first change, 60 s by default.
    pub hour_patience: Duration,
    /// A day that is over waits this long after its first change, 10 minutes by default.
    pub day_patience: Duration,
}

impl Default for RefreshOptions {
    fn default() -> Self {
        Self {
            minutes_max: 50_000,
            coarse_max: 10_000,
            minute_patience: Duration::from_secs(3),
            hour_patience: Duration::from_mins(1),
            day_patience: Duration::from_mins(10),
        }
    }
}

/// What a step of the refresher computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Minutes of sensors.
    pub minutes: u64,
    /// Hours of sensors.
    pub hours: u64,
    /// Days of sensors.
    pub days: u64,
    /// Whether it stopped at a bound, so that the next step has work at once.
    pub more: bool,
}

/// A bucket of a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    sensor_id: i32,
    bucket: DateTime<Utc>,
}

/// One step, in one transaction: minutes, then hours, then days. `None` when another refresher is at work.
pub async fn refresh(db: &DatabaseConnection, options: &RefreshOptions) -> Result<Option<Refreshed>, DbErr> {
    let transaction = db
        .begin_with_config(Some(IsolationLevel::ReadCommitted), None)
        .await?;
    let locked: Vec<bool> = sql::query(&transaction, include_str!("rollup/try_lock.sql"), [], |row| {
        row.get(0)
    })
    .await?;
    if locked != [true] {
        return Ok(None);
    }
    // An index scan gives a bucket's rows in the order of time; a bitmap of them would have to be sorted.
    transaction
        .execute_unprepared("SET LOCAL enable_bitmapscan = off")
        .await?;
    let minutes = refresh_minutes(&transaction, options).await?;
    let hours = refresh_coarse(
        &transaction,
        Level::Hour,
        options.hour_patience,
        options.coarse_max,
    )
    .await?;
    let days = refresh_coarse(&transaction, Level::Day, options.day_patience, options.coarse_max).await?;
    transaction.commit().await?;
    Ok(Some(Refreshed {
        minutes,
        hours,
        days,
        more: minutes >= options.minutes_max.into()
            || hours >= options.coarse_max.into()
            || days >= options.coarse_max.into(),
    }))
}

async fn refresh_minutes(db: &DatabaseTransaction, options: &RefreshOptions) -> Result<u64, DbErr> {
    let values: [Value; 2] = [
        i64::from(options.minutes_max).into(),
        options.minute_patience.as_secs_f64().into(),
    ];
    let notes = sql::query(db, include_str!("rollup/take_notes.sql"), values, |row| {
        Ok((row.get::<DateTime<Utc>>(0)?, row.get::<Vec<i32>>(1)?))
    })
    .await?;
    let keys = notes.into_iter().flat_map(|(bucket, sensor_ids)| {
        sensor_ids
            .into_iter()
            .map(move |sensor_id| Key { sensor_id, bucket })
    });
    let keys = sorted(keys.collect());
    if keys.is_empty() {
        return Ok(0);
    }
    sql::execute(
        db,
        include_str!("rollup/upsert_minutes.sql"),
        bounded(Level::Minute, &keys),
    )
    .await?;
    make_due(db, Level::Hour, &keys).await?;
    Ok(keys.len() as u64)
}

async fn refresh_coarse(
    db: &DatabaseTransaction,
    level: Level,
    patience: Duration,
    max: u32,
) -> Result<u64, DbErr> {
    let values: [Value; 3] = [
        level.seconds().into(),
        patience.as_secs_f64().into(),
        i64::from(max).into(),
    ];
    let due = sql::query(db, include_str!("rollup/take_due.sql"), values, |row| {
        Ok(Key {
            sensor_id: row.get(0)?,
            bucket: row.get(1)?,
        })
    })
    .await?;
    let keys = sorted(due);
    if keys.is_empty() {
        return Ok(0);
    }
    // Whatever changes an hour or a day of a sensor passes here.
    let [sensor_ids, buckets] = columns(&keys);
    let values: [Value; 3] = [level.seconds().into(), sensor_ids, buckets];
    sql::execute(db, include_str!("rollup/insert_quality_due.sql"), values).await?;
    if level == Level::Day {
        sql::execute(db, include_str!("rollup/upsert_days.sql"), bounded(level, &keys)).await?;
    } else {
        sql::execute(db, include_str!("rollup/upsert_hours.sql"), bounded(level, &keys)).await?;
        make_due(db, Level::Day, &keys).await?;
    }
    Ok(keys.len() as u64)
}

/// Says that the buckets of `level` around `keys` wait.
async fn make_due(db: &DatabaseTransaction, level: Level, keys: &[Key]) -> Result<(), DbErr> {
    let around = keys.iter().map(|key| Key {
        bucket: level.floor(key.bucket),
        ..*key
    });
    let [sensor_ids, buckets] = columns(&sorted(around.collect()));
    let values: [Value; 3] = [level.seconds().into(), sensor_ids, buckets];
    sql::execute(db, include_str!("rollup/insert_due.sql"), values).await?;
    Ok(())
}

/// In the order of the unique keys, each once.
fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn columns(keys: &[Key]) -> [Value; 2] {
    let sensor_ids: Vec<i32> = keys.iter().map(|key| key.sensor_id).collect();
    [sensor_ids.into(), sql::times(keys.iter().map(|key| key.bucket))]
}

/// The keys, and the time from the first of their buckets to the end of the last; `keys` has at least one.
fn bounded(level: Level, keys: &[Key]) -> [Value; 4] {
    let buckets = || keys.iter().map(|key| key.bucket);
    let end = buckets()
        .max()
        .map(|last| last + TimeDelta::seconds(level.seconds().into()));
    let [sensor_ids, columns] = columns(keys);
    [sensor_ids, columns, buckets().min().into(), end.into()]
}
