//! The mass balance of a batch: what was taken out of the journal has become something, and each thing one thing.
//!
//! It is looked at before every commit. What does not add up is a bug that nobody foresaw, so it stops nothing: what is
//! there goes in, the alarm says so at once, and the segment's row shows it for ever (docs/reference/lineage.md).

use entity::load::Counts;

use crate::events;

/// Holds what a batch amounted to against what was in it: its messages, the readings that could be read, and those of the
/// same messages that could not.
pub(super) fn check(messages: i64, readings: usize, set_aside: i64, counts: &Counts, last_seq: u64) {
    let [of_messages, of_readings] = differences(messages, readings, set_aside, counts);
    events::unbalanced("messages", of_messages, last_seq);
    events::unbalanced("readings", of_readings, last_seq);
}

/// How many messages, and how many readings, are missing; less than none are too many.
fn differences(messages: i64, readings: usize, set_aside: i64, counts: &Counts) -> [i64; 2] {
    let readings = i64::try_from(readings)
        .unwrap_or(i64::MAX)
        .saturating_add(set_aside);
    let stored = counts.readings_new + counts.readings_duplicate + counts.readings_conflicting;
    [
        messages - counts.decoded - counts.quarantined,
        readings - stored - counts.readings_refused,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_and_each_reading_is_one_thing() {
        let counts = Counts {
            decoded: 4,
            quarantined: 2,
            readings_new: 1,
            readings_duplicate: 1,
            readings_conflicting: 1,
            readings_refused: 1,
            ..Counts::default()
        };
        assert_eq!(differences(6, 4, 0, &counts), [0, 0]);
        assert_eq!(differences(6, 3, 1, &counts), [0, 0]);
        assert_eq!(differences(7, 3, 0, &counts), [1, -1]);
    }
}
