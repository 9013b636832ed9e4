//! Which other windows look at the readings of a window: those are due, too, when it was not measured so before.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::DbErr;
use entity::measurements::{Due, DueWindow, Evaluating, Reach};
use entity::rollup::Level;

use super::RuledSensor;

/// Makes due what looks at the readings of `windows`, none of which begins before `oldest`.
///
/// * Before: what is missing between the last reading before a window and its first one is spread over the time between them.
///   That is news when the first reading came after the window before was measured, or when that never was.
/// * Behind: flags and paces look back so many sound readings. That is news where anything behind was measured already.
pub(super) async fn note(
    evaluating: &Evaluating,
    level: Level,
    windows: &[DueWindow],
    sensors: &HashMap<i32, RuledSensor>,
    oldest: DateTime<Utc>,
) -> Result<(), DbErr> {
    let changed: Vec<DueWindow> = windows
        .iter()
        .filter(|window| !window.is_neighbour)
        .copied()
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let back = sensors.values().map(|sensor| sensor.rules.context_before()).max();
    let back = u32::try_from(back.unwrap_or(1)).unwrap_or(u32::MAX);
    let reached = evaluating.reach(level, &changed, back).await?;
    let mut due = Vec::new();
    for reach in &reached {
        for start in around(reach, level, oldest) {
            due.push(Due {
                window: DueWindow {
                    sensor_id: reach.sensor_id,
                    start,
                    is_neighbour: true,
                },
                due_at: start + width(level),
            });
        }
    }
    // A statement changes a row once.
    due.sort_unstable_by_key(|due| due.window);
    due.dedup_by_key(|due| due.window);
    // They come in this order.
    due.retain(|due| {
        let key = (due.window.sensor_id, due.window.start);
        let known = windows.binary_search_by_key(&key, |window| (window.sensor_id, window.start));
        known.is_err()
    });
    evaluating.note(level, &due).await
}

/// The beginnings of the windows before and behind that look at this one.
fn around(reach: &Reach, level: Level, oldest: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let width = width(level);
    let is_news = match (reach.first_received_at, reach.previous_computed_at) {
        (Some(received_at), Some(computed_at)) => received_at > computed_at,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let first = reach
        .before
        .filter(|_| is_news)
        .map_or(reach.start, |before| level.floor(before).max(oldest));
    let last = match (reach.later, reach.behind) {
        (None, _) => reach.start,
        (Some(later), None) => later,
        (Some(later), Some(behind)) => level.floor(behind).min(later),
    };
    let before = std::iter::successors(Some(first), move |start| Some(*start + width))
        .take_while(move |start| *start < reach.start);
    let behind = std::iter::successors(Some(reach.start + width), move |start| Some(*start + width))
        .take_while(move |start| *start <= last);
    before.chain(behind)
}

fn width(level: Level) -> TimeDelta {
    TimeDelta::seconds(level.seconds().into())
}
