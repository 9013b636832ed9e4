//! `setQualityRules`: thresholds over those of the catalogue's file.

use async_graphql::{Context, Object};
use catalogue::stewardship::{NewRules, RuledSensor, RulesOf, set_rules};

use super::{refused, steward_of, words};
use crate::graphql::error::ApiError;
use crate::graphql::model::{QualityRules, QualityRulesInput};
use crate::graphql::query::quality_rules::{RULED, Whose, in_force};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct QualityRulesMutation;

#[Object]
impl QualityRulesMutation {
    /// Sets thresholds of quality, of everything, of a type of sensors or of one sensor, in place of those of the catalogue's
    /// file; gives those that are in force then. What is left out stays as it is, null goes back to what the file says. For
    /// stewards to whom readings are open as a whole. Figures that are there already stay as they were computed.
    async fn set_quality_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "type", desc = "Of sensors of this type. Default: of everything.")] kind: Option<
            String,
        >,
        #[graphql(desc = "Of the sensor of this name or id. Not together with `type`.")] sensor: Option<
            String,
        >,
        #[graphql(desc = "The thresholds.")] rules: QualityRulesInput,
    ) -> Result<QualityRules, ApiError> {
        let steward = steward_of(ctx, "type", RULED).await?;
        let whose = Whose::asked(ctx, kind, sensor).await?;
        let of = match &whose {
            Whose::Everything => RulesOf::Everything,
            Whose::Type(kind) => RulesOf::Type(kind.clone()),
            Whose::Sensor(sensor) => RulesOf::Sensor(sensor.uuid),
        };
        let sensor = match &whose {
            Whose::Sensor(sensor) => Some(RuledSensor {
                kind: sensor.kind.as_deref(),
                name: &sensor.name,
            }),
            Whose::Everything | Whose::Type(_) => None,
        };
        let patch = words(&rules);
        let new = NewRules {
            of: &of,
            sensor,
            patch: &patch,
            dataset: RULED,
        };
        let file = ctx.state().options().annotations.rules();
        let set = set_rules(ctx.db(), file, steward, new, ctx.asked().at).await;
        in_force(&set.map_err(refused)?, &whose)
    }
}
