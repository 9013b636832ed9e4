//! What is told, as JSON. docs/reference/webhooks.md describes each message for those who receive it.
//!
//! A message about many sensors is cut into parts, so that none is larger than some tens of kilobytes.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::freshness::SensorName;
use entity::incidents::Incident;
use entity::webhooks::{EventKind, Message};
use serde_json::{Value, json};

use crate::model::{Dimension, Freshness, FreshnessStatus, Release, Verdict};

/// Changes, or incidents, in one message at most.
pub const ITEMS_MAX: usize = 100;

/// A change of freshness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FreshnessChange<'a> {
    /// The dataset, by slug.
    pub dataset: &'a str,
    /// Its sensor; `None` for the dataset as a whole.
    pub sensor: Option<&'a SensorName>,
    /// What it was.
    pub from: FreshnessStatus,
    /// Since when it has been otherwise.
    pub changed_at: DateTime<Utc>,
    /// What it is.
    pub freshness: &'a Freshness,
}

/// A change of a figure of quality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityChange<'a> {
    /// The dataset, by slug.
    pub dataset: &'a str,
    /// Its sensor; `None` for the dataset as a whole.
    pub sensor: Option<&'a SensorName>,
    /// In what.
    pub dimension: Dimension,
    /// What it was.
    pub from: Verdict,
    /// What it is.
    pub to: Verdict,
    /// The figure, from 0 to 1.
    pub value: Option<f64>,
    /// The beginning of the time that it is about.
    pub window_from: DateTime<Utc>,
    /// Its end, excluded.
    pub window_to: DateTime<Utc>,
}

