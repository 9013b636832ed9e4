//! The entries of a feed: what each is called, and when it changed.

use chrono::{DateTime, Utc};

use crate::feeds::words;
use crate::model::{Announcement, AnnouncementKind, Dataset, Incident, IncidentKind, Release};

/// How an entry is marked that breaks those who use the dataset.
const BREAKING: &str = "breaking";

/// Something new of a dataset.
pub(super) struct Entry<'a> {
    pub(super) dataset: &'a Dataset,
    new: New<'a>,
}

enum New<'a> {
    Release(&'a Release),
    Announcement(&'a Announcement),
    Incident(&'a Incident),
}

/// What is new of these datasets, the last change first; of each sort the newest `max`.
pub(super) fn newest(datasets: &[Dataset], max: usize) -> Vec<Entry<'_>> {
    let releases = entries(datasets, max, |dataset| {
        dataset.releases.iter().map(New::Release).collect()
    });
    let announcements = entries(datasets, max, |dataset| {
        dataset.announcements.iter().map(New::Announcement).collect()
    });
    let incidents = entries(datasets, max, |dataset| {
        dataset.incidents.iter().map(New::Incident).collect()
    });
    let mut all: Vec<Entry<'_>> = releases
        .into_iter()
        .chain(announcements)
        .chain(incidents)
        .collect();
    sort(&mut all);
    all
}

fn entries<'a>(
    datasets: &'a [Dataset],
    max: usize,
    of: impl Fn(&'a Dataset) -> Vec<New<'a>>,
) -> Vec<Entry<'a>> {
    let all = datasets.iter().flat_map(|dataset| {
        let new = of(dataset).into_iter();
        new.map(move |new| Entry { dataset, new })
    });
    let mut all: Vec<Entry<'a>> = all.collect();
    sort(&mut all);
    all.truncate(max);
    all
}

fn sort(entries: &mut [Entry<'_>]) {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated()));
}

impl Entry<'_> {
    /// What names it on its dataset's page; by it the entry is the same as long as it is there.
    pub(super) fn fragment(&self) -> String {
        match self.new {
            New::Release(release) => format!("version-{}", release.version),
            New::Announcement(announcement) => format!("announcement-{}", announcement.id),
            New::Incident(incident) => format!("incident-{}", incident.id),
        }
    }

    pub(super) fn title(&self) -> String {
        let of = words::title(self.dataset);
        match self.new {
            New::Release(release) => {
                let mark = if words::is_breaking(release) {
                    " (breaking)"
                } else {
                    ""
                };
                format!("{of} {}{mark}", release.version)
            }
            New::Announcement(announcement) => {
                let mark = announcement.withdrawn_at.map_or("", |_| " (withdrawn)");
                format!(
                    "{of}, {}: {}{mark}",
                    said_of(announcement.kind),
                    announcement.title
                )
            }
            New::Incident(incident) => {
                let sensor = incident.sensor.as_ref().map(|sensor| format!(", {sensor}"));
                let mark = incident.ended_at.map_or("", |_| " (over)");
                let kind = said(incident.kind);
                format!("{of}{}: {kind}{mark}", sensor.unwrap_or_default())
            }
        }
    }

    pub(super) fn published(&self) -> DateTime<Utc> {
        match self.new {
            New::Release(release) => release.released_at,
            New::Announcement(announcement) => announcement.created_at,
            New::Incident(incident) => incident.started_at,
        }
    }

    /// When there was something to say of it last.
    pub(super) fn updated(&self) -> DateTime<Utc> {
        match self.new {
            New::Release(release) => release.released_at,
            New::Announcement(announcement) => announcement.changed_at,
            New::Incident(incident) => incident.ended_at.unwrap_or(incident.started_at),
        }
    }

    pub(super) fn categories(&self) -> Vec<&'static str> {
        match self.new {
            New::Release(release) if words::is_breaking(release) => vec![BREAKING],
            New::Release(_) => Vec::new(),
            New::Announcement(announcement) => vec!["announcement", announcement.kind.as_str()],
            New::Incident(incident) => vec!["incident", incident.kind.as_str()],
        }
    }

    pub(super) fn summary(&self) -> String {
        match self.new {
            New::Release(release) => words::notes(release),
            New::Announcement(announcement) => {
                let from = words::instant(announcement.starts_at);
                let when = match announcement.ends_at {
                    Some(to) => format!("From {from} to {}.", words::instant(to)),
                    None => format!("From {from} on."),
                };
                let text = announcement.text.trim();
                if text.is_empty() {
                    when
                } else {
                    format!("{when}\n{text}")
                }
            }
            New::Incident(incident) => {
                let from = words::instant(incident.started_at);
                let when = match incident.ended_at {
                    Some(to) => format!("From {from} to {}.", words::instant(to)),
                    None => format!("Since {from}."),
                };
                format!("{when} {}", incident.detail)
            }
        }
    }
}

fn said_of(kind: AnnouncementKind) -> &'static str {
    match kind {
        AnnouncementKind::PlannedOutage => "planned outage",
        AnnouncementKind::KnownError => "known error",
        AnnouncementKind::Notice => "notice",
    }
}

fn said(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Late => "late",
        IncidentKind::Stale => "stale",
        IncidentKind::QualityFailing => "quality is failing",
        IncidentKind::UnbalancedWindow => "records do not add up",
    }
}
