//! What stands beside readings, and what is kept of messages that were set aside: for many at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use entity::Scope;
use entity::quarantine::{MessagePlace, payloads};
use entity::query::conflicts::{self, OtherValue};
use entity::query::doubts::{self, Doubt};
use entity::query::in_force::{Arrival, ranges_in_force};
use entity::query::readings::ReadingKey;
use entity::query::sensors::Range;

use super::Batches;
use crate::graphql::error::ApiError;

/// The other values of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OthersKey(pub(crate) ReadingKey);

impl Loader<OthersKey> for Batches {
    type Value = Vec<OtherValue>;
    type Error = ApiError;

    async fn load(&self, keys: &[OthersKey]) -> Result<HashMap<OthersKey, Vec<OtherValue>>, ApiError> {
        let scope = self.asked.access.dataset("reading-conflicts")?;
        let readings: Vec<ReadingKey> = keys.iter().map(|key| key.0).collect();
        let others = conflicts::of_each(&self.db, scope, &readings).await?;
        Ok(others
            .into_iter()
            .map(|(key, others)| (OthersKey(key), others))
            .collect())
    }
}

/// The doubts of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DoubtsKey(pub(crate) ReadingKey);

impl Loader<DoubtsKey> for Batches {
    type Value = Vec<Doubt>;
    type Error = ApiError;

    async fn load(&self, keys: &[DoubtsKey]) -> Result<HashMap<DoubtsKey, Vec<Doubt>>, ApiError> {
        let readings: Vec<ReadingKey> = keys.iter().map(|key| key.0).collect();
        let doubts = doubts::of_each(&self.db, &self.scope, &readings).await?;
        Ok(doubts
            .into_iter()
            .map(|(key, doubts)| (DoubtsKey(key), doubts))
            .collect())
    }
}

/// The range that was in force for a message of a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RangeKey {
    pub(crate) sensor_id: i32,
    pub(crate) journal_id: i16,
    pub(crate) seq: i64,
    pub(crate) received_at: DateTime<Utc>,
}

impl Loader<RangeKey> for Batches {
    type Value = Range;
    type Error = ApiError;

    async fn load(&self, keys: &[RangeKey]) -> Result<HashMap<RangeKey, Range>, ApiError> {
        let arrivals: Vec<Arrival> = keys
            .iter()
            .map(|key| Arrival {
                sensor_id: key.sensor_id,
                journal_id: key.journal_id,
                seq: key.seq,
                received_at: key.received_at,
            })
            .collect();
        let ranges = ranges_in_force(&self.db, &self.scope, &arrivals).await?;
        let found = keys.iter().copied().zip(ranges);
        Ok(found.filter_map(|(key, range)| Some((key, range?))).collect())
    }
}

/// What is kept of the payload of a message that was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PayloadKey {
    pub(crate) place: MessagePlace,
    /// How many bytes that is.
    pub(crate) bytes: u64,
}

impl Loader<PayloadKey> for Batches {
    type Value = Vec<u8>;
    type Error = ApiError;

    async fn load(&self, keys: &[PayloadKey]) -> Result<HashMap<PayloadKey, Vec<u8>>, ApiError> {
        let bytes = keys.iter().map(|key| key.bytes).sum();
        self.asked.take_raw_bytes(bytes, &self.limits)?;
        let scope = self
            .asked
            .access
            .dataset("quarantined-messages")
            .unwrap_or(&Scope::Nothing);
        let places: Vec<MessagePlace> = keys.iter().map(|key| key.place).collect();
        let mut kept = payloads(&self.db, scope, &places).await?;
        let found = keys.iter().copied();
        Ok(found
            .filter_map(|key| Some((key, kept.remove(&key.place)?)))
            .collect())
    }
}
