//! One subscriber's readings in the order of their positions: from the database as long as it is behind the hub, then
//! from its queue. Whatever happens in between, its cursor says what it has been given, and nothing else decides what
//! comes next; so between the two there is neither a gap nor an overlap.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use entity::Scope;
use entity::query::loaded;
use entity::query::sensors::SensorFilter;
use tokio::time::Instant;

use super::hub::{Hub, Membership};
use super::positions::Positions;
use super::subscriber::{Delivery, Fresh, Interest, Lapse};
use crate::ask::sensors;
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// Whose readings a subscription is about.
#[derive(Debug)]
pub(crate) enum Choice {
    /// Those of all sensors that the asker may see, whenever they register.
    All,
    /// Those of these sensors.
    Sensors(Arc<[i32]>),
    /// Those of the sensors that match, as they are declared at the time.
    Matching(Box<SensorFilter>),
}

/// How a subscription goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It ends when its subscriber is too slow; the error has the cursor to go on with.
    OrEnd,
    /// It catches up from the database; what is too much for that is told as missed. Without readings it tells its
    /// cursor now and then.
    OrCatchUp,
}

/// One event of a subscription.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) readings: Vec<Fresh>,
    pub(crate) cursor: String,
    pub(crate) missed: Option<Missed>,
}

/// Messages that a subscriber was not given.
#[derive(Debug, Clone)]
pub(crate) struct Missed {
    pub(crate) positions: u64,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// One subscriber's readings.
#[derive(Debug)]
pub(crate) struct Feed {
    hub: Hub,
    membership: Membership,
    scope: Scope,
    limits: Limits,
    choice: Choice,
    /// The sensors that match, and as of when.
    matching: Option<(HashSet<i32>, u64)>,
    pace: Pace,
    /// Readings of an event, at most.
    first: usize,
    /// Up to where everything was given.
    cursor: Positions,
    /// Up to where the database is read; `None` when the queue goes on from here.
    target: Option<Arc<Positions>>,
    /// Read, and not given yet.
    pending: VecDeque<Fresh>,
    /// Where the cursor is when all that is pending was given.
    behind_pending: Option<Arc<Positions>>,
    /// When the cursor is told even if there is nothing else to tell.
    tell_at: Instant,
}

/// What a subscription asks for, checked.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) choice: Choice,
    pub(crate) after: Option<String>,
    pub(crate) pace: Pace,
    pub(crate) first: usize,
}

impl Feed {
    /// Begins behind the cursor `after`, or now.
    pub(crate) async fn open(hub: &Hub, scope: Scope, limits: Limits, ask: Ask) -> Result<Self, ApiError> {
        let Ask {
            choice,
            after,
            pace,
            first,
        } = ask;
        let interest = match &choice {
            Choice::Sensors(sensors) => Interest::Sensors(Arc::clone(sensors)),
            Choice::All | Choice::Matching(_) => Interest::Everybody,
        };
        let (membership, hub_at) = hub.join(interest).await?;
        let (cursor, target) = match after {
            None => (hub_at.as_ref().clone(), None),
            Some(after) => {
                let now = loaded::positions(hub.db()).await?;
                let cursor = Positions::read(&after, &now)?;
                let (behind, max) = (cursor.behind(&hub_at), hub.limits().catch_up_max);
                if behind > max {
                    return Err(too_far(Some("after"), max, behind));
                }
                (cursor, Some(hub_at))
            }
        };
        Ok(Self {
            tell_at: Instant::now(),
            hub: hub.clone(),
            membership,
            scope,
            limits,
            choice,
            matching: None,
            pace,
            first,
            cursor,
            target,
            pending: VecDeque::new(),
            behind_pending: None,
        })
    }

    /// Up to where everything was given.
    pub(crate) fn cursor(&self) -> String {
        self.cursor.cursor()
    }

    /// Sees from now on what this scope has.
    pub(crate) fn within(&mut self, scope: Scope) {
        self.scope = scope;
    }

    /// The next event; `None` when there is none before `until`.
    pub(crate) async fn next(&mut self, until: Instant) -> Result<Option<Event>, ApiError> {
        loop {
            if !self.pending.is_empty() {
                let readings = self.give();
                return Ok(Some(self.event(readings, None)));
            }
            let now = Instant::now();
            if self.pace == Pace::OrCatchUp && now >= self.tell_at {
                return Ok(Some(self.event(Vec::new(), None)));
            }
            if now >= until {
                return Ok(None);
            }
            if let Some(target) = self.target.clone() {
                if !self.read(&target).await? {
                    self.target = None;
                    // What came meanwhile was too much for the queue; that is nobody's slowness.
                    if self.membership.subscriber.has_lapsed()
                        && let Some(missed) = self.lapsed(Lapse::CameLate)?
                    {
                        return Ok(Some(self.event(Vec::new(), Some(missed))));
                    }
                }
                continue;
            }
            match self.membership.subscriber.take() {
                Ok(Some(delivery)) => {
                    self.accept(delivery).await?;
                    while self.pending.len() < self.first
                        && let Ok(Some(delivery)) = self.membership.subscriber.take()
                    {
                        self.accept(delivery).await?;
                    }
                }
                Ok(None) => self.wait(until).await,
                Err(lapse) => {
                    if let Some(missed) = self.lapsed(lapse)? {
                        return Ok(Some(self.event(Vec::new(), Some(missed))));
                    }
                }
            }
        }
    }

    fn event(&mut self, readings: Vec<Fresh>, missed: Option<Missed>) -> Event {
        self.tell_at = Instant::now() + self.hub.limits().cursor_interval;
        Event {
            readings,
            cursor: self.cursor(),
            missed,
        }
    }

