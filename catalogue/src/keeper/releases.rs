//! Versions: what has changed of a dataset since it was last looked at is noted, and shown.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::keeping::Keeping;
use entity::releases::{self, Release as Row};
use entity::{ConnectionTrait, DbErr, webhooks};

use crate::discover::GraphqlTypes;
use crate::model::{Change, Dataset, Release, SemanticVersion};
use crate::schema::{KeptChange, Schema, changes, next_version};
use crate::webhook::message;

/// The versions of all datasets.
pub(super) struct Releases(HashMap<String, Vec<Kept>>);

impl Releases {
    /// Those that were noted.
    pub(super) async fn read<C: ConnectionTrait>(db: &C) -> Result<Self, DbErr> {
        let mut kept: HashMap<String, Vec<Kept>> = HashMap::new();
        for row in releases::all(db).await? {
            let changes: Vec<KeptChange> = read(row.changes)?;
            let release = Release {
                version: version(row.version),
                released_at: row.released_at,
                changes: changes.into_iter().map(Change::from).collect(),
            };
            let schema = read(row.schema)?;
            kept.entry(row.slug).or_default().push(Kept { release, schema });
        }
        Ok(Self(kept))
    }

    /// Notes a version of each dataset whose schema is not what its newest one says, and has webhooks told of it.
    pub(super) async fn keep(
        &mut self,
        keeping: &Keeping,
        datasets: &[Dataset],
        graphql: &GraphqlTypes,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let mut messages = Vec::new();
        for dataset in datasets {
            let kept = self.0.entry(dataset.slug.clone()).or_default();
            let schema = Schema::of(dataset, graphql);
            let Some(release) = next(kept.first(), &schema, now) else {
                continue;
            };
            releases::insert(keeping, &row(&dataset.slug, &release, &schema)?).await?;
            messages.push(message::release(&dataset.slug, &release, now));
            kept.insert(0, Kept { release, schema });
        }
        if !messages.is_empty() && webhooks::any(keeping).await? {
            webhooks::enqueue(keeping, &messages, now).await?;
        }
        Ok(())
    }

    /// Adds to a dataset its versions, and to its fields which had them first.
    pub(super) fn add_to(&self, dataset: &mut Dataset) {
        let kept = self.0.get(&dataset.slug).map(Vec::as_slice).unwrap_or_default();
        for field in &mut dataset.fields {
            // The oldest of the versions that have had it without a break.
            let since = kept
                .iter()
                .take_while(|kept| kept.schema.fields.contains_key(&field.name));
            field.since = since.last().map(|kept| kept.release.version);
        }
        dataset.releases = kept.iter().map(|kept| kept.release.clone()).collect();
    }
}

struct Kept {
    release: Release,
    schema: Schema,
}

fn next(newest: Option<&Kept>, schema: &Schema, now: DateTime<Utc>) -> Option<Release> {
    let (version, changes) = match newest {
        None => (SemanticVersion::FIRST, Vec::new()),
        Some(newest) => (
            next_version(newest.release.version, &newest.schema, schema)?,
            changes(&newest.schema, schema, now.date_naive()),
        ),
    };
    Some(Release {
        version,
        released_at: now,
        changes,
    })
}

fn row(slug: &str, release: &Release, schema: &Schema) -> Result<Row, DbErr> {
    let SemanticVersion { major, minor, patch } = release.version;
    let number = |part: u32| i32::try_from(part).map_err(|error| DbErr::Type(error.to_string()));
    let changes: Vec<KeptChange> = release.changes.iter().cloned().map(KeptChange::from).collect();
    Ok(Row {
        slug: slug.to_owned(),
        version: [number(major)?, number(minor)?, number(patch)?],
        released_at: release.released_at,
        schema: written(schema)?,
        changes: written(&changes)?,
    })
}

fn version([major, minor, patch]: [i32; 3]) -> SemanticVersion {
    SemanticVersion {
        major: major.unsigned_abs(),
        minor: minor.unsigned_abs(),
        patch: patch.unsigned_abs(),
    }
}

fn read<T: serde::de::DeserializeOwned>(kept: serde_json::Value) -> Result<T, DbErr> {
    serde_json::from_value(kept).map_err(|error| DbErr::Json(format!("read a dataset's version: {error}")))
}

fn written(value: &impl serde::Serialize) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(value).map_err(|error| DbErr::Json(format!("write a dataset's version: {error}")))
}
