//! What happens to the mass balance, told in metrics.
//!
//! | metric | meaning |
//! |---|---|
//! | `fieldbook_lineage_looks_total{result}` | counts of what became of messages or readings: done, failed |
//! | `fieldbook_unbalanced_windows` | closed hours of the last 30 days whose messages or readings do not add up |
//! | `fieldbook_unbalanced_readings` | by how many the readings that were stored and those that answers count differ |
//! | `fieldbook_archive_waiting_messages` | messages received, as far as the database knows, and not on S3 yet |

use entity::lineage::Journal;
use metrics::{counter, gauge};

use super::Counted;

pub(super) fn looked(done: bool) {
    let result = if done { "done" } else { "failed" };
    counter!("fieldbook_lineage_looks_total", "result" => result).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn found(counted: &Counted) {
    let windows = counted.messages.windows.iter();
    let unbalanced = windows.filter(|window| window.skipped + window.astray + window.unstored > 0);
    gauge!("fieldbook_unbalanced_windows").set(unbalanced.count() as f64);
    if let Some(readings) = counted.readings {
        let difference = readings.sums.stored.abs_diff(readings.sums.counted());
        gauge!("fieldbook_unbalanced_readings").set(difference as f64);
    }
    let waiting: i64 = counted.messages.journals.iter().map(Journal::waiting).sum();
    gauge!("fieldbook_archive_waiting_messages").set(waiting as f64);
}