/// Messages of changes of freshness.
pub fn freshness(changes: &[FreshnessChange<'_>], now: DateTime<Utc>) -> Vec<Message> {
    let items = changes.iter().map(|change| {
        let found = change.freshness;
        let item = json!({
            "dataset": change.dataset,
            "sensor": sensor(change.sensor),
            "from": change.from.as_str(),
            "to": found.status.as_str(),
            "changedAt": time(change.changed_at),
            "newestAt": found.newest_at.map(time),
            "ageSeconds": found.age_seconds,
            "lateAfterSeconds": found.late_after_seconds,
            "staleAfterSeconds": found.stale_after_seconds,
            "sensorsFresh": found.sensors.map(|sensors| sensors.fresh),
            "sensorsExpected": found.sensors.map(|sensors| sensors.expected),
        });
        (change.dataset, change.sensor.is_some(), item)
    });
    messages(EventKind::Freshness, "freshness.changed", "changes", items, now)
}

/// Messages of changes of quality.
pub fn quality(changes: &[QualityChange<'_>], now: DateTime<Utc>) -> Vec<Message> {
    let items = changes.iter().map(|change| {
        let item = json!({
            "dataset": change.dataset,
            "sensor": sensor(change.sensor),
            "dimension": change.dimension.as_str(),
            "from": verdict(change.from),
            "to": verdict(change.to),
            "value": change.value,
            "windowFrom": time(change.window_from),
            "windowTo": time(change.window_to),
        });
        (change.dataset, change.sensor.is_some(), item)
    });
    messages(EventKind::Quality, "quality.changed", "changes", items, now)
}

/// Messages of incidents that began (`incident.started`) or ended (`incident.ended`). One of a sensor without a name here is
/// left out.
pub(crate) fn incidents(
    event: &str,
    incidents: &[Incident],
    names: &HashMap<i32, SensorName>,
    now: DateTime<Utc>,
) -> Vec<Message> {
    let items = incidents.iter().filter_map(|incident| {
        let name = match incident.of.sensor_id {
            Some(id) => Some(names.get(&id)?),
            None => None,
        };
        let item = json!({
            "id": incident.id,
            "kind": incident.of.kind.as_str(),
            "dataset": incident.of.dataset,
            "sensor": sensor(name),
            "startedAt": time(incident.started_at),
            "endedAt": incident.ended_at.map(time),
            "detail": incident.detail,
        });
        Some((incident.of.dataset.as_str(), name.is_some(), item))
    });
    messages(EventKind::Incident, event, "incidents", items, now)
}

/// The message of a new version of a dataset.
pub fn release(dataset: &str, release: &Release, now: DateTime<Utc>) -> Message {
    let changes = release.changes.iter().map(|change| {
        json!({
            "path": change.path,
            "summary": change.summary,
            "isBreaking": change.is_breaking,
        })
    });
    let data = json!({
        "dataset": dataset,
        "version": release.version.to_string(),
        "releasedAt": time(release.released_at),
        "changes": changes.collect::<Vec<_>>(),
    });
    message(
        EventKind::Release,
        "release.published",
        dataset,
        false,
        &data,
        now,
    )
}

/// Items of the same dataset, and of sensors or not, go together, in their order.
fn messages<'a>(
    kind: EventKind,
    event: &str,
    list: &str,
    items: impl Iterator<Item = (&'a str, bool, Value)>,
    now: DateTime<Utc>,
) -> Vec<Message> {
    let mut groups: Vec<((&str, bool), Vec<Value>)> = Vec::new();
    for (dataset, is_sensor, item) in items {
        let group = groups
            .iter_mut()
            .rev()
            .find(|(of, items)| *of == (dataset, is_sensor) && items.len() < ITEMS_MAX);
        match group {
            Some((_, items)) => items.push(item),
            None => groups.push(((dataset, is_sensor), vec![item])),
        }
    }
    let groups = groups.into_iter().map(|((dataset, is_sensor), items)| {
        message(kind, event, dataset, is_sensor, &json!({ list: items }), now)
    });
    groups.collect()
}

fn message(
    kind: EventKind,
    event: &str,
    dataset: &str,
    is_of_sensors: bool,
    data: &Value,
    now: DateTime<Utc>,
) -> Message {
    let payload = json!({ "type": event, "timestamp": time(now), "data": data });
    Message {
        kind,
        event: event.to_owned(),
        dataset: dataset.to_owned(),
        subject: if is_of_sensors {
            format!("{dataset}/sensors")
        } else {
            dataset.to_owned()
        },
        payload: payload.to_string(),
    }
}

fn sensor(name: Option<&SensorName>) -> Value {
    name.map_or(
        Value::Null,
        |name| json!({ "id": name.uuid, "source": name.source, "name": name.name }),
    )
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "NOT_APPLICABLE",
        Verdict::Pass => "PASS",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{Basis, Change, SemanticVersion};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn stale() -> Freshness {
        Freshness {
            status: FreshnessStatus::Stale,
            newest_at: Some(at(0)),
            age_seconds: Some(40.0),
            ..Freshness::unknown(Basis::EventTime, at(40))
        }
    }

    #[test]
    fn many_changes_are_cut_into_messages_in_their_order() {
        let name = SensorName {
            uuid: Uuid::nil(),
            source: "plant".to_owned(),
            name: "it's \"1\"\n".to_owned(),
        };
        let freshness_of = stale();
        let change = |sensor| FreshnessChange {
            dataset: "readings",
            sensor,
            from: FreshnessStatus::Fresh,
            changed_at: at(33),
            freshness: &freshness_of,
        };
        let mut changes = vec![change(Some(&name)); 250];
        changes.insert(120, change(None));
        let messages = freshness(&changes, at(40));
        let sizes: Vec<(&str, usize)> = messages
            .iter()
            .map(|message| {
                let body: Value = serde_json::from_str(&message.payload).unwrap();
                let items = body["data"]["changes"].as_array().unwrap().len();
                assert!(message.payload.len() < 64 * 1024);
                (message.subject.as_str(), items)
            })
            .collect();
        assert_eq!(
            sizes,
            [
                ("readings/sensors", 100),
                ("readings/sensors", 100),
                ("readings", 1),
                ("readings/sensors", 50)
            ]
        );
        let body: Value = serde_json::from_str(&messages[0].payload).unwrap();
        assert_eq!(
            (body["type"].as_str(), body["timestamp"].as_str()),
            (Some("freshness.changed"), Some("2026-09-21T14:14:00.000000Z"))
        );
        assert_eq!(body["data"]["changes"][0]["sensor"]["name"], "it's \"1\"\n");
        assert!(freshness(&[], at(0)).is_empty());
    }

    #[test]
    fn a_release_and_a_verdict_are_told_in_the_words_of_the_catalogue() {
        let published = Release {
            version: SemanticVersion {
                major: 2,
                minor: 0,
                patch: 1,
            },
            released_at: at(0),
            changes: vec![Change {
                is_breaking: true,
                path: "reading.value".to_owned(),
                summary: "removed".to_owned(),
            }],
        };
        let message = release("readings", &published, at(1));
        let body: Value = serde_json::from_str(&message.payload).unwrap();
        assert_eq!(body["data"]["version"], "2.0.1");
        assert_eq!(body["data"]["changes"][0]["isBreaking"], true);
        let change = QualityChange {
            dataset: "readings",
            sensor: None,
            dimension: Dimension::Completeness,
            from: Verdict::Pass,
            to: Verdict::Fail,
            value: Some(0.5),
            window_from: at(0),
            window_to: at(3_600),
        };
        let messages = quality(&[change], at(1));
        let body: Value = serde_json::from_str(&messages[0].payload).unwrap();
        assert_eq!(body["type"], "quality.changed");
        assert_eq!(body["data"]["changes"][0]["to"], "FAIL");
        assert_eq!(messages[0].kind, EventKind::Quality);
    }
}
