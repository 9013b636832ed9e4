//! One subscriber's queue: bounded, and emptied when it is full, so that who is slow holds nobody up.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entity::query::readings::Reading;
use entity::query::sensors::Sensor;
use tokio::sync::Notify;

use super::positions::Positions;

/// Deliveries that wait for one subscriber at most, however few readings they have.
const DELIVERIES_MAX: usize = 1_000;

/// A reading that has just been loaded, and its sensor.
#[derive(Debug, Clone)]
pub(crate) struct Fresh {
    pub(crate) row: Reading,
    pub(crate) sensor: Arc<Sensor>,
}

/// What one look found for a subscriber.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    /// What it found for all of them.
    pub(super) batch: Arc<Batch>,
    /// The places of this subscriber's in the batch, in order; `None` for all of it.
    pub(super) of: Option<Box<[u32]>>,
    /// Where the hub was behind this look: for this subscriber there is nothing else up to there.
    pub(super) positions: Arc<Positions>,
}

impl Delivery {
    /// The readings, by journal and position.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Fresh> {
        let rows = &self.batch.rows;
        let some = self.of.as_deref().into_iter().flatten();
        let some = some.filter_map(|place| rows.get(usize::try_from(*place).ok()?));
        let all = rows.iter().filter(|_| self.of.is_none());
        some.chain(all)
    }

    fn count(&self) -> usize {
        self.of.as_ref().map_or(self.batch.rows.len(), |of| of.len())
    }
}

/// What one look found, by journal and position: in memory once for all who want some of it, and counted as long as
/// somebody holds it.
#[derive(Debug)]
pub(super) struct Batch {
    rows: Vec<Fresh>,
    held: Arc<AtomicUsize>,
}

impl Batch {
    pub(super) fn new(rows: Vec<Fresh>, held: &Arc<AtomicUsize>) -> Arc<Self> {
        held.fetch_add(rows.len(), Ordering::Relaxed);
        Arc::new(Self {
            rows,
            held: Arc::clone(held),
        })
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.held.fetch_sub(self.rows.len(), Ordering::Relaxed);
    }
}

/// Whose readings a subscriber wants, as far as the hub must know.
#[derive(Debug, Clone)]
pub(super) enum Interest {
    Everybody,
    Sensors(Arc<[i32]>),
}

/// Why a subscriber must go on from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lapse {
    /// It came while the hub was looking, or the hub started over: that is nobody's slowness.
    CameLate,
    /// It took too long to take what it was given.
    TooSlow,
}

/// One subscriber, as the hub sees it.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) interest: Interest,
    queue: Mutex<Queue>,
    /// Something was put into the queue.
    pub(super) woken: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    deliveries: VecDeque<Delivery>,
    readings: usize,
    lapse: Option<Lapse>,
}

