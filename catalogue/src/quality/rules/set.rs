//! All rules of an installation: for everything, by type, by sensor.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BadRules, PartialRules, Rules};

/// Rules for everything, for the sensors of a type, and for single sensors, each over the one before.
///
/// ```toml
/// [default]
/// late_after_seconds = 120
///
/// [by_type.temperature.spike]
/// suspect = 2
/// fail = 5
///
/// [by_sensor."Boiler pressure".flat]
/// enabled = false
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleSet {
    /// For every sensor.
    pub default: PartialRules,
    /// For the sensors of a type, by its name.
    pub by_type: BTreeMap<String, PartialRules>,
    /// For one sensor, by a name that [`RuleSet::rules`] is asked with.
    pub by_sensor: BTreeMap<String, PartialRules>,
}

/// Why a text is no set of rules.
#[derive(Debug, thiserror::Error)]
pub enum RuleSetError {
    /// It is not TOML, or has a name or a kind of value that rules don't have; the source says where.
    #[error("read rules of quality as TOML")]
    Toml(#[source] toml::de::Error),
    /// A threshold makes no sense.
    #[error("take over rules of quality")]
    Rules(#[source] BadRules),
}

impl RuleSet {
    /// Reads a TOML document and checks it.
    pub fn from_toml(text: &str) -> Result<Self, RuleSetError> {
        let set: Self = toml::from_str(text).map_err(RuleSetError::Toml)?;
        set.check().map_err(RuleSetError::Rules)?;
        Ok(set)
    }

    /// Checks all that is said, each type's and each sensor's over what is said for everything.
    ///
    /// A sensor's rules over those of its type are known only when the sensor is; [`RuleSet::rules`] checks them.
    pub fn check(&self) -> Result<(), BadRules> {
        let default = [("default".to_owned(), &PartialRules::default(), &self.default)];
        let by_type = self
            .by_type
            .iter()
            .map(|(name, rules)| (format!("by_type.{name}"), &self.default, rules));
        let by_sensor = self
            .by_sensor
            .iter()
            .map(|(name, rules)| (format!("by_sensor.{name}"), &self.default, rules));
        let mut bad = Vec::new();
        for (at, general, rules) in default.into_iter().chain(by_type).chain(by_sensor) {
            if let Err(BadRules(found)) = rules.over(general).complete(&at) {
                bad.extend(found);
            }
            // What is wrong for everything would be wrong again in each of the others.
            if at == "default" && !bad.is_empty() {
                break;
            }
        }
        if bad.is_empty() {
            Ok(())
        } else {
            Err(BadRules(bad))
        }
    }

    /// The rules of a sensor: what is said for its name in any source, over that for `source/name`, and over that for its
    /// public id, by which stewards name it.
    pub fn of_sensor(
        &self,
        kind: Option<&str>,
        source: &str,
        name: &str,
        uuid: Uuid,
    ) -> Result<Rules, BadRules> {
        self.rules(kind, &[name, &format!("{source}/{name}"), &uuid.to_string()])
    }

    /// The rules of a sensor of this type, which goes by these names: those said for a later name are over those for an
    /// earlier one.
    pub fn rules(&self, kind: Option<&str>, names: &[&str]) -> Result<Rules, BadRules> {
        let mut merged = self.default.clone();
        let mut at = "default".to_owned();
        if let Some((kind, rules)) = kind.and_then(|kind| Some((kind, self.by_type.get(kind)?))) {
            merged = rules.over(&merged);
            at = format!("by_type.{kind}");
        }
        for name in names {
            if let Some(rules) = self.by_sensor.get(*name) {
                merged = rules.over(&merged);
                at = format!("by_sensor.{name}");
            }
        }
        merged.complete(&at)
    }
}