    /// Waits until something is in the queue. A subscriber that wants nothing of what is loaded goes on all the same.
    async fn wait(&mut self, until: Instant) {
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = self.membership.subscriber.woken.notified() => {}
            () = tokio::time::sleep_until(self.tell_at), if self.pace == Pace::OrCatchUp => {
                if let Some(positions) = self.membership.idle_at() {
                    let before = self.cursor.clone();
                    self.cursor.merge(&positions);
                    if self.cursor == before {
                        self.tell_at = Instant::now() + self.hub.limits().cursor_interval;
                    }
                }
            }
        }
    }

    /// Takes what is given in one event; never a message in two, so one event may have more of a large one.
    fn give(&mut self) -> Vec<Fresh> {
        let mut readings: Vec<Fresh> = Vec::with_capacity(self.first.min(self.pending.len()));
        while let Some(next) = self.pending.front() {
            let last = readings
                .last()
                .map(|last| (last.row.receipt.journal_id, last.row.receipt.seq));
            if readings.len() >= self.first
                && last != Some((next.row.receipt.journal_id, next.row.receipt.seq))
            {
                break;
            }
            readings.extend(self.pending.pop_front());
        }
        for reading in &readings {
            self.cursor
                .advance(reading.row.receipt.journal_id, reading.row.receipt.seq);
        }
        if self.pending.is_empty()
            && let Some(positions) = self.behind_pending.take()
        {
            self.cursor.merge(&positions);
        }
        readings
    }

    /// Reads a piece of what lies between the cursor and `target` from the database. Whether there was any.
    async fn read(&mut self, target: &Arc<Positions>) -> Result<bool, ApiError> {
        let Some((journal_id, upto)) = self.cursor.next_behind(target) else {
            return Ok(false);
        };
        let sensors = match &self.choice {
            Choice::All => None,
            Choice::Sensors(sensors) => Some(sensors.to_vec()),
            Choice::Matching(_) => Some(self.matching().await?.iter().copied().collect()),
        };
        let after = self.cursor.get(journal_id);
        let (readings, reached) = self
            .hub
            .catch_up(&self.scope, sensors.as_deref(), journal_id, after, upto)
            .await?;
        let mut positions = self.cursor.clone();
        positions.advance(journal_id, reached);
        self.pending.extend(readings);
        if self.pending.is_empty() {
            self.cursor = positions;
        } else {
            self.behind_pending = Some(Arc::new(positions));
        }
        Ok(true)
    }

    /// Takes of a delivery what was not given yet, is wanted, and may be seen.
    async fn accept(&mut self, delivery: Delivery) -> Result<(), ApiError> {
        let mut seen: Vec<i32> = delivery.rows().map(|fresh| fresh.row.sensor_id).collect();
        seen = loaded::visible(&self.scope, &seen);
        self.cursor.take_up_all(&delivery.positions);
        if let Choice::Matching(_) = self.choice {
            let matching = self.matching().await?;
            seen.retain(|sensor| matching.contains(sensor));
        }
        let wanted = delivery.rows().filter(|fresh| {
            fresh.row.receipt.seq > self.cursor.get(fresh.row.receipt.journal_id)
                && seen.binary_search(&fresh.row.sensor_id).is_ok()
        });
        self.pending.extend(wanted.cloned());
        if self.pending.is_empty() {
            self.cursor.merge(&delivery.positions);
        } else {
            self.behind_pending = Some(delivery.positions);
        }
        Ok(())
    }

    /// The sensors that match, asked for again when sensors were declared or registered meanwhile.
    async fn matching(&mut self) -> Result<&HashSet<i32>, ApiError> {
        let generation = self.hub.generation();
        let is_fresh = self
            .matching
            .as_ref()
            .is_some_and(|(_, as_of)| *as_of == generation);
        if !is_fresh && let Choice::Matching(filter) = &self.choice {
            let found = sensors::matching(self.hub.db(), &self.scope, "filter", filter, &self.limits).await?;
            self.matching = Some((found.iter().map(|sensor| sensor.id).collect(), generation));
        }
        Ok(&self.matching.get_or_insert_default().0)
    }

    /// The queue was emptied: goes on from the database, or tells what was missed, or ends.
    fn lapsed(&mut self, lapse: Lapse) -> Result<Option<Missed>, ApiError> {
        let (queue_max, catch_up_max) = {
            let limits = self.hub.limits();
            (limits.queue_readings_max as u64, limits.catch_up_max)
        };
        if lapse == Lapse::TooSlow && self.pace == Pace::OrEnd {
            return Err(ApiError::TooSlow { limit: queue_max });
        }
        // Behind an empty queue the database has what is missing.
        let target = self.membership.begin_anew();
        self.cursor.take_up_all(&target);
        let positions = self.cursor.behind(&target);
        if positions <= catch_up_max {
            self.target = Some(target);
            return Ok(None);
        }
        if self.pace == Pace::OrEnd {
            return Err(too_far(None, catch_up_max, positions));
        }
        let from = self.cursor();
        self.cursor.merge(&target);
        Ok(Some(Missed {
            positions,
            from,
            to: self.cursor(),
        }))
    }
}

/// More to catch up with than a subscription does.
fn too_far(argument: Option<&'static str>, limit: u64, behind: u64) -> ApiError {
    ApiError::LimitExceeded {
        argument,
        limit,
        asked: Some(behind),
        advice: "so many messages were loaded since: take the readings since then page by page with the query readings and \
                 its argument from, and subscribe without after"
            .to_owned(),
    }
}
