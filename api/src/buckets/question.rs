//! What a question says of the buckets that it wants, the same on every surface.

use std::sync::Arc;

use entity::query::aggregates::{Fraction, Numbers};
use entity::query::readings::TimeRange;
use entity::query::sensors::Sensor;
use entity::{Bucketing, FlagSet};

use super::{Before, BucketsOf, Details, Fill, View};
use crate::ask::units::Shown;
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// What a question chooses besides where its buckets lie.
#[derive(Debug)]
pub(crate) struct Choices {
    pub(crate) fill: Fill,
    /// The argument that wants buckets to be complete, and what it says.
    pub(crate) completeness_min: (&'static str, Option<f64>),
    pub(crate) include_failed: bool,
    /// The flags of the readings that count, besides those that `include_failed` adds.
    pub(crate) flags: FlagSet,
    pub(crate) unit: Option<String>,
    /// What is shown of each bucket besides its counts.
    pub(crate) numbers: Numbers,
    pub(crate) fractions: Arc<[Fraction]>,
}

/// What is to be read, and how it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) of: BucketsOf,
    pub(crate) fill: Fill,
    completeness_min: Option<f64>,
    unit: Option<String>,
}

impl Choices {
    /// A question for these buckets.
    pub(crate) fn check(self, bucketing: Bucketing, range: TimeRange) -> Result<Question, ApiError> {
        let (fill, mut numbers) = (self.fill, self.numbers);
        // The last value is what is carried on.
        numbers.ends |= fill == Fill::Previous;
        let (argument, min) = self.completeness_min;
        let completeness_min = min.map(|min| completeness(argument, min)).transpose()?;
        let before = match (fill, completeness_min) {
            (Fill::Previous, Some(_)) => Before::Always,
            (Fill::Previous, None) => Before::WhereEmpty,
            (Fill::None | Fill::Null | Fill::Linear, _) => Before::Unneeded,
        };
        Ok(Question {
            of: BucketsOf {
                bucketing,
                range,
                include_failed: self.include_failed,
                before,
                details: Details {
                    flags: self.flags,
                    numbers,
                    crossed: fill == Fill::Linear && numbers.lines,
                    fractions: self.fractions,
                },
            },
            fill,
            completeness_min,
            unit: self.unit,
        })
    }
}

impl Question {
    /// For what rollups answer by themselves, in each sensor's own unit; buckets without readings are left out.
    pub(crate) fn plain(bucketing: Bucketing, range: TimeRange) -> Self {
        Self {
            of: BucketsOf {
                bucketing,
                range,
                include_failed: false,
                before: Before::Unneeded,
                details: Details::default(),
            },
            fill: Fill::None,
            completeness_min: None,
            unit: None,
        }
    }

    /// The unit that is asked for.
    pub(crate) fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// How the buckets of a sensor are shown.
    pub(crate) fn view_of(&self, sensor: &Sensor, limits: &Limits) -> Result<View, ApiError> {
        let shown = Shown::of(sensor, self.unit(), limits)?;
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

fn completeness(argument: &str, min: f64) -> Result<f64, ApiError> {
    if (0.0..=1.0).contains(&min) {
        return Ok(min);
    }
    Err(ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: format!("{min} is no share of the readings that were to be expected"),
        accepted: "a number from 0 to 1".to_owned(),
    })
}
