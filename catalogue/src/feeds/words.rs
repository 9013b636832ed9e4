//! What several feeds say of a dataset, worded once, so that they cannot disagree.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::{
    Basis, Dataset, Deprecation, Field, FieldUnit, FreshnessStatus, Kind, Problem, Range, Release, Stored,
};

use super::types::Logical;

/// The heading of a dataset; its name where that is blank.
pub(super) fn title(dataset: &Dataset) -> &str {
    match dataset.title.trim() {
        "" => &dataset.name,
        _ => &dataset.title,
    }
}

/// What it is; that nobody wrote it, where nobody did.
pub(super) fn description(dataset: &Dataset) -> Cow<'_, str> {
    match &dataset.description {
        Some(description) if !description.trim().is_empty() => Cow::Borrowed(description),
        _ => Cow::Owned(format!("Nobody has described {} yet.", title(dataset))),
    }
}

/// Its version; `None` until the catalogue was kept for the first time.
pub(super) fn version(dataset: &Dataset) -> Option<String> {
    dataset.release().map(|release| release.version.to_string())
}

/// What a release brought, a change a line.
pub(super) fn notes(release: &Release) -> String {
    if release.changes.is_empty() {
        return "The first version.".to_owned();
    }
    let lines = release.changes.iter().map(|change| {
        let breaking = if change.is_breaking { "Breaking: " } else { "" };
        format!("{breaking}{}: {}", change.path, change.summary)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a release breaks those who use the dataset.
pub(super) fn is_breaking(release: &Release) -> bool {
    release.changes.iter().any(|change| change.is_breaking)
}

/// When the first of its versions came.
pub(super) fn issued(dataset: &Dataset) -> Option<DateTime<Utc>> {
    dataset.releases.last().map(|release| release.released_at)
}

/// When it changed last: its newest item, or its version.
pub(super) fn modified(dataset: &Dataset) -> Option<DateTime<Utc>> {
    let released = dataset.release().map(|release| release.released_at);
    released.max(dataset.freshness.newest_at)
}

/// The times that it is about: from when, and up to when where it no longer grows. Data that comes as expected has an open
/// end.
pub(super) fn period(dataset: &Dataset) -> Option<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    let period = dataset.extent.period?;
    let grows = matches!(
        dataset.freshness.status,
        FreshnessStatus::Fresh | FreshnessStatus::Late
    );
    Some((period.from, (!grows).then_some(period.to)))
}

/// The same as an interval of ISO 8601, with `..` for an open end.
pub(super) fn interval(dataset: &Dataset) -> Option<String> {
    let (from, to) = period(dataset)?;
    let to = to.map_or_else(|| "..".to_owned(), instant);
    Some(format!("{}/{to}", instant(from)))
}

/// An instant as of RFC 3339, in UTC with `Z`.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Seconds as a duration of ISO 8601, such as `PT1M`; `None` where they are no length.
pub(super) fn duration(seconds: f64) -> Option<String> {
    const DAY: f64 = 86_400.0;
    const HOUR: f64 = 3_600.0;
    const MINUTE: f64 = 60.0;
    if !(seconds.is_finite() && seconds > 0.0) {
        return None;
    }
    let whole = |unit: f64| (seconds % unit == 0.0).then(|| seconds / unit);
    let said = if let Some(days) = whole(DAY) {
        format!("P{days}D")
    } else if let Some(hours) = whole(HOUR) {
        format!("PT{hours}H")
    } else if let Some(minutes) = whole(MINUTE) {
        format!("PT{minutes}M")
    } else {
        format!("PT{seconds}S")
    };
    Some(said)
}

/// The column that an age is counted by.
pub(super) fn time_field(dataset: &Dataset) -> Option<&Field> {
    let received = (dataset.freshness.basis == Basis::ReceivedAt)
        .then(|| dataset.fields.iter().find(|field| field.name == "received_at"))
        .flatten();
    let is_time = |field: &&Field| Logical::of(&field.sql_type) == Logical::Timestamp;
    received
        .or_else(|| dataset.key().find(is_time))
        .or_else(|| dataset.fields.iter().find(is_time))
}

/// In which unit a field is, for people; `None` where it has none.
pub(super) fn unit(field: &Field) -> Option<&str> {
    match &field.unit {
        FieldUnit::None => None,
        FieldUnit::OfSensor => Some("of the sensor"),
        FieldUnit::Known { symbol, .. } => Some(symbol),
        FieldUnit::FromSensor(made) => Some(made),
        FieldUnit::Unmapped(declared) => Some(declared),
    }
}

/// What it means, and what else people should know of it.
pub(super) fn meaning(field: &Field) -> Option<String> {
    let mut said = field.description.clone().unwrap_or_default();
    if let Some(deprecation) = &field.deprecation {
        let space = if said.is_empty() { "" } else { " " };
        // Writing into a text does not fail.
        let _ = write!(said, "{space}{}", deprecated(deprecation));
    }
    (!said.is_empty()).then_some(said)
}

/// That something will go, in a sentence.
pub(super) fn deprecated(deprecation: &Deprecation) -> String {
    let until = match deprecation.removed_on {
        Some(day) => format!(" It stays until {day}."),
        None => String::new(),
    };
    format!("Deprecated: {}{until}", deprecation.reason)
}

/// Bounds that are numbers; others are none.
pub(super) fn range(range: Option<Range>) -> (Option<f64>, Option<f64>) {
    let finite = |bound: Option<f64>| bound.filter(|bound| bound.is_finite());
    range.map_or((None, None), |range| (finite(range.min), finite(range.max)))
}

/// What is not known or not there, in a sentence each.
pub(super) fn problems(dataset: &Dataset) -> Vec<String> {
    let said = dataset.problems.iter().map(|problem| match problem {
        Problem::NoDescription => "Nobody has described it.".to_owned(),
        Problem::NoOwner => "Nobody owns it.".to_owned(),
        Problem::NoFieldDescription(field) => format!("Nobody has described its field {field}."),
        Problem::UnknownUnit { field, unit } => {
            format!("The unit of its field {field}, {unit}, is not understood.")
        }
        Problem::UnmappedUnits { units, sensors } => format!(
            "The units that {sensors} of its sensors declare are not understood: {}.",
            units.join(", ")
        ),
        Problem::Unreadable(reason) => format!("Its rows cannot be looked at: {reason}"),
        Problem::Stewardship(reason) => format!("What its stewards say cannot be used: {reason}"),
        Problem::UnreadableComment { field, reason } => match field {
            Some(field) => format!("The comment of its field {field} cannot be read: {reason}"),
            None => format!("Its comment cannot be read: {reason}"),
        },
    });
    said.collect()
}

/// The table or the objects in which it lies, for people.
pub(super) fn stored(dataset: &Dataset) -> &str {
    match &dataset.stored {
        Stored::Table { name, .. } => name,
        Stored::Objects { prefix, .. } => prefix,
    }
}

/// Whether these are the flags of QARTOD as the database keeps them.
pub(super) fn is_flag(dataset: &Dataset, field: &Field) -> bool {
    dataset.kind == Kind::Readings && field.name == "flag" && Logical::of(&field.sql_type) == Logical::Integer
}

/// The flags of QARTOD: as the database keeps them, and as all else says them.
pub(super) const FLAGS: [(u8, &str); 5] = [
    (1, "PASS"),
    (2, "NOT_EVALUATED"),
    (3, "SUSPECT"),
    (4, "FAIL"),
    (9, "MISSING"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_their_largest_whole_unit() {
        for (seconds, said) in [
            (0.5, Some("PT0.5S")),
            (1.0, Some("PT1S")),
            (60.0, Some("PT1M")),
            (90.0, Some("PT90S")),
            (3_600.0, Some("PT1H")),
            (86_400.0, Some("P1D")),
            (0.0, None),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(duration(seconds).as_deref(), said, "{seconds}");
        }
    }
}
