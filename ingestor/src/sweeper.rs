//! The sweeper: deletes readings and rollups that are no longer kept, when somebody has said for how long they are
//! (`entity::retention`).
//!
//! Nothing that happens here ends the ingestor: the next sweep goes on. Many ingestors may sweep at once.

use std::sync::Arc;
use std::time::Duration;

use entity::retention::{self, Swept};
use entity::rollup::{self, RefreshOptions};
use entity::{DatabaseConnection, DbErr};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::events;

/// The sweeper's pace.
#[derive(Debug, Clone)]
pub struct SweeperOptions {
    /// Between two sweeps, 1 hour by default: days go once a day, and what waited for its rollups goes an hour later.
    pub every: Duration,
    /// After a failure, or when something waits for its rollups still, 1 minute by default.
    pub again: Duration,
}

impl Default for SweeperOptions {
    fn default() -> Self {
        Self {
            every: Duration::from_hours(1),
            again: Duration::from_mins(1),
        }
    }
}

/// Sweeps the database of one ingestor.
#[derive(Debug)]
pub(crate) struct Sweeper {
    pub(crate) options: SweeperOptions,
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Sweeper {
    /// Sweeps until `shutdown`; a statement that is under way then is given up, and leaves nothing.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        loop {
            let swept = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                swept = self.sweep() => swept,
            };
            let pause = match swept {
                Ok(swept) => {
                    events::swept(swept.deleted);
                    if swept.waits {
                        self.options.again
                    } else {
                        self.options.every
                    }
                }
                Err(error) => {
                    events::retry("sweeper", &error, self.options.again);
                    self.options.again
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sweeps; what stands in the way is rolled up without patience, if no other refresher is at it.
    async fn sweep(&self) -> Result<Swept, DbErr> {
        let swept = retention::sweep(&self.db, self.clock.now()).await?;
        if !swept.waits {
            return Ok(swept);
        }
        let at_once = RefreshOptions {
            minute_patience: Duration::ZERO,
            hour_patience: Duration::ZERO,
            day_patience: Duration::ZERO,
            ..RefreshOptions::default()
        };
        while rollup::refresh(&self.db, &at_once)
            .await?
            .is_some_and(|step| step.more)
        {}
        let again = retention::sweep(&self.db, self.clock.now()).await?;
        Ok(Swept {
            deleted: swept.deleted + again.deleted,
            waits: again.waits,
        })
    }
}
