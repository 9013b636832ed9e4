//! The hub: it looks at what loaders committed, once for all subscribers, and gives each what it wants.
//!
//! It runs while somebody subscribes. A look reads the checkpoints, then, in one statement, the readings of the positions
//! that are new, of all sensors that somebody wants. It is due when a notification comes, and every few seconds without
//! one; a rest after each look keeps the pace bounded, however often loaders commit. A look takes a bounded number of
//! positions; the next one goes on.
//!
//! | metric | meaning |
//! |---|---|
//! | `fieldbook_live_subscribers` | subscriptions open |
//! | `fieldbook_live_looks_total` | looks that found new positions |
//! | `fieldbook_live_readings_total` | readings that looks found |
//! | `fieldbook_live_look_duration_seconds` | how long such a look took |
//! | `fieldbook_live_too_slow_total` | times a subscriber's queue was emptied because it was full |
//! | `fieldbook_live_retries_total` | times the database did not answer the hub |

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use entity::query::loaded::{self, Heard, Listener, Of, Piece, Position};
use entity::query::readings::Reading;
use entity::query::sensors::Sensor;
use entity::{DatabaseConnection, DbErr, Scope};
use metrics::{counter, gauge, histogram};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::LiveLimits;
use super::hints::Hints;
use super::positions::Positions;
use super::registry::Registry;
use super::subscriber::{Batch, Delivery, Fresh, Interest, Lapse, Subscriber};
use crate::graphql::error::ApiError;

/// Positions that one look or one chunk of catching up takes, of one journal.
const POSITIONS_MAX: u32 = 20_000;

/// Segments whose spans one statement looks through.
const PIECES_MAX: u32 = 64;

/// After a failure: the first rest, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// A database that says nothing for so long is taken as away.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The hub; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Hub(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: DatabaseConnection,
    limits: LiveLimits,
    registry: Registry,
    members: Mutex<Members>,
    /// Somebody left.
    left: Notify,
    /// Readings in queues.
    held: Arc<AtomicUsize>,
    catching_up: Semaphore,
}

#[derive(Debug, Default)]
struct Members {
    /// Where the hub is; `None` while it does not run.
    positions: Option<Arc<Positions>>,
    all: BTreeMap<u64, Arc<Subscriber>>,
    everybody: HashSet<u64>,
    by_sensor: HashMap<i32, Vec<u64>>,
    /// Who came since the last look began, and where the hub was then.
    newcomers: Vec<(u64, Arc<Positions>)>,
    next: u64,
}

/// One subscriber's place in the hub; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct Membership {
    hub: Hub,
    id: u64,
    pub(super) subscriber: Arc<Subscriber>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = self.hub.members();
        members.leave(self.id);
        gauge!("fieldbook_live_subscribers").set(count(members.all.len()));
        drop(members);
        self.hub.0.left.notify_one();
    }
}

impl Membership {
    /// Begins with an empty queue, and gives where the hub is: what comes behind is put into the queue.
    pub(super) fn begin_anew(&self) -> Arc<Positions> {
        let members = self.hub.members();
        self.subscriber.begin_anew();
        members.positions.clone().unwrap_or_default()
    }

    /// Where the hub is, when it has looked for this subscriber up to there and nothing waits.
    pub(super) fn idle_at(&self) -> Option<Arc<Positions>> {
        let members = self.hub.members();
        let is_new = members.newcomers.iter().any(|(id, _)| *id == self.id);
        if is_new || !self.subscriber.is_idle() {
            return None;
        }
        members.positions.clone()
    }
}

