//! The transaction of the one evaluator that computes at this moment.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait as _,
    IsolationLevel, QueryFilter as _, TransactionTrait as _, Value,
};

use super::{Due, DueWindow, Flag, JudgedSensor, Measured, Progress, Reach, progress};
use crate::rollup::Level;
use crate::sql;
use crate::table::quality_measurement::{ActiveModel, Column, Entity};

/// So many rows go into a statement at most: it may have 65,535 parameters.
const ROWS_MAX: usize = 1_000;

/// A transaction of the one evaluator that computes at this moment. Dropped without [`commit`](Self::commit), nothing of it
/// happened, and what it took is due again.
#[derive(Debug)]
pub struct Evaluating {
    transaction: DatabaseTransaction,
}

impl Evaluating {
    /// Begins one; `None` when another process is at it.
    pub async fn begin(db: &DatabaseConnection) -> Result<Option<Self>, DbErr> {
        let transaction = db
            .begin_with_config(Some(IsolationLevel::ReadCommitted), None)
            .await?;
        let select = include_str!("try_lock.sql");
        let locked: Vec<bool> = sql::query(&transaction, select, [], |row| row.get(0)).await?;
        Ok((locked == [true]).then_some(Self { transaction }))
    }

    /// The transaction, for this crate's queries that should read inside of it.
    pub fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Commits, and lets another process have its turn.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.transaction.commit().await
    }

    /// Makes every window that has ended by `until`, and was not closed before, due for all sensors that were there; none
    /// that begins before `oldest`. With them, windows of which more came twice since they were measured.
    pub async fn close(
        &self,
        level: Level,
        until: DateTime<Utc>,
        oldest: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let until = level.floor(until);
        let known = progress(&self.transaction, level).await?;
        let closed_until = known.as_ref().map(|known: &Progress| known.closed_until);
        if closed_until.is_some_and(|closed_until| closed_until >= until) {
            return Ok(());
        }
        let from = closed_until.map_or(oldest, |closed_until| closed_until.max(oldest));
        let values: [Value; 3] = [level.seconds().into(), from.into(), until.into()];
        sql::execute(&self.transaction, include_str!("insert_closed.sql"), values).await?;
        let values: [Value; 2] = [level.seconds().into(), oldest.into()];
        sql::execute(&self.transaction, include_str!("insert_recounted.sql"), values).await?;
        let values: [Value; 2] = [level.seconds().into(), until.into()];
        sql::execute(&self.transaction, include_str!("upsert_closed.sql"), values).await?;
        Ok(())
    }

    /// Takes windows that begin at `oldest` or later and were due at `ripe`, the newest first, `max` at most.
    pub async fn take(
        &self,
        level: Level,
        oldest: DateTime<Utc>,
        ripe: DateTime<Utc>,
        max: u32,
    ) -> Result<Vec<DueWindow>, DbErr> {
        let values: [Value; 4] = [
            level.seconds().into(),
            oldest.into(),
            ripe.into(),
            i64::from(max).into(),
        ];
        let take = include_str!("take_due.sql");
        let mut taken = sql::query(&self.transaction, take, values, |row| {
            Ok(DueWindow {
                sensor_id: row.get(0)?,
                start: row.get(1)?,
                is_neighbour: row.get(2)?,
            })
        })
        .await?;
        taken.sort_unstable();
        Ok(taken)
    }

    /// Makes windows due.
    pub async fn note(&self, level: Level, due: &[Due]) -> Result<(), DbErr> {
        if due.is_empty() {
            return Ok(());
        }
        let windows = || due.iter().map(|due| due.window);
        let values: [Value; 5] = [
            level.seconds().into(),
            windows()
                .map(|window| window.sensor_id)
                .collect::<Vec<_>>()
                .into(),
            sql::times(windows().map(|window| window.start)),
            sql::times(due.iter().map(|due| due.due_at)),
            windows()
                .map(|window| window.is_neighbour)
                .collect::<Vec<_>>()
                .into(),
        ];
        sql::execute(&self.transaction, include_str!("insert_due.sql"), values).await?;
        Ok(())
    }

    /// What lies around these windows, with the sound reading so many `behind` them.
    pub async fn reach(&self, level: Level, windows: &[DueWindow], behind: u32) -> Result<Vec<Reach>, DbErr> {
        let [sensors, starts] = keys(windows.iter().map(|window| (window.sensor_id, window.start)));
        let values: [Value; 4] = [sensors, starts, level.seconds().into(), i64::from(behind).into()];
        sql::query(
            &self.transaction,
            include_str!("select_reach.sql"),
            values,
            |row| {
                Ok(Reach {
                    sensor_id: row.get(0)?,
                    start: row.get(1)?,
                    before: row.get(2)?,
                    first_received_at: row.get(3)?,
                    previous_computed_at: row.get(4)?,
                    later: row.get(5)?,
                    behind: row.get(6)?,
                })
            },
        )
        .await
    }

    /// What these sensors are judged by.
    pub async fn judged(&self, sensors: &[i32]) -> Result<Vec<JudgedSensor>, DbErr> {
        let values: [Value; 1] = [sensors.to_vec().into()];
        sql::query(
            &self.transaction,
            include_str!("select_judged.sql"),
            values,
            |row| {
                Ok(JudgedSensor {
                    id: row.get(0)?,
                    uuid: row.get(1)?,
                    source: row.get(2)?,
                    name: row.get(3)?,
                    kind: row.get(4)?,
                    active_since: row.get(5)?,
                    declared_interval_seconds: row.get(6)?,
                    learnt_interval_seconds: row.get(7)?,
                })
            },
        )
        .await
    }

    /// What is in force of the windows of these sensors that begin in `from..=to`.
    pub async fn in_force(
        &self,
        level: Level,
        sensors: &[i32],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Measured>, DbErr> {
        let which = Condition::all()
            .add(Column::WindowSeconds.eq(level.seconds()))
            .add(Column::WindowStart.between(from, to))
            .add(Column::SensorId.is_in(sensors.iter().copied()))
            .add(Column::SupersededAt.is_null());
        Entity::find().filter(which).all(&self.transaction).await
    }

    /// Writes measurements of one level, each in the place of those of its window that were in force, of which the last
    /// `kept` are kept.
    pub async fn insert(&self, level: Level, measured: Vec<Measured>, kept: i32) -> Result<(), DbErr> {
        let mut rest = measured;
        while !rest.is_empty() {
            let rows: Vec<Measured> = rest.drain(..rest.len().min(ROWS_MAX)).collect();
            let revised: Vec<&Measured> = rows.iter().filter(|row| row.revision > 1).collect();
            if let Some(first) = revised.first() {
                let [sensors, starts] = keys(revised.iter().map(|row| (row.sensor_id, row.window_start)));
                let values: [Value; 4] = [
                    sensors.clone(),
                    starts.clone(),
                    level.seconds().into(),
                    first.computed_at.into(),
                ];
                sql::execute(&self.transaction, include_str!("update_superseded.sql"), values).await?;
                let revisions: Vec<i32> = revised.iter().map(|row| row.revision).collect();
                let values: [Value; 5] = [
                    sensors,
                    starts,
                    level.seconds().into(),
                    kept.into(),
                    revisions.into(),
                ];
                sql::execute(&self.transaction, include_str!("delete_revisions.sql"), values).await?;
            }
            let rows = rows.into_iter().map(ActiveModel::from);
            Entity::insert_many(rows)
                .exec_without_returning(&self.transaction)
                .await?;
        }
        Ok(())
    }

    /// Puts flags in the place of all that the readings of these windows had.
    pub async fn replace_flags(
        &self,
        level: Level,
        windows: &[DueWindow],
        flags: &[Flag],
    ) -> Result<(), DbErr> {
        let [sensors, starts] = keys(windows.iter().map(|window| (window.sensor_id, window.start)));
        let values: [Value; 3] = [sensors, starts, level.seconds().into()];
        sql::execute(&self.transaction, include_str!("delete_flags.sql"), values).await?;
        if flags.is_empty() {
            return Ok(());
        }
        let [sensors, times] = keys(flags.iter().map(|flag| (flag.sensor_id, flag.time)));
        let values: [Value; 5] = [
            sensors,
            times,
            flags
                .iter()
                .map(|flag| flag.test.to_owned())
                .collect::<Vec<_>>()
                .into(),
            flags
                .iter()
                .map(|flag| flag.flag.number())
                .collect::<Vec<_>>()
                .into(),
            flags
                .iter()
                .map(|flag| flag.rule_version)
                .collect::<Vec<_>>()
                .into(),
        ];
        sql::execute(&self.transaction, include_str!("insert_flags.sql"), values).await?;
        Ok(())
    }

    /// Keeps what a version of the rules says.
    pub async fn note_rules(
        &self,
        version: i64,
        rules: serde_json::Value,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let values: [Value; 3] = [version.into(), rules.into(), now.into()];
        sql::execute(&self.transaction, include_str!("insert_rules.sql"), values).await?;
        Ok(())
    }

    /// Says that so many measurements were written, and how far all sensors are measured by now.
    pub async fn advance(&self, level: Level, written: u64) -> Result<(), DbErr> {
        let written = i64::try_from(written).unwrap_or(i64::MAX);
        let values: [Value; 2] = [level.seconds().into(), written.into()];
        sql::execute(&self.transaction, include_str!("update_progress.sql"), values).await?;
        Ok(())
    }

    /// Forgets windows that begin before `before`; gives how many measurements went.
    pub async fn prune(&self, level: Level, before: DateTime<Utc>) -> Result<u64, DbErr> {
        let values: [Value; 2] = [level.seconds().into(), before.into()];
        sql::execute(&self.transaction, include_str!("prune.sql"), values).await
    }

    /// Forgets flags of readings before `before`.
    pub async fn prune_flags(&self, before: DateTime<Utc>) -> Result<u64, DbErr> {
        let values: [Value; 1] = [before.into()];
        sql::execute(&self.transaction, include_str!("prune_flags.sql"), values).await
    }
}

fn keys(keys: impl Iterator<Item = (i32, DateTime<Utc>)>) -> [Value; 2] {
    let (sensors, times): (Vec<i32>, Vec<DateTime<Utc>>) = keys.unzip();
    [sensors.into(), times.into()]
}
