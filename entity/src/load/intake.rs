//! Counting what came of each sensor and is no row of `reading`: duplicates, conflicts, and what was refused.
//!
//! It is written with the checkpoint's transaction, so that each message is counted once whatever dies in between, and at
//! its end, sorted, so that loaders who count on the same rows wait for each other shortly and in one direction. A batch
//! of which everything is new costs nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::Value;

use super::{LoadError, LoadTransaction, NewReading};
use crate::rollup::Level;
use crate::sql;

/// What came of sensors and hours.
#[derive(Debug, Clone, Default)]
pub(super) struct Intake(BTreeMap<(i32, DateTime<Utc>), Came>);

#[derive(Debug, Clone, Copy, Default)]
struct Came {
    duplicates: u64,
    conflicting: u64,
    refused: u64,
}

impl Intake {
    /// Counts readings of a sensor and time that were there already.
    pub(super) fn met(&mut self, sensor_id: i32, time: DateTime<Utc>, duplicates: u64, conflicting: u64) {
        if duplicates + conflicting > 0 {
            let came = self.0.entry((sensor_id, Level::Hour.floor(time))).or_default();
            came.duplicates += duplicates;
            came.conflicting += conflicting;
        }
    }

    fn refused(&mut self, sensor_id: i32, time: DateTime<Utc>) {
        let came = self.0.entry((sensor_id, Level::Hour.floor(time))).or_default();
        came.refused += 1;
    }

    /// Counts a reading that the database refused.
    pub(super) fn refused_reading(&mut self, reading: &NewReading) {
        self.refused(reading.sensor_id, reading.refused_time());
    }

    /// Counts what another one counted, too.
    pub(super) fn add(&mut self, other: Self) {
        for (key, came) in other.0 {
            let sum = self.0.entry(key).or_default();
            sum.duplicates += came.duplicates;
            sum.conflicting += came.conflicting;
            sum.refused += came.refused;
        }
    }
}

impl LoadTransaction {
    /// Counts messages of which no reading was made, each of a sensor by its internal key, by when they were received.
    pub fn count_refused(&mut self, refused: impl IntoIterator<Item = (i32, DateTime<Utc>)>) {
        self.intake.refused_messages(refused);
    }

    /// Forgets what was counted of sensors: for what is loaded again and was counted when it came.
    pub fn forget_intake(&mut self) {
        self.intake = Intake::default();
    }

    /// Writes what was counted.
    pub(super) async fn write_intake(&mut self) -> Result<(), LoadError> {
        if let Some((sql, values)) = std::mem::take(&mut self.intake).statement() {
            sql::execute(&self.transaction, sql, values).await?;
        }
        Ok(())
    }
}

impl Intake {
    /// Counts messages of which no reading was made.
    pub(super) fn refused_messages(&mut self, refused: impl IntoIterator<Item = (i32, DateTime<Utc>)>) {
        for (sensor_id, received_at) in refused {
            self.refused(sensor_id, received_at);
        }
    }

    /// What writes it; nothing where nothing was counted.
    pub(super) fn statement(self) -> Option<(&'static str, [Value; 5])> {
        let Self(counted) = self;
        if counted.is_empty() {
            return None;
        }
        let count = |of: fn(&Came) -> u64| -> Value {
            let counts = counted.values().map(|came| of(came).cast_signed());
            counts.collect::<Vec<_>>().into()
        };
        let values = [
            counted
                .keys()
                .map(|(sensor_id, _)| *sensor_id)
                .collect::<Vec<_>>()
                .into(),
            sql::times(counted.keys().map(|(_, hour)| *hour)),
            count(|came| came.duplicates),
            count(|came| came.conflicting),
            count(|came| came.refused),
        ];
        Some((include_str!("upsert_intake.sql"), values))
    }
}
