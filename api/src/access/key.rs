//! Keys that were looked up are remembered for a few seconds, so that not every request asks for its key's row.
//!
//! A revocation holds after [`REMEMBERED`] at the latest, in every process; an expiry holds at once.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use entity::DatabaseConnection;
use entity::keys::{self, Key, KeyHash};
use lru::LruCache;

use crate::graphql::error::ApiError;

/// How long a key is taken without a look at its row.
const REMEMBERED: Duration = Duration::from_secs(5);

/// Keys remembered at most; of more, those not used for longest are looked up again.
const KEYS_MAX: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not zero");

/// Good keys, by their fingerprints.
pub(super) struct Keys(Mutex<LruCache<KeyHash, Remembered>>);

struct Remembered {
    key: Arc<Key>,
    read_at: Instant,
}

impl Default for Keys {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEYS_MAX)))
    }
}

impl Keys {
    /// The key, when it was read lately enough.
    fn remembered(&self, hash: &KeyHash, now: Instant) -> Option<Arc<Key>> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = keys.get(hash)?;
        (now.saturating_duration_since(found.read_at) < REMEMBERED).then(|| Arc::clone(&found.key))
    }

    /// Whether the key was good when it was last looked up.
    pub(super) fn was_good(&self, hash: &KeyHash) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(hash)
    }

    fn remember(&self, hash: KeyHash, key: &Arc<Key>, read_at: Instant) {
        let key = Arc::clone(key);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(hash, Remembered { key, read_at });
    }

    fn forget(&self, hash: &KeyHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(hash);
    }

    /// The good key with this fingerprint, or a refusal.
    pub(super) async fn find(&self, db: &DatabaseConnection, hash: KeyHash) -> Result<Arc<Key>, ApiError> {
        // Read before the row is: what is remembered is never younger than it says.
        let (asked_at, now) = (Instant::now(), Utc::now());
        if let Some(key) = self.remembered(&hash, asked_at)
            && key.is_usable(now)
        {
            return Ok(key);
        }
        let refused = |reason| {
            self.forget(&hash);
            Err(ApiError::BadCredential(reason))
        };
        let Some(key) = keys::by_hash(db, &hash).await? else {
            return refused("there is no such key");
        };
        if key.revoked_at.is_some() {
            return refused("this key is revoked");
        }
        if !key.is_usable(now) {
            return refused("this key has expired");
        }
        let key = Arc::new(key);
        self.remember(hash, &key, asked_at);
        if let Err(error) = keys::note_use(db, &key, now).await {
            tracing::warn!(key.prefix = %key.prefix, error = %error, "note the use of key {}", key.prefix);
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use entity::keys::{Role, SensorLimit};
    use uuid::Uuid;

    use super::*;

    fn key() -> Arc<Key> {
        Arc::new(Key {
            id: Uuid::nil(),
            prefix: "fb_abcdefgh".to_owned(),
            name: "n".to_owned(),
            role: Role::Reader,
            datasets: None,
            sensors: SensorLimit::default(),
            requests_per_minute: None,
            created_at: Utc::now(),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        })
    }

    #[test]
    fn a_key_is_taken_for_five_seconds_and_then_looked_up_again() {
        let (keys, hash, start) = (Keys::default(), KeyHash([1; 32]), Instant::now());
        keys.remember(hash, &key(), start);
        assert!(
            keys.remembered(&hash, start + Duration::from_millis(4999))
                .is_some()
        );
        assert!(keys.remembered(&hash, start + Duration::from_secs(5)).is_none());
        assert!(keys.was_good(&hash));
        keys.forget(&hash);
        assert!(!keys.was_good(&hash));
    }

    #[test]
    fn memory_is_bounded() {
        let keys = Keys::default();
        for number in 0..10_000_u32 {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            keys.remember(KeyHash(hash), &key(), Instant::now());
        }
        assert_eq!(keys.0.lock().unwrap().len(), KEYS_MAX.get());
    }
}
