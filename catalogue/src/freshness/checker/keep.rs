//! Keeping what a look found: changes, incidents, messages, in the transaction of the one process that keeps.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::DbErr;
use entity::freshness::{self, NewChange, SensorName, Subject};
use entity::incidents::{self, Incident, IncidentKind};
use entity::keeping::Keeping;
use entity::webhooks::{self, Enqueued, Message};
use uuid::Uuid;

use super::{Checker, Look};
use crate::freshness::events;
use crate::freshness::expectation::Thresholds;
use crate::freshness::history::{CHANGES_MAX, History, SHARE_OF, WATCHES_MAX, changed_at};
use crate::model::{Freshness, FreshnessStatus};
use crate::webhook::message::{self, FreshnessChange};

/// What is kept is cut to its bounds this often.
const PRUNE_EVERY: TimeDelta = TimeDelta::hours(1);

/// Incidents that are over are kept for so long,
const INCIDENTS_KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// and so many of them at most.
const INCIDENTS_MAX: u32 = 100_000;

/// Deliveries that are over are kept for so long.
const DELIVERIES_KEPT_FOR: TimeDelta = TimeDelta::days(7);

/// What was kept of a look. True only once its transaction is committed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Sensors and datasets that got another status.
    pub changes: usize,
    /// Incidents that began.
    pub started: Vec<Incident>,
    /// Incidents that ended.
    pub ended: Vec<Incident>,
    /// Incidents that are open now, by kind.
    pub open: HashMap<IncidentKind, usize>,
    /// Messages to webhooks.
    pub messages: Enqueued,
}

impl Kept {
    /// Tells of it in metrics and logs, once it is committed.
    pub fn tell(&self) {
        events::kept(self);
    }
}

/// A status that is not the one kept.
struct Change<'a> {
    subject: Subject,
    at: DateTime<Utc>,
    before: Option<FreshnessStatus>,
    freshness: &'a Freshness,
}

impl Checker {
    /// Keeps what a look found, in the keeper's transaction: nothing is kept until that commits, and it may be dropped at any
    /// time. Call [`follow`](Self::follow) afterwards, and [`Kept::tell`] when it is committed.
    pub async fn keep(&mut self, keeping: &Keeping, look: &Look) -> Result<Kept, DbErr> {
        // Another process may have kept meanwhile.
        self.memory.follow(keeping.transaction()).await?;
        let mut kept = Kept::default();
        let changes = self.changes(look);
        let rows: Vec<NewChange<'_>> = changes
            .iter()
            .map(|change| NewChange {
                subject: &change.subject,
                changed_at: change.at,
                status: change.freshness.status.as_str(),
            })
            .collect();
        freshness::insert_changes(keeping, &rows).await?;
        kept.changes = changes.len();
        self.keep_incidents(keeping, look, &mut kept).await?;
        if webhooks::any(keeping).await? {
            let messages = self.messages(keeping, look, &changes, &kept).await?;
            kept.messages = webhooks::enqueue(keeping, &messages, look.at).await?;
        }
        freshness::keep_watch(keeping, look.at, look.at - self.options.unbroken).await?;
        self.prune(keeping, look.at).await?;
        Ok(kept)
    }

