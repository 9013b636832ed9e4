//! Pages of buckets, by sensor and then by time, with as much work for a page as a page is long.
//!
//! Buckets are looked at in blocks ([`Walk`]), as many as rows are missing; where most of a block has no readings, the next
//! one is larger. A page that has looked at its share ends, full or not, and says where to go on: sensors by the thousand
//! that said nothing do not make a page slow, and no range is too long.

use chrono::TimeDelta;

use super::walk::GROWTH;
use super::{BucketKey, BucketsIn, Fill, FoundBucket, Reader, View, Walk};
use crate::ask::cursor;
use crate::graphql::error::ApiError;

/// A page of buckets.
#[derive(Debug)]
pub(crate) struct BucketPage {
    pub(crate) rows: Vec<FoundBucket>,
    pub(crate) has_next: bool,
    /// Where to go on: the last place that was looked at, which has a row or not.
    pub(crate) end: Option<BucketKey>,
}

impl BucketsIn {
    /// The first `limit` buckets after a place; fewer, with a next page, when so many others had no readings.
    pub(crate) async fn page(
        &self,
        reader: &Reader<'_>,
        limit: u64,
        after: Option<BucketKey>,
    ) -> Result<BucketPage, ApiError> {
        let mut walk = self.walk(after)?;
        let mut left = self.buckets_max(reader.limits);
        let mut growth = 1;
        let mut rows = Vec::new();
        let mut end = None;
        loop {
            let wanted = limit.saturating_add(1).saturating_sub(rows.len() as u64);
            if wanted == 0 || left == 0 {
                break;
            }
            let size = wanted.saturating_mul(growth).min(left);
            let block = self
                .block(reader, walk, size, &|_| Some(View::own(Fill::None, None)))
                .await?;
            left = left.saturating_sub(block.looked_at);
            if block.is_sparse() {
                growth = growth.saturating_mul(GROWTH);
            }
            end = block.end;
            rows.extend(block.rows);
            match block.next {
                Some(next) => walk = next,
                None if rows.len() as u64 <= limit => return Ok(all(rows)),
                None => break,
            }
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if rows.len() > limit {
            rows.truncate(limit);
            end = rows.last().map(FoundBucket::key);
        }
        Ok(BucketPage {
            rows,
            has_next: true,
            end,
        })
    }

    /// Where the walk goes on after a place.
    fn walk(&self, after: Option<BucketKey>) -> Result<Walk, ApiError> {
        let Some(BucketKey { sensor, start }) = after else {
            return Ok(Walk::start());
        };
        let of = &self.question.of;
        // The bucket of the cursor, if it is one.
        let edges = start
            .checked_add_signed(TimeDelta::seconds(1))
            .and_then(|behind| of.bucketing.edges(start, behind, 2).ok())
            .unwrap_or_default();
        match edges[..] {
            [begin, end, ..] if begin == start && end < of.range.to => {
                Ok(Walk::unfilled(sensor, end.max(of.range.from)))
            }
            [begin, ..] if begin == start => Ok(Walk::behind(sensor)),
            _ => Err(cursor::refused("after", "a list of the same buckets")),
        }
    }
}

/// The last page.
fn all(rows: Vec<FoundBucket>) -> BucketPage {
    BucketPage {
        end: rows.last().map(FoundBucket::key),
        rows,
        has_next: false,
    }
}