impl Hub {
    pub(super) fn new(db: DatabaseConnection, limits: LiveLimits) -> Self {
        Self(Arc::new(Shared {
            registry: Registry::new(db.clone()),
            db,
            catching_up: Semaphore::new(limits.catching_up_max),
            limits,
            members: Mutex::default(),
            left: Notify::new(),
            held: Arc::default(),
        }))
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.0.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn db(&self) -> &DatabaseConnection {
        &self.0.db
    }

    pub(super) fn limits(&self) -> &LiveLimits {
        &self.0.limits
    }

    /// A number that is another when sensors were declared or registered meanwhile.
    pub(super) fn generation(&self) -> u64 {
        self.0.registry.generation()
    }

    /// Takes a subscriber, and gives where the hub is: what comes behind is put into its queue.
    pub(super) async fn join(&self, interest: Interest) -> Result<(Membership, Arc<Positions>), ApiError> {
        loop {
            if self.members().positions.is_none() {
                // Nobody subscribed so far: it begins where the loaders are.
                self.0.registry.refresh().await?;
                let now = Arc::new(Positions::of(&loaded::positions(&self.0.db).await?));
                let mut members = self.members();
                if members.positions.is_none() {
                    members.positions = Some(now);
                    tokio::spawn(run(self.clone()));
                }
            }
            // It may have ended between the two locks, because the last subscriber left.
            if let Some(joined) = self.try_join(&interest)? {
                return Ok(joined);
            }
        }
    }

    fn try_join(&self, interest: &Interest) -> Result<Option<(Membership, Arc<Positions>)>, ApiError> {
        let mut members = self.members();
        let max = self.0.limits.subscribers_max;
        if members.all.len() >= max {
            return Err(ApiError::LimitExceeded {
                argument: None,
                limit: max as u64,
                asked: None,
                advice: "so many subscriptions are open already: try again later, or subscribe to several sensors at once"
                    .to_owned(),
            });
        }
        let Some(positions) = members.positions.clone() else {
            return Ok(None);
        };
        let id = members.next;
        members.next += 1;
        let subscriber = Arc::new(Subscriber::new(interest.clone()));
        members.all.insert(id, Arc::clone(&subscriber));
        members.newcomers.push((id, Arc::clone(&positions)));
        gauge!("fieldbook_live_subscribers").set(count(members.all.len()));
        drop(members);
        let membership = Membership {
            hub: self.clone(),
            id,
            subscriber,
        };
        Ok(Some((membership, positions)))
    }

    /// The readings of a journal behind `after`, as far as `upto` at most; and how far they go.
    pub(super) async fn catch_up(
        &self,
        scope: &Scope,
        sensors: Option<&[i32]>,
        journal_id: i16,
        after: i64,
        upto: i64,
    ) -> Result<(Vec<Fresh>, i64), ApiError> {
        let _turn = self.0.catching_up.acquire().await;
        let db = &self.0.db;
        let (pieces, reached) =
            loaded::pieces(db, journal_id, after, upto, PIECES_MAX, POSITIONS_MAX).await?;
        let of = sensors.map_or(self.everybody(), Of::Sensors);
        let rows = loaded::readings(db, scope, of, &pieces).await?;
        Ok((self.with_sensors(rows).await?, reached))
    }

    fn everybody(&self) -> Of<'static> {
        Of::Everybody {
            sensors: self.0.registry.about(),
        }
    }

