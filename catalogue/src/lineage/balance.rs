//! What does not add up, as findings that make incidents.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::incidents::{IncidentKind, IncidentOf};
use entity::lineage::{Journal, Readings, Window};

use super::Counted;
use crate::freshness::Finding;
use crate::model::{Dataset, Kind};

/// What does not add up, one finding for each dataset: raw messages that are on S3 or in the database and not in both, and
/// readings that came out of messages and are not counted.
pub fn findings(counted: &Counted, datasets: &[Dataset]) -> Vec<Finding> {
    if !counted.is_loaded() {
        return Vec::new();
    }
    let of_kind = |kind| datasets.iter().find(|dataset| dataset.kind == kind);
    let mut findings = Vec::new();
    if let Some(dataset) = of_kind(Kind::Raw) {
        findings.extend(finding(&dataset.slug, of_messages(counted)));
    }
    if let Some(dataset) = of_kind(Kind::Readings) {
        findings.extend(finding(&dataset.slug, of_readings(counted)));
    }
    findings
}

/// What is wrong, and since when.
type Wrong = (DateTime<Utc>, String);

fn finding(dataset: &str, wrong: Vec<Wrong>) -> Option<Finding> {
    let others = wrong.len().checked_sub(1)?;
    let (since, first) = wrong.into_iter().min_by_key(|(since, _)| *since)?;
    let detail = match others {
        0 => first,
        more => format!("{first} There is more of the kind: {more}."),
    };
    Some(Finding {
        of: IncidentOf {
            kind: IncidentKind::UnbalancedWindow,
            dataset: dataset.to_owned(),
            sensor_id: None,
        },
        since,
        detail,
    })
}

fn of_messages(counted: &Counted) -> Vec<Wrong> {
    let messages = &counted.messages;
    let late = messages
        .journals
        .iter()
        .filter_map(|journal| Some(waits_too_long(journal, counted.overdue(journal)?)));
    let windows = messages.windows.iter();
    let unbalanced = windows.filter_map(|window| Some((window.hour, of_window(window)?)));
    unbalanced.chain(late).collect()
}

/// What is wrong with the messages of a closed window.
fn of_window(window: &Window) -> Option<String> {
    (window.skipped > 0 || window.astray > 0).then(|| {
        format!(
            "Of the messages received in the hour from {}, {} are on S3, {} in the database, and {} between them in neither \
             or in the database only.",
            at(window.hour),
            window.messages,
            window.loaded,
            window.skipped
        )
    })
}

/// What the archive waits for although its window is closed.
fn waits_too_long(journal: &Journal, received_at: DateTime<Utc>) -> Wrong {
    let detail = format!(
        "{} messages of journal {} wait to be archived on S3, the first of them since {} or longer.",
        journal.waiting(),
        journal.id,
        at(received_at)
    );
    (received_at, detail)
}

fn of_readings(counted: &Counted) -> Vec<Wrong> {
    let windows = counted.messages.windows.iter();
    let unstored = windows.filter(|window| window.unstored > 0).map(|window| {
        let detail = format!(
            "Of the readings received in the hour from {}, {} of {} are neither stored nor set aside.",
            at(window.hour),
            window.unstored,
            window.expected
        );
        (window.hour, detail)
    });
    let uncounted = counted.readings.and_then(|readings| {
        let detail = uncounted(&readings.sums)?;
        Some((readings.unbalanced_since?, detail))
    });
    unstored.chain(uncounted).collect()
}

/// What is wrong with the readings that answers count.
pub(super) fn uncounted(sums: &Readings) -> Option<String> {
    (sums.stored != sums.counted()).then(|| {
        format!(
            "{} readings were stored, and there are {}: {} in days, {} in hours, {} in minutes that are computed, and {} in \
             minutes that are not.",
            sums.stored,
            sums.counted(),
            sums.in_days,
            sums.in_hours,
            sums.in_minutes,
            sums.in_none
        )
    })
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
