//! Counts now and then, and remembers.
//!
//! What became of messages costs a look at the manifest and is asked every minute; where readings are counted costs a look
//! at every day of every sensor, and is asked every five. What was found stays until it is looked at again. What can't be
//! counted is not known, and tried again when it is time again.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{DatabaseConnection, DbErr};

use super::{Counted, CountedReadings, events, windows};
use crate::freshness::Finding;
use crate::model::Dataset;

/// Messages are counted again after so long.
const MESSAGES_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Readings are counted again after so long.
const READINGS_EVERY: TimeDelta = TimeDelta::minutes(5);

/// What was counted last.
#[derive(Debug, Default)]
pub struct Tracker {
    counted: Option<Counted>,
    messages_asked_at: Option<DateTime<Utc>>,
    readings_asked_at: Option<DateTime<Utc>>,
    /// Whether the last try failed, of messages and of readings.
    is_failing: [bool; 2],
}

impl Tracker {
    /// Counts what it is time to count. Whatever fails is told once, and the sums before stay.
    pub async fn look(&mut self, db: &DatabaseConnection, now: DateTime<Utc>) {
        if is_due(self.messages_asked_at, MESSAGES_EVERY, now) {
            self.messages_asked_at = Some(now);
            let messages = entity::lineage::messages(db, &windows(now)).await;
            self.note(0, messages.as_ref().err());
            if let Ok(messages) = messages {
                let readings = self.counted.take().and_then(|counted| counted.readings);
                self.counted = Some(Counted {
                    messages,
                    messages_at: now,
                    readings,
                });
            }
        }
        if is_due(self.readings_asked_at, READINGS_EVERY, now)
            && let Some(counted) = &mut self.counted
        {
            self.readings_asked_at = Some(now);
            let sums = entity::lineage::readings(db).await;
            let error = sums.as_ref().err();
            // With too much that waits nobody has counted, and what was known stays.
            if let Ok(Some(sums)) = &sums {
                let before = counted.readings.and_then(|readings| readings.unbalanced_since);
                counted.readings = Some(CountedReadings {
                    sums: *sums,
                    at: now,
                    unbalanced_since: (sums.stored != sums.counted()).then(|| before.unwrap_or(now)),
                });
            }
            self.note(1, error);
        }
    }

    /// What was counted last; `None` before the first time.
    pub fn counted(&self) -> Option<&Counted> {
        self.counted.as_ref()
    }

    /// What does not add up; `None` when that is not known now.
    pub fn findings(&self, datasets: &[Dataset]) -> Option<Vec<Finding>> {
        if self.is_failing.contains(&true) {
            return None;
        }
        let findings = super::findings(self.counted()?, datasets);
        events::found(self.counted()?);
        Some(findings)
    }

    fn note(&mut self, which: usize, error: Option<&DbErr>) {
        events::looked(error.is_none());
        match error {
            Some(error) if !self.is_failing[which] => {
                tracing::warn!(%error, "what became of all messages and readings cannot be counted");
            }
            None if self.is_failing[which] => {
                tracing::info!("what became of all messages and readings is counted again");
            }
            _ => {}
        }
        self.is_failing[which] = error.is_some();
    }
}

fn is_due(asked_at: Option<DateTime<Utc>>, every: TimeDelta, now: DateTime<Utc>) -> bool {
    // A clock that went back has no say.
    asked_at.is_none_or(|at| now - at >= every || now < at)
}
