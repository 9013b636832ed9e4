//! The hub: it looks at what loaders committed, once for all subscribers, and gives each what it wants.
//!
//! It runs while somebody subscribes. A look reads the checkpoints, then, in one statement, the readings of the positions
//! that are new, of all sensors that somebody wants. It is due when a notification comes, and every few seconds without
//! one; a rest after each look keeps the pace bounded, however often loaders commit (`watch`). A look takes a bounded
//! number of positions; the next one goes on.
//!
//! | metric | meaning |
//! |---|---|
//! | `fieldbook_live_subscribers` | subscriptions open |
//! | `fieldbook_live_looks_total` | looks that found new positions |
//! | `fieldbook_live_readings_total` | readings that looks found |
//! | `fieldbook_live_look_duration_seconds` | how long such a look took |
//! | `fieldbook_live_too_slow_total` | times a subscriber's queue was emptied because it was full |
//! | `fieldbook_live_retries_total` | times the database did not answer the hub, or not in time |

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use entity::query::loaded::{self, Listener, Of, Piece, Position};
use entity::query::readings::Reading;
use entity::query::sensors::Sensor;
use entity::{DatabaseConnection, DbErr, Scope};
use metrics::{counter, gauge, histogram};
use tokio::sync::{Notify, Semaphore};

use super::LiveLimits;
use super::hints::Hints;
use super::positions::Positions;
use super::registry::Registry;
use super::subscriber::{Batch, Delivery, Fresh, Interest, Lapse, Subscriber};
use super::watch;
use crate::graphql::error::ApiError;

/// Positions that one look or one chunk of catching up takes, of one journal.
const POSITIONS_MAX: u32 = 20_000;

/// Segments whose spans one statement looks through.
const PIECES_MAX: u32 = 64;

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
    /// Who came since the last look began or ended, and where the hub was then.
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

    /// Where the hub is, when nothing waits: it has looked for this subscriber up to there.
    pub(super) fn idle_at(&self) -> Option<Arc<Positions>> {
        let members = self.hub.members();
        let positions = members.positions.clone();
        positions.filter(|_| self.subscriber.is_idle())
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
            // The hub may end between the locks, because the last subscriber leaves.
            if let Some(joined) = self.try_join(&interest)? {
                return Ok(joined);
            }
            let (listener, now) = self.begin().await?;
            let mut members = self.members();
            if members.positions.is_none() {
                members.positions = Some(Arc::new(now));
                tokio::spawn(watch::run(self.clone(), listener));
            }
        }
    }

    /// Where the loaders are, and a listener that hears what they commit from then on.
    pub(super) async fn begin(&self) -> Result<(Listener, Positions), DbErr> {
        let listener = Listener::listen(&self.0.db).await?;
        let now = Positions::of(&loaded::positions(&self.0.db).await?);
        self.refresh().await?;
        Ok((listener, now))
    }

    /// Goes on from here. Everybody reads from the database what lies between.
    pub(super) fn start_over(&self, positions: Positions) {
        let mut members = self.members();
        members.positions = Some(Arc::new(positions));
        members.take_up_newcomers();
        for member in members.all.values() {
            member.lapse(Lapse::CameLate);
        }
    }

    /// Asks whether sensors were declared or registered.
    pub(super) async fn refresh(&self) -> Result<(), DbErr> {
        self.0.registry.refresh().await
    }

    /// Waits until somebody leaves.
    pub(super) async fn left(&self) {
        self.0.left.notified().await;
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
    pub(super) async fn look(&self, hints: &mut Hints) -> Result<bool, DbErr> {
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
        let positions = Arc::new(positions);
        self.give(rows, Arc::clone(&positions));
        // Not before: the next try of a look that failed needs them.
        for Position { journal_id, .. } in now {
            hints.forget(journal_id, positions.get(journal_id));
        }
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
        self.refresh().await?;
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
        // This look has passed them by, and when the next one is due nobody knows.
        members.take_up_newcomers();
    }

    /// Ends the hub when nobody subscribes any more.
    pub(super) fn is_deserted(&self) -> bool {
        let mut members = self.members();
        if members.all.is_empty() {
            members.positions = None;
        }
        members.positions.is_none()
    }
}

impl Members {
    /// Takes up who came; gives where the hub is, and the sensors that are wanted, `None` for all.
    fn begin_look(&mut self) -> (Positions, Option<Vec<i32>>) {
        self.take_up_newcomers();
        let positions = self.positions.as_deref().cloned().unwrap_or_default();
        let wanted = self
            .everybody
            .is_empty()
            .then(|| self.by_sensor.keys().copied().collect());
        (positions, wanted)
    }

    /// Has looks see who came. Whoever came before the hub moved on reads from the database what lies between.
    fn take_up_newcomers(&mut self) {
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
            if came_at != positions {
                subscriber.lapse(Lapse::CameLate);
            }
        }
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

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(members: usize) -> f64 {
    members as f64
}
