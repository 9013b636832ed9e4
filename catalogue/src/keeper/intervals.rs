//! How often sensors send that nobody declared it of, learnt from their readings a few sensors at a time.

use chrono::{DateTime, TimeDelta, Utc};
use entity::intervals::{self, LearntInterval};
use entity::{DatabaseConnection, DbErr};

use crate::quality::{self, LEARN_FROM};

/// What was learnt is learnt again after so long; what could not be learnt yet, too.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);

/// Sensors of one renewal: ten thousand have their turn within five minutes, and none costs more than some rows of an index.
const AT_ONCE: u32 = 500;

/// Readings older than this do not show how often a sensor sends now.
const SINCE: TimeDelta = TimeDelta::days(30);

/// What the readings of those whose turn it is show.
pub(super) async fn learn(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<Vec<LearntInterval>, DbErr> {
    let due = intervals::due(db, now - AGAIN_AFTER, AT_ONCE).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let count = u32::try_from(LEARN_FROM).unwrap_or(u32::MAX);
    let mut times = intervals::recent_times(db, &due, now - SINCE, now, count).await?;
    times.sort_unstable_by_key(|(sensor, _)| *sensor);
    let learnt = due
        .into_iter()
        .map(|sensor_id| {
            let found = times.binary_search_by_key(&sensor_id, |(sensor, _)| *sensor);
            let times = found.ok().and_then(|place| times.get(place));
            let times = times.map(|(_, times)| times.as_slice()).unwrap_or_default();
            LearntInterval {
                sensor_id,
                interval_seconds: quality::learn(times.iter().copied())
                    .ok()
                    .map(|learnt| learnt.seconds),
                learnt_at: now,
                time_min: times.first().copied(),
                time_max: times.last().copied(),
                readings: u32::try_from(times.len()).unwrap_or(u32::MAX),
            }
        })
        .collect();
    Ok(learnt)
}
