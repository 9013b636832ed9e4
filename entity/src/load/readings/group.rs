//! What a batch has for one sensor and time.

use chrono::{DateTime, Utc};

use super::merge::Candidate;
use crate::load::{NewReading, OnConflict};

/// All readings of a batch for one sensor and time.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) sensor_id: i32,
    pub(super) time: DateTime<Utc>,
    pub(super) on_conflict: OnConflict,
    /// At least one.
    pub(super) candidates: Vec<Candidate>,
}

impl Group {
    pub(super) fn preferred(&self) -> Candidate {
        let first = self.candidates[0];
        self.candidates.iter().fold(first, |best, one| {
            if one.beats(&best, self.on_conflict) {
                *one
            } else {
                best
            }
        })
    }
}

/// Groups the readings at `indexes`, which are in the order of their key.
pub(super) fn group_by_key(readings: &[NewReading], indexes: &[usize], journal_id: i16) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::with_capacity(indexes.len());
    for &index in indexes {
        let reading = &readings[index];
        let candidate = Candidate {
            value: reading.value,
            flag: reading.flag,
            received_at: reading.received_at,
            seq: reading.seq,
            journal_id,
        };
        match groups.last_mut() {
            Some(group) if group.sensor_id == reading.sensor_id && group.time == reading.time => {
                group.candidates.push(candidate);
            }
            _ => groups.push(Group {
                sensor_id: reading.sensor_id,
                time: reading.time,
                on_conflict: reading.on_conflict,
                candidates: vec![candidate],
            }),
        }
    }
    groups
}
