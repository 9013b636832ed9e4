//! Thresholds of quality that stewards set, as they are kept; `catalogue` knows what they mean.

use sea_orm::{ConnectionTrait, DbErr, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::Stewarding;
use crate::sql;

/// Whose thresholds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RulesOf {
    /// Those of every sensor.
    Everything,
    /// Those of the sensors of a type.
    Type(String),
    /// Those of one sensor, by its public id.
    Sensor(Uuid),
}

impl RulesOf {
    fn values(&self) -> [Value; 2] {
        let (sensor, of_type) = match self {
            Self::Everything => (None, None),
            Self::Type(name) => (None, Some(name.clone())),
            Self::Sensor(uuid) => (Some(*uuid), None),
        };
        [sensor.into(), of_type.into()]
    }
}

/// Thresholds that stewards set.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleOverride {
    /// Whose.
    pub of: RulesOf,
    /// The thresholds, a JSON object.
    pub rules: Json,
}

/// All thresholds that stewards set.
pub async fn rules<C: ConnectionTrait>(db: &C) -> Result<Vec<RuleOverride>, DbErr> {
    sql::query(db, include_str!("select_rules.sql"), [], |row| {
        let (sensor, of_type): (Option<Uuid>, Option<String>) = (row.get(0)?, row.get(1)?);
        Ok(RuleOverride {
            of: match (sensor, of_type) {
                (Some(uuid), _) => RulesOf::Sensor(uuid),
                (None, Some(name)) => RulesOf::Type(name),
                (None, None) => RulesOf::Everything,
            },
            rules: row.get(2)?,
        })
    })
    .await
}

impl Stewarding {
    /// All thresholds that stewards set, as they are now.
    pub async fn rules(&self) -> Result<Vec<RuleOverride>, DbErr> {
        rules(&self.transaction).await
    }

    /// Sets these thresholds in place of those that stewards set before; `None` takes them back.
    pub async fn set_rules(&self, of: &RulesOf, rules: Option<&Json>) -> Result<(), DbErr> {
        let [sensor, of_type] = of.values();
        let (statement, values) = match rules {
            None => (include_str!("delete_rules.sql"), vec![sensor, of_type]),
            Some(rules) => (
                include_str!("upsert_rules.sql"),
                vec![sensor, of_type, rules.clone().into(), self.at.into()],
            ),
        };
        sql::execute(&self.transaction, statement, values).await?;
        Ok(())
    }
}
