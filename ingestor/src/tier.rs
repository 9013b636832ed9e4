//! The second tier of a journal: what it has let go for want of room is read back from S3.
//!
//! Segments that the archiver has verified on S3 may be deleted while the database is away. They are found by their keys, which
//! say journal and positions; where to begin is told by the newest row of the manifest before them, or, when that misleads,
//! by nothing.

use std::collections::VecDeque;

use archive::{ListedSegment, Listing, Store, StoreError};
use chrono::{DateTime, Days, Utc};
use uuid::Uuid;

use crate::archived::Patience;

/// Finds the segments of one journal on S3, one after the other.
#[derive(Debug)]
pub(crate) struct Finder {
    store: Store,
    journal: Uuid,
    patience: Patience,
    /// When about the first of them was received, as far as that is known.
    hint: Option<DateTime<Utc>>,
    walk: Option<(Listing, VecDeque<ListedSegment>)>,
}

impl Finder {
    pub(crate) fn new(store: &Store, journal: Uuid, patience: Patience, hint: Option<DateTime<Utc>>) -> Self {
        Self {
            store: store.clone(),
            journal,
            patience,
            hint,
            walk: None,
        }
    }

    /// The segment that holds `seq`; `None` when there is none. Positions that ascend are found in one walk.
    pub(crate) async fn find(&mut self, seq: u64) -> Result<Option<ListedSegment>, StoreError> {
        // On from where it is, then from the hint, then from the beginning.
        if let Some(found) = self.walk_to(seq).await? {
            return Ok(Some(found));
        }
        for hint in [self.hint, None] {
            let from = hint.and_then(|hint| hint.date_naive().checked_sub_days(Days::new(1)));
            self.walk = Some((self.store.list(from, None), VecDeque::new()));
            if let Some(found) = self.walk_to(seq).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn walk_to(&mut self, seq: u64) -> Result<Option<ListedSegment>, StoreError> {
        let journal = self.journal;
        let mut pause = self.patience.begin();
        let Some((listing, waiting)) = &mut self.walk else {
            return Ok(None);
        };
        loop {
            while let Some(listed) = waiting.pop_front() {
                let segment = &listed.segment;
                let holds =
                    (segment.first_seq()..segment.first_seq().saturating_add(segment.count())).contains(&seq);
                if segment.journal() == journal && holds {
                    return Ok(Some(listed));
                }
            }
            match listing.next_page().await {
                Err(error) if error.retryable() => pause.wait(&error).await,
                page => match page? {
                    Some(page) => waiting.extend(page.segments),
                    None => return Ok(None),
                },
            }
        }
    }
}
