//! What freshness is judged by, and what is kept of how it changed.
//!
//! A [`look`] reads, in one snapshot, every sensor with its newest reading and everything else that has an age. It is about
//! no asker's data, so it is without a scope: who shows what came of it to an asker leaves out what lies outside of theirs.
//! What is written takes a [`Keeping`].

mod model;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DbErr, IsolationLevel, TransactionTrait as _, Value,
};

pub use self::model::{
    Change, Changed, Looked, NewChange, NewestReceived, SensorName, Subject, Watch, WatchedSensor, Watermarks,
};
use crate::keeping::Keeping;
use crate::sql;

/// Reads everything that has an age, in one snapshot.
///
/// Of each sensor the newest reading not after `until`; with `since`, only where it is after that: then a sensor that has
/// been silent for long costs no more than another one.
pub async fn look(
    db: &DatabaseConnection,
    until: DateTime<Utc>,
    since: Option<DateTime<Utc>>,
) -> Result<Looked, DbErr> {
    let snapshot = db
        .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
        .await?;
    let values: [Value; 2] = [until.into(), since.into()];
    let sensors = sql::query(
        &snapshot,
        include_str!("freshness/select_newest.sql"),
        values,
        |row| {
            Ok(WatchedSensor {
                id: row.get(0)?,
                declared: row.get(1)?,
                declared_interval_seconds: row.get(2)?,
                learnt_interval_seconds: row.get(3)?,
                time: row.get(4)?,
                received_at: row.get(5)?,
            })
        },
    )
    .await?;
    let received = sql::query(
        &snapshot,
        include_str!("freshness/select_received.sql"),
        [until.into()],
        |row| {
            Ok(NewestReceived {
                archived: row.get(0)?,
                quarantined: row.get(1)?,
                conflicting: row.get(2)?,
                sensor_list: row.get(3)?,
                sensor: row.get(4)?,
            })
        },
    )
    .await?;
    let watermarks = sql::query(
        &snapshot,
        include_str!("freshness/select_watermarks.sql"),
        [],
        |row| {
            Ok(Watermarks {
                minute: row.get(0)?,
                hour: row.get(1)?,
                day: row.get(2)?,
            })
        },
    )
    .await?;
    snapshot.commit().await?;
    Ok(Looked {
        sensors,
        received: received.into_iter().next().unwrap_or_default(),
        watermarks: watermarks.into_iter().next().unwrap_or_default(),
    })
}

/// What has changed behind the change numbered `after`, oldest first. From 0 on it is everything that is kept.
pub async fn changes<C: ConnectionTrait>(db: &C, after: i64) -> Result<Vec<Change>, DbErr> {
    let values: [Value; 1] = [after.into()];
    let rows = sql::query(db, include_str!("freshness/select_changes.sql"), values, |row| {
        let sensor_id: Option<i32> = row.get(2)?;
        let dataset: Option<String> = row.get(3)?;
        let change = Changed {
            changed_at: row.get(1)?,
            status: row.get(4)?,
        };
        Ok((row.get(0)?, sensor_id, dataset, change))
    })
    .await?;
    rows.into_iter()
        .map(|(id, sensor_id, dataset, change)| {
            let subject = sensor_id
                .map(Subject::Sensor)
                .or(dataset.map(Subject::Dataset))
                .ok_or_else(|| DbErr::Type("a change of freshness of nothing".to_owned()))?;
            Ok(Change { id, subject, change })
        })
        .collect()
}

/// The times in which somebody looked, numbered `from` and above, oldest first. From 0 on it is everything that is kept.
pub async fn watches<C: ConnectionTrait>(db: &C, from: i64) -> Result<Vec<Watch>, DbErr> {
    let values: [Value; 1] = [from.into()];
    sql::query(db, include_str!("freshness/select_watches.sql"), values, |row| {
        Ok(Watch {
            id: row.get(0)?,
            started_at: row.get(1)?,
            ended_at: row.get(2)?,
        })
    })
    .await
}

/// Keeps what has changed.
pub async fn insert_changes(keeping: &Keeping, changes: &[NewChange<'_>]) -> Result<(), DbErr> {
    if changes.is_empty() {
        return Ok(());
    }
    let sensor_ids: Vec<i32> = changes.iter().map(|new| new.subject.sensor_id()).collect();
    let datasets: Vec<String> = changes
        .iter()
        .map(|new| new.subject.dataset().to_owned())
        .collect();
    let statuses: Vec<String> = changes.iter().map(|new| new.status.to_owned()).collect();
    let values: [Value; 4] = [
        sql::times(changes.iter().map(|new| new.changed_at)),
        sensor_ids.into(),
        datasets.into(),
        statuses.into(),
    ];
    sql::execute(
        &keeping.transaction,
        include_str!("freshness/insert_changes.sql"),
        values,
    )
    .await?;
    Ok(())
}

/// Keeps that somebody looked at `at`. When the look before was not before `unbroken_since`, nothing was missed in between.
pub async fn keep_watch(
    keeping: &Keeping,
    at: DateTime<Utc>,
    unbroken_since: DateTime<Utc>,
) -> Result<(), DbErr> {
    let values: [Value; 2] = [at.into(), unbroken_since.into()];
    let extend = include_str!("freshness/update_watch.sql");
    if sql::execute(&keeping.transaction, extend, values).await? == 0 {
        let values: [Value; 1] = [at.into()];
        sql::execute(
            &keeping.transaction,
            include_str!("freshness/insert_watch.sql"),
            values,
        )
        .await?;
    }
    Ok(())
}

/// Forgets what ended before `before`, and of each subject all changes but the last `changes_max`, of watches all but the
/// last `watches_max`. Gives how many changes went.
pub async fn prune(
    keeping: &Keeping,
    before: DateTime<Utc>,
    changes_max: u32,
    watches_max: u32,
) -> Result<u64, DbErr> {
    let values: [Value; 2] = [before.into(), i64::from(watches_max).into()];
    sql::execute(
        &keeping.transaction,
        include_str!("freshness/prune_watches.sql"),
        values,
    )
    .await?;
    let values: [Value; 2] = [before.into(), i64::from(changes_max).into()];
    sql::execute(
        &keeping.transaction,
        include_str!("freshness/prune_changes.sql"),
        values,
    )
    .await
}

/// The names of these sensors, by internal key.
pub async fn names<C: ConnectionTrait>(db: &C, sensors: &[i32]) -> Result<HashMap<i32, SensorName>, DbErr> {
    let values: [Value; 1] = [sensors.to_vec().into()];
    let rows = sql::query(db, include_str!("freshness/select_names.sql"), values, |row| {
        let name = SensorName {
            uuid: row.get(1)?,
            source: row.get(2)?,
            name: row.get(3)?,
        };
        Ok((row.get(0)?, name))
    })
    .await?;
    Ok(rows.into_iter().collect())
}
