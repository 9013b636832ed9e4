//! The buckets of an answer: their places, what is in them, and how empty ones are filled.
//!
//! A question's buckets are cut once, for all its sensors ([`Grid`]); what each sensor has in them is sparse
//! ([`SensorBuckets`]) until it is written ([`SensorBuckets::each`]).

mod fill;
mod grid;
mod read;

use std::sync::Arc;

use entity::query::aggregates::Aggregate;

pub(crate) use self::fill::{Bucket, Fill, Levels};
pub(crate) use self::grid::Grid;
pub(crate) use self::read::BucketsOf;

/// What one sensor has in the buckets of a grid.
#[derive(Debug, Default)]
pub(crate) struct SensorBuckets {
    pub(crate) grid: Arc<Grid>,
    /// Those that hold readings, by number, ascending.
    pub(crate) found: Vec<(usize, Aggregate)>,
    /// The last value before the range, where filling asks for it.
    pub(crate) before: Option<f64>,
}
