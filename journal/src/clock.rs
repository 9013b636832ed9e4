//! Time as a parameter, so that tests need not wait for a segment to grow old.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What the journal asks the time of.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time of day, written into files for people and for the age of a segment across a restart.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment; never goes back. Ages are measured with it.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Microseconds since 1970; a clock set before that reads as 1970.
pub(crate) fn to_micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The inverse of [`to_micros`]; what a file says before 1970 reads as 1970.
pub(crate) fn from_micros(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
