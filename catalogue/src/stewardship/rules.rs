//! A steward sets thresholds of quality, over the file's.

use chrono::{DateTime, Utc};
use entity::stewardship::{NewChange, RuleOverride, RulesOf, Steward, Stewarding};
use entity::{DatabaseConnection, DbErr};
use serde_json::{Map, Value as Json};

use super::StewardError;
use crate::quality::{BadRules, PartialRules, RuleSet};

/// Where a steward's thresholds stand, in errors.
const AT: &str = "rules";

/// A sensor whose thresholds are set: by its type and its name, the file may say more of it.
#[derive(Debug, Clone, Copy)]
pub struct RuledSensor<'a> {
    /// Its type.
    pub kind: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
}

/// What is to be set.
#[derive(Debug, Clone, Copy)]
pub struct NewRules<'a> {
    /// Whose thresholds.
    pub of: &'a RulesOf,
    /// The sensor, where they are those of one.
    pub sensor: Option<RuledSensor<'a>>,
    /// The thresholds in the shape of the file: what is left out stays as it is, null goes back to what the file says
    /// (a merge patch, RFC 7396).
    pub patch: &'a Map<String, Json>,
    /// The dataset that they are about, by slug.
    pub dataset: &'a str,
}

/// The thresholds in force.
#[derive(Debug, Clone)]
pub struct RulesInForce {
    /// Those that stewards set over the file's; a sensor's by its public id, which [`RuleSet::rules`] must be asked with,
    /// after its name.
    pub rules: RuleSet,
    /// What stewards set and does not hold, each with its reason.
    pub left_out: Vec<String>,
}

/// The thresholds in force: those that stewards set over the file's. Where both together make no sense, which only another
/// file can bring about, the file's alone.
pub async fn rules_in_force(db: &DatabaseConnection, file: &RuleSet) -> Result<RulesInForce, DbErr> {
    let (of_stewards, mut left_out) = read(&entity::stewardship::rules(db).await?);
    let mut rules = file.overlaid(&of_stewards);
    if let Err(error) = rules.check() {
        left_out.push(format!(
            "what stewards set does not fit beside the file, which holds alone: {error}"
        ));
        rules = file.clone();
    }
    Ok(RulesInForce { rules, left_out })
}

/// Sets thresholds over the file's; what makes no sense beside all others that hold is refused and changes nothing. Gives all
/// that are in force.
pub async fn set_rules(
    db: &DatabaseConnection,
    file: &RuleSet,
    steward: Steward,
    new: NewRules<'_>,
    at: DateTime<Utc>,
) -> Result<RuleSet, StewardError> {
    let stewarding = Stewarding::begin(db, steward, at).await;
    let stewarding = stewarding.map_err(StewardError::Keep)?;
    let mut all = stewarding.rules().await.map_err(StewardError::Keep)?;
    let place = all.iter().position(|one| one.of == *new.of);
    let before = place.map(|place| all.swap_remove(place).rules);
    let mut after = before.clone().unwrap_or_else(|| Json::Object(Map::new()));
    merge(&mut after, new.patch);
    let rules = after.clone();
    serde_json::from_value::<PartialRules>(rules.clone()).map_err(StewardError::Read)?;
    all.push(RuleOverride {
        of: new.of.clone(),
        rules,
    });
    let merged = file.overlaid(&read(&all).0);
    check(&merged, &new)?;
    let is_nothing = after.as_object().is_some_and(Map::is_empty);
    let after = (!is_nothing).then_some(&after);
    if before.as_ref() == after {
        return Ok(merged);
    }
    let set = stewarding.set_rules(new.of, after);
    set.await.map_err(StewardError::Keep)?;
    let change = NewChange {
        dataset: new.dataset,
        what: &format!("quality_rules {}", said_of(new.of)),
        before: before.as_ref(),
        after,
    };
    stewarding.note(change).await.map_err(StewardError::Keep)?;
    stewarding.commit().await.map_err(StewardError::Keep)?;
    Ok(merged)
}