    /// The readings with their sensors.
    async fn with_sensors(&self, rows: Vec<Reading>) -> Result<Vec<Fresh>, DbErr> {
        let mut ids: Vec<i32> = rows.iter().map(|row| row.sensor_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let sensors: HashMap<i32, Arc<Sensor>> = self.0.registry.sensors(&ids).await?;
        // Each reading has a sensor: both are written in one transaction, and none is ever deleted.
        let fresh = |row: Reading| {
            let sensor = Arc::clone(sensors.get(&row.sensor_id)?);
            Some(Fresh { row, sensor })
        };
        Ok(rows.into_iter().filter_map(fresh).collect())
    }

    /// Looks at what is new, and gives it to who wants it. Whether there is more.
    async fn look(&self, hints: &mut Hints) -> Result<bool, DbErr> {
        let started = Instant::now();
        let now = loaded::positions(&self.0.db).await?;
        let (mut positions, wanted) = self.members().begin_look();
        let mut pieces = Vec::new();
        let mut more = false;
        for position in &now {
            positions.take_up(position);
            let after = positions.get(position.journal_id);
            if after < position.seq {
                let (of_journal, reached) = self.pieces(hints, position, after).await?;
                pieces.extend(of_journal);
                positions.advance(position.journal_id, reached);
                hints.forget(position.journal_id, reached);
                more |= reached < position.seq;
            }
        }
        let of = wanted.as_deref().map_or(self.everybody(), Of::Sensors);
        let rows = loaded::readings(&self.0.db, &Scope::Everything, of, &pieces).await?;
        let rows = self.with_sensors(rows).await?;
        if !pieces.is_empty() {
            counter!("fieldbook_live_looks_total").increment(1);
            counter!("fieldbook_live_readings_total").increment(rows.len() as u64);
            histogram!("fieldbook_live_look_duration_seconds").record(started.elapsed().as_secs_f64());
        }
        self.give(rows, Arc::new(positions));
        Ok(more)
    }

    /// Where in time the positions of a journal behind `after` lie, and how far that reaches.
    async fn pieces(
        &self,
        hints: &Hints,
        position: &Position,
        after: i64,
    ) -> Result<(Vec<Piece>, i64), DbErr> {
        let Position { journal_id, seq, .. } = *position;
        if let Some(piece) = hints.piece(journal_id, after, seq, POSITIONS_MAX.into()) {
            let reached = piece.upto;
            return Ok((vec![piece], reached));
        }
        // What nobody told of yet may be of sensors that nobody told of, either; those up to `seq` are committed by now.
        self.0.registry.refresh().await?;
        loaded::pieces(&self.0.db, journal_id, after, seq, PIECES_MAX, POSITIONS_MAX).await
    }

    /// Gives each subscriber what it wants of these readings, and moves the hub on.
    fn give(&self, rows: Vec<Fresh>, positions: Arc<Positions>) {
        let too_slow = || counter!("fieldbook_live_too_slow_total").increment(1);
        let held = &self.0.held;
        let limits = &self.0.limits;
        let mut members = self.members();
        if held.load(Ordering::Relaxed) + rows.len() > limits.queued_readings_max {
            for member in members.all.values().filter(|member| !member.is_idle()) {
                if member.lapse(Lapse::TooSlow) {
                    too_slow();
                }
            }
        }
        let wanted = members.wanted(&rows);
        let batch = Batch::new(rows, held);
        for (id, of) in wanted {
            let Some(member) = members.all.get(&id) else {
                continue;
            };
            let delivery = Delivery {
                batch: Arc::clone(&batch),
                of,
                positions: Arc::clone(&positions),
            };
            if member.put(delivery, limits.queue_readings_max) {
                too_slow();
            }
        }
        members.positions = Some(positions);
    }

    /// Ends the hub when nobody subscribes any more.
    fn is_deserted(&self) -> bool {
        let mut members = self.members();
        if members.all.is_empty() {
            members.positions = None;
        }
        members.positions.is_none()
    }
}

impl Members {
    /// Takes up who came since the last look; gives where the hub is, and the sensors that are wanted, `None` for all.
    fn begin_look(&mut self) -> (Positions, Option<Vec<i32>>) {
        let positions = self.positions.clone().unwrap_or_default();
        for (id, came_at) in std::mem::take(&mut self.newcomers) {
            let Some(subscriber) = self.all.get(&id) else {
                continue;
            };
            match &subscriber.interest {
                Interest::Everybody => drop(self.everybody.insert(id)),
                Interest::Sensors(sensors) => {
                    for sensor in sensors.iter() {
                        self.by_sensor.entry(*sensor).or_default().push(id);
                    }
                }
            }
            // A look that was going on has passed it by.
            if came_at != positions {
                subscriber.lapse(Lapse::CameLate);
            }
        }
        let wanted = self
            .everybody
            .is_empty()
            .then(|| self.by_sensor.keys().copied().collect());
        (positions.as_ref().clone(), wanted)
    }

