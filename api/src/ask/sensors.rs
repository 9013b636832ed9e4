//! Sensors as questions name them: by name, or by public id.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::sensors::{self, Sensor, SensorFilter, SensorOrder};
use entity::{DatabaseConnection, Scope};

use crate::graphql::error::ApiError;
use crate::options::Limits;

/// The sensors with these names or public ids, in the order asked; a name used in several sources gives each of them,
/// by source. One that nobody knows is an error, so that a misspelt name never looks like a silent sensor.
pub(crate) async fn by_names(
    db: &DatabaseConnection,
    scope: &Scope,
    argument: &'static str,
    names: &[String],
    limits: &Limits,
) -> Result<Vec<Arc<Sensor>>, ApiError> {
    within_limit(argument, names.len(), limits)?;
    for name in names {
        check_text(argument, name, limits)?;
    }
    let mut known: HashMap<String, Vec<Arc<Sensor>>> = HashMap::new();
    for sensor in sensors::by_names(db, scope, names).await? {
        let sensor = Arc::new(sensor);
        known
            .entry(sensor.uuid.to_string())
            .or_default()
            .push(Arc::clone(&sensor));
        known.entry(sensor.name.clone()).or_default().push(sensor);
    }
    let mut found = Vec::with_capacity(names.len());
    let mut seen = HashSet::new();
    for name in names {
        // Ids are written in lower case here, and accepted in any.
        let Some(sensors) = known.get(name).or_else(|| known.get(&name.to_lowercase())) else {
            return Err(unknown(argument, name));
        };
        let mut sensors = sensors.clone();
        sensors.sort_by(|a, b| a.source.cmp(&b.source));
        found.extend(sensors.into_iter().filter(|sensor| seen.insert(sensor.id)));
    }
    Ok(found)
}

/// Every sensor that matches, by name; more than the limit of them is an error.
pub(crate) async fn matching(
    db: &DatabaseConnection,
    scope: &Scope,
    argument: &'static str,
    filter: &SensorFilter,
    limits: &Limits,
) -> Result<Vec<Arc<Sensor>>, ApiError> {
    let request = PageRequest {
        limit: limits.sensors_max.into(),
        at: PageAt::First(None),
    };
    let page = sensors::page(db, scope, filter, SensorOrder::NameAsc, &request).await?;
    if page.has_next {
        return Err(ApiError::LimitExceeded {
            argument: Some(argument),
            limit: limits.sensors_max.into(),
            asked: Some(sensors::count(db, scope, filter).await?),
            advice: "narrow the filter until it matches fewer sensors".to_owned(),
        });
    }
    Ok(page.rows.into_iter().map(Arc::new).collect())
}

/// The sensors that a question names, in the order asked, as far as they match its filter; without names all that match,
/// by name.
pub(crate) async fn chosen(
    db: &DatabaseConnection,
    scope: &Scope,
    names: Option<&[String]>,
    filter: Option<SensorFilter>,
    limits: &Limits,
) -> Result<Vec<Arc<Sensor>>, ApiError> {
    let matching = |filter| async move { matching(db, scope, "filter", &filter, limits).await };
    match (names, filter) {
        (None, filter) => matching(filter.unwrap_or_default()).await,
        (Some(names), None) => by_names(db, scope, "sensors", names, limits).await,
        (Some(names), Some(filter)) => {
            let matching: HashSet<_> = matching(filter).await?.iter().map(|sensor| sensor.id).collect();
            let mut chosen = by_names(db, scope, "sensors", names, limits).await?;
            chosen.retain(|sensor| matching.contains(&sensor.id));
            Ok(chosen)
        }
    }
}

/// No sensor has this name or id, as far as the asker may see.
pub(crate) fn unknown(argument: &'static str, name: &str) -> ApiError {
    ApiError::NotFound {
        argument,
        message: format!("there is no sensor named {name:?}"),
    }
}

/// Refuses texts that are too long, or hold what the database cannot.
pub(crate) fn check_text(argument: &'static str, text: &str, limits: &Limits) -> Result<(), ApiError> {
    let chars = text.chars().count() as u64;
    if chars > u64::from(limits.text_chars_max) {
        return Err(ApiError::LimitExceeded {
            argument: Some(argument),
            limit: limits.text_chars_max.into(),
            asked: Some(chars),
            advice: "shorten the text; it is counted in characters".to_owned(),
        });
    }
    if text.contains('\0') {
        return Err(ApiError::InvalidArgument {
            argument: argument.to_owned(),
            message: "the text has a character U+0000".to_owned(),
            accepted: "text without U+0000".to_owned(),
        });
    }
    Ok(())
}

/// Refuses lists of more sensors than the limit.
pub(crate) fn within_limit(argument: &'static str, count: usize, limits: &Limits) -> Result<(), ApiError> {
    if count as u64 <= u64::from(limits.sensors_max) {
        return Ok(());
    }
    Err(ApiError::LimitExceeded {
        argument: Some(argument),
        limit: limits.sensors_max.into(),
        asked: Some(count as u64),
        advice: "name fewer sensors".to_owned(),
    })
}
