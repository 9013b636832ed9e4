//! The refresher as the ingestor runs it, and until there is nothing left to do.

use std::time::Duration;

use entity::DatabaseConnection;
use entity::rollup::{RefreshOptions, Refreshed, refresh};

/// A step a second, or at once when there is more.
pub(crate) async fn keep_refreshing(db: DatabaseConnection) -> anyhow::Result<()> {
    loop {
        let step = refresh(&db, &RefreshOptions::default())
            .await?
            .unwrap_or_default();
        if !step.more {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Computes all that waits.
pub(crate) async fn catch_up(db: &DatabaseConnection) -> anyhow::Result<Refreshed> {
    let at_once = RefreshOptions {
        minute_patience: Duration::ZERO,
        hour_patience: Duration::ZERO,
        day_patience: Duration::ZERO,
        ..RefreshOptions::default()
    };
    let mut sum = Refreshed::default();
    loop {
        match refresh(db, &at_once).await? {
            Some(step) if step == Refreshed::default() => return Ok(sum),
            Some(step) => {
                sum.minutes += step.minutes;
                sum.hours += step.hours;
                sum.days += step.days;
            }
            // A connection that was just dropped still holds the lock for a moment.
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
