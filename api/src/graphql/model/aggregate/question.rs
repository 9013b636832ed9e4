//! What a question for aggregates says, the same for all sensors and for one.

use async_graphql::Context;
use chrono::{DateTime, Utc};
use entity::FlagSet;
use entity::query::sensors::Sensor;

use super::Selected;
use crate::ask::buckets::BucketArguments;
use crate::ask::range;
use crate::ask::units::Shown;
use crate::buckets::{Before, Details, Fill, View};
use crate::graphql::batch::ReadingsBuckets;
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

/// What is to be read, and how it is shown.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) what: ReadingsBuckets,
    fill: Fill,
    completeness_min: Option<f64>,
    unit: Option<String>,
}

impl Arguments {
    /// Takes what they say; `selected` is what the answer shows of each bucket.
    pub(crate) fn check(self, ctx: &Context<'_>, selected: Selected) -> Result<Question, ApiError> {
        let arguments = BucketArguments {
            bucket: &self.bucket,
            time_zone: ("timeZone", self.time_zone.as_deref()),
        };
        let bucketing = arguments.check(ctx.state().options().time_zone)?;
        let fill = self.fill.unwrap_or(Fill::None);
        let Selected {
            mut numbers,
            fractions,
        } = selected;
        // The last value is what is carried on.
        numbers.ends |= fill == Fill::Previous;
        let completeness_min = self.min_completeness.map(completeness).transpose()?;
        let before = match (fill, completeness_min) {
            (Fill::Previous, Some(_)) => Before::Always,
            (Fill::Previous, None) => Before::WhereEmpty,
            (Fill::None | Fill::Null | Fill::Linear, _) => Before::Unneeded,
        };
        Ok(Question {
            what: ReadingsBuckets {
                bucketing,
                range: range::between(self.from, self.to)?.into(),
                include_failed: self.include_failed.unwrap_or(false),
                before,
                details: Details {
                    flags: self.flags.as_deref().map_or(Ok(FlagSet::SERVED), flags)?,
                    numbers,
                    crossed: fill == Fill::Linear && numbers.lines,
                    fractions,
                },
            },
            fill,
            completeness_min,
            unit: self.unit,
        })
    }
}

impl Question {
    /// The unit that is asked for.
    pub(crate) fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// How the buckets of a sensor are shown.
    pub(crate) fn view_of(&self, ctx: &Context<'_>, sensor: &Sensor) -> Result<View, ApiError> {
        let shown = Shown::of(sensor, self.unit(), ctx.limits())?;
        Ok(self.view(shown, sensor.expected_interval_seconds))
    }

    /// How buckets are shown in a unit, when readings are expected so many seconds apart.
    pub(crate) fn view(&self, shown: Shown, interval: Option<f64>) -> View {
        View {
            fill: self.fill,
            interval,
            completeness_min: self.completeness_min,
            shown,
        }
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

fn completeness(min: f64) -> Result<f64, ApiError> {
    if (0.0..=1.0).contains(&min) {
        return Ok(min);
    }
    Err(ApiError::InvalidArgument {
        argument: "minCompleteness".to_owned(),
        message: format!("{min} is no share of the readings that were to be expected"),
        accepted: "a number from 0 to 1".to_owned(),
    })
}
