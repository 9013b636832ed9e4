//! `qualityRules`: the thresholds of quality that are in force.

use std::sync::Arc;

use async_graphql::{Context, Object};
use catalogue::quality::RuleSet;
use catalogue::stewardship::rules_in_force;
use entity::query::sensors::Sensor;

use crate::ask::sensors::{by_names, check_text};
use crate::graphql::error::ApiError;
use crate::graphql::model::QualityRules;
use crate::graphql::request::ContextExt as _;

/// The dataset that thresholds are about.
pub(crate) const RULED: &str = "readings";

#[derive(Default)]
pub(crate) struct QualityRulesQuery;

#[Object]
impl QualityRulesQuery {
    /// The thresholds of quality that are in force: what stewards set, over the catalogue's file, over the defaults; those of
    /// a sensor over those of its type, over those of everything.
    async fn quality_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "type", desc = "Of sensors of this type. Default: of everything.")] kind: Option<
            String,
        >,
        #[graphql(desc = "Of the sensor of this name or id. Not together with `type`.")] sensor: Option<
            String,
        >,
    ) -> Result<QualityRules, ApiError> {
        ctx.scope()?;
        let whose = Whose::asked(ctx, kind, sensor).await?;
        let file = ctx.state().options().annotations.rules();
        let set = rules_in_force(ctx.db(), file).await?.rules;
        in_force(&set, &whose)
    }
}

/// Whose thresholds.
pub(crate) enum Whose {
    Everything,
    Type(String),
    Sensor(Arc<Sensor>),
}

impl Whose {
    /// As the arguments `type` and `sensor` say.
    pub(crate) async fn asked(
        ctx: &Context<'_>,
        kind: Option<String>,
        sensor: Option<String>,
    ) -> Result<Self, ApiError> {
        match (kind, sensor) {
            (None, None) => Ok(Self::Everything),
            (Some(kind), None) => {
                check_text("type", &kind, ctx.limits())?;
                if kind.is_empty() {
                    return Err(ApiError::InvalidArgument {
                        argument: "type".to_owned(),
                        message: "this is empty".to_owned(),
                        accepted: "the type of some sensors, such as temperature".to_owned(),
                    });
                }
                Ok(Self::Type(kind))
            }
            (None, Some(name)) => {
                let found = by_names(ctx.db(), ctx.scope()?, "sensor", &[name], ctx.limits()).await?;
                match <[Arc<Sensor>; 1]>::try_from(found) {
                    Ok([sensor]) => Ok(Self::Sensor(sensor)),
                    Err(_) => Err(ApiError::InvalidArgument {
                        argument: "sensor".to_owned(),
                        message: "several sources have a sensor of this name".to_owned(),
                        accepted: "the id of one of them".to_owned(),
                    }),
                }
            }
            (Some(_), Some(_)) => Err(ApiError::InvalidArgument {
                argument: "sensor".to_owned(),
                message: "thresholds are those of a type or those of a sensor".to_owned(),
                accepted: "type or sensor, not both".to_owned(),
            }),
        }
    }
}

/// Those of a set that are in force for somebody.
pub(crate) fn in_force(set: &RuleSet, whose: &Whose) -> Result<QualityRules, ApiError> {
    let rules = match whose {
        Whose::Everything => set.rules(None, &[]),
        Whose::Type(kind) => set.rules(Some(kind), &[]),
        Whose::Sensor(sensor) => set.rules(sensor.kind.as_deref(), &[&sensor.name, &sensor.uuid.to_string()]),
    };
    // Those of a type and of a sensor each make sense and may contradict each other.
    rules.map(Into::into).map_err(|error| ApiError::InvalidArgument {
        argument: "sensor".to_owned(),
        message: format!("its thresholds contradict those of its type: {error}"),
        accepted: "a sensor whose thresholds go together; a steward can mend them".to_owned(),
    })
}