impl Subscriber {
    pub(super) fn new(interest: Interest) -> Self {
        Self {
            interest,
            queue: Mutex::default(),
            woken: Notify::new(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a delivery into the queue, unless it is full. Whether it was.
    pub(super) fn put(&self, delivery: Delivery, readings_max: usize) -> bool {
        let mut queue = self.queue();
        if queue.lapse.is_some() {
            return false;
        }
        let readings = queue.readings + delivery.count();
        let is_full = !queue.deliveries.is_empty()
            && (readings > readings_max || queue.deliveries.len() >= DELIVERIES_MAX);
        if is_full {
            *queue = Queue {
                lapse: Some(Lapse::TooSlow),
                ..Queue::default()
            };
        } else {
            queue.readings = readings;
            queue.deliveries.push_back(delivery);
        }
        drop(queue);
        self.woken.notify_one();
        is_full
    }

    /// Empties the queue: its subscriber goes on from the database. Whether that is new.
    pub(super) fn lapse(&self, why: Lapse) -> bool {
        let mut queue = self.queue();
        let is_new = queue.lapse.is_none();
        if is_new {
            *queue = Queue {
                lapse: Some(why),
                ..Queue::default()
            };
        }
        drop(queue);
        self.woken.notify_one();
        is_new
    }

    /// Takes the next delivery, or why there is none.
    pub(super) fn take(&self) -> Result<Option<Delivery>, Lapse> {
        let mut queue = self.queue();
        if let Some(why) = queue.lapse {
            return Err(why);
        }
        let delivery = queue.deliveries.pop_front();
        queue.readings -= delivery.as_ref().map_or(0, Delivery::count);
        Ok(delivery)
    }

    /// Whether it must go on from the database.
    pub(super) fn has_lapsed(&self) -> bool {
        self.queue().lapse.is_some()
    }

    /// Whether nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        let queue = self.queue();
        queue.deliveries.is_empty() && queue.lapse.is_none()
    }

    /// Begins with an empty queue.
    pub(super) fn begin_anew(&self) {
        *self.queue() = Queue::default();
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::QualityFlag;
    use entity::query::readings::Receipt;
    use entity::query::sensors::Range;

    use super::*;

    fn delivery(readings: usize, held: &Arc<AtomicUsize>) -> Delivery {
        let row = Reading {
            sensor_id: 1,
            time: DateTime::UNIX_EPOCH,
            value: 0.0,
            flag: QualityFlag::Pass,
            receipt: Receipt {
                received_at: DateTime::UNIX_EPOCH,
                journal_id: 1,
                seq: 1,
            },
        };
        let sensor = Arc::new(Sensor {
            id: 1,
            uuid: uuid::Uuid::nil(),
            source: String::new(),
            name: String::new(),
            kind: None,
            unit: None,
            description: None,
            location: None,
            range: Range::default(),
            labels: Vec::new(),
            declared: false,
            active_since: None,
            expected_interval_seconds: None,
        });
        let fresh = Fresh { row, sensor };
        Delivery {
            batch: Batch::new(vec![fresh; readings], held),
            of: None,
            positions: Arc::default(),
        }
    }

    #[test]
    fn a_full_queue_is_emptied_and_says_so_until_its_subscriber_begins_anew() {
        let held = Arc::default();
        let subscriber = Subscriber::new(Interest::Everybody);
        assert!(!subscriber.put(delivery(6, &held), 10));
        assert!(!subscriber.put(delivery(4, &held), 10));
        assert_eq!(held.load(Ordering::Relaxed), 10);
        assert!(subscriber.put(delivery(1, &held), 10));
        assert_eq!(held.load(Ordering::Relaxed), 0);
        assert_eq!(subscriber.take().unwrap_err(), Lapse::TooSlow);
        assert!(!subscriber.put(delivery(1, &held), 10));
        assert!(!subscriber.is_idle());
        subscriber.begin_anew();
        assert!(subscriber.take().unwrap().is_none() && subscriber.is_idle());
    }

    #[test]
    fn one_delivery_larger_than_the_queue_is_taken_when_nothing_else_waits() {
        let held = Arc::default();
        let subscriber = Subscriber::new(Interest::Everybody);
        assert!(!subscriber.put(delivery(50, &held), 10));
        assert_eq!(subscriber.take().unwrap().unwrap().rows().count(), 50);
    }

    #[test]
    fn a_batch_of_several_is_counted_once_and_each_queue_counts_its_own() {
        let held = Arc::default();
        let whole = delivery(8, &held);
        let part = Delivery {
            of: Some(Box::new([1, 7])),
            ..whole.clone()
        };
        let (few, all) = (
            Subscriber::new(Interest::Everybody),
            Subscriber::new(Interest::Everybody),
        );
        for _ in 0..5 {
            assert!(!few.put(part.clone(), 10));
        }
        assert!(!all.put(whole, 10));
        assert_eq!((part.rows().count(), held.load(Ordering::Relaxed)), (2, 8));
        assert!(few.put(part, 10));
        assert!(all.lapse(Lapse::TooSlow) && !all.lapse(Lapse::TooSlow));
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }
}
