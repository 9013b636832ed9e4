//! What became of everything that was received, in numbers: from the journal to S3, into the tables, up the rollups.
//!
//! These are sums over all sensors, so they are without a scope: who shows them to an asker leaves them out where the asker
//! may see some sensors only. [`messages`] costs a look at the manifest, [`readings`] one at all days and at what waits.

mod model;
mod segment;

use chrono::{DateTime, Utc};
use sea_orm::{
    AccessMode, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, TransactionTrait as _, Value,
};

pub use self::model::{Journal, Messages, Readings, Since, Window};
pub use self::segment::{Segment, SegmentFilter, segments};
use crate::rollup::Level;
use crate::sql;

/// Minutes and coarser buckets of sensors that wait; with more of them the readings are not counted, because that would
/// take as long as computing the buckets. Ten thousand sensors that send every second have some 50,000.
pub const PENDING_MAX: i64 = 3_000_000;

/// What became of all messages, in one snapshot.
pub async fn messages(db: &DatabaseConnection, since: &Since) -> Result<Messages, DbErr> {
    let snapshot = snapshot(db).await?;
    let mut journals = sql::query(
        &snapshot,
        include_str!("lineage/select_journals.sql"),
        [],
        Journal::read,
    )
    .await?;
    for journal in &mut journals {
        // Almost always the last one that is archived was received a minute ago, and nothing need be looked for.
        if journal.waiting() > 0 && journal.archived_received_at < since.closed_before {
            journal.waiting_received_at = receipt(&snapshot, journal).await?;
        }
    }
    let values: [Value; 3] = [
        since.windows.into(),
        since.closed_before.into(),
        since.all_windows.into(),
    ];
    let windows = sql::query(
        &snapshot,
        include_str!("lineage/select_windows.sql"),
        values,
        Window::read,
    )
    .await?;
    let count = "SELECT count(*) FROM sensor_list";
    let lists = sql::query(&snapshot, count, [], |row| row.get(0)).await?;
    snapshot.commit().await?;
    Ok(Messages {
        journals,
        windows,
        lists: lists.into_iter().next().unwrap_or_default(),
    })
}

/// Where every reading is counted, in one snapshot; `None` when too much waits to be computed.
pub async fn readings(db: &DatabaseConnection) -> Result<Option<Readings>, DbErr> {
    let snapshot = snapshot(db).await?;
    let pending = include_str!("lineage/select_pending.sql");
    let pending = sql::query(&snapshot, pending, [], |row| {
        let bounds: (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = (row.get(2)?, row.get(3)?);
        Ok((row.get::<i64>(0)? + row.get::<i64>(1)?, bounds))
    })
    .await?;
    let (waiting, (first, last)) = pending.into_iter().next().unwrap_or_default();
    if waiting > PENDING_MAX {
        return Ok(None);
    }
    let first = first.map(|first| Level::Day.floor(first));
    let last = last.and_then(|last| Level::Day.floor(last).checked_add_days(chrono::Days::new(1)));
    let values: [Value; 2] = [
        first.unwrap_or(DateTime::UNIX_EPOCH).into(),
        last.unwrap_or(DateTime::UNIX_EPOCH).into(),
    ];
    let counted = sql::query(
        &snapshot,
        include_str!("lineage/count_readings.sql"),
        values,
        Readings::read,
    )
    .await?;
    snapshot.commit().await?;
    Ok(counted.into_iter().next())
}

async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
        .await
}

/// Not later than when something behind the archive was received.
async fn receipt(db: &DatabaseTransaction, journal: &Journal) -> Result<Option<DateTime<Utc>>, DbErr> {
    let values: [Value; 2] = [journal.id.into(), journal.archived_seq.into()];
    let select = include_str!("lineage/select_receipt.sql");
    let rows: Vec<Option<DateTime<Utc>>> = sql::query(db, select, values, |row| row.get(0)).await?;
    Ok(rows.into_iter().flatten().next())
}
