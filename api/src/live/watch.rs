//! The hub's task: it waits until something may be new, looks, and rests; and goes on when that fails.
//!
//! A look that failed is tried again, for the database may have been away. One that fails again and again would hold all
//! subscriptions up for ever, because of what one place in the data takes: after a few times the hub starts over where
//! the loaders are, and leaves to each subscriber what lies between. Those of a few sensors find theirs by key.

use std::time::{Duration, Instant};

use entity::DbErr;
use entity::query::loaded::{Heard, Listener};
use metrics::counter;
use tokio::time::{sleep, timeout};

use super::hints::Hints;
use super::hub::Hub;

/// After a failure: the first rest, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The longest rest after a look, unless looks are further apart by their interval.
const REST_MAX: Duration = Duration::from_secs(5);

/// Failures in a row, at which the hub starts over.
const FAILURES_MAX: u32 = 3;

/// A database that says nothing for so long is taken as away.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Looks while somebody subscribes. The listener hears what is committed behind the hub's positions.
pub(super) async fn run(hub: Hub, listener: Listener) {
    let mut watch = Watch::new(hub, listener);
    let mut failures = 0;
    let mut backoff = BACKOFF.0;
    while !watch.hub.is_deserted() {
        let error = match watch.turn().await {
            Ok(rest) => {
                failures = 0;
                backoff = BACKOFF.0;
                sleep(rest).await;
                continue;
            }
            Err(error) => error,
        };
        counter!("fieldbook_live_retries_total").increment(1);
        tracing::warn!(error = %error, "look at what is loaded, for subscriptions");
        failures += 1;
        if failures >= FAILURES_MAX {
            if let Err(error) = answered(watch.start_over()).await {
                tracing::warn!(error = %error, "ask how far the loaders are, for subscriptions");
            } else {
                tracing::warn!("gave up a look: each subscription reads for itself what was loaded");
                failures = 0;
            }
        }
        sleep(backoff).await;
        backoff = (backoff * 2).min(BACKOFF.1);
    }
}

struct Watch {
    hub: Hub,
    listener: Listener,
    hints: Hints,
    /// There is something to look at, heard of or not.
    more: bool,
    /// Sensors may have been declared or registered since the registry was asked.
    stale: bool,
}

impl Watch {
    fn new(hub: Hub, listener: Listener) -> Self {
        Self {
            hub,
            listener,
            hints: Hints::default(),
            more: false,
            stale: false,
        }
    }

    /// Waits, and looks. The rest until the next turn.
    async fn turn(&mut self) -> Result<Duration, DbErr> {
        if !self.wait().await? {
            return Ok(Duration::ZERO);
        }
        // Until it has been looked at.
        self.more = true;
        answered(self.look()).await
    }

    /// Waits until something may be new, unless there is something already, and takes all that is heard. False when
    /// there is nothing but somebody who left.
    async fn wait(&mut self) -> Result<bool, DbErr> {
        let mut heard = tokio::select! {
            biased;
            heard = self.listener.hear() => Some(heard?),
            () = std::future::ready(()), if self.more => None,
            () = sleep(self.hub.limits().poll_interval) => Some(Heard::Something),
            () = self.hub.left() => return Ok(false),
        };
        while let Some(one) = heard {
            match one {
                Heard::Loaded(loaded) => {
                    self.stale |= loaded.sensors;
                    self.hints.add(loaded);
                }
                Heard::Something => self.stale = true,
            }
            heard = self.listener.heard_already().await?;
        }
        Ok(true)
    }

    async fn look(&mut self) -> Result<Duration, DbErr> {
        if self.stale {
            self.hub.refresh().await?;
            self.stale = false;
        }
        let started = Instant::now();
        self.more = self.hub.look(&mut self.hints).await?;
        Ok(if self.more {
            Duration::ZERO
        } else {
            rest(started.elapsed(), self.hub.limits().look_interval)
        })
    }

    /// Goes on where the loaders are now, without what could not be looked at.
    async fn start_over(&mut self) -> Result<(), DbErr> {
        let (listener, positions) = self.hub.begin().await?;
        self.hub.start_over(positions);
        *self = Self::new(self.hub.clone(), listener);
        Ok(())
    }
}

/// Looks take a third of the time at most, but for the longest, and are no closer together than their interval.
fn rest(look: Duration, interval: Duration) -> Duration {
    (look * 2).clamp(interval, interval.max(REST_MAX))
}

async fn answered<T>(asked: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let silent = |_| Err(DbErr::Custom("the database says nothing".to_owned()));
    timeout(ANSWER_TIMEOUT, asked).await.unwrap_or_else(silent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_twice_the_look_within_bounds() {
        let seconds = Duration::from_secs_f64;
        for (look, interval, expected) in [
            (0.001, 0.02, 0.02),
            (0.1, 0.02, 0.2),
            (25.0, 0.02, 5.0),
            (25.0, 60.0, 60.0),
            (0.1, 60.0, 60.0),
        ] {
            assert_eq!(rest(seconds(look), seconds(interval)), seconds(expected));
        }
    }
}
