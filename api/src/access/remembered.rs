//! What was read lately and is taken for a few seconds without another look at the database.
//!
//! Whatever changes about an asker holds after [`REMEMBERED`] at the latest, in every process; what ends at a time that is
//! known ends then, for its reader compares the clock.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

/// How long it is taken.
pub(super) const REMEMBERED: Duration = Duration::from_secs(5);

/// Things remembered at most; of more, those not used for longest are looked up again.
const MEMORY_MAX: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not zero");

/// What was read lately, by its key.
pub(super) struct Remembered<K, V>(Mutex<LruCache<K, (V, Instant)>>);

impl<K: Hash + Eq, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MEMORY_MAX)))
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Remembered<K, V> {
    fn memory(&self) -> MutexGuard<'_, LruCache<K, (V, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was read, when it was lately enough.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<V> {
        let mut memory = self.memory();
        let (value, read_at) = memory.get(key)?;
        (now.saturating_duration_since(*read_at) < REMEMBERED).then(|| value.clone())
    }

    /// Whether anything is remembered, however old it is.
    pub(super) fn knows(&self, key: &K) -> bool {
        self.memory().contains(key)
    }

    /// Remembers what was asked for at `asked_at`: what is remembered is never younger than it says.
    pub(super) fn put(&self, key: K, value: V, asked_at: Instant) {
        self.memory().put(key, (value, asked_at));
    }

    pub(super) fn forget(&self, key: &K) {
        self.memory().pop(key);
    }

    /// Forgets everything of which this holds: whoever changed it here need not wait.
    pub(super) fn forget_where(&self, is_changed: impl Fn(&K, &V) -> bool) {
        let mut memory = self.memory();
        let changed: Vec<K> = memory
            .iter()
            .filter(|(key, (value, _))| is_changed(key, value))
            .map(|(key, _)| key.clone())
            .collect();
        for key in changed {
            memory.pop(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_taken_for_five_seconds_and_then_looked_up_again() {
        let (memory, start) = (Remembered::default(), Instant::now());
        memory.put(1, "a", start);
        assert_eq!(memory.get(&1, start + Duration::from_millis(4999)), Some("a"));
        assert_eq!(memory.get(&1, start + Duration::from_secs(5)), None);
        assert!(memory.knows(&1));
        memory.forget(&1);
        assert!(!memory.knows(&1));
    }

    #[test]
    fn what_was_changed_here_is_forgotten_at_once() {
        let (memory, start) = (Remembered::default(), Instant::now());
        memory.put(1, "a", start);
        memory.put(2, "b", start);
        memory.forget_where(|_, value| *value == "a");
        assert_eq!((memory.get(&1, start), memory.get(&2, start)), (None, Some("b")));
    }

    #[test]
    fn memory_is_bounded() {
        let memory = Remembered::default();
        for number in 0..10_000_u32 {
            memory.put(number, (), Instant::now());
        }
        assert_eq!(memory.memory().len(), MEMORY_MAX.get());
    }
}
