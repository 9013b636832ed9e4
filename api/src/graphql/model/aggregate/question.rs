//! What a question for aggregates says, the same for all sensors and for one.

use async_graphql::Context;
use chrono::{DateTime, Utc};
use entity::FlagSet;

use super::Selected;
use crate::ask::buckets::BucketArguments;
use crate::ask::range;
use crate::buckets::{Choices, Fill, Question};
use crate::graphql::error::ApiError;
use crate::graphql::model::QualityFlag;
use crate::graphql::request::ContextExt as _;

/// The arguments as they come.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
    pub(crate) bucket: String,
    pub(crate) time_zone: Option<String>,
    pub(crate) fill: Option<Fill>,
    pub(crate) min_completeness: Option<f64>,
    pub(crate) include_failed: Option<bool>,
    pub(crate) flags: Option<Vec<QualityFlag>>,
    pub(crate) unit: Option<String>,
}

impl Arguments {
    /// Takes what they say; `selected` is what the answer shows of each bucket.
    pub(crate) fn check(self, ctx: &Context<'_>, selected: Selected) -> Result<Question, ApiError> {
        let arguments = BucketArguments {
            bucket: &self.bucket,
            time_zone: ("timeZone", self.time_zone.as_deref()),
        };
        let bucketing = arguments.check(ctx.state().options().time_zone)?;
        let choices = Choices {
            fill: self.fill.unwrap_or(Fill::None),
            completeness_min: ("minCompleteness", self.min_completeness),
            include_failed: self.include_failed.unwrap_or(false),
            flags: self.flags.as_deref().map_or(Ok(FlagSet::SERVED), flags)?,
            unit: self.unit,
            numbers: selected.numbers,
            fractions: selected.fractions,
        };
        choices.check(bucketing, range::between(self.from, self.to)?)
    }
}

fn flags(flags: &[QualityFlag]) -> Result<FlagSet, ApiError> {
    if flags.is_empty() {
        return Err(ApiError::InvalidArgument {
            argument: "flags".to_owned(),
            message: "without a flag no reading would count".to_owned(),
            accepted: "at least one of PASS, NOT_EVALUATED, SUSPECT, FAIL and MISSING; or leave it out"
                .to_owned(),
        });
    }
    let flags = flags.iter().map(|flag| entity::QualityFlag::from(*flag));
    Ok(flags.fold(FlagSet::NONE, FlagSet::with))
}
