//! Which segments are there, by the days of their receipt, a page at a time.

use chrono::NaiveDate;

use super::{Operation, Store, StoreError};
use crate::key::{RAW_DAYS, SegmentKey};

/// The most keys that S3 gives at once.
const PAGE: i32 = 1000;

/// A segment's object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSegment {
    /// Its whole key, prefix included.
    pub key: String,
    /// The key's fields.
    pub segment: SegmentKey,
    /// Its size on S3.
    pub object_bytes: u64,
}

/// Up to a thousand objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Segments, by day and hour, then journal, then position.
    pub segments: Vec<ListedSegment>,
    /// Keys among them that are none of the archive's, for the caller to report.
    pub foreign: Vec<String>,
}

/// A walk over segments. Each page is one request; the walk itself holds only its place.
#[derive(Debug)]
pub struct Listing {
    store: Store,
    days: String,
    /// The last key seen. Keys sort, so the next page begins behind it, whatever was added before it meanwhile.
    behind: String,
    /// The first key beyond the days asked for.
    end: Option<String>,
    done: bool,
}

impl Store {
    /// All segments whose first message was received on a day from `from` on and before `to`, UTC.
    ///
    /// A segment may hold later receipts too (up to a minute), and others where the clock was set: the index knows them.
    pub fn list(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Listing {
        let days = self.prefix.join(&RAW_DAYS);
        Listing {
            behind: from.map_or_else(String::new, |day| format!("{days}{day}")),
            end: to.map(|day| format!("{days}{day}")),
            days,
            store: self.clone(),
            done: false,
        }
    }
}

impl Listing {
    /// The next page; `None` behind the last.
    pub async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        if self.done {
            return Ok(None);
        }
        let store = &self.store;
        let request = store
            .client
            .list_objects_v2()
            .bucket(&*store.bucket)
            .prefix(&self.days)
            .max_keys(PAGE);
        let request = if self.behind.is_empty() {
            request
        } else {
            request.start_after(&self.behind)
        };
        let answer = request
            .send()
            .await
            .map_err(|error| store.error(Operation::ListObjects, &self.days, error))?;
        let mut page = Page::default();
        for object in answer.contents() {
            let Some(key) = object.key() else { continue };
            if self.end.as_deref().is_some_and(|end| key >= end) {
                self.done = true;
                break;
            }
            key.clone_into(&mut self.behind);
            match store.prefix.strip(key).map(str::parse) {
                Some(Ok(segment)) => {
                    let object_bytes = object
                        .size()
                        .and_then(|size| u64::try_from(size).ok())
                        .unwrap_or(0);
                    page.segments.push(ListedSegment {
                        key: key.to_owned(),
                        segment,
                        object_bytes,
                    });
                }
                Some(Err(_)) | None => page.foreign.push(key.to_owned()),
            }
        }
        // A page that promises more but shows nothing would be asked for again without end.
        self.done |= answer.is_truncated() != Some(true) || answer.contents().is_empty();
        Ok(Some(page))
    }
}
