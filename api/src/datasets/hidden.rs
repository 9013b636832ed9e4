//! Which datasets are hidden, at hand for a moment, so that not every request asks the database for it.
//!
//! Hiding and listing hold after [`AT_HAND`] at the latest, in every process. While the database does not answer, nobody is
//! told of datasets: what was hidden meanwhile is not known.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, DbErr};
use tokio::sync::Mutex;

/// How long what was read is taken without another look.
const AT_HAND: Duration = Duration::from_secs(1);

/// The hidden datasets.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    read: RwLock<Option<Read>>,
    /// Held while they are read again: whoever comes meanwhile waits for the same answer.
    turn: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Read {
    slugs: Arc<HashSet<String>>,
    /// Before the statement was sent: what is at hand is never older than it says.
    asked_at: Instant,
}

impl Hidden {
    /// Their slugs.
    pub(super) async fn slugs(&self, db: &DatabaseConnection) -> Result<Arc<HashSet<String>>, DbErr> {
        if let Some(slugs) = self.at_hand(Instant::now()) {
            return Ok(slugs);
        }
        let _turn = self.turn.lock().await;
        let asked_at = Instant::now();
        if let Some(slugs) = self.at_hand(asked_at) {
            return Ok(slugs);
        }
        let slugs = Arc::new(read(db).await?);
        self.put(Read {
            slugs: Arc::clone(&slugs),
            asked_at,
        });
        Ok(slugs)
    }

    fn at_hand(&self, now: Instant) -> Option<Arc<HashSet<String>>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        let read = read.as_ref()?;
        (now.saturating_duration_since(read.asked_at) < AT_HAND).then(|| Arc::clone(&read.slugs))
    }

    fn put(&self, read: Read) {
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some(read);
    }
}

async fn read(db: &DatabaseConnection) -> Result<HashSet<String>, DbErr> {
    let visibilities = visibility::of_datasets(db).await?.into_iter();
    let hidden = visibilities.filter(|(_, visibility)| *visibility == Visibility::Hidden);
    Ok(hidden.map(|(slug, _)| slug).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_at_hand_for_a_second() {
        let (hidden, asked_at) = (Hidden::default(), Instant::now());
        assert_eq!(hidden.at_hand(asked_at), None);
        let slugs = Arc::new(HashSet::from(["raw-messages".to_owned()]));
        hidden.put(Read {
            slugs: Arc::clone(&slugs),
            asked_at,
        });
        assert_eq!(hidden.at_hand(asked_at + Duration::from_millis(999)), Some(slugs));
        assert_eq!(hidden.at_hand(asked_at + Duration::from_secs(1)), None);
    }
}
