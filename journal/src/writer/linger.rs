//! When to wait a little for a better group. The rule stands on the crate's page, "Appending".

use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use super::wait_at_most;
use crate::front::Front;
use crate::shared::Shared;

/// So many records during one fsync show appenders that don't wait for each other.
const BUSY_RECORDS: usize = 4;

/// A group of this size gains nothing from growing.
const ENOUGH_BYTES: usize = 256 << 10;

/// A linger is waited in so many steps.
const STEPS: u32 = 4;

/// The most groups that a vain linger keeps from lingering.
const SKIP_MAX: u32 = 31;

#[derive(Debug)]
pub(super) struct Linger {
    max: Duration,
    sync_began: Option<Instant>,
    /// Groups that are not lingered for, after the last vain linger.
    penalty: u32,
    skip: u32,
}

impl Linger {
    pub(super) fn new(max: Duration) -> Self {
        Self {
            max,
            sync_began: None,
            penalty: 0,
            skip: 0,
        }
    }

    pub(super) fn sync_begins(&mut self) {
        self.sync_began = Some(Instant::now());
    }

    /// Waits while that makes the group better. To be called only when the writer comes straight from a group.
    pub(super) fn wait<'a>(
        &mut self,
        shared: &Shared,
        mut front: MutexGuard<'a, Front>,
    ) -> MutexGuard<'a, Front> {
        let Some(sync_began) = self.sync_began else {
            return front;
        };
        let mut records = front.pending().lengths().len();
        if records < BUSY_RECORDS {
            return front;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return front;
        }
        let mut steps = 0_u32;
        loop {
            let left = self.max.saturating_sub(sync_began.elapsed());
            if left.is_zero() || front.closing || front.pending().bytes().len() >= ENOUGH_BYTES {
                break;
            }
            front = wait_at_most(shared, front, left.min(self.max / STEPS));
            let records_now = front.pending().lengths().len();
            if records_now == records {
                self.learn(steps > 0);
                return front;
            }
            records = records_now;
            steps += 1;
        }
        if steps > 0 {
            self.learn(true);
        }
        front
    }

    fn learn(&mut self, gained: bool) {
        self.penalty = if gained {
            0
        } else {
            (self.penalty * 2 + 1).min(SKIP_MAX)
        };
        self.skip = self.penalty;
    }
}
