//! What people say of a dataset, what has changed of it, and what is missing.

use async_graphql::SimpleObject;
use catalogue::model::{self, Problem};

use crate::graphql::scalar::DateTime;

/// A person, team or organisation.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Party {
    /// Its name.
    name: String,
    /// Where to write to.
    email: Option<String>,
    /// Its page.
    homepage: Option<String>,
}

impl From<model::Party> for Party {
    fn from(party: model::Party) -> Self {
        Self {
            name: party.name,
            email: party.email,
            homepage: party.homepage,
        }
    }
}

/// Terms of use.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Licence {
    /// Its name, such as `CC BY 4.0`.
    name: String,
    /// Where its text stands.
    url: String,
}

impl From<model::Licence> for Licence {
    fn from(licence: model::Licence) -> Self {
        Self {
            name: licence.name,
            url: licence.url,
        }
    }
}

/// What the owner of a dataset promises; null where nothing is.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct Promise {
    /// It is late when older than so many seconds.
    late_after_seconds: Option<f64>,
    /// It is stale when older than so many seconds.
    stale_after_seconds: Option<f64>,
    /// At least this share of what is expected is there, from 0 to 1.
    completeness: Option<f64>,
    /// It is kept for so many seconds; null for ever.
    retention_seconds: Option<f64>,
}

impl From<model::Promise> for Promise {
    fn from(promise: model::Promise) -> Self {
        Self {
            late_after_seconds: promise.late_after_seconds,
            stale_after_seconds: promise.stale_after_seconds,
            completeness: promise.completeness,
            retention_seconds: promise.retention_seconds,
        }
    }
}

/// A way to get a dataset.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Distribution {
    /// A heading.
    title: &'static str,
    /// What one gets.
    description: &'static str,
    /// Its path on this service.
    path: &'static str,
    /// Its media type.
    media_type: &'static str,
    /// Whether the path gives the data itself, and not a service that is asked for it.
    download: bool,
}

impl From<model::Distribution> for Distribution {
    fn from(way: model::Distribution) -> Self {
        Self {
            title: way.title,
            description: way.description,
            path: way.path,
            media_type: way.media_type,
            download: way.is_download,
        }
    }
}

/// A version of a dataset.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DatasetVersion {
    /// Which, such as `1.2.0`.
    version: String,
    /// Since when it has been in force.
    released_at: DateTime,
    /// What it changed; empty for the first.
    changes: Vec<DatasetChange>,
}

/// A change of a dataset.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DatasetChange {
    /// What has changed: a field, `graphql.` and a field of GraphQL, `title` or `description`.
    path: String,
    /// The change, in words that go on from its path.
    summary: String,
    /// Whether it breaks those who use the dataset.
    breaking: bool,
}

impl From<&model::Release> for DatasetVersion {
    fn from(release: &model::Release) -> Self {
        let change = |change: &model::Change| DatasetChange {
            path: change.path.clone(),
            summary: change.summary.clone(),
            breaking: change.is_breaking,
        };
        Self {
            version: release.version.to_string(),
            released_at: DateTime(release.released_at),
            changes: release.changes.iter().map(change).collect(),
        }
    }
}

/// Something missing of a dataset's description.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DatasetProblem {
    /// The field that it is about; null when it is about the dataset as a whole.
    field: Option<String>,
    /// What is missing, and what to do about it.
    message: String,
}

impl From<&Problem> for DatasetProblem {
    fn from(problem: &Problem) -> Self {
        let (field, message) = match problem {
            Problem::NoDescription => (None, "nobody wrote what it is: comment on its table".to_owned()),
            Problem::NoOwner => (
                None,
                "nobody answers for it: name an owner in the catalogue's file".to_owned(),
            ),
            Problem::NoFieldDescription(field) => (
                Some(field.clone()),
                "nobody wrote what it means: comment on its column".to_owned(),
            ),
            Problem::UnknownUnit { field, unit } => (
                Some(field.clone()),
                format!("its comment names the unit {unit:?}, which is not known: use a code of UCUM"),
            ),
            Problem::UnmappedUnits { units, sensors } => (
                None,
                format!(
                    "{sensors} sensors declare units that are not understood ({}): declare them as UCUM writes them, and \
                     with the sensor's type",
                    units.join(", ")
                ),
            ),
            Problem::Unreadable(reason) => (
                None,
                format!("its rows cannot be looked at; let the service's user read it: {reason}"),
            ),
            Problem::Stewardship(reason) => (
                None,
                format!("what its stewards say cannot be used, so the file's word holds: {reason}"),
            ),
            Problem::UnreadableComment { field, reason } => (
                field.clone(),
                format!("the line for programs in its comment cannot be read: {reason}"),
            ),
        };
        Self { field, message }
    }
}
