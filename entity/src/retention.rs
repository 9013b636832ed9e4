//! How long readings and rollups are kept, and the deletion of what is older.
//!
//! ```text
//! policy ── every hour ──► floor moves to a midnight ──► nothing below it waits for its rollups? ──► delete
//!                           │ (from here on no transaction of a loader takes a reading below)
//!                           └ readings first, then minutes, hours, days
//! ```
//!
//! What makes it right:
//! * A loader's transaction holds the row of `reading` shared, and the floor moves by an update of it: so whoever writes
//!   after the move sees the new floor, and whoever wrote before it has left its notes.
//! * A minute is rolled up as a whole from its readings. Were a late reading taken into a minute whose readings are gone, the
//!   rollup would be made of that one alone; so it is refused, and lies in the quarantine.
//! * A floor is a midnight (UTC), so no hour and no day is cut in two; and coarser tables keep at least as long as finer
//!   ones, so every rollup outlives what it is made from.
//! * Readings that are counted nowhere but in deleted days are counted in the policy's row, so the balance still holds.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};

use crate::query::service;
use crate::rollup::Level;
use crate::sql;

/// Something that is kept for a time; the finer before the coarser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// `reading`.
    Readings,
    /// `reading_1m`.
    Minutes,
    /// `reading_1h`.
    Hours,
    /// `reading_1d`.
    Days,
}

/// All of them, the finer before the coarser.
pub const ALL: [Kept; 4] = [Kept::Readings, Kept::Minutes, Kept::Hours, Kept::Days];

/// Shorter, and what is late or waits for its rollups would not come in.
pub const KEEP_DAYS_MIN: u16 = 7;
/// A hundred years.
pub const KEEP_DAYS_MAX: u16 = 36_500;

/// Rows that a statement deletes at most.
const DELETED_MAX: i64 = 50_000;

impl Kept {
    /// The table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Readings => "reading",
            Self::Minutes => "reading_1m",
            Self::Hours => "reading_1h",
            Self::Days => "reading_1d",
        }
    }

    fn of_table(table: &str) -> Option<Self> {
        ALL.into_iter().find(|kept| kept.table() == table)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Readings => "readings",
            Self::Minutes => "rollups by the minute",
            Self::Hours => "rollups by the hour",
            Self::Days => "rollups by the day",
        })
    }
}

/// How long something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// What.
    pub kept: Kept,
    /// For so many days; `None` for ever.
    pub keep_days: Option<u16>,
    /// What is from before may be gone.
    pub gone_before: Option<DateTime<Utc>>,
    /// Of days: how many readings the deleted ones were made from.
    pub readings_gone: u64,
    /// When it was said.
    pub changed_at: DateTime<Utc>,
    /// Who said it.
    pub changed_by: String,
}

/// Why a policy can't be.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// Too short or too long.
    #[error(
        "{kept} can't be kept for {days} days: from {KEEP_DAYS_MIN} to {KEEP_DAYS_MAX} days, or for ever, are possible"
    )]
    Days {
        /// What.
        kept: Kept,
        /// How long.
        days: u16,
    },
    /// Something finer would outlive something coarser.
    #[error(
        "{coarse} would be kept for {coarse_days} days and {fine} {fine_days}: keep what is coarser at least as long, for answers \
         take from it what is no longer there"
    )]
    Order {
        /// The finer.
        fine: Kept,
        /// For how long, in words.
        fine_days: String,
        /// The coarser.
        coarse: Kept,
        /// For how long.
        coarse_days: u16,
    },
    /// The database did not answer.
    #[error("read or write how long readings are kept")]
    Database(#[from] DbErr),
}

/// How long each is kept, the finer before the coarser.
pub async fn policies(db: &DatabaseConnection) -> Result<Vec<Retention>, DbErr> {
    let mut policies = sql::query(db, include_str!("retention/select.sql"), [], |row| {
        let table: String = row.get(0)?;
        let kept = Kept::of_table(&table).ok_or_else(|| DbErr::Type(format!("{table} is not kept")))?;
        let days: Option<i32> = row.get(1)?;
        let gone: i64 = row.get(3)?;
        Ok(Retention {
            kept,
            keep_days: days.and_then(|days| u16::try_from(days).ok()),
            gone_before: row.get(2)?,
            readings_gone: gone.unsigned_abs(),
            changed_at: row.get(4)?,
            changed_by: row.get(5)?,
        })
    })
    .await?;
    policies.sort_by_key(|policy| policy.kept);
    Ok(policies)
}

/// Says how long some are kept from now on; the others stay as they are. Nothing is deleted yet.
pub async fn keep(
    db: &DatabaseConnection,
    changes: &[(Kept, Option<u16>)],
    by: &str,
) -> Result<Vec<Retention>, RetentionError> {
    let mut wanted: Vec<(Kept, Option<u16>)> = policies(db)
        .await?
        .iter()
        .map(|policy| (policy.kept, policy.keep_days))
        .collect();
    for (kept, days) in changes {
        if let Some(days) = days
            && !(KEEP_DAYS_MIN..=KEEP_DAYS_MAX).contains(days)
        {
            return Err(RetentionError::Days {
                kept: *kept,
                days: *days,
            });
        }
        for one in wanted.iter_mut().filter(|one| one.0 == *kept) {
            one.1 = *days;
        }
    }
    check_order(&wanted)?;
    let values: [Value; 3] = [
        changes
            .iter()
            .map(|(kept, _)| kept.table().to_owned())
            .collect::<Vec<_>>()
            .into(),
        // 0 stands for ever.
        changes
            .iter()
            .map(|(_, days)| days.map_or(0, i32::from))
            .collect::<Vec<_>>()
            .into(),
        by.into(),
    ];
    sql::execute(db, include_str!("retention/update_policies.sql"), values).await?;
    Ok(policies(db).await?)
}

