//! The refresher: rollups after the readings, a bounded step at a time.
//!
//! Answers are exact without it ([`entity::rollup`]), so nothing that happens to it ends the ingestor: it tries again. Of
//! many ingestors on one database one refreshes at a time, and another goes on when that one is gone.

use std::time::Duration;

use entity::DatabaseConnection;
use entity::rollup::{self, RefreshOptions};
use tokio_util::sync::CancellationToken;

use crate::events;

/// The refresher's pace.
#[derive(Debug, Clone)]
pub struct RefresherOptions {
    /// What a step computes at most, and how long a bucket waits.
    pub step: RefreshOptions,
    /// Between two looks for work, 1 s by default; a step that stopped at a bound is followed by the next at once.
    pub every: Duration,
    /// Before the first new try after a failure, 1 s by default; doubles up to `backoff_max`.
    pub backoff_min: Duration,
    /// 1 minute by default.
    pub backoff_max: Duration,
}

impl Default for RefresherOptions {
    fn default() -> Self {
        Self {
            step: RefreshOptions::default(),
            every: Duration::from_secs(1),
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_mins(1),
        }
    }
}

/// Refreshes the rollups of a database.
#[derive(Debug)]
pub(crate) struct Refresher {
    pub(crate) options: RefresherOptions,
    pub(crate) db: DatabaseConnection,
}

impl Refresher {
    /// Refreshes until `shutdown`; a step that is under way then is given up and leaves nothing.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut backoff = self.options.backoff_min;
        loop {
            let step = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                step = rollup::refresh(&self.db, &self.options.step) => step,
            };
            let pause = match step {
                Ok(step) => {
                    backoff = self.options.backoff_min;
                    let step = step.unwrap_or_default();
                    events::refreshed(&step);
                    if step.more {
                        Duration::ZERO
                    } else {
                        self.options.every
                    }
                }
                Err(error) => {
                    let pause = backoff;
                    events::retry("refresher", &error, pause);
                    backoff = (backoff * 2).min(self.options.backoff_max);
                    pause
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
