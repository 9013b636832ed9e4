//! What was read from the database a moment ago, and is taken without another look: for answers that are the same for all
//! who ask, and may be that old.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// Something that is at hand for a moment.
#[derive(Debug)]
pub(crate) struct AtHand<T> {
    /// How long it is taken.
    moment: Duration,
    read: RwLock<Option<Read<T>>>,
    /// Held while it is read again: whoever comes meanwhile waits for the same answer.
    turn: Mutex<()>,
}

#[derive(Debug)]
struct Read<T> {
    value: Arc<T>,
    /// Before it was read: what is at hand is never older than it says.
    asked_at: Instant,
}

impl<T> AtHand<T> {
    pub(crate) fn new(moment: Duration) -> Self {
        Self {
            moment,
            read: RwLock::new(None),
            turn: Mutex::new(()),
        }
    }

    /// What is at hand, or else what `read` gives now. A failure is told to whoever asked, and nothing is taken instead.
    pub(crate) async fn get<E>(&self, read: impl Future<Output = Result<T, E>>) -> Result<Arc<T>, E> {
        if let Some(value) = self.at(Instant::now()) {
            return Ok(value);
        }
        let _turn = self.turn.lock().await;
        let asked_at = Instant::now();
        if let Some(value) = self.at(asked_at) {
            return Ok(value);
        }
        let value = Arc::new(read.await?);
        self.put(Arc::clone(&value), asked_at);
        Ok(value)
    }

    fn at(&self, now: Instant) -> Option<Arc<T>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        let read = read.as_ref()?;
        (now.saturating_duration_since(read.asked_at) < self.moment).then(|| Arc::clone(&read.value))
    }

    fn put(&self, value: Arc<T>, asked_at: Instant) {
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some(Read { value, asked_at });
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn what_was_read_is_taken_for_its_moment() {
        let (at_hand, asked_at) = (AtHand::new(Duration::from_secs(1)), Instant::now());
        assert_eq!(at_hand.at(asked_at), None);
        at_hand.put(Arc::new("a"), asked_at);
        assert_eq!(
            at_hand.at(asked_at + Duration::from_millis(999)),
            Some(Arc::new("a"))
        );
        assert_eq!(at_hand.at(asked_at + Duration::from_secs(1)), None);
    }

    #[tokio::test]
    async fn those_who_come_at_once_read_once() {
        let (at_hand, reads) = (AtHand::new(Duration::from_hours(1)), AtomicUsize::new(0));
        let ask = || {
            at_hand.get(async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(reads.fetch_add(1, Ordering::Relaxed))
            })
        };
        let answers = futures_util::future::join_all((0..10).map(|_| ask())).await;
        assert!(answers.into_iter().all(|answer| answer == Ok(Arc::new(0))));
    }

    #[tokio::test]
    async fn a_failure_is_told_and_not_kept() {
        let at_hand = AtHand::new(Duration::from_hours(1));
        assert_eq!(at_hand.get(async { Err::<i32, _>("away") }).await, Err("away"));
        assert_eq!(at_hand.get(async { Ok::<_, &str>(1) }).await, Ok(Arc::new(1)));
    }
}
