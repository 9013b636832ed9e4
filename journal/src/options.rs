//! What an owner of a journal may choose, and which choices fit together.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::format::{FRAME_BYTES, RECORD_BYTES_LIMIT, SEAL_BYTES, SEGMENT_HEADER_BYTES, frame_bytes};

/// The most consumers a journal may have.
const CONSUMERS_MAX: usize = 16;

/// The longest name of a consumer, in bytes.
const CONSUMER_NAME_MAX: usize = 32;

/// How a journal behaves. The table "Limits" of the crate's page says what happens at each limit.
#[derive(Debug, Clone)]
pub struct Options {
    /// A segment is sealed before it would grow beyond this. Bytes, default 64,000,000.
    pub segment_bytes_max: u64,
    /// A segment is sealed this long after its first record. Default 60 s.
    pub segment_age_max: Duration,
    /// The largest record that is taken. Bytes, default 4 MiB, at most [`RECORD_BYTES_LIMIT`].
    pub record_bytes_max: usize,
    /// How much may be appended and not yet durable. Bytes, with 24 for each record, default 64 MiB.
    pub pending_bytes_max: usize,
    /// How long after the beginning of an fsync the next may be put off to make a better group. Default 2 ms; zero never
    /// lingers.
    pub linger_max: Duration,
    /// What all segment files together may take. Bytes, default 8 GiB.
    pub budget_bytes: u64,
    /// What is left free on the disk for others. Bytes, default 256 MiB.
    pub free_bytes_min: u64,
    /// Who must have committed past a segment before it is deleted: `[a-z0-9-]`, 1 to 32 bytes each. Default none,
    /// and then nothing is deleted.
    pub consumers: Vec<String>,
    /// Who must have committed past a sealed segment before it may be deleted for want of room, although other consumers have
    /// not: they find it elsewhere. Of `consumers`; default none, and then nothing is deleted so.
    pub evict_behind: Vec<String>,
    /// What is asked the time of. Default the machine's clock.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes_max: 64_000_000,
            segment_age_max: Duration::from_mins(1),
            record_bytes_max: 4 << 20,
            pending_bytes_max: 64 << 20,
            linger_max: Duration::from_millis(2),
            budget_bytes: 8 << 30,
            free_bytes_min: 256 << 20,
            consumers: Vec::new(),
            evict_behind: Vec::new(),
            clock: Arc::new(SystemClock::default()),
        }
    }
}

impl Options {
    /// Whether the choices fit together.
    pub fn validate(&self) -> Result<(), OptionsError> {
        if self.record_bytes_max > RECORD_BYTES_LIMIT {
            return Err(OptionsError::RecordTooLarge {
                given: self.record_bytes_max,
            });
        }
        let segment_needed = SEGMENT_HEADER_BYTES + frame_bytes(self.record_bytes_max) + SEAL_BYTES;
        if self.segment_bytes_max < segment_needed {
            return Err(OptionsError::SegmentTooSmall {
                given: self.segment_bytes_max,
                needed: segment_needed,
            });
        }
        if self.budget_bytes < self.segment_bytes_max {
            return Err(OptionsError::BudgetTooSmall {
                given: self.budget_bytes,
                needed: self.segment_bytes_max,
            });
        }
        let pending_needed = self.record_bytes_max + FRAME_BYTES;
        if self.pending_bytes_max < pending_needed || u32::try_from(self.pending_bytes_max).is_err() {
            return Err(OptionsError::Pending {
                given: self.pending_bytes_max,
                needed: pending_needed,
            });
        }
        if self.consumers.len() > CONSUMERS_MAX {
            return Err(OptionsError::TooManyConsumers {
                given: self.consumers.len(),
            });
        }
        for (index, name) in self.consumers.iter().enumerate() {
            let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || name.len() > CONSUMER_NAME_MAX || !name.bytes().all(legal) {
                return Err(OptionsError::ConsumerName { name: name.clone() });
            }
            if self.consumers[..index].contains(name) {
                return Err(OptionsError::SameConsumerTwice { name: name.clone() });
            }
        }
        if let Some(name) = self
            .evict_behind
            .iter()
            .find(|name| !self.consumers.contains(name))
        {
            return Err(OptionsError::EvictBehindNobody { name: name.clone() });
        }
        Ok(())
    }
}

/// Choices that don't fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Larger records than the format allows.
    #[error("record_bytes_max is {given}, the format allows {RECORD_BYTES_LIMIT} at most")]
    RecordTooLarge {
        /// What was asked for.
        given: usize,
    },
    /// A segment must hold the largest record.
    #[error(
        "segment_bytes_max is {given}, a segment with the largest record needs {needed}; raise it, or lower record_bytes_max"
    )]
    SegmentTooSmall {
        /// What was asked for.
        given: u64,
        /// The least that works with this `record_bytes_max`.
        needed: u64,
    },
    /// The budget must hold a segment, or none would ever be sealed by its size.
    #[error("budget_bytes is {given}, one segment may need {needed}; raise it, or lower segment_bytes_max")]
    BudgetTooSmall {
        /// What was asked for.
        given: u64,
        /// The least that works with this `segment_bytes_max`.
        needed: u64,
    },
    /// The buffer must hold the largest record, and a group's length must fit 32 bits.
    #[error("pending_bytes_max is {given}, it must lie between {needed} and {}", u32::MAX)]
    Pending {
        /// What was asked for.
        given: usize,
        /// The least that works with this `record_bytes_max`.
        needed: usize,
    },
    /// Too many consumers.
    #[error("{given} consumers are named, {CONSUMERS_MAX} are possible")]
    TooManyConsumers {
        /// How many were named.
        given: usize,
    },
    /// A consumer's name is a part of a file's name.
    #[error("consumer name {name:?} must be 1 to {CONSUMER_NAME_MAX} of a-z, 0-9 and '-'")]
    ConsumerName {
        /// The name.
        name: String,
    },
    /// Eviction waits for a consumer that there is not.
    #[error("evict_behind names {name:?}, which is none of the consumers")]
    EvictBehindNobody {
        /// The name.
        name: String,
    },
    /// A consumer is named twice.
    #[error("consumer {name:?} is named twice")]
    SameConsumerTwice {
        /// The name.
        name: String,
    },
}