/// What stewards set, and what of it cannot be read.
fn read(overrides: &[RuleOverride]) -> (RuleSet, Vec<String>) {
    let mut set = RuleSet::default();
    let mut left_out = Vec::new();
    for one in overrides {
        let rules = match serde_json::from_value(one.rules.clone()) {
            Ok(rules) => rules,
            Err(error) => {
                left_out.push(format!("of {}: {error}", said_of(&one.of)));
                continue;
            }
        };
        match &one.of {
            RulesOf::Everything => set.default = rules,
            RulesOf::Type(name) => {
                set.by_type.insert(name.clone(), rules);
            }
            RulesOf::Sensor(uuid) => {
                set.by_sensor.insert(uuid.to_string(), rules);
            }
        }
    }
    (set, left_out)
}

/// Checks what is new beside all that holds. What is wrong elsewhere is not the new thresholds' fault, unless they are those
/// of everything.
fn check(merged: &RuleSet, new: &NewRules<'_>) -> Result<(), StewardError> {
    let own = match new.of {
        RulesOf::Everything => "default".to_owned(),
        RulesOf::Type(name) => format!("by_type.{name}"),
        RulesOf::Sensor(uuid) => format!("by_sensor.{uuid}"),
    };
    let mut bad = match merged.check() {
        Ok(()) => Vec::new(),
        Err(BadRules(bad)) => bad,
    };
    if let (RulesOf::Sensor(uuid), Some(sensor)) = (new.of, new.sensor) {
        let names = [sensor.name, &uuid.to_string()];
        if let Err(BadRules(more)) = merged.rules(sensor.kind, &names) {
            bad.extend(more);
        }
    }
    for rule in &mut bad {
        if let Some(rest) = rule.at.strip_prefix(&own).and_then(|rest| rest.strip_prefix('.')) {
            rule.at = format!("{AT}.{rest}");
        }
    }
    let is_own = |at: &str| at.starts_with("rules.") || *new.of == RulesOf::Everything;
    bad.retain(|rule| is_own(&rule.at));
    if bad.is_empty() {
        Ok(())
    } else {
        Err(StewardError::Rules(BadRules(bad)))
    }
}

/// Merges a patch as RFC 7396 has it; objects that end empty are taken out.
fn merge(target: &mut Json, patch: &Map<String, Json>) {
    let Json::Object(target) = target else { return };
    for (key, value) in patch {
        match value {
            Json::Null => {
                target.remove(key);
            }
            Json::Object(inner) => {
                let below = target
                    .entry(key.clone())
                    .or_insert_with(|| Json::Object(Map::new()));
                if !below.is_object() {
                    *below = Json::Object(Map::new());
                }
                merge(below, inner);
                if below.as_object().is_some_and(Map::is_empty) {
                    target.remove(key);
                }
            }
            other => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

fn said_of(of: &RulesOf) -> String {
    match of {
        RulesOf::Everything => "default".to_owned(),
        RulesOf::Type(name) => format!("type {name}"),
        RulesOf::Sensor(uuid) => format!("sensor {uuid}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_sets_leaves_and_takes_back() {
        let mut said = json!({ "spike": { "suspect": 1.0, "fail": 2.0 }, "gap_factor": 2.0 });
        let patch = json!({ "spike": { "suspect": null, "fail": 3.0 }, "flat": { "enabled": false } });
        merge(&mut said, patch.as_object().unwrap());
        assert_eq!(
            said,
            json!({ "spike": { "fail": 3.0 }, "gap_factor": 2.0, "flat": { "enabled": false } })
        );
        let patch = json!({ "spike": { "fail": null }, "gap_factor": null, "flat": null });
        merge(&mut said, patch.as_object().unwrap());
        assert_eq!(said, json!({}));
    }
}
