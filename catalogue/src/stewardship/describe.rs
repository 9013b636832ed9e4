//! A steward says something of a dataset, or takes it back.

use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::stewardship::{NewChange, Steward, Stewarding};
use serde_json::{Map, Value as Json};

use super::{StewardError, note};
use crate::annotations::Annotations;

/// Where a steward's words stand, in errors.
const AT: &str = "input";

/// Says each of these words of a dataset in place of the file's, under the keys of the file; null takes one back. What is
/// refused changes nothing.
pub async fn describe(
    db: &DatabaseConnection,
    annotations: &Annotations,
    steward: Steward,
    slug: &str,
    words: &Map<String, Json>,
    at: DateTime<Utc>,
) -> Result<(), StewardError> {
    let stewarding = Stewarding::begin(db, steward, at).await;
    let stewarding = stewarding.map_err(StewardError::Keep)?;
    let before = match stewarding.said(slug).await.map_err(StewardError::Keep)? {
        Some(Json::Object(said)) => said,
        _ => Map::new(),
    };
    let mut after = before.clone();
    for (key, word) in words {
        if word.is_null() {
            after.remove(key);
        } else {
            after.insert(key.clone(), word.clone());
        }
    }
    if after == before {
        return Ok(());
    }
    let said = Json::Object(after);
    let read = note(said.clone()).map_err(StewardError::Read)?;
    annotations.check_said(AT, slug, &read)?;
    let is_nothing = said.as_object().is_some_and(Map::is_empty);
    let kept = stewarding.say(slug, (!is_nothing).then_some(&said));
    kept.await.map_err(StewardError::Keep)?;
    for key in words.keys() {
        let (before, after) = (before.get(key), said.get(key));
        if before != after {
            let change = NewChange {
                dataset: slug,
                what: key,
                before,
                after,
            };
            stewarding.note(change).await.map_err(StewardError::Keep)?;
        }
    }
    stewarding.commit().await.map_err(StewardError::Keep)
}
