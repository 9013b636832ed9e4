//! How many buckets of how many sensors are read at once.

use chrono::{DateTime, Utc};
use entity::query::readings::TimeRange;

use super::{BucketsIn, PAGE_SHARE, Walk};
use crate::ask::buckets;
use crate::graphql::error::ApiError;
use crate::options::Limits;

const SECONDS_OF_DAY: u64 = 86_400;

impl BucketsIn {
    /// How many buckets may be looked at at once.
    pub(crate) fn buckets_max(&self, limits: &Limits) -> u64 {
        let buckets = limits.answer_buckets_max / PAGE_SHARE;
        let of = &self.question.of;
        if !of.is_one_by_one() {
            return buckets.max(1);
        }
        // Readings are taken one by one, which has a budget of its own.
        let seconds = u64::from(limits.reading_days_max) / PAGE_SHARE * SECONDS_OF_DAY;
        buckets.min(seconds / of.bucketing.size.usual_seconds()).max(1)
    }

    /// Refuses buckets of which a single one takes more than may be read at once.
    pub(crate) fn check_longest(&self, limits: &Limits) -> Result<(), ApiError> {
        let of = &self.question.of;
        let days = of
            .bucketing
            .size
            .usual_seconds()
            .min(seconds(of.range))
            .div_ceil(SECONDS_OF_DAY);
        let limit = limits.reading_days_max.into();
        if !of.is_one_by_one() || days <= limit {
            return Ok(());
        }
        Err(ApiError::LimitExceeded {
            argument: Some("bucket"),
            limit,
            asked: Some(days),
            advice: "so many days of readings are not gone through one by one for one bucket: choose a smaller bucket, or \
                     leave failed readings and flags out and choose a bucket of whole minutes"
                .to_owned(),
        })
    }

    /// The sensors whose whole ranges a block of about `size` buckets holds; one when it holds only a part of it.
    pub(super) fn sensors_of_block(&self, size: u64, walk: &Walk, limits: &Limits) -> u64 {
        if walk.within.is_some() {
            return 1;
        }
        let of = &self.question.of;
        let of_one = seconds(of.range).div_ceil(of.bucketing.size.usual_seconds());
        (size / of_one).clamp(1, u64::from(limits.sensors_max).max(1))
    }

    /// The part of the range from `from` on that about `size` buckets span; it ends with a bucket, or with the range.
    pub(super) fn slice(&self, from: DateTime<Utc>, size: u64) -> Result<TimeRange, ApiError> {
        let of = &self.question.of;
        let to = of.range.to;
        let edges = of.bucketing.first(from, to, size).map_err(buckets::refused)?;
        let end = edges.last().copied().unwrap_or(to);
        Ok(TimeRange {
            from,
            to: end.min(to),
        })
    }
}

/// A started second counts.
fn seconds(range: TimeRange) -> u64 {
    let span = range.to - range.from;
    (span.num_seconds() + i64::from(span.subsec_nanos() > 0)).cast_unsigned()
}
