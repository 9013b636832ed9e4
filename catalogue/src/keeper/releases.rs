//! Versions: what has changed of a dataset since it was last looked at is noted, and shown.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::releases::{self, Release as Row};
use entity::{DatabaseConnection, DbErr};
use sea_orm::TransactionTrait as _;

use crate::discover::GraphqlTypes;
use crate::model::{Change, Dataset, Release, SemanticVersion};
use crate::schema::{KeptChange, Schema, changes, next_version};

/// Adds to each dataset its versions, and notes a new one where its schema is not what the newest one says.
///
/// While another process notes versions, this one shows what there is: the other will have seen the same change.
pub(super) async fn keep(
    db: &DatabaseConnection,
    datasets: &mut [Dataset],
    graphql: &GraphqlTypes,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut kept = by_slug(releases::all(db).await?)?;
    let is_new = |dataset: &Dataset, kept: &HashMap<String, Vec<Kept>>| {
        let newest = kept.get(&dataset.slug).and_then(|kept| kept.first());
        newest.is_none_or(|newest| newest.schema != Schema::of(dataset, graphql))
    };
    if datasets.iter().any(|dataset| is_new(dataset, &kept)) {
        let transaction = db.begin().await?;
        if releases::try_lock(&transaction).await? {
            kept = by_slug(releases::all(&transaction).await?)?;
            for dataset in datasets.iter().filter(|dataset| is_new(dataset, &kept)) {
                let newest = kept.get(&dataset.slug).and_then(|kept| kept.first());
                let Some(row) = next(dataset, newest, graphql, now)? else {
                    continue;
                };
                releases::insert(&transaction, &row).await?;
            }
            kept = by_slug(releases::all(&transaction).await?)?;
            transaction.commit().await?;
        }
    }
    for dataset in datasets {
        let kept = kept.remove(&dataset.slug).unwrap_or_default();
        for field in &mut dataset.fields {
            // The oldest of the versions that have had it without a break.
            let since = kept
                .iter()
                .take_while(|kept| kept.schema.fields.contains_key(&field.name));
            field.since = since.last().map(|kept| kept.release.version);
        }
        dataset.releases = kept.into_iter().map(|kept| kept.release).collect();
    }
    Ok(())
}

struct Kept {
    release: Release,
    schema: Schema,
}

fn by_slug(rows: Vec<Row>) -> Result<HashMap<String, Vec<Kept>>, DbErr> {
    let mut kept: HashMap<String, Vec<Kept>> = HashMap::new();
    for row in rows {
        let changes: Vec<KeptChange> = read(row.changes)?;
        let release = Release {
            version: version(row.version),
            released_at: row.released_at,
            changes: changes.into_iter().map(Change::from).collect(),
        };
        let schema = read(row.schema)?;
        kept.entry(row.slug).or_default().push(Kept { release, schema });
    }
    Ok(kept)
}

fn next(
    dataset: &Dataset,
    newest: Option<&Kept>,
    graphql: &GraphqlTypes,
    now: DateTime<Utc>,
) -> Result<Option<Row>, DbErr> {
    let schema = Schema::of(dataset, graphql);
    let (version, changes) = match newest {
        None => (SemanticVersion::FIRST, Vec::new()),
        Some(newest) => match next_version(newest.release.version, &newest.schema, &schema) {
            None => return Ok(None),
            Some(version) => (version, changes(&newest.schema, &schema)),
        },
    };
    let changes: Vec<KeptChange> = changes.into_iter().map(KeptChange::from).collect();
    let number = |part: u32| i32::try_from(part).map_err(|error| DbErr::Type(error.to_string()));
    Ok(Some(Row {
        slug: dataset.slug.clone(),
        version: [
            number(version.major)?,
            number(version.minor)?,
            number(version.patch)?,
        ],
        released_at: now,
        schema: written(&schema)?,
        changes: written(&changes)?,
    }))
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
