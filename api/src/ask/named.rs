//! One sensor by name, with what is often asked of it: together with those of other requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use entity::query::readings::Reading;
use entity::query::sensors::{self, Sensor};
use entity::{DatabaseConnection, Scope};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::sensors::check_text;
use crate::graphql::error::ApiError;
use crate::options::Limits;
use crate::together::Together;

/// A sensor, and its latest reading where that was asked for and there is one.
pub(crate) type Found = (Arc<Sensor>, Option<Reading>);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The argument that names it.
    pub(crate) argument: &'static str,
    /// Its name or public id.
    pub(crate) name: &'a str,
    /// The source whose sensor it is.
    pub(crate) source: Option<&'a str>,
    /// Whether its latest reading is wanted, too.
    pub(crate) with_latest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    name: String,
    with_latest: bool,
}

/// Finds sensors one by one.
pub(crate) struct Named {
    db: DatabaseConnection,
    of_everything: Together<Key, Arc<[Found]>>,
}

impl fmt::Debug for Named {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Named").finish_non_exhaustive()
    }
}

impl Named {
    pub(crate) fn new(db: &DatabaseConnection) -> Self {
        let shared = db.clone();
        let of_everything = Together::new(move |keys| {
            let db = shared.clone();
            async move { find(&db, &Scope::Everything, keys).await }.boxed()
        });
        Self {
            db: db.clone(),
            of_everything,
        }
    }

    /// The one sensor of this name; `None` when nobody knows it.
    pub(crate) async fn one(
        &self,
        scope: &Scope,
        wanted: Wanted<'_>,
        limits: &Limits,
    ) -> Result<Option<Found>, ApiError> {
        let Wanted {
            argument,
            name,
            source,
            with_latest,
        } = wanted;
        check_text(argument, name, limits)?;
        let key = Key {
            name: name.to_owned(),
            with_latest,
        };
        let found = if *scope == Scope::Everything {
            self.of_everything.ask(key).await?
        } else {
            find(&self.db, scope, vec![key.clone()]).await?.remove(&key)
        };
        only(found.as_deref().unwrap_or_default(), name, source)
    }
}

/// The sensors of each name, in one statement for those with their latest reading and one for those without.
async fn find(
    db: &DatabaseConnection,
    scope: &Scope,
    keys: Vec<Key>,
) -> Result<HashMap<Key, Arc<[Found]>>, ApiError> {
    let mut all = HashMap::with_capacity(keys.len());
    for with_latest in [false, true] {
        let names: Vec<String> = keys
            .iter()
            .filter(|key| key.with_latest == with_latest)
            .map(|key| key.name.clone())
            .collect();
        if names.is_empty() {
            continue;
        }
        let found: Vec<Found> = if with_latest {
            let found = sensors::by_names_with_latest(db, scope, &names).await?;
            found
                .into_iter()
                .map(|(sensor, latest)| (Arc::new(sensor), latest))
                .collect()
        } else {
            let found = sensors::by_names(db, scope, &names).await?;
            found.into_iter().map(|sensor| (Arc::new(sensor), None)).collect()
        };
        let mut by_name: HashMap<&str, Vec<&Found>> = HashMap::with_capacity(names.len());
        let mut by_id: HashMap<Uuid, &Found> = HashMap::new();
        for each in &found {
            by_name.entry(&each.0.name).or_default().push(each);
            by_id.insert(each.0.uuid, each);
        }
        for name in names {
            let mut found = by_name.get(name.as_str()).cloned().unwrap_or_default();
            let of_id = Uuid::try_parse(&name).ok().and_then(|id| by_id.get(&id));
            found.extend(of_id.filter(|(sensor, _)| sensor.name != name));
            if !found.is_empty() {
                let found = found.into_iter().cloned().collect();
                all.insert(Key { name, with_latest }, found);
            }
        }
    }
    Ok(all)
}

/// The one of `found` within `source`.
fn only(found: &[Found], name: &str, source: Option<&str>) -> Result<Option<Found>, ApiError> {
    let within: Vec<_> = found
        .iter()
        .filter(|(sensor, _)| source.is_none_or(|source| sensor.source == source))
        .collect();
    match within[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        _ => {
            let mut sources: Vec<_> = within
                .iter()
                .map(|(sensor, _)| format!("{:?}", sensor.source))
                .collect();
            sources.sort();
            Err(ApiError::InvalidArgument {
                argument: "source".to_owned(),
                message: format!("several sources have a sensor named {name:?}"),
                accepted: sources.join(" or "),
            })
        }
    }
}