    fn changes<'a>(&self, look: &'a Look) -> Vec<Change<'a>> {
        let sensors = look
            .found
            .sensors
            .iter()
            .map(|sensor| (Subject::Sensor(sensor.sensor_id), &sensor.freshness));
        let datasets = look
            .found
            .datasets
            .iter()
            .map(|(slug, freshness)| (Subject::Dataset(slug.clone()), freshness));
        let change = |(subject, freshness): (Subject, &'a Freshness)| {
            let last = self.memory.of(&subject).and_then(History::last);
            let before = last.map(|(_, status)| status);
            // What can't be found out is no change.
            let has_changed =
                before != Some(freshness.status) && freshness.status != FreshnessStatus::Unknown;
            has_changed.then(|| Change {
                at: self.since(last, freshness, look.at),
                subject,
                before,
                freshness,
            })
        };
        sensors.chain(datasets).filter_map(change).collect()
    }

    /// Since when something has a status that is not the one kept.
    pub(super) fn since(
        &self,
        last: Option<(DateTime<Utc>, FreshnessStatus)>,
        found: &Freshness,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let looked = self.memory.watched().last();
        let before = last.map(|(since, _)| looked.map_or(since, |looked| looked.max(since)));
        // A dataset's sensors cross their thresholds, not the dataset's newest reading.
        let newest_at = found.newest_at.filter(|_| found.sensors.is_none());
        let thresholds =
            found
                .late_after_seconds
                .zip(found.stale_after_seconds)
                .map(|(late_after, stale_after)| Thresholds {
                    late_after,
                    stale_after,
                });
        changed_at(found.status, newest_at, thresholds, before, now)
    }

    async fn keep_incidents(&mut self, keeping: &Keeping, look: &Look, kept: &mut Kept) -> Result<(), DbErr> {
        let open = incidents::open(keeping.transaction()).await?;
        let is_open: HashMap<_, _> = open.iter().map(|incident| (&incident.of, incident.id)).collect();
        let new = |of: &_, since, detail| Incident {
            id: Uuid::now_v7(),
            of: Clone::clone(of),
            started_at: since,
            ended_at: None,
            detail,
        };
        let mut starts = Vec::new();
        for (of, subject, freshness) in look.too_old() {
            if self.ages.is_wrong(&of) && !is_open.contains_key(&of) {
                let last = self.memory.of(&subject).and_then(History::last);
                let since = match last {
                    Some((since, status)) if status == freshness.status => since,
                    _ => self.since(last, freshness, look.at),
                };
                starts.push(new(&of, since, detail(freshness)));
            }
        }
        for finding in look.findings.iter().flatten() {
            if self.others.is_wrong(&finding.of) && !is_open.contains_key(&finding.of) {
                starts.push(new(&finding.of, finding.since, finding.detail.clone()));
            }
        }
        let ends: Vec<(Uuid, DateTime<Utc>)> = open
            .iter()
            .filter_map(|incident| {
                let streaks = match incident.of.kind {
                    IncidentKind::Late | IncidentKind::Stale => &self.ages,
                    // Nobody has looked.
                    _ if look.findings.is_none() => return None,
                    _ => &self.others,
                };
                Some((incident.id, streaks.well_since(&incident.of, look.at)?))
            })
            .collect();
        kept.started = incidents::start(keeping, &starts).await?;
        kept.ended = incidents::end(keeping, &ends).await?;
        for kind in IncidentKind::ALL {
            let count = |of: &[Incident]| of.iter().filter(|incident| incident.of.kind == kind).count();
            kept.open.insert(
                kind,
                (count(&open) + count(&kept.started)).saturating_sub(count(&kept.ended)),
            );
        }
        Ok(())
    }

    async fn messages(
        &self,
        keeping: &Keeping,
        look: &Look,
        changes: &[Change<'_>],
        kept: &Kept,
    ) -> Result<Vec<Message>, DbErr> {
        // What is seen for the first time has not changed.
        let changes: Vec<&Change<'_>> = changes.iter().filter(|change| change.before.is_some()).collect();
        let of_changes = changes.iter().filter_map(|change| match change.subject {
            Subject::Sensor(id) => Some(id),
            Subject::Dataset(_) => None,
        });
        let incidents = kept.started.iter().chain(&kept.ended);
        let ids: Vec<i32> = of_changes
            .chain(incidents.filter_map(|incident| incident.of.sensor_id))
            .collect();
        let names: HashMap<i32, SensorName> = if ids.is_empty() {
            HashMap::new()
        } else {
            freshness::names(keeping.transaction(), &ids).await?
        };
        let changes: Vec<FreshnessChange<'_>> = changes
            .into_iter()
            .filter_map(|change| {
                let (dataset, sensor) = match &change.subject {
                    Subject::Sensor(id) => (look.of_sensors.as_deref()?, Some(names.get(id)?)),
                    Subject::Dataset(slug) => (slug.as_str(), None),
                };
                Some(FreshnessChange {
                    dataset,
                    sensor,
                    from: change.before?,
                    changed_at: change.at,
                    freshness: change.freshness,
                })
            })
            .collect();
        let mut messages = message::freshness(&changes, look.at);
        messages.extend(message::incidents(
            "incident.started",
            &kept.started,
            &names,
            look.at,
        ));
        messages.extend(message::incidents("incident.ended", &kept.ended, &names, look.at));
        Ok(messages)
    }

    async fn prune(&mut self, keeping: &Keeping, now: DateTime<Utc>) -> Result<(), DbErr> {
        if self
            .pruned_at
            .is_some_and(|at| now - at < PRUNE_EVERY && at <= now)
        {
            return Ok(());
        }
        freshness::prune(keeping, now - SHARE_OF, CHANGES_MAX, WATCHES_MAX).await?;
        incidents::prune(keeping, now - INCIDENTS_KEPT_FOR, INCIDENTS_MAX).await?;
        webhooks::prune(keeping, now - DELIVERIES_KEPT_FOR).await?;
        self.memory.forget_before(now - SHARE_OF);
        self.pruned_at = Some(now);
        Ok(())
    }
}

/// What is wrong with something too old, as a sentence.
fn detail(freshness: &Freshness) -> String {
    let newest = match (freshness.newest_at, freshness.age_seconds) {
        (Some(newest_at), Some(age)) => format!(
            "The newest is of {}, {age:.0} s old",
            newest_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
        ),
        _ => "There is none".to_owned(),
    };
    let threshold = match freshness.status {
        FreshnessStatus::Stale => freshness
            .stale_after_seconds
            .map(|after| format!("; stale after {after:.0} s")),
        _ => freshness
            .late_after_seconds
            .map(|after| format!("; late after {after:.0} s")),
    };
    let sensors = freshness
        .sensors
        .map(|sensors| format!("; {} of {} sensors are fresh", sensors.fresh, sensors.expected));
    format!(
        "{newest}{}{}.",
        threshold.unwrap_or_default(),
        sensors.unwrap_or_default()
    )
}