fn check_order(wanted: &[(Kept, Option<u16>)]) -> Result<(), RetentionError> {
    for pair in wanted.windows(2) {
        let [(fine, fine_days), (coarse, coarse_days)] = pair else {
            continue;
        };
        let Some(days) = coarse_days else { continue };
        if fine_days.is_none_or(|fine| fine > *days) {
            return Err(RetentionError::Order {
                fine: *fine,
                fine_days: fine_days.map_or_else(|| "for ever".to_owned(), |fine| format!("for {fine} days")),
                coarse: *coarse,
                coarse_days: *days,
            });
        }
    }
    Ok(())
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Rows deleted, and chunks of hypertables dropped.
    pub deleted: u64,
    /// Whether something older is still there, because its rollups are not computed yet.
    pub waits: bool,
}

/// Deletes what is older than it is kept, as of `now`. Many may sweep at once, and one that dies leaves the rest to the next.
pub async fn sweep(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<Swept, DbErr> {
    let mut swept = Swept::default();
    let is_timescaledb = service::backend(db).await?.timescaledb.is_some();
    for policy in policies(db).await? {
        let Some(floor) = floor(&policy, now) else {
            continue;
        };
        let update = "UPDATE retention SET gone_before = $2 WHERE table_name = $1 AND (gone_before IS NULL OR gone_before < $2)";
        sql::execute(db, update, [policy.kept.table().into(), floor.into()]).await?;
        let waits = sql::query(
            db,
            include_str!("retention/select_waits.sql"),
            [floor.into()],
            |row| row.get(0),
        );
        if waits.await?.contains(&true) {
            swept.waits = true;
            continue;
        }
        swept.deleted += delete(db, policy.kept, floor, is_timescaledb).await?;
    }
    Ok(swept)
}

/// The midnight before which it is not kept.
fn floor(policy: &Retention, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let days = TimeDelta::days(policy.keep_days?.into());
    Some(Level::Day.floor(now.checked_sub_signed(days)?))
}

async fn delete(
    db: &DatabaseConnection,
    kept: Kept,
    floor: DateTime<Utc>,
    is_timescaledb: bool,
) -> Result<u64, DbErr> {
    if kept == Kept::Days {
        // They are few, and what they were made from is counted with the same statement.
        return sql::execute(db, include_str!("retention/delete_days.sql"), [floor.into()]).await;
    }
    let mut deleted = 0;
    if is_timescaledb {
        // Chunks that reach beyond the floor stay: it is kept at least so long.
        let drop = match kept {
            Kept::Readings => "SELECT count(*) FROM drop_chunks('reading', older_than => $1::timestamptz)",
            Kept::Minutes => "SELECT count(*) FROM drop_chunks('reading_1m', older_than => $1::timestamptz)",
            Kept::Hours | Kept::Days => {
                "SELECT count(*) FROM drop_chunks('reading_1h', older_than => $1::timestamptz)"
            }
        };
        let dropped: Vec<i64> = sql::query(db, drop, [floor.into()], |row| row.get(0)).await?;
        deleted += dropped.first().map_or(0, |count| count.unsigned_abs());
    } else {
        let rows = match kept {
            Kept::Readings => include_str!("retention/delete_readings.sql"),
            Kept::Minutes => include_str!("retention/delete_minutes.sql"),
            Kept::Hours | Kept::Days => include_str!("retention/delete_hours.sql"),
        };
        deleted += delete_rows(db, rows, floor).await?;
    }
    if kept == Kept::Readings {
        deleted += delete_rows(db, include_str!("retention/delete_conflicts.sql"), floor).await?;
        deleted += delete_rows(db, include_str!("retention/delete_flags.sql"), floor).await?;
    }
    Ok(deleted)
}

/// Row by row, sensor by sensor by the primary key, so that no statement is long.
async fn delete_rows(
    db: &DatabaseConnection,
    statement: &'static str,
    floor: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let mut deleted = 0;
    let sensors: Vec<i32> = sql::query(db, "SELECT id FROM sensor ORDER BY id", [], |row| row.get(0)).await?;
    for sensor in sensors {
        loop {
            let values: [Value; 3] = [sensor.into(), floor.into(), DELETED_MAX.into()];
            let count = sql::execute(db, statement, values).await?;
            deleted += count;
            if count < DELETED_MAX.unsigned_abs() {
                break;
            }
        }
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(keep_days: Option<u16>) -> Retention {
        Retention {
            kept: Kept::Readings,
            keep_days,
            gone_before: None,
            readings_gone: 0,
            changed_at: DateTime::UNIX_EPOCH,
            changed_by: "a test".to_owned(),
        }
    }

    #[test]
    fn a_floor_is_the_midnight_before() {
        let now = "2026-11-26T18:30:00Z".parse().expect("a time");
        assert_eq!(floor(&policy(None), now), None);
        assert_eq!(
            floor(&policy(Some(7)), now),
            Some("2026-11-19T00:00:00Z".parse().expect("a time"))
        );
    }

    #[test]
    fn nothing_coarser_is_kept_for_less() {
        let of = |days: [Option<u16>; 4]| check_order(&ALL.into_iter().zip(days).collect::<Vec<_>>());
        assert!(of([None; 4]).is_ok());
        assert!(of([Some(7), Some(7), Some(400), None]).is_ok());
        assert!(matches!(
            of([Some(30), Some(7), None, None]),
            Err(RetentionError::Order { .. })
        ));
        let error = of([None, None, None, Some(400)])
            .expect_err("readings for ever")
            .to_string();
        assert!(
            error.contains("rollups by the day") && error.contains("for ever"),
            "{error}"
        );
    }
}
