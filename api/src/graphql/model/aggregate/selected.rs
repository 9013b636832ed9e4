//! Which numbers of a bucket a question selects: what is not selected is not read.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{ContextBase, Positioned};
use entity::query::aggregates::{Fraction, Numbers};

use crate::graphql::error::ApiError;

/// What is selected of each bucket.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(super) numbers: Numbers,
    pub(super) fractions: Arc<[Fraction]>,
}

impl Selected {
    /// What these fields of an aggregate need.
    pub(crate) fn of<T>(ctx: &ContextBase<'_, T>, fields: &[&Field]) -> Result<Self, ApiError> {
        let mut numbers = Numbers::default();
        let mut fractions: Vec<Fraction> = Vec::new();
        for field in fields {
            match field.name.node.as_str() {
                "avg" | "sum" => numbers.sums = true,
                "stddev" => numbers.squares = true,
                "min" | "max" => numbers.extremes = true,
                "first" | "last" => numbers.ends = true,
                "timeWeightedAvg" | "integral" | "increase" => numbers.lines = true,
                "percentile" => {
                    let fraction = fraction_of(ctx, field)?;
                    if !fractions.contains(&fraction) {
                        fractions.push(fraction);
                    }
                }
                _ => {}
            }
        }
        Ok(Self {
            numbers,
            fractions: fractions.into(),
        })
    }
}

/// The fraction that a field `percentile` asks for.
pub(super) fn fraction_of<T>(ctx: &ContextBase<'_, T>, field: &Field) -> Result<Fraction, ApiError> {
    let field = Positioned::new(field.clone(), field.name.pos);
    let (_, p) = ctx
        .with_field(&field)
        .param_value::<f64>("p", None)
        .map_err(|error| ApiError::BadRequest {
            message: error.message,
        })?;
    fraction(p)
}

pub(super) fn fraction(p: f64) -> Result<Fraction, ApiError> {
    Fraction::new(p).ok_or_else(|| ApiError::InvalidArgument {
        argument: "p".to_owned(),
        message: format!("{p} is no fraction of readings"),
        accepted: "a number from 0 to 1; the 99th percentile is 0.99".to_owned(),
    })
}
