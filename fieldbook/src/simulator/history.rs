//! The days before the first start, sent once, so that a newcomer has something to ask.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::model::Plant;
use super::publisher::{Publisher, PublisherOptions};

/// What to send, and where to remember that it was sent.
#[derive(Debug, Clone)]
pub(crate) struct HistoryOptions {
    pub(crate) publisher: PublisherOptions,
    pub(crate) plant: Plant,
    /// Made when all is sent. Interrupted before, the history is sent again, and changes nothing.
    pub(crate) marker: PathBuf,
}

const DAYS: i64 = 30;
const STEP: TimeDelta = TimeDelta::minutes(1);

/// The history on its way.
#[derive(Debug)]
pub(crate) struct History {
    options: HistoryOptions,
    publisher: Publisher,
    now: DateTime<Utc>,
}

impl History {
    /// One, unless it was sent before.
    pub(crate) fn unless_sent(options: HistoryOptions, now: DateTime<Utc>) -> anyhow::Result<Option<Self>> {
        if options.marker.exists() {
            return Ok(None);
        }
        let publisher = Publisher::start(options.publisher.clone())?;
        Ok(Some(Self {
            options,
            publisher,
            now,
        }))
    }

    /// How many messages it has, at most.
    pub(crate) fn messages(&self) -> u64 {
        let steps = TimeDelta::days(DAYS).num_minutes() / STEP.num_minutes();
        steps.unsigned_abs() * self.options.plant.models.len() as u64
    }

    /// How many the broker has.
    pub(crate) fn progress(&self) -> watch::Receiver<super::publisher::Progress> {
        self.publisher.progress()
    }

    /// Sends it whole.
    pub(crate) async fn send(self) -> anyhow::Result<u64> {
        // On the minute, so that sending again after an interruption meets the same instants.
        let minute = self.now.timestamp().div_euclid(60) * 60;
        let end = DateTime::from_timestamp(minute, 0).context("the clock is out of range")?;
        let mut time = end - TimeDelta::days(DAYS);
        while time < end {
            for model in &self.options.plant.models {
                if let Some(sample) = model.past(time, self.now) {
                    self.publisher.publish(super::message(&model.name, &sample)).await;
                }
            }
            time += STEP;
        }
        let sent = self.publisher.finish().await;
        std::fs::write(&self.options.marker, format!("{sent} messages\n"))
            .with_context(|| format!("remember the history in {}", self.options.marker.display()))?;
        Ok(sent)
    }
}
