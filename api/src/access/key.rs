//! Keys that were looked up are remembered for a few seconds, so that not every request asks for its key's row.
//!
//! A key that somebody made is held to what they may see themselves, whenever it is looked up: it ends with its owner, and
//! is narrowed with them.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::keys::{self, Holder, Key, KeyHash, Rights};
use entity::subjects;
use governor::Quota;
use uuid::Uuid;

use super::rate::{self, Who};
use super::remembered::Remembered;
use crate::graphql::error::ApiError;

/// Good keys, by their fingerprints.
#[derive(Default)]
pub(super) struct Keys(Remembered<KeyHash, Arc<Usable>>);

/// A key that is good, and what it opens.
#[derive(Debug)]
pub(super) struct Usable {
    /// The key; of one that somebody made, with what of it lies within its owner's rights.
    pub(super) key: Key,
    /// Whose requests its own count as, besides.
    pub(super) counts_for: Option<(Who, Option<Quota>)>,
}

/// What bounds a key that somebody made.
struct Bounds {
    rights: Rights,
    expires_at: Option<DateTime<Utc>>,
    counts_for: (Who, Option<Quota>),
}

impl Keys {
    /// Whether the key was good when it was last looked up.
    pub(super) fn was_good(&self, hash: &KeyHash) -> bool {
        self.0.knows(hash)
    }

    /// Forgets a key and those that its holder made.
    pub(super) fn forget(&self, id: Uuid) {
        let owner = Some(Holder::Key(id));
        self.0
            .forget_where(|_, usable| usable.key.id == id || usable.key.owner == owner);
    }

    /// Forgets the keys that somebody made.
    pub(super) fn forget_made_by(&self, holder: &Holder) {
        self.0
            .forget_where(|_, usable| usable.key.owner.as_ref() == Some(holder));
    }

    /// The good key with this fingerprint, or a refusal; `issuer` is the one whose subjects are taken.
    pub(super) async fn find(
        &self,
        db: &DatabaseConnection,
        hash: KeyHash,
        issuer: Option<&str>,
    ) -> Result<Arc<Usable>, ApiError> {
        let (asked_at, now) = (Instant::now(), Utc::now());
        if let Some(usable) = self.0.get(&hash, asked_at)
            && usable.key.is_usable(now)
        {
            return Ok(usable);
        }
        match look_up(db, &hash, issuer, now).await {
            Ok(usable) => {
                let usable = Arc::new(usable);
                self.0.put(hash, Arc::clone(&usable), asked_at);
                let key = &usable.key;
                if let Err(error) = keys::note_use(db, key, now).await {
                    tracing::warn!(key.prefix = %key.prefix, error = %error, "note the use of key {}", key.prefix);
                }
                Ok(usable)
            }
            Err(error) => {
                if matches!(error, ApiError::BadCredential(_)) {
                    self.0.forget(&hash);
                }
                Err(error)
            }
        }
    }
}

async fn look_up(
    db: &DatabaseConnection,
    hash: &KeyHash,
    issuer: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Usable, ApiError> {
    let key = keys::by_hash(db, hash)
        .await?
        .ok_or(ApiError::BadCredential("there is no such key"))?;
    if key.revoked_at.is_some() {
        return Err(ApiError::BadCredential("this key is revoked"));
    }
    if !key.is_usable(now) {
        return Err(ApiError::BadCredential("this key has expired"));
    }
    let Some(owner) = &key.owner else {
        return Ok(Usable {
            key,
            counts_for: None,
        });
    };
    let bounds = bounds_of(db, owner, issuer, now).await?;
    let Rights {
        role,
        datasets,
        sensors,
    } = key.rights().within(&bounds.rights);
    let expires_at = match (key.expires_at, bounds.expires_at) {
        (Some(own), Some(bound)) => Some(own.min(bound)),
        (own, bound) => own.or(bound),
    };
    Ok(Usable {
        key: Key {
            role,
            datasets,
            sensors,
            expires_at,
            ..key
        },
        counts_for: Some(bounds.counts_for),
    })
}

/// What somebody may see by now who made a key, or why the key is good no more.
async fn bounds_of(
    db: &DatabaseConnection,
    owner: &Holder,
    issuer: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Bounds, ApiError> {
    let gone =
        || ApiError::BadCredential("whoever made this key has no access any more, so this key has none");
    match owner {
        Holder::Key(id) => {
            let owner = keys::by_id(db, *id).await?;
            let owner = owner.filter(|owner| owner.is_usable(now)).ok_or_else(gone)?;
            Ok(Bounds {
                rights: owner.rights(),
                expires_at: owner.expires_at,
                counts_for: (Who::Key(owner.id), owner.requests_per_minute.map(rate::of_key)),
            })
        }
        Holder::Subject {
            issuer: vouches,
            subject,
        } => {
            if issuer != Some(vouches.as_str()) {
                return Err(gone());
            }
            let rights = subjects::rights(db, vouches, subject).await?;
            Ok(Bounds {
                rights: rights.ok_or_else(gone)?,
                expires_at: None,
                counts_for: (Who::Subject(subject.clone()), None),
            })
        }
    }
}
