//! What happens to freshness, told once: a metric, and where a person should know, a line in the log.
//!
//! | metric | meaning |
//! |---|---|
//! | `fieldbook_freshness_looks_total{result}` | looks: done, failed |
//! | `fieldbook_freshness_sensors{status}` | sensors by status |
//! | `fieldbook_freshness_dataset{dataset,status}` | 1 for the status that a dataset has, 0 for the others |
//! | `fieldbook_freshness_dataset_age_seconds{dataset}` | the age of its newest item |
//! | `fieldbook_freshness_changes_total` | changes that were kept |
//! | `fieldbook_incidents_open{kind}` | open incidents: late, stale, `quality_failing`, `unbalanced_window` |
//! | `fieldbook_incidents_started_total{kind}` | incidents that began |
//! | `fieldbook_incidents_ended_total{kind}` | incidents that ended |
//! | `fieldbook_webhook_messages_total{result}` | messages to webhooks: queued, dropped |
//!
//! Those of keeping are told by the process that keeps; how many incidents are open, by each.

use std::collections::HashMap;

use entity::incidents::{Incident, IncidentKind};
use metrics::{counter, gauge};

use super::assess::Found;
use super::checker::Kept;
use crate::model::FreshnessStatus;

/// A line for each incident is for people; more at once are one line.
const LINES_MAX: usize = 10;

pub(super) fn looked(found: &Found) {
    counter!("fieldbook_freshness_looks_total", "result" => "done").increment(1);
    let mut sensors: HashMap<FreshnessStatus, u32> = HashMap::new();
    for sensor in &found.sensors {
        *sensors.entry(sensor.freshness.status).or_default() += 1;
    }
    for status in FreshnessStatus::ALL {
        let count = sensors.get(&status).copied().unwrap_or(0);
        gauge!("fieldbook_freshness_sensors", "status" => status.as_str()).set(f64::from(count));
        for (slug, freshness) in &found.datasets {
            let is = if freshness.status == status { 1.0 } else { 0.0 };
            gauge!("fieldbook_freshness_dataset", "dataset" => slug.clone(), "status" => status.as_str())
                .set(is);
        }
    }
    for (slug, freshness) in &found.datasets {
        if let Some(age) = freshness.age_seconds {
            gauge!("fieldbook_freshness_dataset_age_seconds", "dataset" => slug.clone()).set(age);
        }
    }
}

pub(super) fn look_failed<'a>(datasets: impl Iterator<Item = &'a str>) {
    counter!("fieldbook_freshness_looks_total", "result" => "failed").increment(1);
    for slug in datasets {
        for status in FreshnessStatus::ALL {
            let is = if status == FreshnessStatus::Unknown {
                1.0
            } else {
                0.0
            };
            gauge!("fieldbook_freshness_dataset", "dataset" => slug.to_owned(), "status" => status.as_str())
                .set(is);
        }
    }
}

pub(super) fn kept(kept: &Kept) {
    counter!("fieldbook_freshness_changes_total").increment(kept.changes as u64);
    for (kind, count) in &kept.open {
        open(*kind, *count);
    }
    for incident in &kept.started {
        counter!("fieldbook_incidents_started_total", "kind" => incident.of.kind.as_str()).increment(1);
    }
    for incident in &kept.ended {
        counter!("fieldbook_incidents_ended_total", "kind" => incident.of.kind.as_str()).increment(1);
    }
    counter!("fieldbook_webhook_messages_total", "result" => "queued").increment(kept.messages.deliveries);
    counter!("fieldbook_webhook_messages_total", "result" => "dropped").increment(kept.messages.dropped);
    if kept.messages.dropped > 0 {
        tracing::warn!(
            "{} messages to webhooks were dropped: too many wait",
            kept.messages.dropped
        );
    }
    lines("began", &kept.started);
    lines("ended", &kept.ended);
}

/// How many incidents of a kind are open now.
pub(crate) fn open(kind: IncidentKind, count: usize) {
    #[expect(clippy::cast_precision_loss, reason = "incidents are fewer than 2^53")]
    gauge!("fieldbook_incidents_open", "kind" => kind.as_str()).set(count as f64);
}

fn lines(what: &str, incidents: &[Incident]) {
    for incident in incidents.iter().take(LINES_MAX) {
        tracing::info!(
            incident.id = %incident.id, dataset.id = incident.of.dataset, sensor.id = incident.of.sensor_id,
            "an incident {what}: {} {}: {}", incident.of.dataset, incident.of.kind.as_str(), incident.detail
        );
    }
    if let Some(more @ 1..) = incidents.len().checked_sub(LINES_MAX) {
        tracing::info!("{more} more incidents {what}");
    }
}
