//! What a resolver knows of the request that it works for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::Context;
use chrono::{DateTime, Utc};
use entity::{DatabaseConnection, Scope};

use super::batch::Loaders;
use super::error::ApiError;
use crate::access::Access;
use crate::ask::{buckets, quality};
use crate::options::Limits;
use crate::state::ApiState;

/// One request: when it came, what its asker may see, and how much its answer already holds.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) at: DateTime<Utc>,
    pub(crate) access: Access,
    points_taken: AtomicU64,
    buckets_taken: AtomicU64,
    bucket_values_taken: AtomicU64,
    reading_days_taken: AtomicU64,
    raw_messages_taken: AtomicU64,
    raw_bytes_taken: AtomicU64,
    measured_taken: AtomicU64,
}

impl Asked {
    pub(crate) fn new(at: DateTime<Utc>, access: Access) -> Self {
        Self {
            at,
            access,
            points_taken: AtomicU64::new(0),
            buckets_taken: AtomicU64::new(0),
            bucket_values_taken: AtomicU64::new(0),
            reading_days_taken: AtomicU64::new(0),
            raw_messages_taken: AtomicU64::new(0),
            raw_bytes_taken: AtomicU64::new(0),
            measured_taken: AtomicU64::new(0),
        }
    }

    /// Takes `points` of the answer's budget before they are read.
    pub(crate) fn take_points(&self, points: u64, limits: &Limits) -> Result<(), ApiError> {
        let advice = "that many readings do not fit into one answer: set maxPoints to draw them, ask for a shorter range \
             or fewer sensors, or take readings page by page";
        take(&self.points_taken, points, limits.answer_points_max, advice)
    }

    /// How many readings the answer's budget still has.
    pub(crate) fn points_left(&self, limits: &Limits) -> u64 {
        let taken = self.points_taken.load(Ordering::Relaxed);
        limits.answer_points_max.saturating_sub(taken)
    }

    /// Takes `buckets` of the answer's budget before they are read.
    pub(crate) fn take_buckets(&self, buckets: u64, limits: &Limits) -> Result<(), ApiError> {
        let max = limits.answer_buckets_max;
        take(&self.buckets_taken, buckets, max, buckets::ADVICE)
    }

    /// Takes `values` of the answer's budget before they are written.
    pub(crate) fn take_bucket_values(&self, values: u64, limits: &Limits) -> Result<(), ApiError> {
        let advice = "so many values do not fit into one answer: select fewer fields of each bucket, or choose a larger \
             bucket";
        take(
            &self.bucket_values_taken,
            values,
            limits.answer_bucket_values_max,
            advice,
        )
    }

    /// Takes `days` of readings, of all sensors together, of the answer's budget before they are gone through.
    pub(crate) fn take_reading_days(&self, days: u64, limits: &Limits) -> Result<(), ApiError> {
        let advice = "so many days of readings are not gone through one by one: leave includeFailed, flags and \
             percentiles out and choose a bucket of whole minutes, or ask for a shorter range or fewer sensors";
        take(
            &self.reading_days_taken,
            days,
            limits.reading_days_max.into(),
            advice,
        )
    }

    /// Takes `readings` of the answer's budget before their quality is measured.
    pub(crate) fn take_measured(&self, readings: u64, limits: &Limits) -> Result<(), ApiError> {
        let max = limits.quality_readings_max;
        take(&self.measured_taken, readings, max, quality::ADVICE)
    }

    /// Takes `messages` of the answer's budget before they are fetched.
    pub(crate) fn take_raw_messages(&self, messages: u64, limits: &Limits) -> Result<(), ApiError> {
        let advice = "so many raw messages are not fetched for one answer: lower first";
        let max = limits.raw_messages_max;
        take(&self.raw_messages_taken, messages, max, advice)
    }

    /// Takes `bytes` of raw messages of the answer's budget before they are written.
    pub(crate) fn take_raw_bytes(&self, bytes: u64, limits: &Limits) -> Result<(), ApiError> {
        let advice = "so many bytes of raw messages do not fit into one answer: lower first";
        take(&self.raw_bytes_taken, bytes, limits.raw_bytes_max, advice)
    }
}

fn take(taken: &AtomicU64, more: u64, limit: u64, advice: &str) -> Result<(), ApiError> {
    let before = taken.fetch_add(more, Ordering::Relaxed);
    let asked = before.saturating_add(more);
    if asked <= limit {
        return Ok(());
    }
    Err(ApiError::LimitExceeded {
        argument: None,
        limit,
        asked: Some(asked),
        advice: advice.to_owned(),
    })
}

/// Short ways from a resolver's context to the parts of the request.
pub(crate) trait ContextExt {
    fn state(&self) -> &ApiState;
    fn asked(&self) -> &Asked;
    fn loaders(&self) -> &Loaders;

    fn db(&self) -> &DatabaseConnection {
        self.state().db()
    }

    fn limits(&self) -> &Limits {
        &self.state().options().limits
    }

    /// The scope for queries of readings and of what is computed from them, or a refusal.
    fn scope(&self) -> Result<&Scope, ApiError> {
        self.asked().access.data()
    }

    /// The scope for queries of sensors' metadata, or a refusal.
    fn sensor_scope(&self) -> Result<&Scope, ApiError> {
        self.asked().access.sensors()
    }
}

impl ContextExt for Context<'_> {
    fn state(&self) -> &ApiState {
        self.data_unchecked()
    }

    fn asked(&self) -> &Asked {
        self.data_unchecked::<Arc<Asked>>()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Anonymous;

    #[test]
    fn the_budget_of_readings_is_that_of_the_whole_answer() {
        let limits = Limits {
            answer_points_max: 10,
            ..Limits::default()
        };
        let asked = Asked::new(DateTime::UNIX_EPOCH, Access::anonymous(Anonymous::Catalogue));
        asked.take_points(6, &limits).unwrap();
        let error = asked.take_points(5, &limits).unwrap_err();
        assert!(
            matches!(
                error,
                ApiError::LimitExceeded {
                    limit: 10,
                    asked: Some(11),
                    ..
                }
            ),
            "{error}"
        );
    }
}
