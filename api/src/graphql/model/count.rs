//! Counts, made only when they are selected.

use async_graphql::{Context, SimpleObject};
use entity::query::readings::{self, Direction, ReadingFilter, ReadingsOf, TimeRange};

use crate::graphql::batch::{OfSensor, ReadingsCount};
use crate::graphql::error::ApiError;
use crate::graphql::request::ContextExt as _;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, SimpleObject)]
pub(crate) struct Count {
    /// The number; a float, because it may be larger than an Int holds.
    pub(crate) value: f64,
    /// Whether it was counted; otherwise it is the database's estimate. Up to 100,000 are counted.
    pub(crate) exact: bool,
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
impl From<readings::Count> for Count {
    fn from(count: readings::Count) -> Self {
        Self {
            value: count.value as f64,
            exact: count.exact,
        }
    }
}

impl Count {
    /// So many, counted.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(crate) fn exactly(value: usize) -> Self {
        Self {
            value: value as f64,
            exact: true,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
impl From<catalogue::model::Count> for Count {
    fn from(count: catalogue::model::Count) -> Self {
        Self {
            value: count.value as f64,
            exact: count.is_exact,
        }
    }
}

/// What a list of readings is a part of.
#[derive(Debug)]
pub(crate) enum Total {
    /// What a question asked for.
    Asked {
        /// Of these sensors, or all in scope.
        sensors: Option<Vec<i32>>,
        /// In this time.
        range: TimeRange,
        /// Of these flags and values.
        filter: ReadingFilter,
    },
    /// The readings of one of many sensors.
    OfSensor(OfSensor<ReadingsCount>),
}

impl Total {
    pub(crate) async fn count(&self, ctx: &Context<'_>) -> Result<Count, ApiError> {
        match self {
            Self::Asked {
                sensors,
                range,
                filter,
            } => {
                let exact_up_to = ctx.limits().count_exact_max;
                let direction = Direction::Asc;
                let of = ReadingsOf {
                    sensors: sensors.as_deref(),
                    range: *range,
                    filter,
                    direction,
                };
                Ok(readings::count(ctx.db(), ctx.scope()?, &of, exact_up_to)
                    .await?
                    .into())
            }
            Self::OfSensor(key) => {
                let none = readings::Count {
                    value: 0,
                    exact: true,
                };
                Ok(ctx.loaders().load_one(*key).await?.unwrap_or(none).into())
            }
        }
    }
}