    /// Who wants some of these rows, and which by their places; `None` for all of them.
    fn wanted(&self, rows: &[Fresh]) -> Vec<(u64, Option<Box<[u32]>>)> {
        let mut places: HashMap<u64, Vec<u32>> = HashMap::new();
        for (place, fresh) in (0..).zip(rows) {
            for id in self.by_sensor.get(&fresh.row.sensor_id).into_iter().flatten() {
                places.entry(*id).or_default().push(place);
            }
        }
        let some = places.into_iter().map(|(id, places)| (id, Some(places.into())));
        let all = self.everybody.iter().filter(|_| !rows.is_empty());
        some.chain(all.map(|id| (*id, None))).collect()
    }

    fn leave(&mut self, id: u64) {
        self.everybody.remove(&id);
        self.newcomers.retain(|(newcomer, _)| *newcomer != id);
        let Some(subscriber) = self.all.remove(&id) else {
            return;
        };
        if let Interest::Sensors(sensors) = &subscriber.interest {
            for sensor in sensors.iter() {
                if let Some(ids) = self.by_sensor.get_mut(sensor) {
                    ids.retain(|member| *member != id);
                    if ids.is_empty() {
                        self.by_sensor.remove(sensor);
                    }
                }
            }
        }
    }
}

/// Looks while somebody subscribes.
async fn run(hub: Hub) {
    let mut hints = Hints::default();
    let mut listener = None;
    let mut more = false;
    let mut backoff = BACKOFF.0;
    while !hub.is_deserted() {
        let turn = timeout(ANSWER_TIMEOUT, turn(&hub, &mut hints, &mut listener, more)).await;
        match turn.unwrap_or_else(|_| Err(DbErr::Custom("the database says nothing".to_owned()))) {
            Ok((there_is, rest)) => {
                more = there_is;
                backoff = BACKOFF.0;
                tokio::time::sleep(rest).await;
            }
            Err(error) => {
                counter!("fieldbook_live_retries_total").increment(1);
                tracing::warn!(error = %error, "look at what is loaded, for subscriptions");
                // A listener that missed something finds it by looking.
                listener = None;
                tokio::time::sleep(backoff).await;
                backoff = (backoff * 2).min(BACKOFF.1);
            }
        }
    }
}

/// Waits until something may be new, unless there is `more` already, and looks. Whether there is more then, and the rest until the next turn.
async fn turn(
    hub: &Hub,
    hints: &mut Hints,
    listener: &mut Option<Listener>,
    more: bool,
) -> Result<(bool, Duration), DbErr> {
    let limits = &hub.0.limits;
    let mut sensors = false;
    if let Some(listener) = listener {
        let mut heard = tokio::select! {
            biased;
            heard = listener.hear() => Some(heard?),
            () = std::future::ready(()), if more => None,
            () = tokio::time::sleep(limits.poll_interval) => Some(Heard::Something),
            () = hub.0.left.notified() => return Ok((false, Duration::ZERO)),
        };
        while let Some(one) = heard {
            match one {
                Heard::Loaded(loaded) => {
                    sensors |= loaded.sensors;
                    hints.add(loaded);
                }
                Heard::Something => sensors = true,
            }
            heard = listener.heard_already().await?;
        }
    } else {
        // What is committed from now on is heard; what was before is found by the first look.
        *listener = Some(Listener::listen(&hub.0.db).await?);
        sensors = true;
    }
    if sensors {
        hub.0.registry.refresh().await?;
    }
    let started = Instant::now();
    let more = hub.look(hints).await?;
    if !more {
        // Looks take a third of the time at most, and are no closer together than the interval says.
        let rest = started.elapsed() * 2;
        let rest = rest.clamp(limits.look_interval, limits.look_interval.max(BACKOFF.1));
        return Ok((false, rest));
    }
    Ok((more, Duration::ZERO))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(members: usize) -> f64 {
    members as f64
}
