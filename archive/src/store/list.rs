//! Which objects are there, by the days of their receipt, a page at a time.

use chrono::NaiveDate;

use super::{Operation, Store, StoreError};
use crate::key::{RAW_DAYS, SENSOR_LIST_DAYS, SegmentKey, SensorListKey};

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
pub struct Listing(Walk);

/// A walk over sensor lists, by day, then journal, then position.
#[derive(Debug)]
pub struct SensorListListing(Walk);

/// A walk over the keys below one name, in their order.
#[derive(Debug)]
struct Walk {
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
        Listing(Walk::new(self, RAW_DAYS, from, to))
    }

    /// All sensor lists that were received on a day before `to`, UTC.
    pub fn list_sensor_lists(&self, to: Option<NaiveDate>) -> SensorListListing {
        SensorListListing(Walk::new(self, SENSOR_LIST_DAYS, None, to))
    }
}

impl Listing {
    /// The same walk, but only behind this key.
    #[must_use]
    pub fn behind(mut self, key: &str) -> Self {
        if key > self.0.behind.as_str() {
            key.clone_into(&mut self.0.behind);
        }
        self
    }

    /// The next page; `None` behind the last.
    pub async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        let Some(objects) = self.0.next().await? else {
            return Ok(None);
        };
        let mut page = Page::default();
        for (key, object_bytes) in objects {
            match self.0.store.prefix.strip(&key).map(str::parse) {
                Some(Ok(segment)) => page.segments.push(ListedSegment {
                    key,
                    segment,
                    object_bytes,
                }),
                Some(Err(_)) | None => page.foreign.push(key),
            }
        }
        Ok(Some(page))
    }
}

impl SensorListListing {
    /// The next lists, each by its whole key and the key's fields; `None` behind the last. Other keys are passed over.
    pub async fn next_page(&mut self) -> Result<Option<Vec<(String, SensorListKey)>>, StoreError> {
        let Some(objects) = self.0.next().await? else {
            return Ok(None);
        };
        let prefix = &self.0.store.prefix;
        let lists = objects.into_iter().filter_map(|(key, _)| {
            let list = prefix.strip(&key)?.parse().ok()?;
            Some((key, list))
        });
        Ok(Some(lists.collect()))
    }
}

impl Walk {
    fn new(store: &Store, below: &str, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Self {
        let days = store.prefix.join(&below);
        Self {
            behind: from.map_or_else(String::new, |day| format!("{days}{day}")),
            end: to.map(|day| format!("{days}{day}")),
            days,
            store: store.clone(),
            done: false,
        }
    }

    /// The next keys and their sizes.
    async fn next(&mut self) -> Result<Option<Vec<(String, u64)>>, StoreError> {
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
        let mut found = Vec::with_capacity(answer.contents().len());
        for object in answer.contents() {
            let Some(key) = object.key() else { continue };
            if self.end.as_deref().is_some_and(|end| key >= end) {
                self.done = true;
                break;
            }
            key.clone_into(&mut self.behind);
            let bytes = object
                .size()
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or(0);
            found.push((key.to_owned(), bytes));
        }
        // A page that promises more but shows nothing would be asked for again without end.
        self.done |= answer.is_truncated() != Some(true) || answer.contents().is_empty();
        Ok(Some(found))
    }
}
